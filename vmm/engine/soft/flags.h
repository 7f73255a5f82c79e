/* flags.h: the arithmetic flags, computed only when somebody asks.
 *
 * An instruction that sets flags stores two words. fl_res is its result, sign-extended to 32 bits: ZF is "is it zero",
 * SF its top bit, PF the parity of its low byte. fl_aux holds what the result does not tell:
 *     bit 31  CF, the carry out of the top bit
 *     bit 30  the carry into the top bit: OF is bit 31 ^ bit 30
 *     bit 3   AF, the carry out of bit 3
 *     bit 0   inverts SF; bits 8-15 are xored into the byte PF looks at: so that POPF and SAHF can store flags that no
 *             result has (ZF and SF both set)
 * The word of carries of an addition is (a & b) | ((a | b) & ~result), of a subtraction its borrows, for all widths. */
#ifndef SOFT_FLAGS_H
#define SOFT_FLAGS_H

#include "soft.h"

enum { FLAG_ARITH = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF };
enum { FLAG_KNOWN = 0x3f7fd5 };
#define AUX_CF 0x80000000u
#define AUX_PO 0x40000000u /* carry into the top bit */
#define AUX_AF 0x8u

static inline u32 sext(u32 v, unsigned w) { return w == 1 ? (u32)(i32)(i8)v : w == 2 ? (u32)(i32)(i16)v : v; }
static inline u32 mask_of(unsigned w) { return w == 1 ? 0xffu : w == 2 ? 0xffffu : 0xffffffffu; }
static inline u32 top_of(unsigned w) { return w == 1 ? 0x80u : w == 2 ? 0x8000u : 0x80000000u; }

static inline bool get_cf(const struct engine_vcpu *c) { return c->fl_aux >> 31; }
static inline bool get_zf(const struct engine_vcpu *c) { return c->fl_res == 0; }
static inline bool get_sf(const struct engine_vcpu *c) { return (c->fl_res >> 31) ^ (c->fl_aux & 1); }
static inline bool get_of(const struct engine_vcpu *c) { return ((c->fl_aux >> 30) ^ (c->fl_aux >> 31)) & 1; }
static inline bool get_af(const struct engine_vcpu *c) { return c->fl_aux >> 3 & 1; }
static inline bool get_pf(const struct engine_vcpu *c) {
    return !__builtin_parity((c->fl_res ^ (c->fl_aux >> 8)) & 0xff);
}

/* Carry words, as narrow as the operands, to fl_aux. */
static inline u32 aux_of(u32 carries, unsigned w) {
    return w == 4 ? carries & (AUX_CF | AUX_PO | AUX_AF)
         : ((carries << (w == 1 ? 24 : 16)) & (AUX_CF | AUX_PO)) | (carries & AUX_AF);
}

static inline u32 do_add(struct engine_vcpu *c, u32 a, u32 b, u32 cf, unsigned w) {
    u32 r = a + b + cf;
    c->fl_res = sext(r, w);
    c->fl_aux = aux_of((a & b) | ((a | b) & ~r), w);
    return r;
}
static inline u32 do_sub(struct engine_vcpu *c, u32 a, u32 b, u32 cf, unsigned w) {
    u32 r = a - b - cf;
    c->fl_res = sext(r, w);
    c->fl_aux = aux_of((~a & b) | (~(a ^ b) & r), w);
    return r;
}
static inline u32 do_logic(struct engine_vcpu *c, u32 r, unsigned w) {
    c->fl_res = sext(r, w);
    c->fl_aux = 0;
    return r;
}
/* INC and DEC keep CF. */
static inline u32 do_inc(struct engine_vcpu *c, u32 a, unsigned w) {
    u32 r = a + 1, s = sext(r, w), cf = c->fl_aux & AUX_CF;
    u32 of = (r & mask_of(w)) == top_of(w);
    c->fl_res = s;
    c->fl_aux = cf | ((cf >> 1) ^ (of << 30)) | ((r & 15) == 0 ? AUX_AF : 0);
    return r;
}
static inline u32 do_dec(struct engine_vcpu *c, u32 a, unsigned w) {
    u32 r = a - 1, s = sext(r, w), cf = c->fl_aux & AUX_CF;
    u32 of = (a & mask_of(w)) == top_of(w);
    c->fl_res = s;
    c->fl_aux = cf | ((cf >> 1) ^ (of << 30)) | ((a & 15) == 0 ? AUX_AF : 0);
    return r;
}

static inline void set_cf_of(struct engine_vcpu *c, bool cf, bool of) {
    c->fl_aux = (c->fl_aux & ~(AUX_CF | AUX_PO)) | (cf ? AUX_CF : 0) | (cf != of ? AUX_PO : 0);
}
static inline void set_cf(struct engine_vcpu *c, bool cf) { set_cf_of(c, cf, get_of(c)); }

static inline u32 soft_arith_flags(const struct engine_vcpu *c) {
    return (get_cf(c) ? FLAG_CF : 0u) | (get_pf(c) ? FLAG_PF : 0u) | (get_af(c) ? FLAG_AF : 0u) |
           (get_zf(c) ? FLAG_ZF : 0u) | (get_sf(c) ? FLAG_SF : 0u) | (get_of(c) ? FLAG_OF : 0u);
}

static inline void soft_set_arith_flags(struct engine_vcpu *c, u32 f) {
    bool sf = f & FLAG_SF;
    c->fl_res = !(f & FLAG_ZF);                 /* 0 or 1: SF of it is 0, parity of 0 even, of 1 odd */
    bool odd = !(f & FLAG_ZF);
    c->fl_aux = (sf ? 1u : 0u) | ((odd == !!(f & FLAG_PF)) ? 0x100u : 0u) | (f & FLAG_AF ? AUX_AF : 0u);
    set_cf_of(c, f & FLAG_CF, f & FLAG_OF);
}
static inline void set_zf(struct engine_vcpu *c, bool zf) {
    u32 f = soft_arith_flags(c);
    soft_set_arith_flags(c, zf ? f | FLAG_ZF : f & ~(u32)FLAG_ZF);
}

/* Conditions as encoded in Jcc, SETcc, CMOVcc (SDM vol. 2, appendix B.1.4.7). */
static inline bool soft_cond(const struct engine_vcpu *c, unsigned cc) {
    bool r = false;
    switch (cc >> 1) {
    case 0: r = get_of(c); break;
    case 1: r = get_cf(c); break;
    case 2: r = get_zf(c); break;
    case 3: r = get_cf(c) || get_zf(c); break;
    case 4: r = get_sf(c); break;
    case 5: r = get_pf(c); break;
    case 6: r = get_sf(c) != get_of(c); break;
    default: r = get_zf(c) || get_sf(c) != get_of(c); break;
    }
    return r != (cc & 1);
}

#endif
