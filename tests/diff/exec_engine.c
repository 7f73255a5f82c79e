/* exec_engine.c: the case on one of the lab's own engines, through the interface that the run loop uses. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "case.h"
#include "vmm/engine.h"

enum how { BY_STEP, BY_BUDGET, BY_HLT };

struct exec {
    const struct engine_ops *ops;
    const struct engine_probe *probe;
    struct engine_vm *vm;
    struct engine_vcpu *v;
    uint8_t *ram;
    bool stepping;
    bool in_rig; /* KVM on QEMU's SVM: a change of rings with a busy TSS in TR, which is how hardware has it, ends QEMU */
    unsigned nth;
};

static void engine_close(struct exec *e)
{
    if (e->v) e->ops->vcpu_destroy(e->v);
    if (e->vm) e->ops->vm_destroy(e->vm);
    if (e->ram) munmap(e->ram, RAM_SIZE);
    free(e);
}

static struct exec *engine_open(const struct engine_ops *ops, char *why, size_t size)
{
    struct vm_error err = { 0, "" };
    struct exec *e = calloc(1, sizeof *e);
    if (!e) return NULL;
    e->ops = ops;
    e->in_rig = ops == &engine_kvm && getenv("VMLAB_RIG");
    const struct engine_config cfg = { .vcpus = 1 };
    e->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (engine_probe(ops, &e->probe, &err) < 0 || ops->vm_create(&e->vm, &cfg, &err) < 0
        || ops->vm_map(e->vm, 0, 0, RAM_SIZE, e->ram, false, &err) < 0 || ops->vcpu_create(e->vm, 0, &e->v, &err) < 0) {
        snprintf(why, size, "%s", err.text);
        engine_close(e);
        return NULL;
    }
    return e;
}

static bool engine_can_scene(struct exec *e, const struct scene *sc) { return (e->probe->can & sc->need) == sc->need; }

static void lost(struct outcome *o, const char *what)
{
    o->end = END_LOST;
    snprintf(o->why, sizeof o->why, "%s", what);
}

/* --- exits ------------------------------------------------------------------------------------------------------- */

static void answer_io(struct exec *e, struct outcome *o, struct vm_exit *x)
{
    uint8_t *p = x->u.io.data;
    for (uint32_t i = 0; i < x->u.io.count; i++, p += x->u.io.size) {
        uint32_t v = 0;
        bool out = x->reason == EXIT_IO_OUT;
        if (out) memcpy(&v, p, x->u.io.size);
        else {
            v = port_answer(x->u.io.port, x->u.io.size, e->nth);
            memcpy(p, &v, x->u.io.size);
        }
        e->nth++;
        if (o->nio < IO_LOG) o->io[o->nio++] = (struct io_event){ x->u.io.port, x->u.io.size, out, v };
    }
}

static void answer_mmio(struct outcome *o, struct vm_exit *x)
{
    if (x->reason == EXIT_MMIO_READ) memset(x->u.mmio.data, 0xff, x->u.mmio.size);
    if (o->end == END_DONE) o->end = END_OUTSIDE;
    snprintf(o->why, sizeof o->why, "%s %u bytes at 0x%llx", x->reason == EXIT_MMIO_READ ? "read" : "write", x->u.mmio.size, (unsigned long long)x->u.mmio.gpa);
}

/* --- a delivered vector: read back what was pushed --------------------------------------------------------------- */

static uint32_t peek(const struct exec *e, const struct dcase *c, uint32_t linear, unsigned n)
{
    uint32_t at = case_physical(c, linear), v = 0;
    if (at < RAM_SIZE - 4) memcpy(&v, e->ram + at, n);
    return v;
}

static bool pushes_error(uint8_t v) { return v == 8 || (v >= 10 && v <= 14) || v == 17; }

static void parse_real(struct exec *e, const struct dcase *c, struct outcome *o)
{
    struct cpu_state *s = &o->s;
    uint32_t sp = (uint32_t)s->gpr[CPU_RSP] & 0xffff;
    uint32_t base = (uint32_t)s->seg[CPU_SS].base;
    o->frame_at = base + sp;
    o->frame_size = 6;
    s->rip = peek(e, c, base + sp, 2);
    s->seg[CPU_CS].sel = (uint16_t)peek(e, c, base + ((sp + 2) & 0xffff), 2);
    s->seg[CPU_CS].base = s->seg[CPU_CS].sel * 16u;
    s->rflags = (s->rflags & 0xffff0000) | peek(e, c, base + ((sp + 4) & 0xffff), 2);
    s->gpr[CPU_RSP] = (s->gpr[CPU_RSP] & 0xffff0000) | ((sp + 6) & 0xffff);
}

