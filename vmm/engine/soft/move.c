/* move.c: data movement (SDM vol. 2). */
#include "handlers.h"
#include "mem.h"
#include "seg.h"

PLAIN(op_mov_rm_r) { rm_store(c, o, reg(c, o->r, o->w), o->w); }
PLAIN(op_mov_r_rm) { reg_set(c, o->r, rm_load(c, o, o->w), o->w); }
PLAIN(op_mov_rm_i) { rm_store(c, o, o->imm, o->w); }
PLAIN(op_lea) { reg_set(c, o->r, ea_full(c, o), o->w); }
PLAIN(op_nop) {}

/* A selector is 16 bits in memory, zero-extended to a register as wide as the operand size. */
PLAIN(op_mov_rm_seg) {
    if (o->flags & OP_MEM) soft_store(c, o->seg, ea_full(c, o), c->seg[o->sub].sel, 2);
    else reg_set(c, o->rm, c->seg[o->sub].sel, o->w);
}
static inline void mov_seg(struct engine_vcpu *c, const struct op *o) { soft_seg_load(c, o->sub, (u16)rm_load(c, o, 2)); }
PLAIN(op_mov_seg_rm) { mov_seg(c, o); }
FLOW(op_mov_ss_rm) {
    mov_seg(c, o);
    soft_shadow(c, &c->ss_at);
    c->eip = op_next_eip(o);
}
PLAIN(op_xlat) {
    u32 off = (c->gpr[CPU_RBX] + reg8(c, 0)) & o->amask;
    reg_set8(c, 0, soft_load(c, o->seg, off, 1));
}
