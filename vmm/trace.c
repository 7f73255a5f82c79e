/* trace.c: the ring. Each entry is a tiny seqlock: its stamp says which entry the words belong to, and is taken away
 * while they change (Boehm, "Can seqlocks get along with programming language memory models?", 2012). */
#include "trace.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = sizeof(struct trace_entry) / sizeof(uint64_t) };
_Static_assert(sizeof(struct trace_entry) % sizeof(uint64_t) == 0, "an entry is copied in words");

#define BUSY UINT64_MAX

struct slot { _Atomic uint64_t stamp; _Atomic uint64_t word[WORDS]; }; /* stamp: seq + 1 of what is here */

struct trace {
    _Atomic uint64_t next;
    _Atomic uint64_t first; /* entries before this were reset away */
    struct slot slot[TRACE_SIZE];
};

/* calloc of this size is fresh zero pages: a short run touches few of them. */
struct trace *trace_new(void) { return calloc(1, sizeof(struct trace)); }
void trace_free(struct trace *t) { free(t); }

void trace_add(struct trace *t, const struct trace_entry *e)
{
    uint64_t seq = atomic_load_explicit(&t->next, memory_order_relaxed), word[WORDS];
    struct slot *s = &t->slot[seq % TRACE_SIZE];
    memcpy(word, e, sizeof word);
    word[0] = seq - atomic_load_explicit(&t->first, memory_order_relaxed);
    atomic_store_explicit(&s->stamp, BUSY, memory_order_relaxed);
    for (unsigned i = 0; i < WORDS; i++) /* release: whoever sees a new word sees BUSY too */
        atomic_store_explicit(&s->word[i], word[i], memory_order_release);
    atomic_store_explicit(&s->stamp, seq + 1, memory_order_release);
    atomic_store_explicit(&t->next, seq + 1, memory_order_release);
}

static bool slot_read(const struct slot *s, uint64_t seq, struct trace_entry *out)
{
    uint64_t word[WORDS];
    if (atomic_load_explicit(&s->stamp, memory_order_acquire) != seq + 1)
        return false;
    for (unsigned i = 0; i < WORDS; i++)
        word[i] = atomic_load_explicit(&s->word[i], memory_order_acquire);
    if (atomic_load_explicit(&s->stamp, memory_order_relaxed) != seq + 1)
        return false;
    memcpy(out, word, sizeof word);
    return true;
}

size_t trace_read(const struct trace *t, uint64_t from, struct trace_entry *out, size_t max)
{
    uint64_t first = atomic_load_explicit(&t->first, memory_order_acquire);
    uint64_t next = atomic_load_explicit(&t->next, memory_order_acquire);
    uint64_t seq = next > TRACE_SIZE && next - TRACE_SIZE > first ? next - TRACE_SIZE : first;
    size_t n = 0;
    if (from > next - first)
        return 0;
    if (seq < first + from)
        seq = first + from;
    for (; seq < next && n < max; seq++)
        if (slot_read(&t->slot[seq % TRACE_SIZE], seq, &out[n]))
            n++;
    return n;
}

uint64_t trace_next(const struct trace *t)
{
    uint64_t first = atomic_load_explicit(&t->first, memory_order_acquire);
    uint64_t next = atomic_load_explicit(&t->next, memory_order_acquire);
    return next - first;
}

void trace_reset(struct trace *t)
{
    atomic_store_explicit(&t->first, atomic_load_explicit(&t->next, memory_order_relaxed), memory_order_release);
}
