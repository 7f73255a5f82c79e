/* far.c: transfers between segments and privilege levels: far JMP, CALL, RET, and IRET (SDM vol. 3, 5.8). */
#include "code.h"
#include "flags.h"
#include "mem.h"
#include "stack.h"

static u32 narrow(u32 v, unsigned w) { return w == 2 ? v & 0xffff : v; }

static void limit_check(struct engine_vcpu *c, u32 eip, u32 limit) {
    if (eip > limit) soft_raise_err(c, EX_GP, 0);
}

/* A code segment as the direct target of a jump or call, or named by a call gate when a jump goes through it. */
static void code_check(struct engine_vcpu *c, const struct desc *d, bool rpl_counts) {
    u16 sel = d->sel;
    if (!attr_code(d->attr)) soft_raise_err(c, EX_GP, sel & ~3u);
    if (d->attr & SEG_CONFORM) {
        if (attr_dpl(d->attr) > c->cpl) soft_raise_err(c, EX_GP, sel & ~3u);
    } else if ((rpl_counts && (sel & 3u) > c->cpl) || attr_dpl(d->attr) != c->cpl) {
        soft_raise_err(c, EX_GP, sel & ~3u);
    }
    if (!(d->attr & SEG_P)) soft_raise_err(c, EX_NP, sel & ~3u);
}

enum { GATE_CALL16 = 4, GATE_TASK = 5, GATE_CALL32 = 12, TSS16 = 1, TSS32 = 9 };

/* A system descriptor as target: what every kind demands before it is looked at closer. */
static unsigned gate_check(struct engine_vcpu *c, const struct desc *d) {
    unsigned type = d->attr & 0x1f;
    if (type != GATE_CALL16 && type != GATE_CALL32 && type != GATE_TASK && type != TSS16 && type != TSS32)
        soft_raise_err(c, EX_GP, d->sel & ~3u);
    if (attr_dpl(d->attr) < c->cpl || attr_dpl(d->attr) < (d->sel & 3u)) soft_raise_err(c, EX_GP, d->sel & ~3u);
    if (!(d->attr & SEG_P)) soft_raise_err(c, EX_NP, d->sel & ~3u);
    return type;
}

static void read_target(struct engine_vcpu *c, u16 sel, struct desc *d) {
    if (!(sel & ~3u)) soft_raise_err(c, EX_GP, 0);
    soft_desc_read(c, sel, d, EX_GP);
}

/* Selector and offset in a call gate. */
static u32 gate_target(struct engine_vcpu *c, const struct desc *gate, struct desc *cs) {
    read_target(c, (u16)(gate->lo >> 16), cs);
    return (gate->attr & 0x1f) == GATE_CALL32 ? (gate->hi & 0xffff0000u) | (gate->lo & 0xffff) : gate->lo & 0xffff;
}

void soft_far_jump(struct engine_vcpu *c, u16 sel, u32 eip, u32 next, unsigned w) {
    eip = narrow(eip, w);
    if (!soft_protected(c)) {
        limit_check(c, eip, soft_v86(c) ? 0xffff : c->seg[CPU_CS].limit);
        soft_seg_real(c, CPU_CS, sel);
        c->eip = eip;
        return;
    }
    struct desc d;
    read_target(c, sel, &d);
    if (d.attr & SEG_S) {
        code_check(c, &d, true);
    } else {
        unsigned type = gate_check(c, &d);
        if (type == GATE_TASK) {
            soft_task_gate(c, d.lo, TASK_JUMP, next, false, 0);
            return;
        }
        if (type == TSS16 || type == TSS32) {
            soft_task_switch(c, sel, TASK_JUMP, next, false, 0);
            return;
        }
        struct desc gate = d;
        eip = gate_target(c, &gate, &d);
        code_check(c, &d, false);
    }
    limit_check(c, eip, d.limit);
    soft_desc_set_accessed(c, &d);
    soft_cs_set(c, &d, c->cpl);
    c->eip = eip;
}

/* --- CALL ------------------------------------------------------------------------------------------------------------ */

static void call_same(struct engine_vcpu *c, struct desc *d, u32 eip, u32 next, unsigned w) {
    struct stk s;
    stk_current(c, &s);
    stk_push(c, &s, c->seg[CPU_CS].sel, w);
    stk_push(c, &s, next, w);
    limit_check(c, eip, d->limit);
    soft_desc_set_accessed(c, d);
    stk_commit(c, &s);
    soft_cs_set(c, d, c->cpl);
    c->eip = eip;
}

