/* code.c: the cache of decoded blocks, and how it notices that code was overwritten.
 *
 * A block is found by (EIP, environment, guest-physical address). Each page of RAM that ever held code has a bitmap of
 * its bytes that were decoded, shared by all vCPUs, and a generation. A store into such a page takes the slow path
 * (TAG_CODE in the TLB), which looks at the bits of exactly the bytes it wrote:
 *   - no code there: nothing more to do. Data beside code costs a little, never a decode.
 *   - code: the page's bits are cleared, its generation goes up, links between blocks are cut, on every vCPU. A block of
 *     another generation compares its bytes with memory before it is used again: only what really changed is decoded anew.
 *
 * Two vCPUs. Writer: store; fence; look at the bits. Decoder: read the generation; set the bits; fence; read the bytes.
 * Either the writer sees the bits, or the decoder sees the bytes. A page's first code also needs TAG_CODE in TLBs that
 * already hold the page as plain writable: the decoder asks for it (ATT_CODE), and a vCPU that carries it out raises the
 * generation once more, for the stores it may have made before.
 *
 * The VMM (a debugger, a device's DMA) writes RAM without telling anybody: after each entry of run() every block is
 * compared with memory once before it is used. */
#include "code.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

enum { HASH = 4096, CHUNK = 128 * 1024, CHUNKS = 128, ENVS = 64 };

struct env { u32 base, limit; u32 flags; u32 id; };

struct soft_cache {
    struct block *head[HASH];
    struct env env[ENVS];
    u32 last_env;
    u8 *chunk[CHUNKS];
    size_t chunks, at_chunk, used; /* chunk in use and bytes taken of it */
    struct block *room;            /* a block of the largest size, being decoded */
};

struct soft_cache *soft_cache_new(void) {
    struct soft_cache *k = calloc(1, sizeof *k);
    if (k && (k->room = malloc(sizeof(struct block) + (BLOCK_OPS + 1) * sizeof(struct op)))) return k;
    free(k);
    return NULL;
}

void soft_cache_free(struct soft_cache *k) {
    if (!k) return;
    for (size_t i = 0; i < k->chunks; i++) free(k->chunk[i]);
    free(k->room);
    free(k);
}

void soft_links_cut(struct engine_vcpu *c) {
    if (++c->epoch == 0) c->epoch = 1; /* 0: a link never made */
}

/* --- memory of blocks: taken piece by piece, given back all at once ---------------------------------------------- */

static void flush(struct engine_vcpu *c) {
    struct soft_cache *k = c->cache;
    memset(k->head, 0, sizeof k->head);
    k->at_chunk = k->used = 0;
    c->flushes++; /* nobody may keep a pointer to a block over this */
    soft_links_cut(c);
    stat_inc(&c->stats.flushes);
}

static struct block *take(struct engine_vcpu *c, size_t size) {
    struct soft_cache *k = c->cache;
    size = (size + 15) & ~(size_t)15;
    if (k->used + size > CHUNK) {
        k->at_chunk++;
        k->used = 0;
    }
    if (k->at_chunk == CHUNKS) flush(c);
    if (k->at_chunk >= k->chunks) {
        u8 *more = malloc(CHUNK);
        if (more) k->chunk[k->chunks++] = more;
        else if (k->chunks) flush(c); /* the host is short of memory: live with what there is */
        else return NULL;
    }
    struct block *b = (struct block *)(void *)(k->chunk[k->at_chunk] + k->used);
    k->used += size;
    return b;
}

/* --- environments --------------------------------------------------------------------------------------------------- */

void soft_env_update(struct engine_vcpu *c) {
    const struct soft_seg *cs = &c->seg[CPU_CS];
    u32 flags = (cs->attr & SEG_DB ? 1u : 0u) | (c->seg[CPU_SS].attr & SEG_DB ? 2u : 0u) | (c->user ? 4u : 0u);
    struct env *e = &c->cache->env[(cs->base >> 4 ^ cs->base >> 14 ^ flags * 17) % ENVS];
    /* A row that is needed for something else gets a new number; blocks of the old one are no longer found. */
    if (e->base != cs->base || e->limit != cs->limit || e->flags != flags || !e->id)
        *e = (struct env){cs->base, cs->limit, flags, ++c->cache->last_env};
    c->env = e->id;
}

/* --- written code ---------------------------------------------------------------------------------------------------- */

static void tell_others(struct engine_vcpu *c) {
    if (c->vm->config.vcpus <= 1) return;
    for (unsigned i = 0; i < SOFT_VCPUS; i++) {
        struct engine_vcpu *v = __atomic_load_n(&c->vm->vcpu[i], __ATOMIC_ACQUIRE);
        if (v && v != c) __atomic_fetch_or(&v->attention, ATT_CODE, __ATOMIC_SEQ_CST);
    }
}

void soft_code_written(struct engine_vcpu *c, struct soft_page *p, u32 offset, u32 len) {
    (void)offset, (void)len; /* the whole page's blocks compare themselves with memory when next used */
    u64 *bits = __atomic_load_n(&p->bits, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < PAGE / 64; i++) __atomic_store_n(&bits[i], 0, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&p->gen, 1, __ATOMIC_SEQ_CST);
    stat_inc(&c->stats.invalidations);
    soft_links_cut(c);
    c->leave = 1;
    __atomic_fetch_or(&c->attention, ATT_LEAVE, __ATOMIC_RELAXED);
    tell_others(c);
}

