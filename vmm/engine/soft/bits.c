/* bits.c: shifts and rotates, bit tests, bit scans, and the compare-and-exchange family (SDM vol. 2).
 *
 * Undefined flags are as a 386 leaves them. OF, defined for shifts and rotates by one: for other counts by the same formula, on
 * the result. CF after a shift by a whole multiple of the width: the bit that would go round. AF of a shift: set. */
#include "flags.h"
#include "handlers.h"
#include "mem.h"

/* --- shifts and rotates: o->sub is ModRM.reg ------------------------------------------------------------------------- */

enum { ROL, ROR, RCL, RCR, SHL, SHR, SAL, SAR };

static inline bool bit(u32 v, unsigned n) { return v >> n & 1; }

/* What a shift leaves: its result and flags, kept aside until the store has happened. */
struct shifted { u32 v, res, aux; };

static struct shifted rotated(const struct engine_vcpu *c, u32 v, unsigned w, bool cf, bool of) {
    (void)w;
    u32 aux = (c->fl_aux & ~(AUX_CF | AUX_PO)) | (cf ? AUX_CF : 0) | (cf != of ? AUX_PO : 0);
    return (struct shifted){v, c->fl_res, aux};
}

static struct shifted shift(const struct engine_vcpu *c, unsigned what, u32 a, unsigned n, unsigned w) {
    unsigned bits = 8 * w;
    u32 top = top_of(w), v;
    u64 wide;
    bool cf = get_cf(c), of;
    switch (what) {
    case ROL:
        n %= bits;
        v = n ? (a << n | a >> (bits - n)) & mask_of(w) : a;
        cf = v & 1;
        return rotated(c, v, w, cf, !!(v & top) != cf);
    case ROR:
        n %= bits;
        v = n ? (a >> n | a << (bits - n)) & mask_of(w) : a;
        return rotated(c, v, w, v & top, bit(v, bits - 1) != bit(v, bits - 2));
    case RCL: /* a rotate of bits + 1 through CF */
        n %= bits + 1;
        wide = (u64)cf << bits | a;
        if (n) wide = (wide << n | wide >> (bits + 1 - n)) & ((2ull << bits) - 1);
        v = (u32)wide & mask_of(w);
        cf = wide >> bits & 1;
        return rotated(c, v, w, cf, !!(v & top) != cf);
    case RCR:
        n %= bits + 1;
        wide = (u64)cf << bits | a;
        if (n) wide = (wide >> n | wide << (bits + 1 - n)) & ((2ull << bits) - 1);
        v = (u32)wide & mask_of(w);
        cf = wide >> bits & 1;
        return rotated(c, v, w, cf, bit(v, bits - 1) != bit(v, bits - 2));
    case SHR:
        v = n < 32 ? a >> n : 0;
        cf = n % bits ? (u64)a >> (n - 1) & 1 : !!(a & top);
        of = bit(v, bits - 1) != bit(v, bits - 2);
        break;
    case SAR: {
        i32 s = (i32)sext(a, w);
        v = (u32)(s >> (n < 32 ? n : 31)) & mask_of(w);
        cf = s >> (n - 1 < 32 ? n - 1 : 31) & 1;
        of = false;
        break;
    }
    default: /* SHL, SAL */
        wide = (u64)a << n;
        v = (u32)wide & mask_of(w);
        cf = n % bits ? wide >> bits & 1 : a & 1;
        of = !!(v & top) != cf;
        break;
    }
    return (struct shifted){v, sext(v, w), AUX_AF | (cf ? AUX_CF : 0) | (cf != of ? AUX_PO : 0)};
}

static inline void shift_rm(struct engine_vcpu *c, const struct op *o, u32 count) {
    count &= 31;
    struct rmw m;
    u32 a = rmw_open(c, o, o->w, &m); /* also when the count is 0: it may fault */
    if (!count) {
        if (o->flags & OP_MEM) rmw_close(c, o, o->w, &m, a);
        return;
    }
    struct shifted s = shift(c, o->sub, a, count, o->w);
    rmw_close(c, o, o->w, &m, s.v);
    c->fl_res = s.res, c->fl_aux = s.aux;
}

PLAIN(op_shift_1) { shift_rm(c, o, 1); }
PLAIN(op_shift_i) { shift_rm(c, o, o->imm); }
PLAIN(op_shift_cl) { shift_rm(c, o, c->gpr[CPU_RCX]); }

/* SHLD, SHRD. With 16-bit operands and a count above 16 the result is undefined: as if the destination followed itself. */
static inline void double_shift(struct engine_vcpu *c, const struct op *o, u32 count, bool left) {
    count &= 31;
    struct rmw m;
    unsigned bits = 8 * o->w;
    u32 a = rmw_open(c, o, o->w, &m), b = reg(c, o->r, o->w), v;
    if (!count) {
        if (o->flags & OP_MEM) rmw_close(c, o, o->w, &m, a);
        return;
    }
    bool cf;
    if (left) {
        u64 x = o->w == 4 ? (u64)a << 32 | b : ((u64)a << 32 | (u64)b << 16 | a);
        u64 y = o->w == 4 ? x << count : x << count >> 16;
        v = o->w == 4 ? (u32)(y >> 32) : (u32)(y >> 16) & 0xffff;
        cf = o->w == 4 ? a >> (32 - count) & 1 : (x << count) >> 48 & 1;
    } else {
        u64 x = o->w == 4 ? (u64)b << 32 | a : ((u64)a << 32 | (u64)b << 16 | a);
        v = (u32)(x >> count) & mask_of(o->w);
        cf = x >> (count - 1) & 1;
    }
    rmw_close(c, o, o->w, &m, v);
    do_logic(c, v, o->w);
    set_cf_of(c, cf, left ? bit(v, bits - 1) != cf : bit(v, bits - 1) != bit(v, bits - 2));
}

