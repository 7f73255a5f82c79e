/* jump_clock.c: LD_PRELOADed into the program under test: the wall clock (CLOCK_REALTIME, time(), gettimeofday()) is set forward and back
 * by ten years with every look at it, as by an impatient administrator; with CLOCK_SET it stands at that many seconds instead. The
 * monotonic clock goes on. Test-only. */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { TEN_YEARS = 315360000 };

static time_t jump(time_t now)
{
    static atomic_int looks;
    const char *set = getenv("CLOCK_SET");
    return set ? (time_t)atol(set) : now + (atomic_fetch_add(&looks, 1) % 2 ? -TEN_YEARS : TEN_YEARS);
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
    long r = syscall(SYS_clock_gettime, clock, t);
    if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        t->tv_sec = jump(t->tv_sec);
    return (int)r;
}

time_t time(time_t *out)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (out)
        *out = t.tv_sec;
    return t.tv_sec;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec t;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    *tv = (struct timeval){ t.tv_sec, t.tv_nsec / 1000 };
    return 0;
}
