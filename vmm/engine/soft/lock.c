/* lock.c: LOCKed operations between the processors of a machine (SDM vol. 3, 8.1).
 *
 * The bytes of an operand lie in one or two aligned 8-byte words. One word: a compare-and-exchange on the host that is repeated
 * until nobody was in between. Two words (a split lock) cannot be exchanged at once: whoever does that takes the machine's bus,
 * which keeps every other LOCKed operation away. Plain stores go on, so the bus' owner exchanges word by word, too: a store that
 * came in between is seen, and not lost. */
#include <sched.h>

#include "mem.h"

/* --- the bus: shared by operations of one word, owned by one of two. Announce, then look; the owner takes, then looks ------------ */

static void bus_share(struct engine_vcpu *c) {
    struct soft_bus *bus = &c->vm->bus;
    for (;;) {
        __atomic_store_n(&bus->sharer[c->id].on, 1, __ATOMIC_SEQ_CST);
        if (LIKELY(!__atomic_load_n(&bus->taken, __ATOMIC_SEQ_CST))) return;
        __atomic_store_n(&bus->sharer[c->id].on, 0, __ATOMIC_RELEASE);
        while (__atomic_load_n(&bus->taken, __ATOMIC_ACQUIRE)) sched_yield();
    }
}

static void bus_unshare(struct engine_vcpu *c) { __atomic_store_n(&c->vm->bus.sharer[c->id].on, 0, __ATOMIC_RELEASE); }

static void bus_take(struct engine_vcpu *c) {
    struct soft_bus *bus = &c->vm->bus;
    while (__atomic_exchange_n(&bus->taken, 1, __ATOMIC_SEQ_CST)) sched_yield();
    for (unsigned i = 0; i < SOFT_VCPUS; i++)
        while (__atomic_load_n(&bus->sharer[i].on, __ATOMIC_SEQ_CST)) sched_yield();
}

static void bus_give(struct engine_vcpu *c) { __atomic_store_n(&c->vm->bus.taken, 0, __ATOMIC_RELEASE); }

/* --- operands ------------------------------------------------------------------------------------------------------------------ */

static u64 mask(const struct locked *l) { return l->w == 8 ? ~0ull : (1ull << 8 * l->w) - 1; }

static u64 load(const u64 *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }

static bool exchange(u64 *word, u64 was, u64 now) {
    return __atomic_compare_exchange_n(word, &was, now, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

bool soft_lock_find(struct engine_vcpu *c, u32 lin, unsigned w, struct locked *l) {
    u32 at = lin % 8, access = c->user ? ACC_WRITE | ACC_USER : ACC_WRITE;
    u64 gpa;
    *l = (struct locked){.lin = lin, .w = w, .shift = 8 * at, .split = at + w > 8};
    l->word[0] = (u64 *)(void *)soft_lin_ptr(c, lin - at, access, &gpa);
    if (l->split) l->word[1] = (u64 *)(void *)soft_lin_ptr(c, lin - at + 8, access, &gpa);
    return l->word[0] && (!l->split || l->word[1]);
}

u64 soft_lock_load(struct locked *l) {
    l->was[0] = load(l->word[0]);
    u64 v = l->was[0] >> l->shift;
    if (l->split) {
        l->was[1] = load(l->word[1]);
        v |= l->was[1] << (64 - l->shift);
    }
    return v & mask(l);
}

static bool store_one(struct engine_vcpu *c, const struct locked *l, u64 low) {
    bus_share(c);
    bool done = exchange(l->word[0], l->was[0], low);
    bus_unshare(c);
    return done;
}

static bool store_two(struct engine_vcpu *c, const struct locked *l, u64 low, u64 high) {
    bus_take(c);
    bool done = exchange(l->word[0], l->was[0], low);
    if (done && !exchange(l->word[1], l->was[1], high)) {
        done = false;
        exchange(l->word[0], low, l->was[0]); /* as it was, unless a plain store has overwritten it: then that counts */
    }
    bus_give(c);
    return done;
}

bool soft_lock_store(struct engine_vcpu *c, const struct locked *l, u64 value) {
    u64 m = mask(l), low = (l->was[0] & ~(m << l->shift)) | (value & m) << l->shift;
    unsigned rest = 64 - l->shift;
    bool done = l->split ? store_two(c, l, low, (l->was[1] & ~(m >> rest)) | (value & m) >> rest) : store_one(c, l, low);
    if (!done) return false;
    u32 first = PAGE - l->lin % PAGE;
    soft_wrote(c, l->lin, first < l->w ? first : l->w, c->user);
    if (first < l->w) soft_wrote(c, l->lin + first, l->w - first, c->user);
    return true;
}
