/* fuzz_soft: any state, any memory, any answers from ports: the software CPU must neither crash, nor hang, nor touch the host.
 *
 * Input: 1 byte of mode, 2 of flags, 8 of registers seed, 1 of where to enter, then code and data. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/engine.h"

enum { RAM = 0x10000, BUDGET = 4000, EXITS = 600 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t next(uint64_t *s) { *s ^= *s << 13; *s ^= *s >> 7; *s ^= *s << 17; return *s; }

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

static void answer(struct vm_exit *x, uint64_t *r)
{
    if (x->reason == EXIT_IO_IN)
        for (uint32_t i = 0; i < x->u.io.count * x->u.io.size; i++) ((uint8_t *)x->u.io.data)[i] = (uint8_t)next(r);
    else if (x->reason == EXIT_MMIO_READ)
        for (int i = 0; i < x->u.mmio.size; i++) ((uint8_t *)x->u.mmio.data)[i] = (uint8_t)next(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t *ram;
    if (size < 16) return 0;
    if (!ram && !(ram = aligned_alloc(4096, RAM))) return 0;
    for (size_t i = 0; i < RAM; i++) ram[i] = data[12 + i % (size - 12)];
    struct vm_error err;
    struct engine_vm *vm = NULL;
    struct engine_vcpu *v = NULL;
    struct engine_config cfg = { .vcpus = 1 };
    struct cpu_state s;
    const struct engine_ops *e = &engine_soft;
    uint64_t r = 88172645463325252u + size;
    state(&s, data);
    if (e->vm_create(&vm, &cfg, &err) == 0 && e->vm_map(vm, 0, 0, RAM, ram, false, &err) == 0 && e->vcpu_create(vm, 0, &v, &err) == 0
        && e->set_state(v, &s, &err) == 0) {
        struct engine_debug d = { .step = data[2] & 1 };
        if (data[0] & 128) d.slot[0].on = true, d.slot[0].addr = s.dr[0], d.slot[0].len = 4, d.slot[0].type = data[1] & 1 ? DEBUG_WRITE : DEBUG_ACCESS;
        e->set_debug(v, &d, &err);
        e->set_budget(v, BUDGET);
        struct vm_exit x;
        for (int i = 0; i < EXITS && e->run(v, &x, &err) == 0; i++) {
            answer(&x, &r);
            if (x.reason == EXIT_BUDGET || x.reason == EXIT_SHUTDOWN || x.reason == EXIT_INTERNAL) break;
            if ((i & 7) == 3) e->complete(v, &err);
            if ((i & 15) == 5 && e->can_interrupt(v)) e->interrupt(v, (uint8_t)next(&r), &err);
            if ((i & 63) == 33) e->nmi(v, &err);
            e->want_window(v, i & 1);
            e->get_state(v, &s, &err);
        }
        e->get_state(v, &s, &err);
    }
    if (v) e->vcpu_destroy(v);
    if (vm) e->vm_destroy(vm);
    return 0;
}
