/* hot_fuse.c: pairs. A comparison (or DEC) and the conditional jump after it are one op: the operands decide directly,
 * without a detour through the flags, which are stored all the same. The jump's own op stays behind the fused one: where the
 * pair cannot be done at once, the plain handler does the first half and goes on there. */
#include "alu.h"
#include "hot.h"

/* Conditions of a comparison of a with b, masked to the width; r is a - b, sign-extended. */
#define CMP_CONDITIONS(X, ...)                                                                \
    X(2, a < b, __VA_ARGS__) X(3, a >= b, __VA_ARGS__) X(4, a == b, __VA_ARGS__) X(5, a != b, __VA_ARGS__)                \
    X(6, a <= b, __VA_ARGS__) X(7, a > b, __VA_ARGS__) X(8, (i32)r < 0, __VA_ARGS__) X(9, (i32)r >= 0, __VA_ARGS__)       \
    X(12, sa < sb, __VA_ARGS__) X(13, sa >= sb, __VA_ARGS__) X(14, sa <= sb, __VA_ARGS__) X(15, sa > sb, __VA_ARGS__)
/* Conditions of a result whose CF and OF are clear. */
#define LOGIC_CONDITIONS(X, ...)                                                              \
    X(4, r == 0, __VA_ARGS__) X(5, r != 0, __VA_ARGS__) X(8, (i32)r < 0, __VA_ARGS__) X(9, (i32)r >= 0, __VA_ARGS__)      \
    X(12, (i32)r < 0, __VA_ARGS__) X(13, (i32)r >= 0, __VA_ARGS__) X(14, (i32)r <= 0, __VA_ARGS__) X(15, (i32)r > 0, __VA_ARGS__)
#define RESULT_CONDITIONS(X, ...)                                                             \
    X(4, r == 0, __VA_ARGS__) X(5, r != 0, __VA_ARGS__) X(8, (i32)r < 0, __VA_ARGS__) X(9, (i32)r >= 0, __VA_ARGS__)

#define BRANCH(condition)                                                                     \
    do {                                                                                      \
        if (condition) CHAIN(c, o, 1, o->target);                                             \
        CHAIN(c, o, 0, op_next_eip(o + 1));                                                   \
    } while (0)

#define COMPARE(cc, condition, name, N, w, prepare, A, B)                                     \
    HOT(name##N##_##cc) {                                                                     \
        prepare;                                                                              \
        u32 a = (A), b = (B);                                                                 \
        do_sub(c, a, b, 0, w);                                                                \
        u32 r UNUSED = c->fl_res;                                                             \
        i32 sa UNUSED = (i32)sext(a, w), sb UNUSED = (i32)sext(b, w);                         \
        BRANCH(condition);                                                                    \
    }
#define TEST(cc, condition, name, N, w, A, B)                                                 \
    HOT(name##N##_##cc) {                                                                     \
        do_logic(c, (A) & (B), w);                                                            \
        u32 r = c->fl_res;                                                                    \
        BRANCH(condition);                                                                    \
    }