static void parse_protected(struct exec *e, const struct dcase *c, struct outcome *o)
{
    struct cpu_state *s = &o->s;
    bool big = s->seg[CPU_SS].attr & SEG_DB;
    if (!big && (s->gpr[CPU_RSP] & 0xffff) > 0xffc0) { lost(o, "the frame wraps around the stack"); return; }
    uint32_t sp = (uint32_t)s->gpr[CPU_RSP] & (big ? 0xffffffff : 0xffff), at = (uint32_t)s->seg[CPU_SS].base + sp, top = at;
    if (case_physical(c, at) > RAM_SIZE - 64) { lost(o, "the frame is not in memory"); return; }
    o->frame_at = at;
    uint32_t next = (uint32_t)c->s.rip + c->ncode;
    bool soft_int = !strncmp(c->op, "int", 3) && peek(e, c, at, 4) == next;
    if (pushes_error(o->vector) && !soft_int) o->has_error = true, o->error = peek(e, c, at, 4), at += 4;
    o->has_cr2 = o->vector == 14 && !soft_int;
    s->rip = peek(e, c, at, 4);
    s->seg[CPU_CS].sel = (uint16_t)peek(e, c, at + 4, 2);
    s->rflags = peek(e, c, at + 8, 4);
    at += 12;
    bool outer = (s->seg[CPU_CS].sel & 3) || (s->rflags & FLAG_VM);
    if (outer) {
        s->gpr[CPU_RSP] = peek(e, c, at, 4);
        s->seg[CPU_SS].sel = (uint16_t)peek(e, c, at + 4, 2);
        at += 8;
        if (s->rflags & FLAG_VM) {
            static const int order[] = { CPU_ES, CPU_DS, CPU_FS, CPU_GS };
            for (int i = 0; i < 4; i++, at += 4) s->seg[order[i]].sel = (uint16_t)peek(e, c, at, 2);
        }
    } else {
        uint32_t v = sp + (at - top);
        s->gpr[CPU_RSP] = big ? v : (s->gpr[CPU_RSP] & 0xffff0000) | (v & 0xffff);
    }
    o->frame_size = at - top;
}

/* In a handler? RIP may already be behind its HLT. */
static bool at_handler(const struct outcome *o, uint8_t *vector)
{
    uint32_t at = (uint32_t)cpu_linear_rip(&o->s) - AT_HANDLER;
    if (at >= HANDLER_SPACE * 256 || at % HANDLER_SPACE > 1 || (o->s.seg[CPU_CS].sel & 3 && o->s.cr0 & CR0_PE)) return false;
    *vector = (uint8_t)(at / HANDLER_SPACE);
    return true;
}

/* --- running ----------------------------------------------------------------------------------------------------- */

static enum how choose(struct exec *e, const struct dcase *c)
{
    if (!e->ops->count) return BY_STEP;
    switch (c->seed % 3) {
    case 0: return BY_STEP;
    case 1: return BY_BUDGET;
    default: return c->branch || c->scene->user ? BY_BUDGET : BY_HLT;
    }
}

static bool finished(const struct dcase *c, const struct cpu_state *s)
{
    if (c->sequence && c->ninsn > 1) return (uint32_t)cpu_linear_rip(s) == c->at + c->ncode;
    if (c->rep) return s->rip != c->s.rip;
    return true;
}

/* A KVM that emulates may retry an instruction for ever inside the kernel: a timer kicks it. */
static struct exec *watched;
static volatile sig_atomic_t barked;
static void bark(int sig) { (void)sig; barked = 1; if (watched) watched->ops->kick(watched->v); }

static void watch(struct exec *e, bool on)
{
    if (e->ops->count) return; /* the software CPU needs no dog */
    struct sigaction sa = { .sa_handler = bark };
    struct itimerval t = { .it_value = { .tv_usec = on ? 300000 : 0 }, .it_interval = { .tv_usec = on ? 50000 : 0 } };
    barked = 0;
    watched = e;
    sigaction(SIGALRM, &sa, NULL);
    setitimer(ITIMER_REAL, &t, NULL);
}

/* Was the case already done when the exception came? */
static bool after_case(const struct exec *e, const struct dcase *c, const struct outcome *o)
{
    /* The branch is done; what faulted is the fetch of the next instruction, which is not this case's. */
    if (c->branch && strncmp(c->op, "int", 3) && o->s.rip != c->s.rip) return true;
    /* A KVM that lost the trap of its step met the HLT behind the case, which only ring 0 may execute. */
    return !e->ops->count && c->scene->user && o->vector == 13 && strncmp(c->op, "int", 3) && (uint32_t)o->s.rip == (uint32_t)c->s.rip + c->ncode;
}

