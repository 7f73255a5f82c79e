/* interrupt.c: entering the handler of an exception or interrupt (SDM vol. 3, 6.12; real mode: 20.1.4). */
#include "code.h"
#include "flags.h"
#include "mem.h"
#include "op.h"
#include "stack.h"

/* --- stacks --------------------------------------------------------------------------------------------------------- */

void stk_current(struct engine_vcpu *c, struct stk *s) {
    *s = (struct stk){.ss = c->seg[CPU_SS], .esp = c->gpr[CPU_RSP], .mask = soft_sp_mask(c), .user = c->user};
}

void stk_new(struct engine_vcpu *c, struct stk *s, const struct desc *ss, u32 esp, unsigned cpl) {
    (void)c;
    *s = (struct stk){.ss = soft_seg_from(ss), .esp = esp, .mask = ss->attr & SEG_DB ? 0xffffffffu : 0xffffu,
                      .user = cpl == 3, .error = (u16)(ss->sel & ~3u)};
}

void stk_push(struct engine_vcpu *c, struct stk *s, u32 v, unsigned w) {
    s->esp = (s->esp & ~s->mask) | ((s->esp - w) & s->mask);
    u32 off = s->esp & s->mask;
    if (!soft_seg_allows(c, &s->ss, off, w, true)) soft_raise_err(c, EX_SS, s->error);
    soft_lin_store(c, s->ss.base + off, v, w, s->user);
}

u32 stk_pop(struct engine_vcpu *c, struct stk *s, unsigned w) {
    u32 off = s->esp & s->mask;
    if (!soft_seg_allows(c, &s->ss, off, w, false)) soft_raise_err(c, EX_SS, s->error);
    u32 v = soft_lin_load(c, s->ss.base + off, w, s->user);
    s->esp = (s->esp & ~s->mask) | ((s->esp + w) & s->mask);
    return v;
}

void stk_commit(struct engine_vcpu *c, const struct stk *s) {
    c->gpr[CPU_RSP] = (c->gpr[CPU_RSP] & ~s->mask) | (s->esp & s->mask);
}

/* --- real mode ------------------------------------------------------------------------------------------------------ */

static void real_interrupt(struct engine_vcpu *c, u8 vector, u32 ret_eip) {
    if (vector * 4u + 3 > c->idt_limit) soft_raise_err(c, EX_GP, vector * 8u + 2);
    u32 entry = soft_lin_load(c, c->idt_base + vector * 4u, 4, false);
    struct stk s;
    stk_current(c, &s);
    stk_push(c, &s, soft_eflags(c), 2);
    stk_push(c, &s, c->seg[CPU_CS].sel, 2);
    stk_push(c, &s, ret_eip, 2);
    stk_commit(c, &s);
    soft_set_eflags(c, soft_eflags(c) & ~(u32)(FLAG_IF | FLAG_TF | FLAG_AC | FLAG_RF));
    soft_seg_real(c, CPU_CS, (u16)(entry >> 16));
    c->eip = entry & 0xffff;
}

/* --- protected and virtual 8086 mode --------------------------------------------------------------------------------- */

