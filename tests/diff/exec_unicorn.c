/* exec_unicorn.c: the case on Unicorn (QEMU's translator as a library). Linked into this tester only.
 *
 * Unicorn takes no exception through the IDT: a hook learns the vector and the state before delivery. One instance per
 * scene; a stub of real instructions puts it into the scene's mode, after which its context is saved and restored. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

#include "case.h"

struct scene_uc { uc_engine *uc; uc_context *ready; uint8_t *ram; struct exec *owner; bool broken; };
struct exec {
    struct scene_uc at[16];
    struct outcome *o;
    unsigned nth;
};

static const int gpr_id[8] = { UC_X86_REG_EAX, UC_X86_REG_ECX, UC_X86_REG_EDX, UC_X86_REG_EBX, UC_X86_REG_ESP, UC_X86_REG_EBP, UC_X86_REG_ESI, UC_X86_REG_EDI };
static const int seg_id[CPU_SEGS] = { UC_X86_REG_ES, UC_X86_REG_CS, UC_X86_REG_SS, UC_X86_REG_DS, UC_X86_REG_FS, UC_X86_REG_GS };

static uint32_t get(uc_engine *uc, int id) { uint64_t v = 0; uc_reg_read(uc, id, &v); return (uint32_t)v; }
static void set(uc_engine *uc, int id, uint32_t value) { uint64_t v = value; uc_reg_write(uc, id, &v); }

static void read_state(uc_engine *uc, struct cpu_state *s)
{
    for (int g = 0; g < 8; g++) s->gpr[g] = get(uc, gpr_id[g]);
    s->rip = get(uc, UC_X86_REG_EIP);
    s->rflags = get(uc, UC_X86_REG_EFLAGS);
    for (int i = 0; i < CPU_SEGS; i++) s->seg[i].sel = (uint16_t)get(uc, seg_id[i]);
    s->cr0 = get(uc, UC_X86_REG_CR0);
    s->cr2 = get(uc, UC_X86_REG_CR2);
    s->cr3 = get(uc, UC_X86_REG_CR3);
    s->cr4 = get(uc, UC_X86_REG_CR4);
    uc_x86_mmr m;
    uc_reg_read(uc, UC_X86_REG_GDTR, &m);
    s->gdt = (struct cpu_table){ m.base, (uint16_t)m.limit };
    uc_reg_read(uc, UC_X86_REG_IDTR, &m);
    s->idt = (struct cpu_table){ m.base, (uint16_t)m.limit };
    uc_reg_read(uc, UC_X86_REG_LDTR, &m);
    s->ldt.sel = m.selector, s->ldt.base = m.base, s->ldt.limit = m.limit;
    uc_reg_read(uc, UC_X86_REG_TR, &m);
    s->tr.sel = m.selector, s->tr.base = m.base, s->tr.limit = m.limit;
}

static void on_intr(uc_engine *uc, uint32_t vector, void *ctx)
{
    struct exec *e = ((struct scene_uc *)ctx)->owner;
    struct outcome *o = e->o;
    if (o && o->end != END_VECTOR) {
        o->end = END_VECTOR;
        o->vector = (uint8_t)vector;
        read_state(uc, &o->s);
        o->has_cr2 = vector == 14;
    }
    uc_emu_stop(uc);
}

static uint32_t on_in(uc_engine *uc, uint32_t port, int size, void *ctx)
{
    (void)uc;
    struct exec *e = ((struct scene_uc *)ctx)->owner;
    struct outcome *o = e->o;
    uint32_t v = port_answer((uint16_t)port, (unsigned)size, e->nth++);
    if (o->nio < IO_LOG) o->io[o->nio++] = (struct io_event){ (uint16_t)port, (uint8_t)size, false, v };
    return v;
}

static void on_out(uc_engine *uc, uint32_t port, int size, uint32_t value, void *ctx)
{
    (void)uc;
    struct exec *e = ((struct scene_uc *)ctx)->owner;
    struct outcome *o = e->o;
    e->nth++;
    if (size < 4) value &= (1u << (8 * size)) - 1;
    if (o->nio < IO_LOG) o->io[o->nio++] = (struct io_event){ (uint16_t)port, (uint8_t)size, true, value };
}

/* --- getting into the scene's mode with instructions ------------------------------------------------------------- */

