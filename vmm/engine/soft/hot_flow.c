/* hot_flow.c: fast twins of jumps, calls and the stack. N: operand width in bits, S: bits of the stack pointer. */
#include "flags.h"
#include "hot.h"

#define MASK16 0xffffu
#define MASK32 0xffffffffu

#define STACK(N, w, S)                                                                        \
    static inline bool push##N##_##S(struct engine_vcpu *c, u32 v) {                          \
        u32 sp = c->gpr[CPU_RSP], moved = (sp & ~MASK##S) | ((sp - (w)) & MASK##S);           \
        uintptr_t host;                                                                       \
        if (UNLIKELY(!fast_write(c, &c->seg[CPU_SS], moved & MASK##S, w, &host))) return false; \
        host_store##N((void *)host, (u##N)v);                                                 \
        c->gpr[CPU_RSP] = moved;                                                              \
        return true;                                                                          \
    }                                                                                         \
    HOT(push_r##N##_##S) {                                                                    \
        if (UNLIKELY(!push##N##_##S(c, reg##N(c, o->rm)))) TAIL op_push_rm(c, o);             \
        NEXT(c, o);                                                                           \
    }                                                                                         \
    HOT(push_i##N##_##S) {                                                                    \
        if (UNLIKELY(!push##N##_##S(c, o->imm))) TAIL op_push_i(c, o);                        \
        NEXT(c, o);                                                                           \
    }                                                                                         \
    HOT(pop_r##N##_##S) {                                                                     \
        u32 sp = c->gpr[CPU_RSP];                                                             \
        uintptr_t host;                                                                       \
        if (UNLIKELY(!fast_read(c, &c->seg[CPU_SS], sp & MASK##S, w, &host))) TAIL op_pop_r(c, o); \
        c->gpr[CPU_RSP] = (sp & ~MASK##S) | ((sp + (w)) & MASK##S);                           \
        reg_set##N(c, o->rm, host_load##N((void *)host));                                     \
        NEXT(c, o);                                                                           \
    }                                                                                         \
    HOT(call##N##_##S) {                                                                      \
        if (UNLIKELY(!push##N##_##S(c, op_next_eip(o)))) TAIL op_call(c, o);                  \
        CHAIN(c, o, 1, o->imm);                                                               \
    }                                                                                         \
    HOT(ret##N##_##S) {                                                                       \
        u32 sp = c->gpr[CPU_RSP];                                                             \
        uintptr_t host;                                                                       \
        if (UNLIKELY(!fast_read(c, &c->seg[CPU_SS], sp & MASK##S, w, &host))) TAIL op_ret(c, o); \
        u32 eip = host_load##N((void *)host);                                                 \
        if (UNLIKELY(eip > c->seg[CPU_CS].limit)) TAIL op_ret(c, o);                          \
        c->gpr[CPU_RSP] = (sp & ~MASK##S) | ((sp + (w) + o->imm) & MASK##S);                  \
        c->eip = eip;                                                                         \
        TAIL soft_dispatch(c, o);                                                             \
    }
STACK(16, 2, 16)
STACK(32, 4, 16)
STACK(16, 2, 32)
STACK(32, 4, 32)

#define JCC(n)                                                                                \
    HOT(jcc_##n) {                                                                            \
        if (soft_cond(c, n)) CHAIN(c, o, 1, o->imm);                                          \
        CHAIN(c, o, 0, op_next_eip(o));                                                       \
    }
JCC(0) JCC(1) JCC(2) JCC(3) JCC(4) JCC(5) JCC(6) JCC(7)
JCC(8) JCC(9) JCC(10) JCC(11) JCC(12) JCC(13) JCC(14) JCC(15)

HOT(loop_16) {
    u32 n = (c->gpr[CPU_RCX] - 1) & 0xffff;
    c->gpr[CPU_RCX] = (c->gpr[CPU_RCX] & 0xffff0000u) | n;
    if (n) CHAIN(c, o, 1, o->imm);
    CHAIN(c, o, 0, op_next_eip(o));
}
HOT(loop_32) {
    if (--c->gpr[CPU_RCX]) CHAIN(c, o, 1, o->imm);
    CHAIN(c, o, 0, op_next_eip(o));
}

#define ALL(name) {{name##16_16, name##16_32}, {name##32_16, name##32_32}} /* [operand][stack] */

op_fn *hot_flow(const struct op *o) {
    static op_fn *const push_r[2][2] = ALL(push_r), *const push_i[2][2] = ALL(push_i), *const pop_r[2][2] = ALL(pop_r);
    static op_fn *const call[2][2] = ALL(call), *const ret[2][2] = ALL(ret);
    static op_fn *const jcc[16] = {jcc_0, jcc_1, jcc_2, jcc_3, jcc_4, jcc_5, jcc_6, jcc_7,
                                   jcc_8, jcc_9, jcc_10, jcc_11, jcc_12, jcc_13, jcc_14, jcc_15};
    unsigned n = o->w == 4, s = !(o->flags & OP_SS16);
    if (o->fn == op_push_rm && !(o->flags & OP_MEM)) return push_r[n][s];
    if (o->fn == op_push_i) return push_i[n][s];
    if (o->fn == op_pop_r) return pop_r[n][s];
    if (o->fn == op_call) return call[n][s];
    if (o->fn == op_ret) return ret[n][s];
    if (o->fn == op_jcc) return jcc[o->sub];
    if (o->fn == op_loop && o->sub == 2) return o->amask == 0xffff ? loop_16 : loop_32;
    return NULL;
}
