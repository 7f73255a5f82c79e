/* clock.c: the ratio between the time stamp counter and nanoseconds, measured once. */
#include "clock.h"

#include <pthread.h>
#include <time.h>
#if CLOCK_HAS_TSC
#include <cpuid.h>
#endif

enum { MEASURE_NS = 200000 };

static struct clock_ratio ratio = {1u << 24, 0};
static pthread_once_t once = PTHREAD_ONCE_INIT;

uint64_t clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#if CLOCK_HAS_TSC
/* Only an invariant counter runs at one rate on every core and in every power state (SDM vol. 3, 17.17.1). */
static int invariant(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) && d & 1u << 8;
}

static void measure(void)
{
    if (!invariant())
        return;
    uint64_t ns0 = clock_now(), t0 = __rdtsc(), ns1, t1;
    do {
        ns1 = clock_now();
        t1 = __rdtsc();
    } while (ns1 - ns0 < MEASURE_NS);
    if (t1 <= t0)
        return;
    ratio = (struct clock_ratio){((ns1 - ns0) << 24) / (t1 - t0), 1};
}
#else
static void measure(void) {}
#endif

const struct clock_ratio *clock_ratio(void)
{
    pthread_once(&once, measure);
    return &ratio;
}
