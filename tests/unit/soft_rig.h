/* soft_rig.h: a software CPU on a bench: some RAM, a guest written in assembly inside the test, and nothing else.
 *
 * In protected mode the rig lays out a GDT with flat segments of both rings, an IDT whose handlers are one HLT each (so
 * that where it stops says which exception came), a TSS, and, on demand, identity page tables. */
#ifndef SOFT_RIG_H
#define SOFT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/engine.h"

/* Guest code in the test's own source: GUEST(name, ".code16", "mov $1, %ax\n hlt") */
#define GUEST(name, mode, text)                                                                              \
    extern const uint8_t name[], name##_end[];                                                               \
    __asm__(".pushsection .rodata\n.globl " #name "\n.globl " #name "_end\n" #name ":\n" mode "\n" text "\n" #name \
            "_end:\n.code64\n.popsection")

enum { RIG_RAM = 8 << 20, GDT = 0x1000, IDT = 0x2000, HANDLERS = 0x3000, TSS = 0x4000, TSS2 = 0x4200, STACK0 = 0x7000, STACK3 = 0x6800,
       CODE = 0x8000, PAGE_DIR = 0x10000, PAGE_TABLE = 0x11000 };
enum { SEL_CODE0 = 0x08, SEL_DATA0 = 0x10, SEL_CODE3 = 0x1b, SEL_DATA3 = 0x23, SEL_TSS = 0x28, SEL_FREE = 0x30 };

struct rig {
    struct engine_vm *vm;
    struct engine_vcpu *v;
    uint8_t *ram;
    struct vm_exit x;
    struct cpu_state s;
    struct engine_event event[64];
    unsigned events;
};

static void rig_event(void *ctx, unsigned vcpu, const struct engine_event *e) {
    struct rig *r = ctx;
    (void)vcpu;
    if (r->events < 64) r->event[r->events++] = *e;
}

static inline void rig_open(struct rig *r) {
    struct vm_error err;
    memset(r, 0, sizeof *r);
    struct engine_config c = {.vcpus = 1, .deterministic = true, .on_event = rig_event, .ctx = r};
    assert_int_equal(engine_soft.vm_create(&r->vm, &c, &err), 0);
    assert_int_equal(posix_memalign((void **)&r->ram, 4096, RIG_RAM), 0);
    memset(r->ram, 0, RIG_RAM);
    assert_int_equal(engine_soft.vm_map(r->vm, 0, 0, RIG_RAM, r->ram, false, &err), 0);
    assert_int_equal(engine_soft.vcpu_create(r->vm, 0, &r->v, &err), 0);
    engine_soft.get_state(r->v, &r->s, &err);
}

static inline void rig_close(struct rig *r) {
    engine_soft.vcpu_destroy(r->v);
    engine_soft.vm_destroy(r->vm);
    free(r->ram);
}

static inline uint32_t rd32(struct rig *r, uint32_t at) {
    uint32_t v;
    memcpy(&v, r->ram + at, 4);
    return v;
}
static inline void wr32(struct rig *r, uint32_t at, uint32_t v) { memcpy(r->ram + at, &v, 4); }
static inline uint16_t rd16(struct rig *r, uint32_t at) { return (uint16_t)(rd32(r, at) & 0xffff); }

static inline void rig_load(struct rig *r, uint32_t at, const uint8_t *from, const uint8_t *end) {
    memcpy(r->ram + at, from, (size_t)(end - from));
}
#define LOAD(r, name) rig_load(r, CODE, name, name##_end)

static inline void rig_set(struct rig *r) {
    struct vm_error err;
    assert_int_equal(engine_soft.set_state(r->v, &r->s, &err), 0);
}
static inline void rig_get(struct rig *r) {
    struct vm_error err;
    assert_int_equal(engine_soft.get_state(r->v, &r->s, &err), 0);
}
/* Run to the next exit; the state is in r->s afterwards. */
static inline enum exit_reason rig_run(struct rig *r) {
    struct vm_error err;
    assert_int_equal(engine_soft.run(r->v, &r->x, &err), 0);
    rig_get(r);
    return r->x.reason;
}
static inline void rig_complete(struct rig *r) {
    struct vm_error err;
    assert_int_equal(engine_soft.complete(r->v, &err), 0);
    rig_get(r);
}
static inline void rig_go(struct rig *r) { rig_set(r); rig_run(r); }
static inline void rig_debug(struct rig *r, const struct engine_debug *d) {
    struct vm_error err;
    assert_int_equal(engine_soft.set_debug(r->v, d, &err), 0);
}

/* --- real mode: CS=DS=ES=SS=0, IP at CODE, SP at STACK0 ------------------------------------------------------------- */
static inline void rig_real(struct rig *r) {
    r->s.rip = CODE;
    r->s.gpr[CPU_RSP] = STACK0;
}

