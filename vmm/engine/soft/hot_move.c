/* hot_move.c: fast twins of data movement and of string instructions without REP. */
#include "flags.h"
#include "hot.h"

#define MOVES(N, w)                                                                           \
    HOT(mov_rr##N) { reg_set##N(c, o->rm, reg##N(c, o->r)); NEXT(c, o); }                     \
    HOT(mov_ri##N) { reg_set##N(c, o->rm, o->imm); NEXT(c, o); }                              \
    HOT(xchg_rr##N) {                                                                         \
        u32 a = reg##N(c, o->rm), b = reg##N(c, o->r);                                        \
        reg_set##N(c, o->rm, b);                                                              \
        reg_set##N(c, o->r, a);                                                               \
        NEXT(c, o);                                                                           \
    }
MOVES(8, 1)
MOVES(16, 2)
MOVES(32, 4)

#define MEMORY(N, w, K)                                                                       \
    HOT(mov_rm##N##_##K) {                                                                    \
        u32 off = ea_##K(c, o);                                                               \
        READABLE(off, w, op_mov_r_rm);                                                        \
        reg_set##N(c, o->r, host_load##N((void *)host));                                      \
        NEXT(c, o);                                                                           \
    }                                                                                         \
    HOT(mov_mr##N##_##K) {                                                                    \
        u32 off = ea_##K(c, o);                                                               \
        WRITABLE(off, w, op_mov_rm_r);                                                        \
        host_store##N((void *)host, (u##N)reg##N(c, o->r));                                   \
        NEXT(c, o);                                                                           \
    }                                                                                         \
    HOT(mov_mi##N##_##K) {                                                                    \
        u32 off = ea_##K(c, o);                                                               \
        WRITABLE(off, w, op_mov_rm_i);                                                        \
        host_store##N((void *)host, (u##N)o->imm);                                            \
        NEXT(c, o);                                                                           \
    }
MEMORY(8, 1, 0)
MEMORY(16, 2, 0)
MEMORY(32, 4, 0)
MEMORY(8, 1, 1)
MEMORY(16, 2, 1)
MEMORY(32, 4, 1)

HOT(lea16) { reg_set16(c, o->r, ea_1(c, o)); NEXT(c, o); }
HOT(lea32) { reg_set32(c, o->r, ea_1(c, o)); NEXT(c, o); }

/* FROM bits, extended by EXT, TO bits */
#define EXTEND(name, FROM, w, TO, plain, extend)                                              \
    HOT(name##_r) { reg_set##TO(c, o->r, extend(reg##FROM(c, o->rm), w)); NEXT(c, o); }       \
    HOT(name##_m) {                                                                           \
        u32 off = ea_1(c, o);                                                                 \
        READABLE(off, w, plain);                                                              \
        reg_set##TO(c, o->r, extend(host_load##FROM((void *)host), w));                       \
        NEXT(c, o);                                                                           \
    }
static inline u32 zext(u32 v, unsigned w) { (void)w; return v; }
EXTEND(movzx_8_16, 8, 1, 16, op_movzx, zext)
EXTEND(movzx_8_32, 8, 1, 32, op_movzx, zext)
EXTEND(movzx_16_32, 16, 2, 32, op_movzx, zext)
EXTEND(movsx_8_16, 8, 1, 16, op_movsx, sext)
EXTEND(movsx_8_32, 8, 1, 32, op_movsx, sext)
EXTEND(movsx_16_32, 16, 2, 32, op_movsx, sext)

/* --- string instructions, once ------------------------------------------------------------------------------------------- */

static inline void advance(struct engine_vcpu *c, const struct op *o, unsigned r, u32 w) {
    u32 by = c->eflags & FLAG_DF ? 0 - w : w;
    c->gpr[r] = (c->gpr[r] & ~o->amask) | ((c->gpr[r] + by) & o->amask);
}

#define STRINGS(N, w)                                                                         \
    HOT(lods##N) {                                                                            \
        READABLE(c->gpr[CPU_RSI] & o->amask, w, op_lods);                                     \
        reg_set##N(c, CPU_RAX * 4, host_load##N((void *)host));                               \
        advance(c, o, CPU_RSI, w);                                                            \
        NEXT(c, o);                                                                           \
    }                                                                                         \
    HOT(stos##N) {                                                                            \
        uintptr_t host;                                                                       \
        if (UNLIKELY(!fast_write(c, &c->seg[CPU_ES], c->gpr[CPU_RDI] & o->amask, w, &host))) TAIL op_stos(c, o); \
        host_store##N((void *)host, (u##N)c->gpr[CPU_RAX]);                                   \
        advance(c, o, CPU_RDI, w);                                                            \
        NEXT(c, o);                                                                           \
    }                                                                                         \
    HOT(movs##N) {                                                                            \
        READABLE(c->gpr[CPU_RSI] & o->amask, w, op_movs);                                     \
        uintptr_t to;                                                                         \
        if (UNLIKELY(!fast_write(c, &c->seg[CPU_ES], c->gpr[CPU_RDI] & o->amask, w, &to))) TAIL op_movs(c, o); \
        host_store##N((void *)to, host_load##N((void *)host));                                \
        advance(c, o, CPU_RSI, w);                                                            \
        advance(c, o, CPU_RDI, w);                                                            \
        NEXT(c, o);                                                                           \
    }
STRINGS(8, 1)
STRINGS(16, 2)
STRINGS(32, 4)

/* --- choosing ---------------------------------------------------------------------------------------------------------------- */

#define BY_WIDTH(name) {name##8, name##16, name##32}
#define BY_FORM(name) {{name##8_0, name##8_1}, {name##16_0, name##16_1}, {name##32_0, name##32_1}}

op_fn *hot_move(struct op *o) {
    static op_fn *const rr[3] = BY_WIDTH(mov_rr), *const ri[3] = BY_WIDTH(mov_ri), *const xchg[3] = BY_WIDTH(xchg_rr);
    static op_fn *const rm[3][2] = BY_FORM(mov_rm), *const mr[3][2] = BY_FORM(mov_mr), *const mi[3][2] = BY_FORM(mov_mi);
    static op_fn *const lods[3] = BY_WIDTH(lods), *const stos[3] = BY_WIDTH(stos), *const movs[3] = BY_WIDTH(movs);
    bool mem = o->flags & OP_MEM, rep = o->flags & (OP_REP | OP_REPNE);
    unsigned w = log_w(o), k = form_of(o);
    if (o->fn == op_mov_rm_r) return mem ? mr[w][k] : rr[w];
    if (o->fn == op_mov_rm_i) return mem ? mi[w][k] : ri[w];
    if (o->fn == op_mov_r_rm) {
        if (mem) return rm[w][k];
        u8 r = o->r;
        o->r = o->rm;
        o->rm = r;
        return rr[w];
    }
    if (o->fn == op_xchg && !mem) return xchg[w];
    if (o->fn == op_lea) return o->w == 4 ? lea32 : lea16;
    if (o->fn == op_movzx && o->w < o->sub) return o->w == 2 ? (mem ? movzx_16_32_m : movzx_16_32_r) : o->sub == 4 ? (mem ? movzx_8_32_m : movzx_8_32_r) : mem ? movzx_8_16_m : movzx_8_16_r;
    if (o->fn == op_movsx && o->w < o->sub) return o->w == 2 ? (mem ? movsx_16_32_m : movsx_16_32_r) : o->sub == 4 ? (mem ? movsx_8_32_m : movsx_8_32_r) : mem ? movsx_8_16_m : movsx_8_16_r;
    if (o->fn == op_lods && !rep) return lods[w];
    if (o->fn == op_stos && !rep) return stos[w];
    if (o->fn == op_movs && !rep) return movs[w];
    return NULL;
}
