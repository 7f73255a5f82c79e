/* task.c: the task state segment: task switches, inner stacks, the I/O permission bitmap (SDM vol. 3, chapter 7). */
#include "code.h"
#include "flags.h"
#include "mem.h"
#include "stack.h"

enum { TYPE_TSS16 = 1, TYPE_TSS16_BUSY = 3, TYPE_TSS32 = 9, TYPE_TSS32_BUSY = 11, TYPE_LDT = 2, BUSY = 2 };
/* Where things are in a TSS (figures 7-2 and 7-10). */
static const struct layout { u8 w, eip, flags, gpr, seg, segs, ldt, limit; } layout16 = {2, 0x0e, 0x10, 0x12, 0x22, 4, 0x2a, 0x2b},
                                                                      layout32 = {4, 0x20, 0x24, 0x28, 0x48, 6, 0x60, 0x67};
enum { TSS_CR3 = 0x1c, TSS_TRAP = 0x64, TSS_IOMAP = 0x66 };

static bool is32(u32 attr) { return attr & 8; }
static u32 get(struct engine_vcpu *c, u32 at, unsigned w) { return soft_lin_load(c, at, w, false); }

void soft_tss_stack(struct engine_vcpu *c, unsigned cpl, u16 *ss, u32 *esp) {
    bool wide = is32(c->tr.attr);
    u32 at = wide ? 4 + 8 * cpl : 2 + 4 * cpl;
    if (at + (wide ? 5 : 3) > c->tr.limit) soft_raise_err(c, EX_TS, c->tr.sel & ~3u);
    *esp = get(c, c->tr.base + at, wide ? 4 : 2);
    *ss = (u16)get(c, c->tr.base + at + (wide ? 4 : 2), 2);
}

void soft_port_check(struct engine_vcpu *c, u32 port, unsigned size) {
    if (!(c->cr0 & CR0_PE) || (!soft_v86(c) && c->cpl <= soft_iopl(c))) return;
    if ((c->tr.attr & SEG_UNUSABLE) || !is32(c->tr.attr) || c->tr.limit < TSS_IOMAP + 1) soft_raise_err(c, EX_GP, 0);
    u32 at = get(c, c->tr.base + TSS_IOMAP, 2) + port / 8;
    if (at + 1 > c->tr.limit) soft_raise_err(c, EX_GP, 0);
    u32 bits = get(c, c->tr.base + at, 2) >> (port & 7);
    if (bits & ((1u << size) - 1)) soft_raise_err(c, EX_GP, 0);
}

void soft_task_gate(struct engine_vcpu *c, u32 gate_lo, enum task_why why, u32 next, bool has_error, u32 error) {
    soft_task_switch(c, (u16)(gate_lo >> 16), why, next, has_error, error);
}

static void busy_set(struct engine_vcpu *c, u16 sel, bool busy) {
    u32 at = c->gdt_base + (sel & ~7u) + 5;
    u32 v = get(c, at, 1);
    soft_lin_store(c, at, busy ? v | BUSY : v & ~(u32)BUSY, 1, false);
}

static void save(struct engine_vcpu *c, u32 next, u32 flags) {
    const struct layout *l = is32(c->tr.attr) ? &layout32 : &layout16;
    u32 base = c->tr.base;
    soft_lin_store(c, base + l->eip, next, l->w, false);
    soft_lin_store(c, base + l->flags, flags, l->w, false);
    for (unsigned i = 0; i < 8; i++) soft_lin_store(c, base + l->gpr + i * l->w, c->gpr[i], l->w, false);
    for (unsigned i = 0; i < l->segs; i++) soft_lin_store(c, base + l->seg + i * l->w, c->seg[i].sel, 2, false);
}

struct incoming { u32 eip, flags, cr3, gpr[8]; u16 seg[6], ldt; bool trap; };

static void fetch(struct engine_vcpu *c, u32 base, bool wide, struct incoming *t) {
    const struct layout *l = wide ? &layout32 : &layout16;
    *t = (struct incoming){.eip = get(c, base + l->eip, l->w), .flags = get(c, base + l->flags, l->w)};
    for (unsigned i = 0; i < 8; i++) t->gpr[i] = get(c, base + l->gpr + i * l->w, l->w) | (wide ? 0 : 0xffff0000u);
    for (unsigned i = 0; i < l->segs; i++) t->seg[i] = (u16)get(c, base + l->seg + i * l->w, 2);
    t->ldt = (u16)get(c, base + l->ldt, 2);
    if (wide) {
        t->cr3 = get(c, base + TSS_CR3, 4);
        t->trap = get(c, base + TSS_TRAP, 2) & 1;
    }
}

static void load_ldt(struct engine_vcpu *c, u16 sel) {
    c->ldt = (struct soft_seg){.sel = sel, .attr = SEG_UNUSABLE, .rlim = -1, .wlim = -1};
    if (!(sel & ~3u)) return;
    struct desc d;
    if ((sel & 4) || !soft_desc_try(c, sel, &d) || (d.attr & 0x1f) != TYPE_LDT || !(d.attr & SEG_P))
        soft_raise_err(c, EX_TS, sel & ~3u);
    c->ldt = soft_seg_from(&d);
}

