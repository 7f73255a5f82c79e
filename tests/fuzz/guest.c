/* guest.c: see guest.h. */
#include "guest.h"


#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { RAM = 0x10000, TABLES = 0x100000, TABLES_SIZE = 0x3000, BUDGET = 4000, EXITS = 600, PATIENCE_MS = 3 };

static uint64_t next(uint64_t *s) { *s ^= *s << 13; *s ^= *s >> 7; *s ^= *s << 17; return *s; }

/* --- the state ----------------------------------------------------------------------------------------------------------------- */

static struct cpu_seg segment(uint64_t *r, uint8_t mode, int i)
{
    static const uint32_t types[] = { 0x93, 0x9b, 0x97, 0x91, 0x99, 0x9f, 0xf3, 0xfb };
    struct cpu_seg s = { .sel = (uint16_t)next(r) };
    if ((mode & 3) == 0) return (struct cpu_seg){ .sel = (uint16_t)(s.sel & 0xfff), .base = (s.sel & 0xfffu) * 16, .limit = 0xffff, .attr = i == CPU_CS ? 0x9b : 0x93 };
    s.base = mode & 4 ? next(r) & 0xffff : 0;
    s.limit = mode & 8 ? (uint32_t)next(r) : 0xffffffff;
    s.attr = mode & 16 ? types[next(r) & 7] | (next(r) & 1 ? SEG_DB | SEG_G : 0) : (i == CPU_CS ? 0x9bu : 0x93u) | SEG_DB | SEG_G;
    if (mode & 32) s.attr |= SEG_DPL;
    return s;
}

static void state(struct cpu_state *s, const uint8_t *p)
{
    uint64_t r;
    memcpy(&r, p + 3, 8);
    if (!r) r = 1;
    memset(s, 0, sizeof *s);
    uint8_t mode = p[0];
    for (int i = 0; i < 8; i++) s->gpr[i] = next(&r) & (next(&r) & 1 ? 0xffffffff : 0xffff);
    s->rflags = ((uint64_t)p[1] | (uint64_t)p[2] << 8) | FLAG_1;
    if (mode & 64) s->rflags |= FLAG_VM & (next(&r) << 17);
    s->cr0 = CR0_ET | (mode & 3 ? CR0_PE : 0) | ((mode & 3) == 3 ? CR0_PG : 0) | (next(&r) & (CR0_WP | CR0_AM | CR0_TS | CR0_EM));
    s->cr3 = next(&r) & 0xf000;
    s->cr4 = next(&r) & (CR4_PSE | CR4_DE | CR4_TSD | CR4_PGE);
    for (int i = 0; i < CPU_SEGS; i++) s->seg[i] = segment(&r, mode, i);
    s->gdt = (struct cpu_table){ next(&r) & 0xffff, (uint16_t)next(&r) };
    s->idt = (struct cpu_table){ (mode & 3) ? next(&r) & 0xffff : 0, (uint16_t)next(&r) };
    s->tr = (struct cpu_seg){ .sel = 0x28, .base = next(&r) & 0xffff, .limit = (uint32_t)next(&r) & 0xfff, .attr = 0x8b };
    s->ldt = (struct cpu_seg){ .sel = 0x30, .base = next(&r) & 0xffff, .limit = (uint32_t)next(&r) & 0xfff, .attr = 0x82 };
    s->dr[6] = 0xffff0ff0;
    s->dr[7] = 0x400 | (mode & 128 ? next(&r) & 0xffff00ff : 0);
    for (int i = 0; i < 4; i++) s->dr[i] = next(&r) & 0xffff;
    s->rip = (uint32_t)p[11] * 16;
}

/* 64-bit mode out of the same bytes: instead of one of the two ways to say protected mode. The first GB is mapped one to one by the
 * tables behind the memory, or by whatever the memory holds. */
static void lengthen(struct cpu_state *s, const uint8_t *p)
{
    uint64_t r = p[3] | 1u;
    for (int i = 8; i < CPU_GPRS; i++) s->gpr[i] = next(&r);
    s->cr0 |= CR0_PG | CR0_NE;
    s->cr4 |= CR4_PAE;
    s->efer = EFER_LME | EFER_LMA;
    s->cr3 = p[0] & 128 ? s->cr3 : TABLES;
    s->seg[CPU_CS].attr = (s->seg[CPU_CS].attr & ~(uint32_t)SEG_DB) | SEG_L;
    s->tr.attr = 0x8b;
}

