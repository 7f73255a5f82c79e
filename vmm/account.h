/* account.h: every exit counted, by reason and by place, and timed. Written by the vCPU's thread, read by any. */
#ifndef VMM_ACCOUNT_H
#define VMM_ACCOUNT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "exit.h"

enum { ACCOUNT_PLACES = 64, ACCOUNT_BUCKETS = 40 };

/* One port, MMIO page or vector. */
struct account_place { uint64_t addr; uint8_t kind; /* enum exit_reason, or ACCOUNT_VECTOR */ uint64_t count; };
enum { ACCOUNT_VECTOR = EXIT_REASONS };

/* A plain copy for readers. */
struct account_view {
    uint64_t reason[EXIT_REASONS], total;
    uint64_t guest_ns, vmm_ns;          /* time in the guest, time in the VMM handling exits */
    uint64_t histogram[ACCOUNT_BUCKETS]; /* [i]: exits whose handling took 2^i .. 2^(i+1)-1 ns */
    uint64_t outside;                   /* accesses outside the guest's memory that no device answered */
    struct account_place place[ACCOUNT_PLACES];
    size_t places;
    uint64_t places_lost;               /* exits at places that did not fit */
};

struct account;
struct account *account_new(void);
void account_free(struct account *a);
void account_exit(struct account *a, enum exit_reason r, uint64_t place, uint64_t guest_ns); /* vCPU thread */
void account_handled(struct account *a, uint64_t vmm_ns);                                    /* vCPU thread */
void account_outside(struct account *a);
void account_vector(struct account *a, uint8_t vector);
void account_read(const struct account *a, struct account_view *out); /* any thread */
void account_reset(struct account *a);                                /* vCPU thread */

#endif
