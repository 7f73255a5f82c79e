/* flow.c: control transfers and the stack (SDM vol. 2). */
#include "flags.h"
#include "handlers.h"
#include "mem.h"
#include "stack.h"

/* --- stack --------------------------------------------------------------------------------------------------------------- */

static inline u32 sp_mask(const struct op *o) { return o->flags & OP_SS16 ? 0xffffu : 0xffffffffu; }

static inline u32 sp_moved(const struct engine_vcpu *c, const struct op *o, u32 by) {
    u32 m = sp_mask(o), sp = c->gpr[CPU_RSP];
    return (sp & ~m) | ((sp + by) & m);
}

static inline void push(struct engine_vcpu *c, const struct op *o, u32 v, unsigned w) {
    u32 sp = sp_moved(c, o, 0 - w);
    soft_store(c, CPU_SS, sp & sp_mask(o), v, w);
    c->gpr[CPU_RSP] = sp;
}

static inline u32 top(struct engine_vcpu *c, const struct op *o, unsigned w) {
    return soft_load(c, CPU_SS, c->gpr[CPU_RSP] & sp_mask(o), w);
}

static inline void pop_done(struct engine_vcpu *c, const struct op *o, unsigned w) { c->gpr[CPU_RSP] = sp_moved(c, o, w); }

PLAIN(op_push_rm) { push(c, o, rm_load(c, o, o->w), o->w); }
PLAIN(op_push_i) { push(c, o, o->imm, o->w); }

PLAIN(op_pop_r) {
    u32 v = top(c, o, o->w);
    pop_done(c, o, o->w);
    reg_set(c, o->rm, v, o->w); /* POP SP: the value popped stays */
}
PLAIN(op_pop_m) {
    u32 v = top(c, o, o->w), old = c->gpr[CPU_RSP];
    if (!(o->flags & OP_MEM)) { /* 8F/0 with a register: POP's long form */
        pop_done(c, o, o->w);
        reg_set(c, o->rm, v, o->w);
        return;
    }
    pop_done(c, o, o->w); /* an address that uses ESP sees it already moved */
    u32 off = ea_full(c, o), moved = c->gpr[CPU_RSP];
    c->gpr[CPU_RSP] = old;
    soft_store(c, o->seg, off, v, o->w);
    c->gpr[CPU_RSP] = moved;
}

/* A segment register takes a full slot, of which only the selector's 16 bits are written. */
PLAIN(op_push_seg) {
    u32 sp = sp_moved(c, o, 0u - o->w);
    soft_store(c, CPU_SS, sp & sp_mask(o), c->seg[o->sub].sel, 2);
    c->gpr[CPU_RSP] = sp;
}
PLAIN(op_pop_seg) {
    u16 sel = (u16)top(c, o, 2);
    u32 sp = sp_moved(c, o, o->w);
    soft_seg_load(c, o->sub, sel);
    c->gpr[CPU_RSP] = sp;
}
/* The one that ends a block: the stack size may change, and the next instruction is in its shadow. */
FLOW(op_pop_ss) {
    op_pop_seg_body(c, o);
    soft_shadow(c, &c->ss_at);
    c->eip = op_next_eip(o);
}

PLAIN(op_pusha) {
    u32 sp = c->gpr[CPU_RSP], m = sp_mask(o);
    /* SDM vol. 2, PUSHA: in real and virtual 8086 mode #GP when SP is 7, 9, 11, 13 or 15 (#SS could be handled as well). */
    if (!soft_protected(c) && ((sp & m) - 7) <= 8 && (sp & 1)) soft_raise_err(c, EX_GP, 0);
    for (unsigned i = 0; i < 8; i++) soft_store(c, CPU_SS, (sp - (i + 1) * o->w) & m, c->gpr[i], o->w);
    c->gpr[CPU_RSP] = sp_moved(c, o, 0u - 8u * o->w);
}
PLAIN(op_popa) {
    u32 sp = c->gpr[CPU_RSP], m = sp_mask(o), v[8];
    for (unsigned i = 0; i < 8; i++) v[i] = soft_load(c, CPU_SS, (sp + i * o->w) & m, o->w);
    for (unsigned i = 0; i < 8; i++)
        if (7 - i != CPU_RSP) reg_set(c, (7 - i) * 4, v[i], o->w);
    pop_done(c, o, 8u * o->w);
}