static void page_tables(uint8_t *tables)
{
    uint64_t *pml4 = (uint64_t *)(void *)tables, *pdpt = pml4 + 512, *pd = pdpt + 512;
    pml4[0] = (TABLES + 0x1000) | 7;
    pdpt[0] = (TABLES + 0x2000) | 7;
    for (uint64_t i = 0; i < 512; i++)
        pd[i] = i << 21 | 0x87;
}

/* --- the run --------------------------------------------------------------------------------------------------------------------- */

static void answer(struct vm_exit *x, uint64_t *r)
{
    if (x->reason == EXIT_IO_IN)
        for (uint32_t i = 0; i < x->u.io.count * x->u.io.size; i++) ((uint8_t *)x->u.io.data)[i] = (uint8_t)next(r);
    else if (x->reason == EXIT_MMIO_READ)
        for (int i = 0; i < x->u.mmio.size; i++) ((uint8_t *)x->u.mmio.data)[i] = (uint8_t)next(r);
}

static bool over(const struct vm_exit *x)
{
    return x->reason == EXIT_BUDGET || x->reason == EXIT_SHUTDOWN || x->reason == EXIT_INTERNAL || x->reason == EXIT_FAIL_ENTRY || x->reason == EXIT_KICK;
}

/* What others do to a vCPU between two exits. */
static void meddle(const struct engine_ops *e, struct engine_vm *vm, struct engine_vcpu *v, int i, uint64_t *r)
{
    struct vm_error err;
    struct cpu_state s;
    if ((i & 7) == 3) e->complete(v, &err);
    if ((i & 15) == 5 && e->can_interrupt(v)) e->interrupt(v, (uint8_t)next(r), &err);
    if ((i & 31) == 17 && e->vm_irq_line) e->vm_irq_line(vm, (unsigned)next(r) & 15, next(r) & 1, &err);
    if ((i & 63) == 33) e->nmi(v, &err);
    if ((i & 127) == 77 && e->vcpu_reset) e->vcpu_reset(v, &err);
    e->want_window(v, i & 1);
    e->get_state(v, &s, &err);
}

static void run(const struct engine_ops *e, struct engine_vm *vm, struct engine_vcpu *v, uint64_t r)
{
    struct vm_error err = { 0 };
    struct vm_exit x;
    if (e->set_budget)
        e->set_budget(v, BUDGET);
    else
        watchdog_arm(e, v, PATIENCE_MS);
    int rc = 0;
    for (int i = 0; i < EXITS && (rc = e->run(v, &x, &err)) == 0; i++) {
        answer(&x, &r);
        if (over(&x)) break;
        meddle(e, vm, v, i, &r);
    }
    must(rc == 0 || err.text[0]);
    if (!e->set_budget)
        watchdog_disarm();
}

static void *memory(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(p != MAP_FAILED);
    return p;
}

void fuzz_guest(const struct engine_ops *e, const uint8_t *data, size_t size)
{
    static uint8_t *ram, *tables;
    if (size < 16) return;
    if (!ram) ram = memory(RAM), tables = memory(TABLES_SIZE);
    for (size_t i = 0; i < RAM; i++) ram[i] = data[12 + i % (size - 12)];
    page_tables(tables);
    struct vm_error err;
    struct engine_vm *vm = NULL;
    struct engine_vcpu *v = NULL;
    const struct engine_probe *can;
    must(engine_probe(e, &can, &err) == 0);
    bool wide = can->can & CAN_LONG && (data[0] & 3) == 2;
    struct engine_config cfg = { .vcpus = 1, .irqchip = can->can & CAN_IRQCHIP && data[2] & 2 };
    struct cpu_state s;
    state(&s, data);
    if (wide) lengthen(&s, data);
    if (e->vm_create(&vm, &cfg, &err) == 0 && e->vm_map(vm, 0, 0, RAM, ram, false, &err) == 0 && e->vm_map(vm, 1, TABLES, TABLES_SIZE, tables, false, &err) == 0
        && e->vcpu_create(vm, 0, &v, &err) == 0 && e->set_state(v, &s, &err) == 0) {
        struct engine_debug d = { .step = data[2] & 1 };
        if (data[0] & 128) d.slot[0].on = true, d.slot[0].addr = s.dr[0], d.slot[0].len = 4, d.slot[0].type = data[1] & 1 ? DEBUG_WRITE : DEBUG_ACCESS;
        e->set_debug(v, &d, &err);
        run(e, vm, v, 88172645463325252u + size);
        e->get_state(v, &s, &err);
    }
    if (v) e->vcpu_destroy(v);
    if (vm) e->vm_destroy(vm);
}