/* The segments of the new task: faults here are the new task's, #TS with the selector. */
static void load_segments(struct engine_vcpu *c, const struct incoming *t) {
    if (t->flags & FLAG_VM) {
        for (unsigned i = 0; i < CPU_SEGS; i++) soft_seg_real(c, i, t->seg[i]);
        return;
    }
    u16 sel = t->seg[CPU_CS];
    unsigned cpl = sel & 3u;
    struct desc d;
    soft_stack_check(c, t->seg[CPU_SS], cpl, &d, EX_TS);
    soft_desc_set_accessed(c, &d);
    soft_ss_set(c, &d);
    static const u8 data[] = {CPU_ES, CPU_DS, CPU_FS, CPU_GS};
    for (unsigned i = 0; i < 4; i++) {
        u16 s = t->seg[data[i]];
        if (!(s & ~3u)) continue;
        soft_seg_check(c, s, &d, EX_TS);
        soft_desc_set_accessed(c, &d);
        c->seg[data[i]] = soft_seg_from(&d);
        soft_seg_seal(c, &c->seg[data[i]]);
    }
    if (!(sel & ~3u)) soft_raise_err(c, EX_TS, 0);
    soft_desc_read(c, sel, &d, EX_TS);
    if (!attr_code(d.attr)) soft_raise_err(c, EX_TS, sel & ~3u);
    if (d.attr & SEG_CONFORM ? attr_dpl(d.attr) > cpl : attr_dpl(d.attr) != cpl) soft_raise_err(c, EX_TS, sel & ~3u);
    if (!(d.attr & SEG_P)) soft_raise_err(c, EX_NP, sel & ~3u);
    soft_desc_set_accessed(c, &d);
    soft_cs_set(c, &d, cpl);
}

/* Until its descriptor is loaded, a register holds just the new selector and nothing can be accessed through it. */
static void segments_unload(struct engine_vcpu *c, const struct incoming *t) {
    for (unsigned i = 0; i < CPU_SEGS; i++) {
        u32 attr = i == CPU_CS || i == CPU_SS ? c->seg[i].attr & ~(u32)SEG_P : SEG_UNUSABLE;
        c->seg[i] = (struct soft_seg){.sel = t->seg[i], .attr = attr, .rlim = -1, .wlim = -1};
    }
}

void soft_task_switch(struct engine_vcpu *c, u16 sel, enum task_why why, u32 next, bool has_error, u32 error) {
    struct desc d;
    bool nested = why >= TASK_CALL;
    u8 bad = why == TASK_IRET ? EX_TS : EX_GP;
    if (!(sel & ~3u) || (sel & 4)) soft_raise_err(c, bad, sel & ~3u);
    soft_desc_read(c, sel, &d, bad);
    unsigned type = d.attr & 0x1f, want = why == TASK_IRET ? BUSY : 0;
    if (type != (TYPE_TSS16 | want) && type != (TYPE_TSS32 | want)) soft_raise_err(c, bad, sel & ~3u);
    if (!(d.attr & SEG_P)) soft_raise_err(c, EX_NP, sel & ~3u);
    bool wide = is32(d.attr);
    if (d.limit < (wide ? layout32.limit : layout16.limit)) soft_raise_err(c, EX_TS, sel & ~3u);

    /* Every access that can fault comes first, so that a page fault happens in the old task. */
    struct incoming t;
    fetch(c, d.base, wide, &t);
    u32 flags = soft_eflags(c);
    if (why == TASK_IRET) flags &= ~(u32)FLAG_NT;
    if (why == TASK_FAULT) flags |= FLAG_RF;
    save(c, next, flags);
    if (nested) soft_lin_store(c, d.base, c->tr.sel, 2, false);
    if (!nested) busy_set(c, c->tr.sel, false);
    if (why != TASK_IRET) busy_set(c, sel, true);

    /* The new task from here on: its faults find its EIP. */
    c->cur = NULL;
    c->tr = soft_seg_from(&d);
    c->tr.attr |= BUSY;
    c->cr0 |= CR0_TS;
    c->eip = t.eip;
    for (unsigned i = 0; i < 8; i++) c->gpr[i] = t.gpr[i];
    if (nested) t.flags |= FLAG_NT;
    if (wide && (c->cr0 & CR0_PG)) {
        c->cr3 = t.cr3;
        soft_tlb_flush(c, false);
    }
    c->dr[7] &= ~0x155u; /* local breakpoints belong to the old task */
    segments_unload(c, &t);
    c->cpl = t.flags & FLAG_VM ? 3 : t.seg[CPU_CS] & 3;
    soft_set_eflags(c, wide ? t.flags : (t.flags & 0xffff));
    if (t.flags & FLAG_RF) c->rf_keep = true;
    soft_mode_changed(c);
    load_ldt(c, t.ldt);
    load_segments(c, &t);
    if (t.trap) c->task_trap = true;
    soft_careful_update(c);
    if (has_error) {
        struct stk s;
        stk_current(c, &s);
        stk_push(c, &s, error, wide ? 4 : 2);
        stk_commit(c, &s);
    }
    if (c->eip > c->seg[CPU_CS].limit) soft_raise_err(c, EX_GP, 0);
}