/* --- 32-bit protected mode ------------------------------------------------------------------------------------------ */

static inline void rig_desc(struct rig *r, unsigned sel, uint32_t base, uint32_t limit, uint32_t attr) {
    wr32(r, GDT + (sel & ~7u), base << 16 | (limit & 0xffff));
    wr32(r, GDT + (sel & ~7u) + 4, (base & 0xff000000u) | attr << 8 | (limit & 0xf0000) | (base >> 16 & 0xff));
}
static inline void rig_gate(struct rig *r, uint32_t at, unsigned sel, uint32_t off, uint32_t attr) {
    wr32(r, at, sel << 16 | (off & 0xffff));
    wr32(r, at + 4, (off & 0xffff0000u) | attr << 8);
}

enum { A_CODE0 = 0xc09b, A_DATA0 = 0xc093, A_CODE3 = 0xc0fb, A_DATA3 = 0xc0f3, A_TSS = 0x89, A_TSS16 = 0x81, A_INT = 0x8e, A_TRAP = 0x8f,
       A_CALL = 0x8c, A_TASK = 0x85, A_USER = 0x60 };

static inline struct cpu_seg rig_seg(unsigned sel, uint32_t attr) {
    return (struct cpu_seg){.base = 0, .limit = 0xffffffff, .attr = attr, .sel = (uint16_t)sel};
}

static inline void rig_protected(struct rig *r) {
    rig_desc(r, SEL_CODE0, 0, 0xfffff, A_CODE0);
    rig_desc(r, SEL_DATA0, 0, 0xfffff, A_DATA0);
    rig_desc(r, SEL_CODE3, 0, 0xfffff, A_CODE3);
    rig_desc(r, SEL_DATA3, 0, 0xfffff, A_DATA3);
    rig_desc(r, SEL_TSS, TSS, 0x67, A_TSS | 2);
    for (unsigned v = 0; v < 64; v++) {
        rig_gate(r, IDT + v * 8, SEL_CODE0, HANDLERS + v * 16, v >= 48 ? A_INT | A_USER : A_INT);
        r->ram[HANDLERS + v * 16] = 0xf4;
    }
    wr32(r, TSS + 4, STACK0);
    wr32(r, TSS + 8, SEL_DATA0);
    wr32(r, TSS + 0x64, 0x68u << 16); /* no I/O bitmap */
    r->s.cr0 = CR0_PE | CR0_ET | CR0_NE;
    r->s.gdt = (struct cpu_table){GDT, 0xff};
    r->s.idt = (struct cpu_table){IDT, 64 * 8 - 1};
    r->s.seg[CPU_CS] = rig_seg(SEL_CODE0, A_CODE0);
    static const uint8_t data[] = {CPU_DS, CPU_ES, CPU_SS, CPU_FS, CPU_GS};
    for (unsigned i = 0; i < 5; i++) r->s.seg[data[i]] = rig_seg(SEL_DATA0, A_DATA0);
    r->s.tr = (struct cpu_seg){.base = TSS, .limit = 0x67, .attr = A_TSS | 2, .sel = SEL_TSS};
    r->s.ldt = (struct cpu_seg){.attr = SEG_UNUSABLE};
    r->s.rip = CODE;
    r->s.rflags = 2;
    r->s.gpr[CPU_RSP] = STACK0;
}

/* The same at ring 3. */
static inline void rig_user(struct rig *r) {
    rig_protected(r);
    r->s.seg[CPU_CS] = rig_seg(SEL_CODE3, A_CODE3);
    static const uint8_t data[] = {CPU_DS, CPU_ES, CPU_SS, CPU_FS, CPU_GS};
    for (unsigned i = 0; i < 5; i++) r->s.seg[data[i]] = rig_seg(SEL_DATA3, A_DATA3);
    r->s.gpr[CPU_RSP] = STACK3;
}

/* Identity-map the first 4 MB with 4 KB pages of these flags. */
static inline void rig_paging(struct rig *r, uint32_t flags) {
    wr32(r, PAGE_DIR, PAGE_TABLE | 7);
    for (uint32_t i = 0; i < 1024; i++) wr32(r, PAGE_TABLE + i * 4, i << 12 | flags);
    r->s.cr3 = PAGE_DIR;
    r->s.cr0 |= CR0_PG;
}

/* The exception whose handler it stopped in, -1: none. */
static inline int rig_vector(const struct rig *r) {
    if (r->x.reason != EXIT_HLT || r->s.rip <= HANDLERS || r->s.rip > HANDLERS + 64 * 16) return -1;
    return (int)((r->s.rip - 1 - HANDLERS) / 16);
}
/* The n-th doubleword on the handler's stack. */
static inline uint32_t rig_stack(struct rig *r, unsigned n) { return rd32(r, (uint32_t)r->s.gpr[CPU_RSP] + 4 * n); }

#endif
