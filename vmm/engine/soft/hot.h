/* hot.h: fast twins of the handlers that programs spend their time in.
 *
 * A twin is written for one width and one form of operands, known at compile time, and only for the case that everything
 * goes well: registers, and memory that the TLB holds. When it does not, it calls the plain handler, which does the
 * instruction from its beginning with every check. So a twin has nothing to undo, calls nothing and needs no stack. */
#ifndef SOFT_HOT_H
#define SOFT_HOT_H

#include "handlers.h"
#include "mem.h"
#include "op.h"

#define HOT(name) static const struct op *name(struct engine_vcpu *c, const struct op *o)

/* The two forms of addresses: base + displacement, and with a scaled index. */
static inline u32 ea_0(const struct engine_vcpu *c, const struct op *o) { return (reg32(c, o->base) + o->disp) & o->amask; }
static inline u32 ea_1(const struct engine_vcpu *c, const struct op *o) { return ea_full(c, o); }

#define READABLE(off, w, plain)                                                              \
    uintptr_t host;                                                                          \
    if (UNLIKELY(!fast_read(c, &c->seg[o->seg], (off), (w), &host))) TAIL plain(c, o)
#define WRITABLE(off, w, plain)                                                              \
    uintptr_t host;                                                                          \
    if (UNLIKELY(!fast_write(c, &c->seg[o->seg], (off), (w), &host))) TAIL plain(c, o)
/* A page that is writable in the TLB is readable, too: one test is enough to read, modify and write. */

/* Index of a width in the tables: 0, 1, 2 for 1, 2, 4 bytes. */
static inline unsigned log_w(const struct op *o) { return o->w >> 1; }
static inline unsigned form_of(const struct op *o) { return o->index != ZERO_REG * 4; }

/* hot.c: choose the fast twin of an op, if there is one. */
void soft_specialise(struct op *o);
/* hot_fuse.c: let o also do the conditional jump that follows it. */
void soft_fuse(struct op *o, const struct op *jump);

op_fn *hot_alu(struct op *o);    /* hot_alu.c */
op_fn *hot_move(struct op *o);   /* hot_move.c */
op_fn *hot_flow(const struct op *o); /* hot_flow.c */

#endif
