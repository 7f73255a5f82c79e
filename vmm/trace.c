/* trace.c: the ring. Each entry is a tiny seqlock: its stamp says which entry the words belong to, and is taken away
 * while they change (Boehm, "Can seqlocks get along with programming language memory models?", 2012). */
#include "trace.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

/* An entry without its seq, which follows from the stamp: with the stamp it fills one cache line. */
enum { WORDS = sizeof(struct trace_entry) / sizeof(uint64_t) - 1 };
_Static_assert(sizeof(struct trace_entry) % sizeof(uint64_t) == 0, "an entry is copied in words");
_Static_assert(offsetof(struct trace_entry, seq) == 0, "seq is the first word");

#define BUSY UINT64_MAX

struct slot { _Atomic uint64_t stamp; _Atomic uint64_t word[WORDS]; }; /* stamp: number + 1 of what is here */
_Static_assert(sizeof(struct slot) == 64, "one cache line");

struct trace {
    _Atomic uint64_t next;  /* number of the entry to come, counted from creation */
    _Atomic uint64_t first; /* entries before this were reset away: seq is counted from here */
    _Alignas(64) struct slot slot[TRACE_SIZE];
};

/* Fresh zero pages, on a page boundary: a short run touches few of them. */
struct trace *trace_new(void)
{
    void *p = mmap(NULL, sizeof(struct trace), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void trace_free(struct trace *t)
{
    if (t)
        munmap(t, sizeof *t);
}

void trace_add(struct trace *t, const struct trace_entry *e)
{
    uint64_t at = atomic_load_explicit(&t->next, memory_order_relaxed);
    struct slot *s = &t->slot[at % TRACE_SIZE];
    const char *from = (const char *)e + sizeof e->seq;
    atomic_store_explicit(&s->stamp, BUSY, memory_order_relaxed);
    /* Word by word, as they were just written: a wider load would have to wait for two stores to leave the processor. */
    for (unsigned i = 0; i < WORDS; i++, from += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, from, sizeof word);
        atomic_store_explicit(&s->word[i], word, memory_order_release); /* whoever sees a new word sees BUSY too */
    }
    atomic_store_explicit(&s->stamp, at + 1, memory_order_release);
    atomic_store_explicit(&t->next, at + 1, memory_order_release);
    __builtin_prefetch(&t->slot[(at + 1) % TRACE_SIZE], 1); /* by the next exit it is here */
}

/* The entry of that number, if it is still here. */
static bool slot_read(const struct slot *s, uint64_t at, struct trace_entry *out)
{
    uint64_t word[WORDS];
    if (atomic_load_explicit(&s->stamp, memory_order_acquire) != at + 1)
        return false;
    for (unsigned i = 0; i < WORDS; i++)
        word[i] = atomic_load_explicit(&s->word[i], memory_order_acquire);
    if (atomic_load_explicit(&s->stamp, memory_order_relaxed) != at + 1)
        return false;
    memcpy((char *)out + sizeof out->seq, word, sizeof word);
    return true;
}

size_t trace_read(const struct trace *t, uint64_t from, struct trace_entry *out, size_t max)
{
    uint64_t first = atomic_load_explicit(&t->first, memory_order_acquire);
    uint64_t next = atomic_load_explicit(&t->next, memory_order_acquire);
    uint64_t at = next > TRACE_SIZE && next - TRACE_SIZE > first ? next - TRACE_SIZE : first;
    size_t n = 0;
    if (from > next - first)
        return 0;
    if (at < first + from)
        at = first + from;
    for (; at < next && n < max; at++)
        if (slot_read(&t->slot[at % TRACE_SIZE], at, &out[n]))
            out[n++].seq = at - first;
    return n;
}

uint64_t trace_next(const struct trace *t)
{
    uint64_t first = atomic_load_explicit(&t->first, memory_order_acquire);
    uint64_t next = atomic_load_explicit(&t->next, memory_order_acquire);
    return next - first;
}

uint64_t trace_begun(const struct trace *t)
{
    return atomic_load_explicit(&t->first, memory_order_acquire);
}

void trace_reset(struct trace *t)
{
    atomic_store_explicit(&t->first, atomic_load_explicit(&t->next, memory_order_relaxed), memory_order_release);
}
