/* code.h: the cache of decoded blocks, and how writes to code are noticed. */
#ifndef SOFT_CODE_H
#define SOFT_CODE_H

#include "op.h"
#include "soft.h"

struct soft_cache *soft_cache_new(void);
void soft_cache_free(struct soft_cache *k);

/* The block at c->eip, decoded if need be; leaves by soft_raise() when it cannot be fetched. one: a block of just one
 * instruction. */
struct block *soft_block_find(struct engine_vcpu *c, bool one);
/* All links between blocks are void: the mapping of code, or code itself, has changed. */
void soft_links_cut(struct engine_vcpu *c);
/* CS, the stack size or the CPL has changed: blocks are found under another key. */
void soft_env_update(struct engine_vcpu *c);

/* [gpa, gpa+len), inside one page, was written: if decoded code was there, forget it. */
void soft_code_written(struct engine_vcpu *c, struct soft_page *p, u32 offset, u32 len);
/* Is any byte there known as code? */
static inline bool soft_code_at(const struct soft_page *p, u32 offset, u32 len) {
    const u64 *bits = __atomic_load_n(&p->bits, __ATOMIC_ACQUIRE);
    if (!bits) return false;
    u64 word = __atomic_load_n(&bits[offset / 64], __ATOMIC_RELAXED);
    u32 at = offset % 64;
    u64 want = len >= 64 ? ~0ull : (1ull << len) - 1;
    if (word >> at & want) return true;
    for (u32 done = 64 - at; done < len; done += 64) {
        u32 rest = len - done;
        want = rest >= 64 ? ~0ull : (1ull << rest) - 1;
        if (__atomic_load_n(&bits[(offset + done) / 64], __ATOMIC_RELAXED) & want) return true;
    }
    return false;
}
/* Another vCPU asked (ATT_CODE). */
void soft_code_attend(struct engine_vcpu *c);

/* decode.c: fill in a block from the code bytes at room->host (c->eip); leaves by exception when its first instruction
 * cannot be fetched. */
void soft_decode(struct engine_vcpu *c, struct block *room);

#endif
