/* op.h: decoded code. An instruction is one struct op, a run of them that is entered only at its top a struct block.
 *
 * An op's handler does its work and goes on with the next op itself ("direct threading"): with tail calls that is one
 * indirect jump. Where the compiler does not turn such calls into jumps (sanitizers, -O0) a loop in run.c makes them. */
#ifndef SOFT_OP_H
#define SOFT_OP_H

#include <stddef.h>

#include "soft.h"

struct op;
/* Returns what to execute next for the loop to call; NULL: the dispatcher has to look. */
typedef const struct op *op_fn(struct engine_vcpu *c, const struct op *o);

enum { OP_MEM = 1, OP_LOCK = 2, OP_REP = 4, OP_REPNE = 8, OP_A16 = 16, OP_SS16 = 32, OP_ENDS = 64 };

struct op {
    op_fn *fn;
    u32 imm;
    u32 disp;
    u32 amask;   /* effective addresses wrap here: 0xffff or 0xffffffff */
    u8 r, rm;    /* byte offsets into gpr[] of the register operands */
    u8 base, index, scale; /* of a memory operand: byte offsets, log2 */
    u8 seg;
    u8 w;        /* operand width in bytes: 1, 2, 4 */
    u8 sub;      /* which of a family: ALU operation, condition, ModRM.reg */
    u8 idx;      /* how many instructions of the block come before */
    u8 pos;      /* index in block->op */
    u8 len, off; /* bytes of the instruction, and where in the block it begins */
    u8 flags;    /* OP_* */
    u8 n;        /* instructions this op stands for: 2 when fused */
    u16 imm2;    /* selector of a far pointer, level of ENTER */
    u32 target;  /* of the conditional jump that a fused op does, too */
};

enum { BLOCK_OPS = 32, BLOCK_BYTES = 128 };

struct block_link { struct block *to; u32 epoch; };

struct block {
    struct block *next;            /* of its hash chain */
    u32 eip, env;                  /* the key, with gpa */
    u32 gpa;
    u32 gen, gen2;
    u32 entry;                     /* compared with memory since the VMM last had control */
    struct soft_page *page, *page2; /* page2: the last instruction continues in another page */
    const u8 *host, *host2;
    struct block_link link[2];     /* the blocks that followed: 0 fall through, 1 taken */
    u32 n;                         /* instructions */
    u8 bytes, bytes1;              /* bytes in all, and in the first page */
    u8 nop;
    bool one;                      /* decoded for one instruction at a time */
    bool guarded;                  /* has a breakpoint in it (valid for the epoch it was found in) */
    u8 copy[BLOCK_BYTES + 16];     /* what was decoded, to see whether a write changed it */
    struct op op[];
};

static inline struct block *op_block(const struct op *o) {
    return (struct block *)((uintptr_t)(o - o->pos) - offsetof(struct block, op));
}
static inline u32 op_eip(const struct op *o) { return op_block(o)->eip + o->off; }
static inline u32 op_next_eip(const struct op *o) { return op_block(o)->eip + o->off + o->len; }

/* Is a REP to do but one iteration, for somebody to see each, or for what a shadow that it begins in holds off until then (SDM vol. 2, STI and
 * REP; Bochs and QEMU likewise)? What RF asks for is care with the whole instruction. */
static inline bool soft_one_by_one(const struct engine_vcpu *c, const struct op *o) {
    u64 before = soft_count(c) - (op_block(o)->n - o->idx); /* count() is that of the block's end while it executes */
    return (c->eflags & FLAG_TF) || c->debug.step || c->sti_at == before || c->ss_at == before;
}

#define UNUSED __attribute__((unused))

#if defined(SOFT_TAIL_CALLS) && defined(__clang__)
#define TAIL __attribute__((musttail)) return
#else
#define TAIL return
#endif

/* Go on with op O. */
#ifdef SOFT_TAIL_CALLS
#define GO(c, O) do { const struct op *o_ = (O); TAIL o_->fn((c), o_); } while (0)
#else
#define GO(c, O) return (O)
#endif
#define NEXT(c, o) GO(c, (o) + 1)

/* --- how a handler is written ----------------------------------------------------------------------------------
 * PLAIN: an instruction written for clarity: any operand, any width, may fault before it changes anything.
 * FLOW: one that ends a block, having set c->eip. */
#define PLAIN(name)                                                                                       \
    static inline void name##_body(struct engine_vcpu *c UNUSED, const struct op *o UNUSED);                            \
    const struct op *name(struct engine_vcpu *c, const struct op *o) {                                    \
        c->cur = o;                                                                                       \
        name##_body(c, o);                                                                                \
        if (UNLIKELY(c->leave)) return soft_leave(c, o);                                                  \
        NEXT(c, o);                                                                                       \
    }                                                                                                     \
    static inline void name##_body(struct engine_vcpu *c UNUSED, const struct op *o UNUSED)

#define FLOW(name)                                                                                        \
    static inline void name##_body(struct engine_vcpu *c UNUSED, const struct op *o UNUSED);                            \
    const struct op *name(struct engine_vcpu *c, const struct op *o) {                                    \
        c->cur = o;                                                                                       \
        name##_body(c, o);                                                                                \
        TAIL soft_dispatch(c, o);                                                                         \
    }                                                                                                     \
    static inline void name##_body(struct engine_vcpu *c UNUSED, const struct op *o UNUSED)

/* Jump to a block that is known by its EIP: straight into it when it was found before (and nothing has changed since,
 * nobody wants attention, and the budget allows all of it). */
#define CHAIN(c, o, way, target)                                                                          \
    do {                                                                                                  \
        const struct block_link *l_ = &op_block(o)->link[way];                                            \
        struct block *b_ = l_->to;                                                                        \
        if (LIKELY(l_->epoch == (c)->epoch) && LIKELY(!attention(c)) && LIKELY((c)->left >= (i64)b_->n)) {  \
            (c)->left -= b_->n;                                                                           \
            GO(c, b_->op);                                                                                \
        }                                                                                                 \
        return soft_chain_find(c, o, way, target);                                                        \
    } while (0)

/* run.c */
op_fn soft_leave;    /* stop after this op, in the middle of a block */
op_fn soft_dispatch; /* c->eip is set: find its block and enter it, or return NULL */
op_fn op_end;        /* the end of a block without a jump: the instruction after it */
op_fn op_stop;       /* the end of a block of one */
const struct op *soft_chain_find(struct engine_vcpu *c, const struct op *o, unsigned way, u32 eip);

#endif