static int drive(struct exec *e, const struct dcase *c, struct outcome *o, enum how how, struct vm_error *err)
{
    struct vm_exit x;
    int r;
    for (unsigned n = 0; n < 4 * REP_MAX + 64; n++) {
        if ((r = e->ops->run(e->v, &x, err)) < 0) return r;
        bool boundary = true, halted = false;
        switch (x.reason) {
        case EXIT_IO_IN: case EXIT_IO_OUT:
            answer_io(e, o, &x);
            if ((r = e->ops->complete(e->v, err)) < 0) return r;
            boundary = how == BY_STEP;
            break;
        case EXIT_MMIO_READ: case EXIT_MMIO_WRITE:
            answer_mmio(o, &x);
            if ((r = e->ops->complete(e->v, err)) < 0) return r;
            boundary = false;
            if (n > 32) return 0;
            break;
        case EXIT_HLT: halted = true; break;
        case EXIT_DEBUG: case EXIT_BUDGET: break;
        case EXIT_SHUTDOWN: o->end = END_SHUTDOWN; break;
        case EXIT_KICK:
            if (barked) { lost(o, "it never came back"); return 0; }
            continue; /* left over from drain(), or a guest that only faults: nothing was executed */
        case EXIT_IRQ_WINDOW: boundary = false; break;
        default: lost(o, exit_name(x.reason)); return 0;
        }
        if (!boundary && how != BY_STEP) continue;
        if ((r = e->ops->get_state(e->v, &o->s, err)) < 0) return r;
        if (o->end == END_SHUTDOWN) return 0;
        if (at_handler(o, &o->vector)) {
            if (o->end == END_OUTSIDE) return 0;
            o->end = END_VECTOR;
            o->in_handler = true;
            if (c->scene->mode == CPU_REAL) parse_real(e, c, o);
            else parse_protected(e, c, o);
            if (!e->ops->count) o->s.rflags &= ~(uint64_t)FLAG_TF; /* KVM's single step shows in the flags that were pushed */
            if (o->end == END_VECTOR && after_case(e, c, o)) o->end = END_DONE, o->has_cr2 = o->has_error = false;
            return 0;
        }
        if (halted) {
            uint32_t lin = (uint32_t)cpu_linear_rip(&o->s);
            /* The HLT behind the case: meant to be reached, or by a KVM that loses the trap of the step before it. */
            bool meant = how == BY_HLT || !e->ops->count;
            if (meant && lin == c->at + c->ncode + 1 && strcmp(c->op, "hlt")) o->s.rip--;
            else if (o->end == END_DONE) o->end = END_HLT;
            return 0;
        }
        if (x.reason == EXIT_MMIO_READ || x.reason == EXIT_MMIO_WRITE) {
            if (o->s.rip != c->s.rip) return 0;
            continue;
        }
        if (how == BY_BUDGET ? x.reason == EXIT_BUDGET : finished(c, &o->s)) return 0;
    }
    lost(o, "did not come to an end");
    return 0;
}

/* Nothing may be left over from the case before: exits that it did not wait for. */
static void drain(struct exec *e)
{
    struct vm_exit x;
    struct outcome o = { .end = END_OUTSIDE };
    e->ops->kick(e->v);
    for (int n = 0; n < 2 * REP_MAX && e->ops->run(e->v, &x, NULL) == 0 && x.reason != EXIT_KICK; n++) {
        if (x.reason == EXIT_IO_IN || x.reason == EXIT_IO_OUT) answer_io(e, &o, &x);
        else if (x.reason == EXIT_MMIO_READ) answer_mmio(&o, &x);
        else if (x.reason == EXIT_SHUTDOWN || x.reason >= EXIT_FAIL_ENTRY) break;
        o.nio = 0;
    }
}

static void engine_run(struct exec *e, const struct dcase *c, const uint8_t *image, struct outcome *o)
{
    struct vm_error err = { 0, "" };
    memset(o, 0, sizeof *o);
    o->end = END_DONE;
    o->ram = e->ram;
    e->nth = 0;
    drain(e);
    for (uint32_t p = 0; p < RAM_SIZE; p += 4096)
        if (memcmp(e->ram + p, image + p, 4096)) memcpy(e->ram + p, image + p, 4096);
    enum how how = choose(e, c);
    if ((how == BY_STEP) != e->stepping) {
        struct engine_debug d = { .step = how == BY_STEP };
        if (e->ops->set_debug(e->v, &d, &err) < 0) { lost(o, err.text); return; }
        e->stepping = d.step;
    }
    if (c->scene->paging) { /* page tables were rewritten: no translation may survive */
        struct cpu_state other = c->s;
        other.cr3 ^= 0x1000;
        e->ops->set_state(e->v, &other, &err);
    }
    struct cpu_state first = c->s;
    if (e->in_rig) first.tr.attr &= (uint16_t)~2u;
    if (e->ops->set_state(e->v, &first, &err) < 0) { lost(o, err.text); return; }
    uint64_t before = 0;
    if (e->ops->count) {
        before = e->ops->count(e->v);
        e->ops->set_budget(e->v, how == BY_BUDGET ? before + c->ninsn : 0);
    }
    watch(e, true);
    int r = drive(e, c, o, how, &err);
    watch(e, false);
    if (r < 0) { lost(o, err.text); return; }
    if (e->ops->count) o->count = e->ops->count(e->v) - before - (how == BY_HLT && o->end == END_DONE), o->has_count = o->end == END_DONE;
}

static struct exec *soft_open(char *why, size_t size) { return engine_open(&engine_soft, why, size); }
static struct exec *kvm_open(char *why, size_t size) { return engine_open(&engine_kvm, why, size); }
const struct exec_ops exec_soft = { "soft", soft_open, engine_close, engine_can_scene, engine_run };
const struct exec_ops exec_kvm = { "kvm", kvm_open, engine_close, engine_can_scene, engine_run };