PLAIN(op_pushf) {
    if (soft_v86(c) && soft_iopl(c) < 3) soft_raise_err(c, EX_GP, 0);
    push(c, o, soft_eflags(c) & ~(u32)(FLAG_VM | FLAG_RF), o->w);
}
FLOW(op_popf) {
    if (soft_v86(c) && soft_iopl(c) < 3) soft_raise_err(c, EX_GP, 0);
    u32 v = top(c, o, o->w), m = soft_flags_mask(c, o->w) & ~(u32)FLAG_RF;
    pop_done(c, o, o->w);
    soft_set_eflags(c, (soft_eflags(c) & ~m) | (v & m));
    c->eip = op_next_eip(o);
}

/* imm: bytes of locals, imm2: nesting level. Addresses are as wide as the stack, values (the frame pointer, too) as the operand. */
PLAIN(op_enter) {
    u32 level = o->imm2 & 31u, m = sp_mask(o), sp = c->gpr[CPU_RSP], bp = c->gpr[CPU_RBP], w = o->w;
    sp -= w;
    soft_store(c, CPU_SS, sp & m, bp, w);
    u32 frame = (c->gpr[CPU_RSP] & ~m) | (sp & m);
    if (level) {
        for (u32 i = 1; i < level; i++) {
            bp -= w;
            u32 v = soft_load(c, CPU_SS, bp & m, w);
            sp -= w;
            soft_store(c, CPU_SS, sp & m, v, w);
        }
        sp -= w;
        soft_store(c, CPU_SS, sp & m, frame, w);
    }
    sp -= o->imm;
    soft_probe_write(c, CPU_SS, sp & m, w); /* the new top must be writable, or nothing has happened (SDM, ENTER) */
    reg_set(c, CPU_RBP * 4, frame, w);
    c->gpr[CPU_RSP] = (c->gpr[CPU_RSP] & ~m) | (sp & m);
}
PLAIN(op_leave) {
    u32 m = sp_mask(o), bp = c->gpr[CPU_RBP];
    u32 v = soft_load(c, CPU_SS, bp & m, o->w);
    c->gpr[CPU_RSP] = (c->gpr[CPU_RSP] & ~m) | ((bp + o->w) & m);
    reg_set(c, CPU_RBP * 4, v, o->w);
}

/* --- near transfers. imm: the target's EIP. The decoder picks op_*_beyond when it lies outside the CS limit. ---------------- */

const struct op *op_end(struct engine_vcpu *c, const struct op *o) {
    CHAIN(c, o, 0, op_eip(o)); /* no instruction of its own: idx, off are those of the next */
}
const struct op *op_stop(struct engine_vcpu *c, const struct op *o) {
    c->eip = op_eip(o);
    c->cur = NULL;
    return NULL;
}

const struct op *op_jmp(struct engine_vcpu *c, const struct op *o) { CHAIN(c, o, 1, o->imm); }
const struct op *op_jcc(struct engine_vcpu *c, const struct op *o) {
    if (soft_cond(c, o->sub)) CHAIN(c, o, 1, o->imm);
    CHAIN(c, o, 0, op_next_eip(o));
}
const struct op *op_call(struct engine_vcpu *c, const struct op *o) {
    c->cur = o;
    push(c, o, op_next_eip(o), o->w);
    CHAIN(c, o, 1, o->imm);
}
FLOW(op_jmp_beyond) {
    soft_raise_err(c, EX_GP, 0);
}
const struct op *op_jcc_beyond(struct engine_vcpu *c, const struct op *o) {
    c->cur = o;
    if (soft_cond(c, o->sub)) soft_raise_err(c, EX_GP, 0);
    CHAIN(c, o, 0, op_next_eip(o));
}

static inline void to(struct engine_vcpu *c, const struct op *o, u32 eip) {
    if (o->w == 2) eip &= 0xffff;
    if (UNLIKELY(eip > c->seg[CPU_CS].limit)) soft_raise_err(c, EX_GP, 0);
    c->eip = eip;
}

