/* string.c: MOVS, CMPS, STOS, LODS, SCAS with REP. An iteration is complete before the next begins, so a fault or an
 * interrupt leaves registers that say how far it came. Long runs go a page at a time. */
#include <string.h>

#include "flags.h"
#include "mem.h"

/* --- registers -------------------------------------------------------------------------------------------------------- */

static inline u32 at(const struct engine_vcpu *c, const struct op *o, unsigned r) { return c->gpr[r] & o->amask; }

static inline void move(struct engine_vcpu *c, const struct op *o, unsigned r, u32 by) {
    c->gpr[r] = (c->gpr[r] & ~o->amask) | ((c->gpr[r] + by) & o->amask);
}

static inline bool repeats(const struct op *o) { return o->flags & (OP_REP | OP_REPNE); }
static inline bool down(const struct engine_vcpu *c) { return c->eflags & FLAG_DF; }

/* --- plain runs of bytes ------------------------------------------------------------------------------------------------ */

/* n elements from src to dst as if one by one, upwards. */
static void copy_up(u8 *dst, const u8 *src, u32 n, u32 w) {
    u32 bytes = n * w;
#ifndef SOFT_SANITIZED
    uintptr_t ahead = (uintptr_t)dst - (uintptr_t)src;
    if (ahead >= bytes) { /* includes dst below src */
        memmove(dst, src, bytes);
        return;
    }
    if (ahead >= 16 && ahead % w == 0) { /* what was written is read again: repeat the pattern, a period at a time */
        for (u32 done = 0; done < bytes; done += (u32)ahead)
            memcpy(dst + done, src + done, bytes - done < ahead ? bytes - done : ahead);
        return;
    }
#endif
    for (u32 i = 0; i < bytes; i += w) host_store(dst + i, host_load(src + i, w), w);
}

/* The same downwards: dst and src are those of the first, highest element. */
static void copy_down(u8 *dst, const u8 *src, u32 n, u32 w) {
#ifndef SOFT_SANITIZED
    u32 bytes = n * w;
    uintptr_t ahead = (uintptr_t)src - (uintptr_t)dst;
    if (ahead >= bytes) {
        memmove(dst - (bytes - w), src - (bytes - w), bytes);
        return;
    }
#endif
    for (u32 i = 0; i < n; i++) host_store(dst - i * w, host_load(src - i * w, w), w);
}

static void fill(u8 *low, u32 n, u32 v, u32 w) {
#ifndef SOFT_SANITIZED
    if (w == 1 || (v & mask_of(w)) == (v & 0xff) * (0x01010101u & mask_of(w))) {
        memset(low, (int)(v & 0xff), n * w);
        return;
    }
#endif
    for (u32 i = 0; i < n; i++) host_store(low + i * w, v, w);
}

struct run { u8 *host; u32 lin, n; };

/* A run of elements from register r on, in one page and segment; 0: none that may be treated as plain memory. */
static u32 run_of(struct engine_vcpu *c, const struct op *o, unsigned seg, unsigned r, bool write, struct run *run) {
    u32 up, below, off = at(c, o, r), w = o->w;
    run->host = soft_span(c, seg, off, w, write, &up, &below);
    if (!run->host) return 0;
    run->lin = c->seg[seg].base + off;
    /* The span ends at the segment's limit, which may lie beyond the wrap of a 16-bit register. */
    if (up > o->amask - off && up - 1 > o->amask - off) up = o->amask - off + 1;
    return run->n = down(c) ? below / w + 1 : up / w;
}

static void wrote_run(struct engine_vcpu *c, const struct op *o, const struct run *dst, u32 n) {
    soft_wrote(c, down(c) ? dst->lin - (n - 1) * o->w : dst->lin, n * o->w, c->user);
}

static u32 least(u32 a, u32 b) { return a < b ? a : b; }

/* --- repetition ---------------------------------------------------------------------------------------------------------- */

/* Not finished, but somebody wants attention: stop between two iterations. */
static const struct op *pause_here(struct engine_vcpu *c, const struct op *o) {
    soft_unwind(c);
    (void)o;
    return NULL;
}

static inline bool must_pause(const struct engine_vcpu *c) {
    return (attention(c) & ~(u32)ATT_ONE) || c->nread || c->want_exit;
}

/* What one call of an instruction's body did. n: iterations to subtract from ECX. */
struct did { u32 n; bool stop; };

/* The REP skeleton around a body, which does up to `max` iterations (at least one) and moves the registers. */
#define STRING(name)                                                                                      \
    static inline struct did name##_body(struct engine_vcpu *c, const struct op *o, u32 max);             \
    const struct op *name(struct engine_vcpu *c, const struct op *o) {                                    \
        c->cur = o;                                                                                       \
        if (!repeats(o)) {                                                                                \
            name##_body(c, o, 1);                                                                         \
        } else {                                                                                          \
            u32 count;                                                                                    \
            while ((count = at(c, o, CPU_RCX))) {                                                         \
                u32 max = soft_one_by_one(c, o) ? 1 : count;                                              \
                struct did did = name##_body(c, o, max);                                                  \
                move(c, o, CPU_RCX, 0 - did.n);                                                           \
                if (did.stop || count == did.n) break;                                                    \
                soft_shadow_over(c);                                                                      \
                if (UNLIKELY(must_pause(c))) return pause_here(c, o);                                     \
            }                                                                                             \
        }                                                                                                 \
        if (UNLIKELY(c->leave)) return soft_leave(c, o);                                                  \
        NEXT(c, o);                                                                                       \
    }                                                                                                     \
    static inline struct did name##_body(struct engine_vcpu *c, const struct op *o, u32 max)

