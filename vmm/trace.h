/* trace.h: a fixed ring of what happened, one per vCPU. Written by the vCPU's thread only, read by any thread without
 * ever making the writer wait: an entry overwritten while it is read is dropped by the reader, never torn. */
#ifndef VMM_TRACE_H
#define VMM_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"
#include "exit.h"

enum { TRACE_SIZE = 8192 }; /* entries per vCPU, a power of two */

enum trace_kind {
    TRACE_EXIT,      /* reason, rip; a = port/GPA, b = value, size, count */
    TRACE_EVENT,     /* engine_event: sub = kind, a = vector, b = error code, c = cr2 */
    TRACE_INJECT,    /* the VMM delivered: sub 0 vector / 1 NMI, a = vector */
    TRACE_HYPERCALL, /* a = number, b = argument, c = result */
    TRACE_STATE,     /* a = new enum vcpu_state */
};

struct trace_entry {
    uint64_t seq;    /* 0, 1, 2... since reset: gaps mean the ring overflowed */
    uint64_t ns;     /* since the machine started (virtual time when deterministic) */
    uint64_t guest_ns; /* time spent in the guest before this exit */
    uint64_t rip, a, b, c;
    uint32_t count;
    uint8_t kind;    /* enum trace_kind */
    uint8_t reason;  /* enum exit_reason, TRACE_EXIT */
    uint8_t sub, size;
};

struct trace;
struct trace *trace_new(void);
void trace_free(struct trace *t);
void trace_add(struct trace *t, const struct trace_entry *e); /* the vCPU's thread; sets seq */
/* Copies up to max entries with seq >= from, oldest first; returns how many. Any thread. */
size_t trace_read(const struct trace *t, uint64_t from, struct trace_entry *out, size_t max);
uint64_t trace_next(const struct trace *t); /* the seq the next entry will get */
void trace_reset(struct trace *t);          /* seq counts from 0 again */
uint64_t trace_begun(const struct trace *t); /* how many were reset away: another number, another count of seq */

/* One line in words: "io-out  port 0x500 <- 0x01 'H' (hypercall)". Returns the length. */
int trace_text(const struct trace_entry *e, char *buf, size_t size);

#endif