#define STEP(cc, condition, name, N, w, what)                                                 \
    HOT(name##N##_##cc) {                                                                     \
        u32 v = what(c, reg##N(c, o->rm), w), r = c->fl_res;                                  \
        reg_set##N(c, o->rm, v);                                                              \
        BRANCH(condition);                                                                    \
    }
#define CHANGE(cc, condition, name, N, w, what, B)                                            \
    HOT(name##N##_##cc) {                                                                     \
        u32 v = alu(c, what, reg##N(c, o->rm), (B), w), r = c->fl_res;                        \
        reg_set##N(c, o->rm, v);                                                              \
        BRANCH(condition);                                                                    \
    }

#define NOTHING (void)0
#define PAIRS(N, w)                                                                           \
    CMP_CONDITIONS(COMPARE, cmp_rr, N, w, NOTHING, reg##N(c, o->rm), reg##N(c, o->r))         \
    CMP_CONDITIONS(COMPARE, cmp_ri, N, w, NOTHING, reg##N(c, o->rm), o->imm)                  \
    CMP_CONDITIONS(COMPARE, cmp_rm, N, w, u32 off = ea_1(c, o); READABLE(off, w, op_alu_r_rm), reg##N(c, o->r), host_load##N((void *)host)) \
    CMP_CONDITIONS(COMPARE, cmp_mi, N, w, u32 off = ea_1(c, o); READABLE(off, w, op_alu_rm_i), host_load##N((void *)host), o->imm) \
    LOGIC_CONDITIONS(TEST, test_rr, N, w, reg##N(c, o->rm), reg##N(c, o->r))                  \
    LOGIC_CONDITIONS(TEST, test_ri, N, w, reg##N(c, o->rm), o->imm)                           \
    LOGIC_CONDITIONS(CHANGE, and_ri, N, w, ALU_AND, o->imm)                                   \
    RESULT_CONDITIONS(CHANGE, sub_ri, N, w, ALU_SUB, o->imm)                                  \
    RESULT_CONDITIONS(STEP, inc_r, N, w, do_inc)                                              \
    RESULT_CONDITIONS(STEP, dec_r, N, w, do_dec)
PAIRS(8, 1)
PAIRS(16, 2)
PAIRS(32, 4)

#define ENTRY(cc, condition, name) [cc] = name##_##cc,
#define TABLE(LIST, name) {{LIST(ENTRY, name##8)}, {LIST(ENTRY, name##16)}, {LIST(ENTRY, name##32)}}
static op_fn *const cmp_rr[3][16] = TABLE(CMP_CONDITIONS, cmp_rr), *const cmp_ri[3][16] = TABLE(CMP_CONDITIONS, cmp_ri);
static op_fn *const cmp_rm[3][16] = TABLE(CMP_CONDITIONS, cmp_rm), *const cmp_mi[3][16] = TABLE(CMP_CONDITIONS, cmp_mi);
static op_fn *const test_rr[3][16] = TABLE(LOGIC_CONDITIONS, test_rr), *const test_ri[3][16] = TABLE(LOGIC_CONDITIONS, test_ri);
static op_fn *const and_ri[3][16] = TABLE(LOGIC_CONDITIONS, and_ri), *const sub_ri[3][16] = TABLE(RESULT_CONDITIONS, sub_ri);
static op_fn *const inc_r[3][16] = TABLE(RESULT_CONDITIONS, inc_r), *const dec_r[3][16] = TABLE(RESULT_CONDITIONS, dec_r);

void soft_fuse(struct op *o, const struct op *jump) {
    if (jump->fn != op_jcc || (o->flags & OP_LOCK)) return;
    bool mem = o->flags & OP_MEM;
    typedef op_fn *by_condition[16];
    const by_condition *table = NULL;
    if (o->fn == op_alu_rm_r && o->sub == ALU_CMP && !mem) table = cmp_rr;
    else if (o->fn == op_alu_rm_i && o->sub == ALU_CMP) table = mem ? cmp_mi : cmp_ri;
    else if (o->fn == op_alu_r_rm && o->sub == ALU_CMP && mem) table = cmp_rm;
    else if (o->fn == op_alu_rm_i && o->sub == ALU_AND && !mem) table = and_ri;
    else if (o->fn == op_alu_rm_i && o->sub == ALU_SUB && !mem) table = sub_ri;
    else if (o->fn == op_test_rm_r && !mem) table = test_rr;
    else if (o->fn == op_test_rm_i && !mem) table = test_ri;
    else if (o->fn == op_inc && !mem) table = inc_r;
    else if (o->fn == op_dec && !mem) table = dec_r;
    if (!table || !table[log_w(o)][jump->sub]) return;
    o->fn = table[log_w(o)][jump->sub];
    o->target = jump->imm;
}