struct stub { uint8_t b[256]; unsigned n; };
static void emit(struct stub *t, const char *bytes, unsigned n) { memcpy(t->b + t->n, bytes, n), t->n += n; }
#define EMIT(t, s) emit(t, s, sizeof s - 1)
static void emit32(struct stub *t, uint32_t v) { memcpy(t->b + t->n, &v, 4), t->n += 4; }
static void mov_eax(struct stub *t, uint32_t v) { EMIT(t, "\xb8"), emit32(t, v); }
static void push32(struct stub *t, uint32_t v) { EMIT(t, "\x68"), emit32(t, v); }

static void stub_build(struct stub *t, const struct cpu_state *s, const struct scene *sc, uint32_t target)
{
    t->n = 0;
    mov_eax(t, SEL_LDT), EMIT(t, "\x0f\x00\xd0");
    mov_eax(t, SEL_TSS), EMIT(t, "\x0f\x00\xd8");
    mov_eax(t, SEL_DATA32), EMIT(t, "\x8e\xd0"), EMIT(t, "\xbc"), emit32(t, KSTACK - 0x100); /* SS, ESP */
    mov_eax(t, (uint32_t)s->cr4), EMIT(t, "\x0f\x22\xe0"); /* also 0: Unicorn 2.1.4 begins with bits set */
    if (sc->paging) mov_eax(t, (uint32_t)s->cr3), EMIT(t, "\x0f\x22\xd8");
    mov_eax(t, (uint32_t)s->cr0), EMIT(t, "\x0f\x22\xc0");
    if (sc->mode == CPU_V86) {
        for (int i = 0; i < 4; i++) push32(t, 0); /* GS FS DS ES */
        push32(t, 0), push32(t, 0x8000), push32(t, FLAG_VM | FLAG_1), push32(t, 0), push32(t, target);
    } else {
        mov_eax(t, s->seg[CPU_DS].sel), EMIT(t, "\x8e\xd8\x8e\xc0\x8e\xe0\x8e\xe8");
        if (sc->user) push32(t, s->seg[CPU_SS].sel), push32(t, 0x8000);
        else EMIT(t, "\x8e\xd0"), EMIT(t, "\xbc"), emit32(t, KSTACK - 0x100 - (uint32_t)s->seg[CPU_SS].base);
        push32(t, FLAG_1), push32(t, s->seg[CPU_CS].sel), push32(t, target);
    }
    EMIT(t, "\xcf");
}

