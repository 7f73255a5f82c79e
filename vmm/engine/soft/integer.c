/* integer.c: arithmetic and logic, for any operand and width (SDM vol. 2). The forms that matter for speed have
 * specialised twins in hot.c; these here are the reference. */
#include "alu.h"
#include "handlers.h"
#include "mem.h"

/* --- the eight of opcodes 00-3F and 80-83: o->sub ------------------------------------------------------------------- */

static inline void alu_rm(struct engine_vcpu *c, const struct op *o, u32 b) {
    if (o->sub == ALU_CMP) {
        do_sub(c, rm_load(c, o, o->w), b, 0, o->w);
        return;
    }
    struct rmw m;
    u32 r, aux = c->fl_aux;
    do { /* rmw_open() has checked that the store cannot fault, so flags may change first */
        c->fl_aux = aux; /* ADC and SBB read CF again when they repeat */
        r = alu(c, o->sub, rmw_open(c, o, o->w, &m), b, o->w);
    } while (!rmw_close(c, o, o->w, &m, r));
}

PLAIN(op_alu_rm_r) { alu_rm(c, o, reg(c, o->r, o->w)); }
PLAIN(op_alu_rm_i) { alu_rm(c, o, o->imm); }
PLAIN(op_alu_r_rm) {
    u32 b = rm_load(c, o, o->w);
    u32 r = alu(c, o->sub, reg(c, o->r, o->w), b, o->w);
    if (o->sub != ALU_CMP) reg_set(c, o->r, r, o->w);
}
PLAIN(op_test_rm_r) { do_logic(c, rm_load(c, o, o->w) & reg(c, o->r, o->w), o->w); }
PLAIN(op_test_rm_i) { do_logic(c, rm_load(c, o, o->w) & o->imm, o->w); }

/* INC, DEC, NOT, NEG of r/m. */
#define UNARY(name, expression)                                                                           \
    PLAIN(name) {                                                                                         \
        struct rmw m;                                                                                     \
        u32 r, aux = c->fl_aux;                                                                           \
        do {                                                                                              \
            c->fl_aux = aux;                                                                              \
            u32 a = rmw_open(c, o, o->w, &m);                                                             \
            r = (expression);                                                                             \
        } while (!rmw_close(c, o, o->w, &m, r));                                                          \
    }
UNARY(op_inc, do_inc(c, a, o->w))
UNARY(op_dec, do_dec(c, a, o->w))
UNARY(op_not, ~a)
UNARY(op_neg, do_sub(c, 0, a, 0, o->w))

/* --- multiply and divide ----------------------------------------------------------------------------------------------- */

/* Flags after a product: CF and OF say whether the upper half counts; SF, ZF, PF (undefined) follow the lower half. */
static void mul_flags(struct engine_vcpu *c, u32 low, unsigned w, bool wide) {
    do_logic(c, low, w);
    set_cf_of(c, wide, wide);
}

static void set_product(struct engine_vcpu *c, u64 p, unsigned w) {
    if (w == 1) {
        reg_set16(c, CPU_RAX * 4, (u32)p);
    } else {
        reg_set(c, CPU_RAX * 4, (u32)p, w);
        reg_set(c, CPU_RDX * 4, (u32)(p >> (8 * w)), w);
    }
}

PLAIN(op_mul) {
    u64 p = (u64)reg(c, 0, o->w) * rm_load(c, o, o->w);
    set_product(c, p, o->w);
    mul_flags(c, (u32)p, o->w, p >> (8 * o->w));
}
PLAIN(op_imul) {
    i64 p = (i64)(i32)sext(reg(c, 0, o->w), o->w) * (i32)sext(rm_load(c, o, o->w), o->w);
    set_product(c, (u64)p, o->w);
    mul_flags(c, (u32)p, o->w, p != (i32)sext((u32)p, o->w));
}
static inline void imul_to(struct engine_vcpu *c, const struct op *o, u32 a, u32 b) {
    i64 p = (i64)(i32)sext(a, o->w) * (i32)sext(b, o->w);
    reg_set(c, o->r, (u32)p, o->w);
    mul_flags(c, (u32)p, o->w, p != (i32)sext((u32)p, o->w));
}
PLAIN(op_imul_r_rm) { imul_to(c, o, reg(c, o->r, o->w), rm_load(c, o, o->w)); }
PLAIN(op_imul_r_rm_i) { imul_to(c, o, rm_load(c, o, o->w), o->imm); }

static u64 dividend(const struct engine_vcpu *c, unsigned w) {
    if (w == 1) return reg16(c, CPU_RAX * 4);
    return (u64)reg(c, CPU_RDX * 4, w) << (8 * w) | reg(c, CPU_RAX * 4, w);
}

static void set_quotient(struct engine_vcpu *c, u32 q, u32 r, unsigned w) {
    if (w == 1) {
        reg_set16(c, CPU_RAX * 4, (q & 0xff) | (r & 0xff) << 8);
    } else {
        reg_set(c, CPU_RAX * 4, q, w);
        reg_set(c, CPU_RDX * 4, r, w);
    }
}