/* Mark [offset, offset+len) of a page as code. */
static void mark(struct engine_vcpu *c, struct soft_page *p, u32 offset, u32 len) {
    u64 *bits = __atomic_load_n(&p->bits, __ATOMIC_ACQUIRE);
    if (!bits) {
        u64 *fresh = calloc(PAGE / 64, sizeof *fresh);
        if (!fresh) soft_fail(c, FAIL_MEMORY);
        if (__atomic_compare_exchange_n(&p->bits, &bits, fresh, false, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE)) bits = fresh;
        else free(fresh);
        for (unsigned user = 0; user < 2; user++)
            for (unsigned i = 0; i < TLB_SIZE; i++)
                if (c->info[user][i].page == p && !(c->mmu[user][i].wtag & TAG_NONE)) c->mmu[user][i].wtag |= TAG_CODE;
        tell_others(c);
    }
    for (u32 i = offset; i < offset + len; i++)
        if (!(__atomic_load_n(&bits[i / 64], __ATOMIC_RELAXED) >> i % 64 & 1))
            __atomic_fetch_or(&bits[i / 64], 1ull << i % 64, __ATOMIC_SEQ_CST);
    soft_fence(c->vm);
}

void soft_code_attend(struct engine_vcpu *c) {
    __atomic_fetch_and(&c->attention, ~(u32)ATT_CODE, __ATOMIC_SEQ_CST);
    bool raised = false;
    for (unsigned user = 0; user < 2; user++)
        for (unsigned i = 0; i < TLB_SIZE; i++) {
            struct soft_tlb *e = &c->mmu[user][i];
            struct soft_page *p = c->info[user][i].page;
            if ((e->wtag & (TAG_NONE | TAG_CODE)) || !__atomic_load_n(&p->bits, __ATOMIC_ACQUIRE)) continue;
            e->wtag |= TAG_CODE;
            __atomic_fetch_add(&p->gen, 1, __ATOMIC_SEQ_CST);
            raised = true;
        }
    soft_links_cut(c);
    if (raised) tell_others(c);
}

/* --- finding --------------------------------------------------------------------------------------------------------- */

static bool same_bytes(const u8 *host, const u8 *copy, u32 n) {
    for (u32 i = 0; i < n; i++)
        if (host_load8(host + i) != copy[i]) return false;
    return true;
}

/* Set the bits of a block's bytes and take note of the generations they were set in. */
static void claim(struct engine_vcpu *c, struct block *b) {
    b->gen = __atomic_load_n(&b->page->gen, __ATOMIC_SEQ_CST);
    if (b->page2) b->gen2 = __atomic_load_n(&b->page2->gen, __ATOMIC_SEQ_CST);
    mark(c, b->page, b->gpa % PAGE, b->bytes1);
    if (b->page2) mark(c, b->page2, 0, (u32)b->bytes - b->bytes1);
}

static bool unchanged(const struct block *b) {
    return same_bytes(b->host, b->copy, b->bytes1) &&
           (!b->page2 || same_bytes(b->host2, b->copy + b->bytes1, (u32)b->bytes - b->bytes1));
}

static bool fresh(struct engine_vcpu *c, struct block *b) {
    if (b->page2) {
        u64 gpa;
        u32 second = (c->seg[CPU_CS].base + b->eip + b->bytes1);
        if (soft_lin_ptr(c, second, c->user ? ACC_USER : ACC_READ, &gpa) != b->host2) return false;
    }
    bool same_gen = b->gen == __atomic_load_n(&b->page->gen, __ATOMIC_ACQUIRE) &&
                    (!b->page2 || b->gen2 == __atomic_load_n(&b->page2->gen, __ATOMIC_ACQUIRE));
    if (same_gen && b->entry == c->entry) return true;
    if (!same_gen) claim(c, b);
    b->entry = c->entry;
    return unchanged(b);
}

static unsigned hash(u32 gpa, u32 eip, u32 env) { return (gpa ^ gpa >> 12 ^ eip << 3 ^ env << 7) % HASH; }

struct block *soft_block_find(struct engine_vcpu *c, bool one) {
    struct soft_cache *k = c->cache;
    const struct soft_seg *cs = &c->seg[CPU_CS];
    u32 eip = c->eip;
    u64 gpa;
    stat_inc(&c->stats.lookups);
    if (eip > cs->limit) soft_raise_err(c, EX_GP, 0);
    const u8 *host = soft_lin_ptr(c, cs->base + eip, c->user ? ACC_USER : ACC_READ, &gpa);
    if (!host) soft_fail(c, FAIL_FETCH); /* nothing there to execute: what KVM reports too */
    unsigned h = hash((u32)gpa, eip, c->env);
    for (struct block **at = &k->head[h], *b; (b = *at); at = &b->next) {
        if (b->eip != eip || b->env != c->env || b->gpa != (u32)gpa || b->one != one) continue;
        if (fresh(c, b)) {
            stat_inc(&c->stats.hits);
            return b;
        }
        *at = b->next;
        break;
    }
    struct block *room = k->room;
    memset(room, 0, sizeof *room);
    room->eip = eip, room->env = c->env, room->gpa = (u32)gpa, room->host = host, room->one = one, room->entry = c->entry;
    soft_ram(c, gpa, false, &room->page);
    do { /* another vCPU may write while we decode: mark what was read, then see that it is still there */
        room->n = room->nop = room->bytes = room->bytes1 = 0;
        room->page2 = NULL;
        soft_decode(c, room);
        claim(c, room);
    } while (!unchanged(room));
    size_t size = sizeof *room + room->nop * sizeof(struct op);
    struct block *b = take(c, size);
    if (!b) soft_fail(c, FAIL_MEMORY);
    memcpy(b, room, size);
    h = hash((u32)gpa, eip, c->env);
    b->next = k->head[h];
    k->head[h] = b;
    stat_inc(&c->stats.blocks);
    __atomic_store_n(&c->stats.decoded, c->stats.decoded + b->n, __ATOMIC_RELAXED);
    return b;
}