static bool open_scene(struct exec *e, size_t i)
{
    struct scene_uc *u = &e->at[i];
    const struct scene *sc = &scenes[i];
    u->owner = e;
    u->ram = aligned_alloc(4096, RAM_SIZE);
    if (uc_open(UC_ARCH_X86, sc->mode == CPU_REAL ? UC_MODE_16 : UC_MODE_32, &u->uc) != UC_ERR_OK) return false;
    if (uc_mem_map_ptr(u->uc, 0, RAM_SIZE, UC_PROT_ALL, u->ram) != UC_ERR_OK) return false;
    uc_hook h;
    uc_hook_add(u->uc, &h, UC_HOOK_INTR, __extension__(void *)on_intr, u, 1, 0);
    uc_hook_add(u->uc, &h, UC_HOOK_INSN, __extension__(void *)on_in, u, 1, 0, UC_X86_INS_IN);
    uc_hook_add(u->uc, &h, UC_HOOK_INSN, __extension__(void *)on_out, u, 1, 0, UC_X86_INS_OUT);
    scene_memory(sc, u->ram);
    struct cpu_state s;
    memset(&s, 0, sizeof s);
    sc->state(&s);
    uc_x86_mmr m = { .base = s.gdt.base, .limit = s.gdt.limit };
    uc_reg_write(u->uc, UC_X86_REG_GDTR, &m);
    m = (uc_x86_mmr){ .base = s.idt.base, .limit = s.idt.limit };
    uc_reg_write(u->uc, UC_X86_REG_IDTR, &m);
    set(u->uc, UC_X86_REG_CR0, get(u->uc, UC_X86_REG_CR0) | CR0_ET);
    if (sc->mode != CPU_REAL) {
        struct stub t;
        stub_build(&t, &s, sc, AT_CODE + 0x800);
        memcpy(u->ram + AT_CODE, t.b, t.n);
        u->ram[AT_GDT + SEL_TSS + 5] &= (uint8_t)~2; /* LTR wants it available */
        struct outcome o = { .end = END_DONE };
        e->o = &o;
        uc_err err = uc_emu_start(u->uc, AT_CODE, AT_CODE + 0x800, 0, 200);
        if (err != UC_ERR_OK || o.end != END_DONE || get(u->uc, UC_X86_REG_EIP) != AT_CODE + 0x800) {
            fprintf(stderr, "unicorn: cannot enter %s: %s, vector %d, eip %x\n", sc->name, uc_strerror(err), o.end == END_VECTOR ? o.vector : -1, get(u->uc, UC_X86_REG_EIP));
            return false;
        }
    }
    uc_context_alloc(u->uc, &u->ready);
    uc_context_save(u->uc, u->ready);
    return true;
}

static void uc_close_all(struct exec *e)
{
    for (size_t i = 0; i < nscenes; i++) {
        if (e->at[i].ready) uc_context_free(e->at[i].ready);
        if (e->at[i].uc) uc_close(e->at[i].uc);
        free(e->at[i].ram);
    }
    free(e);
}

static struct exec *uc_open_all(char *why, size_t size)
{
    struct exec *e = calloc(1, sizeof *e);
    for (size_t i = 0; e && i < nscenes; i++)
        if (!open_scene(e, i)) {
            snprintf(why, size, "Unicorn could not be put into scene %s.", scenes[i].name);
            uc_close_all(e);
            return NULL;
        }
    return e;
}

static bool uc_can(struct exec *e, const struct scene *sc) { return !e->at[sc - scenes].broken; }

/* Writes go through Unicorn so that it forgets what it translated there. */
static void sync_memory(struct scene_uc *u, const uint8_t *image)
{
    for (uint32_t p = 0; p < RAM_SIZE; p += 4096)
        if (memcmp(u->ram + p, image + p, 4096)) {
            uint32_t a = p, b = p + 4096;
            while (u->ram[a] == image[a]) a++;
            while (u->ram[b - 1] == image[b - 1]) b--;
            uc_mem_write(u->uc, a, image + a, b - a);
        }
}

static void lost(struct outcome *o, const char *what)
{
    o->end = END_LOST;
    snprintf(o->why, sizeof o->why, "%s", what);
}

/* Unicorn 2.0 abort()s on some byte sequences that are no instruction, also when it only looks ahead at a branch target.
 * The instance is lost then (its memory with it); the case is not counted and a new instance takes over. */
static sigjmp_buf on_abort;
static void aborted(int sig) { (void)sig; siglongjmp(on_abort, 1); }

static void uc_execute(struct exec *e, const struct dcase *c, const uint8_t *image, struct outcome *o);

static void uc_run(struct exec *e, const struct dcase *c, const uint8_t *image, struct outcome *o)
{
    struct sigaction old, sa = { .sa_handler = aborted, .sa_flags = SA_NODEFER };
    sigaction(SIGABRT, &sa, &old);
    if (!sigsetjmp(on_abort, 1)) uc_execute(e, c, image, o);
    else {
        lost(o, "Unicorn aborted");
        e->o = NULL;
        memset(&e->at[c->scene - scenes], 0, sizeof e->at[0]);
        if (!open_scene(e, (size_t)(c->scene - scenes))) e->at[c->scene - scenes].broken = true;
    }
    sigaction(SIGABRT, &old, NULL);
}