FLOW(op_jmp_rm) { to(c, o, rm_load(c, o, o->w)); }
FLOW(op_call_rm) {
    to(c, o, rm_load(c, o, o->w));
    push(c, o, op_next_eip(o), o->w);
}
FLOW(op_ret) {
    to(c, o, top(c, o, o->w));
    c->gpr[CPU_RSP] = sp_moved(c, o, o->w + o->imm);
}

/* LOOPNE, LOOPE, LOOP, JCXZ: sub 0-3. The counter is as wide as addresses. */
static inline bool loop_taken(struct engine_vcpu *c, const struct op *o, u32 *count) {
    *count = c->gpr[CPU_RCX];
    if (o->sub == 3) return !(*count & o->amask);
    *count = (*count & ~o->amask) | ((*count - 1) & o->amask);
    return (*count & o->amask) && (o->sub == 2 || get_zf(c) == (o->sub == 1));
}
const struct op *op_loop(struct engine_vcpu *c, const struct op *o) {
    u32 count;
    bool taken = loop_taken(c, o, &count);
    c->gpr[CPU_RCX] = count;
    if (taken) CHAIN(c, o, 1, o->imm);
    CHAIN(c, o, 0, op_next_eip(o));
}
FLOW(op_loop_beyond) {
    u32 count;
    if (loop_taken(c, o, &count)) soft_raise_err(c, EX_GP, 0);
    c->gpr[CPU_RCX] = count;
    c->eip = op_next_eip(o);
}

/* --- far transfers ------------------------------------------------------------------------------------------------------------ */

FLOW(op_jmp_far) { soft_far_jump(c, o->imm2, o->imm, op_next_eip(o), o->w); }
FLOW(op_call_far) { soft_far_call(c, o->imm2, o->imm, op_next_eip(o), o->w); }

static u16 far_pointer(struct engine_vcpu *c, const struct op *o, u32 *off) {
    u32 ea = ea_full(c, o);
    *off = soft_load(c, o->seg, ea, o->w);
    return (u16)soft_load(c, o->seg, (ea + o->w) & o->amask, 2);
}
FLOW(op_jmp_far_m) {
    u32 off;
    u16 sel = far_pointer(c, o, &off);
    soft_far_jump(c, sel, off, op_next_eip(o), o->w);
}
FLOW(op_call_far_m) {
    u32 off;
    u16 sel = far_pointer(c, o, &off);
    soft_far_call(c, sel, off, op_next_eip(o), o->w);
}
FLOW(op_ret_far) { soft_far_ret(c, o->w, o->imm); }
FLOW(op_iret) { soft_iret(c, o->w, op_next_eip(o)); }

/* LES, LDS, LSS, LFS, LGS: sub is the segment register. */
static inline void load_far_pointer(struct engine_vcpu *c, const struct op *o) {
    u32 off;
    u16 sel = far_pointer(c, o, &off);
    soft_seg_load(c, o->sub, sel);
    reg_set(c, o->r, off, o->w);
}
PLAIN(op_load_far) { load_far_pointer(c, o); }
FLOW(op_load_far_ss) {
    load_far_pointer(c, o);
    c->eip = op_next_eip(o);
}

/* --- software interrupts ---------------------------------------------------------------------------------------------------------- */

FLOW(op_int) {
    if (soft_v86(c) && soft_iopl(c) < 3) soft_raise_err(c, EX_GP, 0);
    soft_interrupt(c, (u8)o->imm, INT_SOFT, false, 0, op_next_eip(o));
}
FLOW(op_int3) { soft_interrupt(c, EX_BP, INT_SOFT, false, 0, op_next_eip(o)); }
FLOW(op_int1) {
    soft_interrupt(c, EX_DB, INT_HARD, false, 0, op_next_eip(o)); /* the gate's DPL does not count */
}
FLOW(op_into) {
    if (get_of(c)) soft_interrupt(c, EX_OF, INT_SOFT, false, 0, op_next_eip(o));
    else c->eip = op_next_eip(o);
}
PLAIN(op_bound) {
    u32 ea = ea_full(c, o);
    i32 low = (i32)sext(soft_load(c, o->seg, ea, o->w), o->w);
    i32 high = (i32)sext(soft_load(c, o->seg, (ea + o->w) & o->amask, o->w), o->w);
    i32 v = (i32)sext(reg(c, o->r, o->w), o->w);
    if (v < low || v > high) soft_raise(c, EX_BR);
}
