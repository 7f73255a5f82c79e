/* timer.c: machine time, the timers that devices arm, and the thread that fires them.
 *
 * Machine time stands still while every vCPU is stopped, so that a paused class does not come back to a burst of ticks.
 * In a deterministic machine it is the instruction count of its one vCPU, and timers fire on that vCPU's thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "machine_impl.h"
#include "vcpu_impl.h"

enum { LOOK_NS = 5000000 };

int timer_init(struct machine *m)
{
    pthread_condattr_t a;
    if (pthread_condattr_init(&a) != 0)
        return -ENOMEM;
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(&m->timer_wake, &a);
    pthread_condattr_destroy(&a);
    pthread_mutex_init(&m->time_lock, NULL);
    return 0;
}

void timer_destroy(struct machine *m)
{
    for (unsigned i = 0; i < m->timers; i++)
        free(m->timer[i]);
    pthread_cond_destroy(&m->timer_wake);
    pthread_mutex_destroy(&m->time_lock);
}

/* --- timers ------------------------------------------------------------------------------------------------------ */

uint64_t timer_next(struct machine *m)
{
    uint64_t next = UINT64_MAX;
    for (unsigned i = 0; i < m->timers; i++)
        if (m->timer[i]->at < next)
            next = m->timer[i]->at;
    return next;
}

void timer_run_due(struct machine *m, uint64_t now)
{
    for (unsigned i = 0; i < m->timers; i++) {
        struct machine_timer *t = m->timer[i];
        if (t->at > now)
            continue;
        t->at = UINT64_MAX;
        t->fn(t->ctx);
    }
}

/* Output that a vCPU keeps back must come out although the guest may never exit again: ask it to. Likewise for an NMI that waits for the
 * end of another. And with the interrupt controller in the kernel, only a look from time to time shows that a guest sleeps in HLT, or
 * takes interrupts again. */
static bool look_after(struct machine *m)
{
    bool any = false;
    for (unsigned i = 0; i < m->vcpus; i++) {
        if (!m->vcpu[i])
            continue;
        uint32_t why = (vcpu_console_waits(m->vcpu[i]) ? ATTEND_FLUSH : 0) | (inject_nmi_waits(m->vcpu[i]) ? ATTEND_IRQ : 0);
        if (m->config.irqchip == IRQCHIP_KERNEL && atomic_load(&m->passing)) {
            any = true;
            why |= m->looks % 4 == 0 ? ATTEND_IRQ : 0;
        }
        any |= why != 0;
        if (why)
            vcpu_poke(m->vcpu[i], why);
    }
    m->looks++;
    return any;
}

static void wait_until(struct machine *m, uint64_t at) /* clock_now() time */
{
    struct timespec t = {(time_t)(at / 1000000000u), (long)(at % 1000000000u)};
    if (at == UINT64_MAX)
        pthread_cond_wait(&m->timer_wake, &m->lock);
    else
        pthread_cond_timedwait(&m->timer_wake, &m->lock, &t);
}