static void uc_execute(struct exec *e, const struct dcase *c, const uint8_t *image, struct outcome *o)
{
    struct scene_uc *u = &e->at[c->scene - scenes];
    memset(o, 0, sizeof *o);
    o->ram = u->ram;
    o->end = END_DONE;
    o->s = c->s;
    e->o = o;
    e->nth = 0;
    uc_context_restore(u->uc, u->ready);
    /* Forget what was translated: an old "until" address lives on in there. The start must be readable in ring 3. */
    uc_ctl_remove_cache(u->uc, c->scene->user && c->scene->paging ? AT_CODE : 0, RAM_SIZE);
    sync_memory(u, image);
    if (c->op[0] == '(') { /* Unicorn 2.0 may abort on bytes that are no instruction: Zydis is the referee of these */
        o->end = END_VECTOR;
        o->vector = 6;
        return;
    }
    if (c->scene->mode == CPU_REAL || c->scene->mode == CPU_V86)
        for (int i = 0; i < CPU_SEGS; i++) set(u->uc, seg_id[i], c->s.seg[i].sel);
    for (int g = 0; g < 8; g++) set(u->uc, gpr_id[g], (uint32_t)c->s.gpr[g]);
    set(u->uc, UC_X86_REG_EFLAGS, (uint32_t)c->s.rflags);
    if (c->scene->paging) set(u->uc, UC_X86_REG_CR3, (uint32_t)c->s.cr3); /* no translation may survive */
    /* In 16-bit mode Unicorn wants the linear address and subtracts CS, else the offset. */
    uint32_t start = (uint32_t)c->s.rip, end = c->at + c->ncode;
    uc_err err = UC_ERR_OK;
    unsigned limit = c->rep ? REP_MAX + 2 : 1;
    if (c->sequence && c->ninsn > 1) {
        err = uc_emu_start(u->uc, c->scene->mode == CPU_REAL ? c->at : start, end, 0, c->ninsn + 2 * REP_MAX);
    } else {
        uint32_t ip = start;
        for (unsigned i = 0; i < limit && err == UC_ERR_OK && o->end == END_DONE && (ip == start || ip == c->at); i++) {
            if (c->scene->mode == CPU_V86) set(u->uc, UC_X86_REG_EIP, start);
            err = uc_emu_start(u->uc, c->scene->mode == CPU_REAL ? c->at : start, c->branch ? 0xffffffff : end, 0, 1);
            ip = get(u->uc, UC_X86_REG_EIP);
        }
    }
    /* It looked for the next instruction where no page is: that fault is not this instruction's. */
    if (o->end == END_VECTOR && o->vector == 14 && c->branch && (uint32_t)o->s.rip != start && (uint32_t)o->s.cr2 - (uint32_t)o->s.rip < 16) {
        o->end = END_DONE;
        read_state(u->uc, &o->s);
    } else if (o->end == END_VECTOR) { /* the hook saw it */ }
    else {
        read_state(u->uc, &o->s);
        if (err == UC_ERR_FETCH_UNMAPPED && (uint32_t)o->s.rip != start) { /* it branched to where nothing is */ }
        else if (err == UC_ERR_READ_UNMAPPED || err == UC_ERR_WRITE_UNMAPPED || err == UC_ERR_FETCH_UNMAPPED) {
            o->end = END_OUTSIDE;
            snprintf(o->why, sizeof o->why, "%s", uc_strerror(err));
        } else if (err == UC_ERR_INSN_INVALID) {
            o->end = END_VECTOR;
            o->vector = 6;
        } else if (err != UC_ERR_OK) lost(o, uc_strerror(err));
        else if (!strcmp(c->op, "hlt") && (uint32_t)o->s.rip != start) o->end = END_HLT;
    }
    e->o = NULL;
}

const struct exec_ops exec_unicorn = { "unicorn", uc_open_all, uc_close_all, uc_can, uc_run };
