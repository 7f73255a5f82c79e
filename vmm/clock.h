/* clock.h: cheap time stamps. An exit is timed with the processor's time stamp counter (a few nanoseconds) and converted
 * to nanoseconds by a measured ratio; where there is no steady counter, the system's clock is the counter. */
#ifndef VMM_CLOCK_H
#define VMM_CLOCK_H

#include <stdint.h>
#if defined __x86_64__ || defined __i386__
#include <x86intrin.h>
#define CLOCK_HAS_TSC 1
#else
#define CLOCK_HAS_TSC 0
#endif

/* nanoseconds = ticks * mult >> 24; mult is 1 << 24 where ticks are nanoseconds. Measured once, when it is first asked for. */
struct clock_ratio { uint64_t mult; int tsc; };
const struct clock_ratio *clock_ratio(void);
void clock_begin(void); /* begins to measure: call it some time before the ratio is needed, or clock_ratio() has to wait */

uint64_t clock_now(void); /* CLOCK_MONOTONIC in nanoseconds */

static inline uint64_t clock_ticks(const struct clock_ratio *r)
{
#if CLOCK_HAS_TSC
    if (r->tsc)
        return __rdtsc();
#endif
    return clock_now();
}

static inline uint64_t clock_ns(const struct clock_ratio *r, uint64_t ticks)
{
    return (ticks >> 24) * r->mult + ((ticks & 0xffffff) * r->mult >> 24); /* no overflow, however long it was */
}

#endif