static void *timer_main(void *arg)
{
    struct machine *m = arg;
    uint64_t look_at = UINT64_MAX;
    struct vm_error err;
    machine_thread_begins(m);
    if (machine_thread_failed(m, &err))
        for (unsigned i = 0; i < m->vcpus; i++)
            vcpu_poke(m->vcpu[i], ATTEND_TIME);
    pthread_mutex_lock(&m->lock);
    while (!m->timer_quit) {
        uint64_t at = UINT64_MAX, now = clock_now();
        if (!m->config.deterministic && atomic_load(&m->passing)) {
            timer_run_due(m, machine_now(m));
            if (timer_next(m) != UINT64_MAX)
                at = timer_next(m) + atomic_load(&m->origin);
        }
        if (now >= look_at) {
            look_at = UINT64_MAX;
            if (!look_after(m)) {
                atomic_store(&m->ticking, false);
                if (look_after(m)) /* output that came while we looked away */
                    atomic_store(&m->ticking, true);
            }
        }
        if (look_at == UINT64_MAX && atomic_load(&m->ticking))
            look_at = now + LOOK_NS;
        wait_until(m, at < look_at ? at : look_at);
    }
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

static bool swap_started(struct machine *m, bool started)
{
    pthread_mutex_lock(&m->lock);
    bool before = m->timer_started;
    m->timer_started = started;
    pthread_mutex_unlock(&m->lock);
    return before;
}

/* With the first request to run a guest: later it would be a vCPU's thread that needs it, and that may be forbidden to make one. The
 * vCPU has begun by then and wants the lock, so it is not held while the kernel makes a thread. */
int timer_start(struct machine *m, struct vm_error *err)
{
    if (swap_started(m, true))
        return 0;
    int r = vcpu_thread_create(&m->timer_thread, timer_main, m);
    if (r != 0)
        swap_started(m, false);
    return r == 0 ? 0 : err_set(err, r, "Cannot start the machine's timer thread: %s.", strerror(r));
}

/* Device lock held. */
static void wake_thread(struct machine *m)
{
    if (m->timer_started)
        pthread_cond_signal(&m->timer_wake);
}

/* --- time ------------------------------------------------------------------------------------------------------- */

uint64_t machine_now(struct machine *m)
{
    if (m->config.deterministic)
        return m->vcpu[0] ? vcpu_virtual_now(m->vcpu[0]) : 0;
    if (!atomic_load(&m->passing))
        return atomic_load(&m->frozen);
    uint64_t now = clock_now(), origin = atomic_load(&m->origin);
    return now > origin ? now - origin : 0;
}

void timer_active(struct machine *m, bool on)
{
    pthread_mutex_lock(&m->time_lock);
    if (on && m->active++ == 0) {
        atomic_store(&m->origin, clock_now() - atomic_load(&m->frozen));
        atomic_store(&m->passing, true);
    } else if (!on && --m->active == 0) {
        atomic_store(&m->frozen, clock_now() - atomic_load(&m->origin));
        atomic_store(&m->passing, false);
    }
    pthread_mutex_unlock(&m->time_lock);
    pthread_mutex_lock(&m->lock);
    if (on && m->config.irqchip == IRQCHIP_KERNEL)
        atomic_store(&m->ticking, true);
    if (atomic_load(&m->ticking) || (!m->config.deterministic && timer_next(m) != UINT64_MAX))
        wake_thread(m);
    pthread_mutex_unlock(&m->lock);
}

void timer_reset(struct machine *m)
{
    for (unsigned i = 0; i < m->timers; i++)
        m->timer[i]->at = UINT64_MAX;
    pthread_mutex_lock(&m->time_lock);
    atomic_store(&m->origin, clock_now());
    atomic_store(&m->frozen, 0);
    pthread_mutex_unlock(&m->time_lock);
}

void timer_flush_soon(struct machine *m)
{
    if (atomic_exchange(&m->ticking, true))
        return;
    pthread_mutex_lock(&m->lock);
    wake_thread(m);
    pthread_mutex_unlock(&m->lock);
}

void timer_stop(struct machine *m)
{
    pthread_mutex_lock(&m->lock);
    bool started = m->timer_started;
    m->timer_quit = true;
    if (started)
        pthread_cond_signal(&m->timer_wake);
    pthread_mutex_unlock(&m->lock);
    if (started)
        pthread_join(m->timer_thread, NULL);
}

struct machine_timer *machine_timer_new(struct machine *m, void (*fn)(void *ctx), void *ctx)
{
    struct machine_timer *t = m->timers < MACHINE_TIMERS ? calloc(1, sizeof *t) : NULL;
    if (!t)
        return NULL;
    *t = (struct machine_timer){m, fn, ctx, UINT64_MAX};
    return m->timer[m->timers++] = t;
}

void machine_timer_arm(struct machine_timer *t, uint64_t at_ns)
{
    t->at = at_ns;
    if (t->m->config.deterministic)
        atomic_fetch_or(&t->m->vcpu[0]->attention, ATTEND_TIME); /* its budget may end earlier now */
    else if (atomic_load(&t->m->passing))
        wake_thread(t->m);
}

void machine_timer_disarm(struct machine_timer *t)
{
    t->at = UINT64_MAX;
}
