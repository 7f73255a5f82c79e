/* hot_alu.c: fast twins of arithmetic, logic, shifts. */
#include "alu.h"
#include "hot.h"

#define OPERATIONS(X, ...)                                                                                      \
    X(add, ALU_ADD, __VA_ARGS__) X(or, ALU_OR, __VA_ARGS__) X(adc, ALU_ADC, __VA_ARGS__) X(sbb, ALU_SBB, __VA_ARGS__)     \
    X(and, ALU_AND, __VA_ARGS__) X(sub, ALU_SUB, __VA_ARGS__) X(xor, ALU_XOR, __VA_ARGS__) X(cmp, ALU_CMP, __VA_ARGS__)

/* rr: rm op= r.  ri: rm op= imm.  rm: r op= memory.  mr: memory op= r.  mi: memory op= imm. */
#define REGISTERS(name, what, N, w)                                                          \
    HOT(name##_rr##N) {                                                                      \
        u32 r = alu(c, what, reg##N(c, o->rm), reg##N(c, o->r), w);                          \
        if (what != ALU_CMP) reg_set##N(c, o->rm, r);                                        \
        NEXT(c, o);                                                                          \
    }                                                                                        \
    HOT(name##_ri##N) {                                                                      \
        u32 r = alu(c, what, reg##N(c, o->rm), o->imm, w);                                   \
        if (what != ALU_CMP) reg_set##N(c, o->rm, r);                                        \
        NEXT(c, o);                                                                          \
    }

#define MEMORY(name, what, N, w, K)                                                          \
    HOT(name##_rm##N##_##K) {                                                                \
        u32 off = ea_##K(c, o);                                                              \
        READABLE(off, w, op_alu_r_rm);                                                       \
        u32 r = alu(c, what, reg##N(c, o->r), host_load##N((void *)host), w);                \
        if (what != ALU_CMP) reg_set##N(c, o->r, r);                                         \
        NEXT(c, o);                                                                          \
    }                                                                                        \
    CHANGE(name##_mr##N##_##K, what, N, w, K, reg##N(c, o->r), op_alu_rm_r)                  \
    CHANGE(name##_mi##N##_##K, what, N, w, K, o->imm, op_alu_rm_i)

#define CHANGE(name, what, N, w, K, operand, plain)                                          \
    HOT(name) {                                                                              \
        u32 off = ea_##K(c, o);                                                              \
        uintptr_t host;                                                                      \
        bool ok = what == ALU_CMP ? fast_read(c, &c->seg[o->seg], off, w, &host)             \
                                  : fast_write(c, &c->seg[o->seg], off, w, &host);           \
        if (UNLIKELY(!ok)) TAIL plain(c, o);                                                 \
        u32 r = alu(c, what, host_load##N((void *)host), operand, w);                        \
        if (what != ALU_CMP) host_store##N((void *)host, (u##N)r);                           \
        NEXT(c, o);                                                                          \
    }

OPERATIONS(REGISTERS, 8, 1)
OPERATIONS(REGISTERS, 16, 2)
OPERATIONS(REGISTERS, 32, 4)
OPERATIONS(MEMORY, 8, 1, 0)
OPERATIONS(MEMORY, 16, 2, 0)
OPERATIONS(MEMORY, 32, 4, 0)
OPERATIONS(MEMORY, 8, 1, 1)
OPERATIONS(MEMORY, 16, 2, 1)
OPERATIONS(MEMORY, 32, 4, 1)

#define ROW_R(name, what, form) {name##_##form##8, name##_##form##16, name##_##form##32},
#define ROW_M(name, what, form) {{name##_##form##8_0, name##_##form##8_1}, {name##_##form##16_0, name##_##form##16_1}, {name##_##form##32_0, name##_##form##32_1}},
static op_fn *const table_rr[8][3] = {OPERATIONS(ROW_R, rr)};
static op_fn *const table_ri[8][3] = {OPERATIONS(ROW_R, ri)};
static op_fn *const table_rm[8][3][2] = {OPERATIONS(ROW_M, rm)};
static op_fn *const table_mr[8][3][2] = {OPERATIONS(ROW_M, mr)};
static op_fn *const table_mi[8][3][2] = {OPERATIONS(ROW_M, mi)};

/* --- TEST, INC, DEC, NEG, NOT, shifts by a constant, IMUL ------------------------------------------------------------- */

#define SINGLE(N, w)                                                                          \
    HOT(test_rr##N) { do_logic(c, reg##N(c, o->rm) & reg##N(c, o->r), w); NEXT(c, o); }       \
    HOT(test_ri##N) { do_logic(c, reg##N(c, o->rm) & o->imm, w); NEXT(c, o); }                \
    HOT(inc_r##N) { reg_set##N(c, o->rm, do_inc(c, reg##N(c, o->rm), w)); NEXT(c, o); }       \
    HOT(dec_r##N) { reg_set##N(c, o->rm, do_dec(c, reg##N(c, o->rm), w)); NEXT(c, o); }       \
    HOT(neg_r##N) { reg_set##N(c, o->rm, do_sub(c, 0, reg##N(c, o->rm), 0, w)); NEXT(c, o); } \
    HOT(not_r##N) { reg_set##N(c, o->rm, ~reg##N(c, o->rm)); NEXT(c, o); }                    \
    HOT(test_mi##N) {                                                                         \
        u32 off = ea_1(c, o);                                                                 \
        READABLE(off, w, op_test_rm_i);                                                       \
        do_logic(c, host_load##N((void *)host) & o->imm, w);                                  \
        NEXT(c, o);                                                                           \
    }                                                                                         \
    HOT(inc_m##N) {                                                                           \
        u32 off = ea_1(c, o);                                                                 \
        WRITABLE(off, w, op_inc);                                                             \
        host_store##N((void *)host, (u##N)do_inc(c, host_load##N((void *)host), w));          \
        NEXT(c, o);                                                                           \
    }                                                                                         \
    HOT(dec_m##N) {                                                                           \
        u32 off = ea_1(c, o);                                                                 \
        WRITABLE(off, w, op_dec);                                                             \
        host_store##N((void *)host, (u##N)do_dec(c, host_load##N((void *)host), w));          \
        NEXT(c, o);                                                                           \
    }
SINGLE(8, 1)
SINGLE(16, 2)
SINGLE(32, 4)

/* Shifts by 1 to width - 1: flags as in bits.c. */
static inline void shift_flags(struct engine_vcpu *c, u32 v, bool cf, bool of, unsigned w) {
    c->fl_res = sext(v, w);
    c->fl_aux = AUX_AF | (u32)cf << 31 | (u32)(cf != of) << 30;
}
#define SHIFTS(N, w)                                                                          \
    HOT(shl_r##N) {                                                                           \
        u32 a = reg##N(c, o->rm), v = a << o->imm;                                            \
        bool cf = a >> (N - o->imm) & 1;                                                      \
        reg_set##N(c, o->rm, v);                                                              \
        shift_flags(c, v, cf, (v >> (N - 1) & 1) != cf, w);                                   \
        NEXT(c, o);                                                                           \
    }                                                                                         \
    HOT(shr_r##N) {                                                                           \
        u32 a = reg##N(c, o->rm), v = a >> o->imm;                                            \
        reg_set##N(c, o->rm, v);                                                              \
        shift_flags(c, v, a >> (o->imm - 1) & 1, v >> (N - 2) & 1, w);                        \
        NEXT(c, o);                                                                           \
    }                                                                                         \
    HOT(sar_r##N) {                                                                           \
        i32 a = (i32)sext(reg##N(c, o->rm), w);                                               \
        u32 v = (u32)(a >> o->imm);                                                           \
        reg_set##N(c, o->rm, v);                                                              \
        shift_flags(c, v, a >> (o->imm - 1) & 1, false, w);                                   \
        NEXT(c, o);                                                                           \
    }
SHIFTS(8, 1)
SHIFTS(16, 2)
SHIFTS(32, 4)

#define IMUL(N, w)                                                                            \
    static inline void imul##N(struct engine_vcpu *c, const struct op *o, u32 a, u32 b) {     \
        i64 p = (i64)(i32)sext(a, w) * (i32)sext(b, w);                                       \
        bool wide = p != (i32)sext((u32)p, w);                                                \
        reg_set##N(c, o->r, (u32)p);                                                          \
        do_logic(c, (u32)p, w);                                                               \
        c->fl_aux = (u32)wide << 31;                                                          \
    }                                                                                         \
    HOT(imul_rr##N) { imul##N(c, o, reg##N(c, o->r), reg##N(c, o->rm)); NEXT(c, o); }         \
    HOT(imul_rri##N) { imul##N(c, o, reg##N(c, o->rm), o->imm); NEXT(c, o); }                 \
    HOT(imul_rm##N) {                                                                         \
        u32 off = ea_1(c, o);                                                                 \
        READABLE(off, w, op_imul_r_rm);                                                       \
        imul##N(c, o, reg##N(c, o->r), host_load##N((void *)host));                           \
        NEXT(c, o);                                                                           \
    }
IMUL(16, 2)
IMUL(32, 4)

/* --- choosing ------------------------------------------------------------------------------------------------------------ */

#define BY_WIDTH(name) {name##8, name##16, name##32}
static const struct { op_fn *plain; op_fn *reg[3], *mem[3]; } simple[] = {
    {op_test_rm_r, BY_WIDTH(test_rr), {0}},
    {op_test_rm_i, BY_WIDTH(test_ri), BY_WIDTH(test_mi)},
    {op_inc, BY_WIDTH(inc_r), BY_WIDTH(inc_m)},
    {op_dec, BY_WIDTH(dec_r), BY_WIDTH(dec_m)},
    {op_neg, BY_WIDTH(neg_r), {0}},
    {op_not, BY_WIDTH(not_r), {0}},
    {op_imul_r_rm, {0, imul_rr16, imul_rr32}, {0, imul_rm16, imul_rm32}},
    {op_imul_r_rm_i, {0, imul_rri16, imul_rri32}, {0}},
};

static op_fn *shift_twin(struct op *o) {
    static op_fn *const table[3][3] = {BY_WIDTH(shl_r), BY_WIDTH(shr_r), BY_WIDTH(sar_r)};
    u32 n = o->fn == op_shift_1 ? 1 : o->imm & 31;
    if ((o->flags & OP_MEM) || n == 0 || n >= 8u * o->w || o->sub < 4) return NULL;
    o->imm = n; /* the plain handlers mask it, or do not look */
    return table[o->sub == 5 ? 1 : o->sub == 7 ? 2 : 0][log_w(o)];
}

op_fn *hot_alu(struct op *o) {
    bool mem = o->flags & OP_MEM;
    unsigned w = log_w(o), k = form_of(o);
    if (o->fn == op_alu_rm_r) return mem ? table_mr[o->sub][w][k] : table_rr[o->sub][w];
    if (o->fn == op_alu_rm_i) return mem ? table_mi[o->sub][w][k] : table_ri[o->sub][w];
    if (o->fn == op_alu_r_rm) {
        if (mem) return table_rm[o->sub][w][k];
        u8 r = o->r; /* the same with the roles of r and rm exchanged */
        o->r = o->rm;
        o->rm = r;
        return table_rr[o->sub][w];
    }
    if (o->fn == op_shift_i || o->fn == op_shift_1) return shift_twin(o);
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
        if (o->fn == simple[i].plain) return (mem ? simple[i].mem : simple[i].reg)[w];
    return NULL;
}
