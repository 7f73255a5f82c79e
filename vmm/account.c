/* account.c: counters with one writer, the vCPU's thread. Readers look at any time; each number is whole, the set of them
 * is as of about now. */
#include "account.h"

#include <stdlib.h>

typedef _Atomic uint64_t counter;

/* One writer: load, add, store is enough, and costs no locked instruction. */
static inline void add(counter *c, uint64_t n)
{
    atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n, memory_order_relaxed);
}
static inline uint64_t get(const counter *c) { return atomic_load_explicit(c, memory_order_relaxed); }
static inline void put(counter *c, uint64_t n) { atomic_store_explicit(c, n, memory_order_relaxed); }

/* key: addr << 8 | kind, plus 1 so that 0 is free. An open hash table that never loses an entry until it is reset. */
struct place { counter key, count; };

struct account {
    counter reason[EXIT_REASONS], guest_ns, vmm_ns, histogram[ACCOUNT_BUCKETS], outside, places_lost;
    struct place place[ACCOUNT_PLACES];
    struct place *last; /* most exits are at the place of the one before */
};

struct account *account_new(void) { return calloc(1, sizeof(struct account)); }
void account_free(struct account *a) { free(a); }

static uint64_t key_of(unsigned kind, uint64_t addr) { return (addr << 8 | kind) + 1; }

static void count_place(struct account *a, unsigned kind, uint64_t addr)
{
    uint64_t key = key_of(kind, addr);
    if (a->last && get(&a->last->key) == key) {
        add(&a->last->count, 1);
        return;
    }
    size_t h = (size_t)(key * 0x9e3779b97f4a7c15ull >> 58);
    for (size_t i = 0; i < ACCOUNT_PLACES; i++) {
        struct place *p = &a->place[(h + i) % ACCOUNT_PLACES];
        uint64_t k = get(&p->key);
        if (k && k != key)
            continue;
        put(&p->key, key);
        add(&p->count, 1);
        a->last = p;
        return;
    }
    add(&a->places_lost, 1);
}

/* Where an exit of this reason happened: a port, a page; the others have no place. */
void account_exit(struct account *a, enum exit_reason r, uint64_t place, uint64_t guest_ns)
{
    add(&a->reason[r], 1);
    add(&a->guest_ns, guest_ns);
    if (r == EXIT_IO_IN || r == EXIT_IO_OUT)
        count_place(a, r, place);
    else if (r == EXIT_MMIO_READ || r == EXIT_MMIO_WRITE)
        count_place(a, r, place & ~0xfffull);
}

void account_handled(struct account *a, uint64_t vmm_ns)
{
    unsigned bucket = 63u - (unsigned)__builtin_clzll(vmm_ns | 1);
    add(&a->vmm_ns, vmm_ns);
    add(&a->histogram[bucket < ACCOUNT_BUCKETS ? bucket : ACCOUNT_BUCKETS - 1], 1);
}

void account_outside(struct account *a) { add(&a->outside, 1); }
void account_vector(struct account *a, uint8_t vector) { count_place(a, ACCOUNT_VECTOR, vector); }

void account_read(const struct account *a, struct account_view *out)
{
    *out = (struct account_view){.guest_ns = get(&a->guest_ns), .vmm_ns = get(&a->vmm_ns), .outside = get(&a->outside),
                                 .places_lost = get(&a->places_lost)};
    for (unsigned i = 0; i < EXIT_REASONS; i++)
        out->total += out->reason[i] = get(&a->reason[i]);
    for (unsigned i = 0; i < ACCOUNT_BUCKETS; i++)
        out->histogram[i] = get(&a->histogram[i]);
    for (unsigned i = 0; i < ACCOUNT_PLACES; i++) {
        uint64_t k = get(&a->place[i].key);
        if (k)
            out->place[out->places++] = (struct account_place){(k - 1) >> 8, (uint8_t)(k - 1), get(&a->place[i].count)};
    }
}

void account_reset(struct account *a)
{
    for (unsigned i = 0; i < EXIT_REASONS; i++)
        put(&a->reason[i], 0);
    for (unsigned i = 0; i < ACCOUNT_BUCKETS; i++)
        put(&a->histogram[i], 0);
    for (unsigned i = 0; i < ACCOUNT_PLACES; i++) {
        put(&a->place[i].key, 0);
        put(&a->place[i].count, 0);
    }
    put(&a->guest_ns, 0);
    put(&a->vmm_ns, 0);
    put(&a->outside, 0);
    put(&a->places_lost, 0);
    a->last = NULL;
}