PLAIN(op_shld_i) { double_shift(c, o, o->imm, true); }
PLAIN(op_shld_cl) { double_shift(c, o, c->gpr[CPU_RCX], true); }
PLAIN(op_shrd_i) { double_shift(c, o, o->imm, false); }
PLAIN(op_shrd_cl) { double_shift(c, o, c->gpr[CPU_RCX], false); }

/* --- BT, BTS, BTR, BTC: sub 4-7 ---------------------------------------------------------------------------------------- */

static inline void bit_test(struct engine_vcpu *c, const struct op *o, u32 index) {
    unsigned n = index & (8u * o->w - 1);
    u32 a, v;
    if (o->sub == 4) {
        a = rm_load(c, o, o->w);
    } else {
        struct rmw m;
        do {
            a = rmw_open(c, o, o->w, &m);
            v = o->sub == 5 ? a | 1u << n : o->sub == 6 ? a & ~(1u << n) : a ^ 1u << n;
        } while (!rmw_close(c, o, o->w, &m, v));
    }
    /* OF, undefined: a 386 rotates the bit into CF, through a CF that was clear. */
    unsigned bits = 8u * o->w;
    u64 turned = (u64)a << (bits + 1) | a;
    set_cf_of(c, bit(a, n), (turned >> (bits + n) ^ turned >> (bits + n - 1)) & 1);
}

PLAIN(op_bt_i) { bit_test(c, o, o->imm); }
/* A register index reaches beyond the operand: it also moves the address, by whole operands. */
PLAIN(op_bt_r) {
    u32 index = sext(reg(c, o->r, o->w), o->w);
    if (o->flags & OP_MEM) {
        struct op far = *o;
        far.disp += (u32)((i32)index >> (o->w == 4 ? 5 : 4)) * o->w;
        bit_test(c, &far, index);
    } else {
        bit_test(c, o, index);
    }
}

/* Of zero: ZF, and the destination keeps its value, as every processor does. */
PLAIN(op_bsf) {
    u32 a = rm_load(c, o, o->w);
    if (a) reg_set(c, o->r, (u32)__builtin_ctz(a), o->w);
    do_logic(c, a ? 1 : 0, o->w);
}
PLAIN(op_bsr) {
    u32 a = rm_load(c, o, o->w);
    if (a) reg_set(c, o->r, 31u - (u32)__builtin_clz(a), o->w);
    do_logic(c, a ? 1 : 0, o->w);
}

/* --- exchanges --------------------------------------------------------------------------------------------------------- */

/* XCHG with memory is locked without being told (SDM vol. 3, 8.1.2.1): the decoder sets OP_LOCK. */
PLAIN(op_xchg) {
    struct rmw m;
    u32 a, b = reg(c, o->r, o->w);
    do a = rmw_open(c, o, o->w, &m);
    while (!rmw_close(c, o, o->w, &m, b));
    reg_set(c, o->r, a, o->w);
}
PLAIN(op_xadd) {
    struct rmw m;
    u32 a, b = reg(c, o->r, o->w);
    do a = rmw_open(c, o, o->w, &m);
    while (!rmw_close(c, o, o->w, &m, a + b));
    u32 sum = do_add(c, a, b, 0, o->w);
    reg_set(c, o->r, a, o->w);
    if (!(o->flags & OP_MEM)) reg_set(c, o->rm, sum, o->w); /* both the same register: the sum stays */
}
PLAIN(op_cmpxchg) {
    struct rmw m;
    u32 a, acc = reg(c, 0, o->w), b = reg(c, o->r, o->w);
    do a = rmw_open(c, o, o->w, &m); /* the destination is written in either case */
    while (!rmw_close(c, o, o->w, &m, a == acc ? b : a));
    do_sub(c, acc, a, 0, o->w);
    if (a != acc) reg_set(c, 0, a, o->w);
}
PLAIN(op_cmpxchg8b) {
    u32 off = ea_full(c, o), lin = soft_linear(c, o->seg, off, 8, true);
    u64 want = (u64)c->gpr[CPU_RDX] << 32 | c->gpr[CPU_RAX], put = (u64)c->gpr[CPU_RCX] << 32 | c->gpr[CPU_RBX], old;
    soft_probe_write(c, o->seg, off, 8);
    struct locked l;
    if ((lin % 8 == 0 || ((o->flags & OP_LOCK) && c->smp)) && soft_lock_find(c, lin, 8, &l)) {
        if (UNLIKELY(c->watching)) soft_watch(c, lin, 8, true);
        do old = soft_lock_load(&l); /* the destination is written in either case */
        while (!soft_lock_store(c, &l, old == want ? put : old));
    } else {
        u32 low = soft_load_rmw(c, o->seg, off, 4), high = soft_load_rmw(c, o->seg, off + 4, 4);
        old = (u64)high << 32 | low;
        if (old != want) put = old;
        soft_store(c, o->seg, off, (u32)put, 4);
        soft_store(c, o->seg, off + 4, (u32)(put >> 32), 4);
    }
    if (old != want) {
        c->gpr[CPU_RAX] = (u32)old;
        c->gpr[CPU_RDX] = (u32)(old >> 32);
    }
    set_zf(c, old == want);
}
