#include "tui/lab/ticker.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TICK_MS = 40 };

static void *tick(void *arg)
{
    struct ticker *t = arg;
    for (;;) {
        struct pollfd p[2] = { { t->stop_fd, POLLIN, 0 }, { t->watch_fd, POLLIN, 0 } };
        bool busy = atomic_load(&t->busy);
        poll(p, 2, busy ? TICK_MS : -1);
        if (p[0].revents) {
            eventfd_t n;
            eventfd_read(t->stop_fd, &n);
            if (n >= 1000)
                return NULL;
            continue; /* busy has changed */
        }
        eventfd_write(t->wake_fd, 1);
        if (p[1].revents) /* it stays readable until the main thread has read it */
            poll(p, 1, TICK_MS);
    }
}

void ticker_start(struct ticker *t, int watch_fd, int wake_fd)
{
    *t = (struct ticker){ .watch_fd = watch_fd, .wake_fd = wake_fd, .stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS };
    sigset_t all, old;
    sigfillset(&all); /* signals are for the main thread */
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&all, faults[i]); /* but its own faults must be heard of */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    t->started = t->stop_fd >= 0 && pthread_create(&t->thread, NULL, tick, t) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void ticker_busy(struct ticker *t, bool busy)
{
    if (t->started && atomic_exchange(&t->busy, busy) != busy)
        eventfd_write(t->stop_fd, 1);
}

void ticker_stop(struct ticker *t)
{
    if (t->started) {
        eventfd_write(t->stop_fd, 1000);
        pthread_join(t->thread, NULL);
    }
    if (t->stop_fd >= 0)
        close(t->stop_fd);
    t->started = false;
    t->stop_fd = -1;
}