/* Division leaves the flags as they were. */
PLAIN(op_div) {
    u64 d = rm_load(c, o, o->w), n = dividend(c, o->w);
    if (!d || n / d > mask_of(o->w)) soft_raise(c, EX_DE);
    set_quotient(c, (u32)(n / d), (u32)(n % d), o->w);
}
PLAIN(op_idiv) {
    i64 d = (i32)sext(rm_load(c, o, o->w), o->w), n = (i64)dividend(c, o->w);
    if (o->w == 1) n = (i16)n;
    else if (o->w == 2) n = (i32)n;
    if (!d || (d == -1 && n == INT64_MIN)) soft_raise(c, EX_DE);
    i64 q = n / d;
    if (q != (i32)sext((u32)q, o->w)) soft_raise(c, EX_DE);
    set_quotient(c, (u32)q, (u32)(n % d), o->w);
}

/* --- conversions --------------------------------------------------------------------------------------------------------- */

PLAIN(op_cbw) { reg_set(c, 0, sext(reg(c, 0, o->w / 2u), o->w / 2u), o->w); }
PLAIN(op_cwd) { reg_set(c, CPU_RDX * 4, sext(reg(c, 0, o->w), o->w) & 0x80000000u ? 0xffffffffu : 0, o->w); }
/* sub: width of the destination */
PLAIN(op_movzx) { reg_set(c, o->r, rm_load(c, o, o->w), o->sub); }
PLAIN(op_movsx) { reg_set(c, o->r, sext(rm_load(c, o, o->w), o->w), o->sub); }
PLAIN(op_bswap) { reg_set32(c, o->r, o->w == 2 ? reg32(c, o->r) & 0xffff0000u : __builtin_bswap32(reg32(c, o->r))); }

/* --- decimal (SDM vol. 2). Undefined flags are those of the addition or subtraction that adjusts, as on a 386. ------------------ */

static void carries(struct engine_vcpu *c, bool cf, bool af) {
    set_cf(c, cf);
    c->fl_aux = (c->fl_aux & ~AUX_AF) | (af ? AUX_AF : 0);
}

PLAIN(op_daa) {
    u32 al = reg8(c, 0), by = 0;
    bool cf = get_cf(c), af = (al & 15) > 9 || get_af(c);
    if (af) by = 6;
    if (al > 0x99 || cf) by += 0x60, cf = true;
    reg_set8(c, 0, do_add(c, al, by, 0, 1));
    carries(c, cf, af);
}
PLAIN(op_das) {
    u32 al = reg8(c, 0), by = 0;
    bool cf = get_cf(c), af = (al & 15) > 9 || get_af(c), borrow = cf || al > 0x99 || (af && al < 6);
    if (af) by = 6;
    if (al > 0x99 || cf) by += 0x60;
    reg_set8(c, 0, do_sub(c, al, by, 0, 1));
    carries(c, borrow, af);
}
PLAIN(op_aaa) {
    u32 ax = reg16(c, 0);
    bool adjust = (ax & 15) > 9 || get_af(c);
    do_add(c, ax & 0xff, adjust ? 6 : 0, 0, 1);
    carries(c, adjust, adjust);
    reg_set16(c, 0, (adjust ? ax + 0x106 : ax) & 0xff0f);
}
PLAIN(op_aas) {
    u32 ax = reg16(c, 0);
    bool adjust = (ax & 15) > 9 || get_af(c);
    do_sub(c, ax & 0xff, adjust ? 6 : 0, 0, 1);
    carries(c, adjust, adjust);
    reg_set16(c, 0, (adjust ? ax - 0x106 : ax) & 0xff0f);
}
PLAIN(op_aam) {
    u32 al = reg8(c, 0), base = o->imm & 0xff;
    if (!base) soft_raise(c, EX_DE);
    reg_set16(c, 0, (al / base) << 8 | al % base);
    do_logic(c, al % base, 1);
}
PLAIN(op_aad) {
    u32 by = reg8(c, 1) * (o->imm & 0xff) & 0xff;
    reg_set16(c, 0, do_add(c, reg8(c, 0), by, 0, 1) & 0xff);
}

/* --- flags ------------------------------------------------------------------------------------------------------------------- */

PLAIN(op_clc) { set_cf(c, false); }
PLAIN(op_stc) { set_cf(c, true); }
PLAIN(op_cmc) { set_cf(c, !get_cf(c)); }
PLAIN(op_cld) { c->eflags &= ~(u32)FLAG_DF; }
PLAIN(op_std) { c->eflags |= FLAG_DF; }
PLAIN(op_salc) { reg_set8(c, 0, get_cf(c) ? 0xff : 0); }
PLAIN(op_lahf) { reg_set8(c, 1, soft_eflags(c) & 0xff); }
PLAIN(op_sahf) {
    u32 keep = FLAG_OF, f = soft_arith_flags(c);
    soft_set_arith_flags(c, (f & keep) | (reg8(c, 1) & ~keep & FLAG_ARITH));
}
PLAIN(op_setcc) { rm_store(c, o, soft_cond(c, o->sub), 1); }
PLAIN(op_cmov) {
    u32 v = rm_load(c, o, o->w); /* the operand is read, and may fault, even if the condition is false */
    if (soft_cond(c, o->sub)) reg_set(c, o->r, v, o->w);
}