static inline u32 step(const struct engine_vcpu *c, const struct op *o, u32 n) { return down(c) ? 0 - n * o->w : n * o->w; }

STRING(op_movs) {
    struct run src, dst;
    if (max > 1 && run_of(c, o, o->seg, CPU_RSI, false, &src) && run_of(c, o, CPU_ES, CPU_RDI, true, &dst)) {
        u32 n = least(max, least(src.n, dst.n));
        if (down(c)) copy_down(dst.host, src.host, n, o->w);
        else copy_up(dst.host, src.host, n, o->w);
        move(c, o, CPU_RSI, step(c, o, n));
        move(c, o, CPU_RDI, step(c, o, n));
        wrote_run(c, o, &dst, n);
        return (struct did){n, false};
    }
    u32 v = soft_load(c, o->seg, at(c, o, CPU_RSI), o->w);
    soft_store(c, CPU_ES, at(c, o, CPU_RDI), v, o->w);
    move(c, o, CPU_RSI, step(c, o, 1));
    move(c, o, CPU_RDI, step(c, o, 1));
    return (struct did){1, false};
}

STRING(op_stos) {
    struct run dst;
    if (max > 1 && run_of(c, o, CPU_ES, CPU_RDI, true, &dst)) {
        u32 n = least(max, dst.n);
        fill(down(c) ? dst.host - (n - 1) * o->w : dst.host, n, c->gpr[CPU_RAX], o->w);
        move(c, o, CPU_RDI, step(c, o, n));
        wrote_run(c, o, &dst, n);
        return (struct did){n, false};
    }
    soft_store(c, CPU_ES, at(c, o, CPU_RDI), c->gpr[CPU_RAX], o->w);
    move(c, o, CPU_RDI, step(c, o, 1));
    return (struct did){1, false};
}

STRING(op_lods) {
    struct run src;
    if (max > 1 && run_of(c, o, o->seg, CPU_RSI, false, &src)) {
        u32 n = least(max, src.n);
        u32 last = (n - 1) * o->w;
        reg_set(c, CPU_RAX * 4, host_load(down(c) ? src.host - last : src.host + last, o->w), o->w);
        move(c, o, CPU_RSI, step(c, o, n));
        return (struct did){n, false};
    }
    reg_set(c, CPU_RAX * 4, soft_load(c, o->seg, at(c, o, CPU_RSI), o->w), o->w);
    move(c, o, CPU_RSI, step(c, o, 1));
    return (struct did){1, false};
}

/* REPE goes on while equal, REPNE while not. */
static inline bool ends(const struct op *o, bool equal) { return repeats(o) && (equal != !!(o->flags & OP_REP)); }

STRING(op_scas) {
    struct run dst;
    u32 a = reg(c, CPU_RAX * 4, o->w), v, n = 1;
    if (max > 1 && run_of(c, o, CPU_ES, CPU_RDI, false, &dst)) {
        u32 most = least(max, dst.n), i = 0;
        const u8 *p = dst.host;
        intptr_t by = down(c) ? -(intptr_t)o->w : (intptr_t)o->w;
        do {
            v = host_load(p, o->w);
            p += by;
        } while (++i < most && !ends(o, v == a));
        n = i;
    } else {
        v = soft_load(c, CPU_ES, at(c, o, CPU_RDI), o->w);
    }
    move(c, o, CPU_RDI, step(c, o, n));
    do_sub(c, a, v, 0, o->w);
    return (struct did){n, ends(o, v == a)};
}

STRING(op_cmps) {
    struct run src, dst;
    u32 a, b, n = 1;
    if (max > 1 && run_of(c, o, o->seg, CPU_RSI, false, &src) && run_of(c, o, CPU_ES, CPU_RDI, false, &dst)) {
        u32 most = least(max, least(src.n, dst.n)), i = 0;
        const u8 *p = src.host, *q = dst.host;
        intptr_t by = down(c) ? -(intptr_t)o->w : (intptr_t)o->w;
        do {
            a = host_load(p, o->w), b = host_load(q, o->w);
            p += by, q += by;
        } while (++i < most && !ends(o, a == b));
        n = i;
    } else {
        a = soft_load(c, o->seg, at(c, o, CPU_RSI), o->w);
        b = soft_load(c, CPU_ES, at(c, o, CPU_RDI), o->w);
    }
    move(c, o, CPU_RSI, step(c, o, n));
    move(c, o, CPU_RDI, step(c, o, n));
    do_sub(c, a, b, 0, o->w);
    return (struct did){n, ends(o, a == b)};
}
