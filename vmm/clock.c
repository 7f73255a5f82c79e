/* clock.c: the ratio between the time stamp counter and nanoseconds, measured once, over the time
 * from clock_begin() to the first need of it. */
#include "clock.h"

#include <pthread.h>
#include <time.h>
#if CLOCK_HAS_TSC
#include <cpuid.h>
#endif

enum { MEASURE_NS = 200000 };

static struct clock_ratio ratio = {1u << 24, 0};
static uint64_t begin_ns, begin_ticks;
static pthread_once_t begun = PTHREAD_ONCE_INIT, measured = PTHREAD_ONCE_INIT;

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

static void begin(void)
{
    begin_ns = clock_now();
    begin_ticks = __rdtsc();
}

/* The longer ago the beginning, the better; when a machine was built meanwhile there is nothing left to wait for. */
static void measure(void)
{
    uint64_t ns, ticks;
    if (!invariant())
        return;
    do {
        ns = clock_now() - begin_ns;
        ticks = __rdtsc() - begin_ticks;
    } while (ns < MEASURE_NS);
    if (ns < UINT64_MAX >> 24 && ticks && ticks < UINT64_MAX / 2)
        ratio = (struct clock_ratio){(ns << 24) / ticks, 1};
}
#else
static void begin(void) {}
static void measure(void) {}
#endif

void clock_begin(void)
{
    pthread_once(&begun, begin);
}

const struct clock_ratio *clock_ratio(void)
{
    clock_begin();
    pthread_once(&measured, measure);
    return &ratio;
}