static void protected_interrupt(struct engine_vcpu *c, u8 vector, enum soft_int kind, bool has_error, u32 error, u32 ret_eip) {
    u32 code = vector * 8u + 2; /* error code that names the gate */
    if (vector * 8u + 7 > c->idt_limit) soft_raise_err(c, EX_GP, code);
    u32 lo = soft_lin_load(c, c->idt_base + vector * 8u, 4, false);
    u32 hi = soft_lin_load(c, c->idt_base + vector * 8u + 4, 4, false);
    unsigned type = hi >> 8 & 0x1f;
    if (type != 5 && type != 6 && type != 7 && type != 14 && type != 15) soft_raise_err(c, EX_GP, code);
    if (kind == INT_SOFT && (hi >> 13 & 3) < c->cpl) soft_raise_err(c, EX_GP, code);
    if (!(hi & 0x8000)) soft_raise_err(c, EX_NP, code);
    /* A fault is retried: RF keeps its breakpoint from being reported twice (SDM vol. 3, 17.3.1.1). */
    bool retried = kind == INT_FAULT && (vector == EX_DB ? c->fault_db : vector != EX_DF);
    if (type == 5) {
        soft_task_gate(c, lo, retried ? TASK_FAULT : TASK_INT, ret_eip, has_error, error);
        return;
    }

    u16 sel = (u16)(lo >> 16);
    u32 eip = type & 8 ? (hi & 0xffff0000u) | (lo & 0xffff) : lo & 0xffff;
    unsigned w = type & 8 ? 4 : 2;
    struct desc cs;
    if (!(sel & ~3u)) soft_raise_err(c, EX_GP, 0);
    soft_desc_read(c, sel, &cs, EX_GP);
    unsigned dpl = attr_dpl(cs.attr), cpl = c->cpl;
    if (!attr_code(cs.attr) || dpl > cpl) soft_raise_err(c, EX_GP, sel & ~3u);
    if (!(cs.attr & SEG_P)) soft_raise_err(c, EX_NP, sel & ~3u);

    bool v86 = soft_v86(c), inner = !(cs.attr & SEG_CONFORM) && dpl < cpl;
    if (v86 && (!inner || dpl != 0)) soft_raise_err(c, EX_GP, sel & ~3u);
    u32 flags = soft_eflags(c);
    if (retried) flags |= FLAG_RF;
    struct stk s;
    struct desc ss;
    if (inner) {
        u16 ss_sel;
        u32 esp;
        soft_tss_stack(c, dpl, &ss_sel, &esp);
        soft_stack_check(c, ss_sel, dpl, &ss, EX_TS);
        stk_new(c, &s, &ss, esp, dpl);
        if (v86) {
            static const u8 order[] = {CPU_GS, CPU_FS, CPU_DS, CPU_ES};
            for (unsigned i = 0; i < 4; i++) stk_push(c, &s, c->seg[order[i]].sel, w);
        }
        stk_push(c, &s, c->seg[CPU_SS].sel, w);
        stk_push(c, &s, c->gpr[CPU_RSP], w);
    } else {
        stk_current(c, &s);
    }
    stk_push(c, &s, flags, w);
    stk_push(c, &s, c->seg[CPU_CS].sel, w);
    stk_push(c, &s, ret_eip, w);
    if (has_error) stk_push(c, &s, error, w);
    if (eip > cs.limit) soft_raise_err(c, EX_GP, 0);
    soft_desc_set_accessed(c, &cs);
    if (inner) soft_desc_set_accessed(c, &ss);

    /* Nothing below faults. */
    u32 off = FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM | (type & 1 ? 0u : (u32)FLAG_IF);
    soft_set_eflags(c, soft_eflags(c) & ~off);
    if (v86) {
        static const u8 data[] = {CPU_ES, CPU_DS, CPU_FS, CPU_GS};
        for (unsigned i = 0; i < 4; i++) soft_seg_null(c, data[i], 0);
    }
    soft_cs_set(c, &cs, inner ? dpl : cpl);
    if (inner) {
        soft_ss_set(c, &ss);
        c->gpr[CPU_RSP] = s.esp;
    } else {
        stk_commit(c, &s);
    }
    c->eip = eip;
}

void soft_interrupt(struct engine_vcpu *c, u8 vector, enum soft_int kind, bool has_error, u32 error, u32 ret_eip) {
    struct engine_event e = {.vector = vector, .rip = c->cur ? op_eip(c->cur) : c->eip};
    c->ext = kind != INT_SOFT;
    if (c->cr0 & CR0_PE) protected_interrupt(c, vector, kind, has_error, error, ret_eip);
    else real_interrupt(c, vector, ret_eip);
    c->ext = 0;
    c->fault_db = false;
    c->inhibit_trap = true;
    if (kind == INT_FAULT) return; /* reported where it arose */
    stat_inc(&c->stats.interrupts);
    if (!c->vm->config.on_event) return;
    e.kind = kind == INT_SOFT ? EVENT_SOFT_INT : vector == EX_NMI ? EVENT_NMI : EVENT_INTERRUPT;
    c->vm->config.on_event(c->vm->config.ctx, c->id, &e);
}