/* To an inner level: a new stack, the old one's address and the parameters on it. */
static void call_inner(struct engine_vcpu *c, struct desc *d, u32 eip, u32 next, unsigned w, unsigned params) {
    unsigned dpl = attr_dpl(d->attr);
    u16 ss_sel;
    u32 esp, param[32];
    struct desc ss;
    soft_tss_stack(c, dpl, &ss_sel, &esp);
    soft_stack_check(c, ss_sel, dpl, &ss, EX_TS);
    struct stk old, s;
    stk_current(c, &old);
    for (unsigned i = 0; i < params; i++) param[i] = stk_pop(c, &old, w);
    stk_new(c, &s, &ss, esp, dpl);
    stk_push(c, &s, c->seg[CPU_SS].sel, w);
    stk_push(c, &s, c->gpr[CPU_RSP], w);
    for (unsigned i = params; i-- > 0;) stk_push(c, &s, param[i], w);
    stk_push(c, &s, c->seg[CPU_CS].sel, w);
    stk_push(c, &s, next, w);
    limit_check(c, eip, d->limit);
    soft_desc_set_accessed(c, d);
    soft_desc_set_accessed(c, &ss);
    soft_cs_set(c, d, dpl);
    soft_ss_set(c, &ss);
    c->gpr[CPU_RSP] = s.esp;
    c->eip = eip;
}

void soft_far_call(struct engine_vcpu *c, u16 sel, u32 eip, u32 next, unsigned w) {
    eip = narrow(eip, w);
    if (!soft_protected(c)) {
        struct stk s;
        stk_current(c, &s);
        stk_push(c, &s, c->seg[CPU_CS].sel, w);
        stk_push(c, &s, next, w);
        limit_check(c, eip, soft_v86(c) ? 0xffff : c->seg[CPU_CS].limit);
        stk_commit(c, &s);
        soft_seg_real(c, CPU_CS, sel);
        c->eip = eip;
        return;
    }
    struct desc d;
    read_target(c, sel, &d);
    if (d.attr & SEG_S) {
        code_check(c, &d, true);
        call_same(c, &d, eip, next, w);
        return;
    }
    unsigned type = gate_check(c, &d);
    if (type == GATE_TASK) {
        soft_task_gate(c, d.lo, TASK_CALL, next, false, 0);
        return;
    }
    if (type == TSS16 || type == TSS32) {
        soft_task_switch(c, sel, TASK_CALL, next, false, 0);
        return;
    }
    struct desc gate = d;
    eip = gate_target(c, &gate, &d);
    if (!attr_code(d.attr) || attr_dpl(d.attr) > c->cpl) soft_raise_err(c, EX_GP, d.sel & ~3u);
    if (!(d.attr & SEG_P)) soft_raise_err(c, EX_NP, d.sel & ~3u);
    w = type == GATE_CALL32 ? 4 : 2;
    if (!(d.attr & SEG_CONFORM) && attr_dpl(d.attr) < c->cpl) call_inner(c, &d, eip, next, w, gate.hi & 31);
    else call_same(c, &d, eip, next, w);
}

/* --- RET and IRET ---------------------------------------------------------------------------------------------------- */

/* The code segment that a return goes to, at the level of the selector's RPL. */
static void return_check(struct engine_vcpu *c, u16 sel, struct desc *d) {
    unsigned rpl = sel & 3u;
    if (!(sel & ~3u)) soft_raise_err(c, EX_GP, 0);
    soft_desc_read(c, sel, d, EX_GP);
    if (!attr_code(d->attr) || rpl < c->cpl) soft_raise_err(c, EX_GP, sel & ~3u);
    if (d->attr & SEG_CONFORM ? attr_dpl(d->attr) > rpl : attr_dpl(d->attr) != rpl) soft_raise_err(c, EX_GP, sel & ~3u);
    if (!(d->attr & SEG_P)) soft_raise_err(c, EX_NP, sel & ~3u);
}

/* Finish a return whose stack has been read down to the outer SS:ESP (if it goes outward). */
static void return_to(struct engine_vcpu *c, struct desc *cs, u32 eip, struct stk *s, unsigned w, u32 release) {
    unsigned rpl = cs->sel & 3u;
    if (rpl == c->cpl) {
        limit_check(c, eip, cs->limit);
        soft_desc_set_accessed(c, cs);
        s->esp += release;
        stk_commit(c, s);
        soft_cs_set(c, cs, rpl);
    } else {
        struct desc ss;
        s->esp = (s->esp & ~s->mask) | ((s->esp + release) & s->mask);
        u32 esp = stk_pop(c, s, w);
        u16 sel = (u16)stk_pop(c, s, w);
        soft_stack_check(c, sel, rpl, &ss, EX_GP);
        limit_check(c, eip, cs->limit);
        soft_desc_set_accessed(c, cs);
        soft_desc_set_accessed(c, &ss);
        soft_cs_set(c, cs, rpl);
        soft_ss_set(c, &ss);
        u32 mask = soft_sp_mask(c);
        c->gpr[CPU_RSP] = (c->gpr[CPU_RSP] & ~mask) | ((esp + release) & mask);
        soft_segs_drop(c);
    }
    c->eip = eip;
}

void soft_far_ret(struct engine_vcpu *c, unsigned w, u32 release) {
    struct stk s;
    stk_current(c, &s);
    u32 eip = stk_pop(c, &s, w);
    u16 sel = (u16)stk_pop(c, &s, w);
    if (!soft_protected(c)) {
        limit_check(c, eip, soft_v86(c) ? 0xffff : c->seg[CPU_CS].limit);
        s.esp += release;
        stk_commit(c, &s);
        soft_seg_real(c, CPU_CS, sel);
        c->eip = eip;
        return;
    }
    struct desc cs;
    return_check(c, sel, &cs);
    return_to(c, &cs, eip, &s, w, release);
}

/* What IRET and POPF may change (SDM vol. 2, POPF table). */
static u32 flags_mask(const struct engine_vcpu *c, unsigned w) {
    u32 m = FLAG_ARITH | FLAG_TF | FLAG_DF | FLAG_NT;
    if (!(c->cr0 & CR0_PE) || c->cpl == 0) m |= FLAG_IOPL | FLAG_IF;
    else if (c->cpl <= soft_iopl(c)) m |= FLAG_IF;
    if (w == 4) m |= FLAG_RF | FLAG_AC | FLAG_ID;
    return m;
}

u32 soft_flags_mask(const struct engine_vcpu *c, unsigned w) { return flags_mask(c, w); }

static void flags_set(struct engine_vcpu *c, u32 value, u32 mask) {
    soft_set_eflags(c, (soft_eflags(c) & ~mask) | (value & mask));
    if (value & mask & FLAG_RF) c->rf_keep = true;
}

static void iret_v86_entry(struct engine_vcpu *c, struct stk *s, u32 eip, u16 cs, u32 flags) {
    u32 esp = stk_pop(c, s, 4);
    u16 sel[CPU_SEGS];
    static const u8 order[] = {CPU_SS, CPU_ES, CPU_DS, CPU_FS, CPU_GS};
    for (unsigned i = 0; i < 5; i++) sel[order[i]] = (u16)stk_pop(c, s, 4);
    sel[CPU_CS] = cs;
    limit_check(c, eip & 0xffff, 0xffff);
    c->cpl = 3;
    soft_set_eflags(c, flags);
    if (flags & FLAG_RF) c->rf_keep = true;
    for (unsigned i = 0; i < CPU_SEGS; i++) soft_seg_real(c, i, sel[i]);
    soft_mode_changed(c);
    c->gpr[CPU_RSP] = esp;
    c->eip = eip & 0xffff;
}

void soft_iret(struct engine_vcpu *c, unsigned w, u32 next) {
    if (soft_v86(c) && soft_iopl(c) < 3) soft_raise_err(c, EX_GP, 0);
    c->nmi_blocked = false; /* even if this IRET faults (SDM vol. 3, 6.7.1) */
    if (soft_protected(c) && (c->eflags & FLAG_NT)) {
        u16 link = (u16)soft_lin_load(c, c->tr.base, 2, false);
        soft_task_switch(c, link, TASK_IRET, next, false, 0);
        return;
    }
    struct stk s;
    stk_current(c, &s);
    u32 eip = stk_pop(c, &s, w);
    u16 sel = (u16)stk_pop(c, &s, w);
    u32 flags = stk_pop(c, &s, w), mask = flags_mask(c, w);
    if (!soft_protected(c)) {
        limit_check(c, eip, soft_v86(c) ? 0xffff : c->seg[CPU_CS].limit);
        stk_commit(c, &s);
        soft_seg_real(c, CPU_CS, sel);
        flags_set(c, flags, mask);
        c->eip = eip;
        return;
    }
    if (w == 4 && (flags & FLAG_VM) && c->cpl == 0) {
        iret_v86_entry(c, &s, eip, sel, flags);
        return;
    }
    struct desc cs;
    return_check(c, sel, &cs);
    return_to(c, &cs, eip, &s, w, 0);
    flags_set(c, flags, mask);
}
