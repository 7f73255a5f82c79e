/* vcpu.c: one virtual processor: its life, its thread, and the loop that runs the guest.
 *
 * The loop is short on purpose: attend to what others asked for, enter the guest, handle the exit, act on what that led
 * to. What an exit means is in dispatch.c, what people ask for in control.c. */
#include "vcpu_impl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine_impl.h"

/* --- running ------------------------------------------------------------------------------------------------------ */

/* Virtual time since the guest's last exit of its own: a kick comes when the host pleases and must leave no trace in it. */
static uint64_t virtual_guest_ns(struct vcpu *v)
{
    uint64_t now = vcpu_virtual_now(v), since = now - v->own_exit_ns;
    if (v->exit.reason == EXIT_KICK || v->exit.reason == EXIT_BUDGET || now < v->own_exit_ns)
        since = 0;
    else
        v->own_exit_ns = now;
    return since;
}

static inline bool wanted(const struct vcpu *v)
{
    return atomic_load_explicit(&v->attention, memory_order_relaxed) | v->event;
}

/* The exit that the engine has just filled in. True: the guest may go on, there is nothing to do in between. */
static bool handle_exit(void *self)
{
    struct vcpu *v = self;
    uint64_t end = clock_ticks(&v->ratio);
    /* Some hosts step past HLT as if it were any instruction: we looked before (step.c). */
    if (v->hlt_ahead && v->exit.reason == EXIT_DEBUG && v->exit.rip == v->step_rip + v->step_hlt_len)
        v->exit.reason = EXIT_HLT;
    v->guest_ns = v->virtual_time ? virtual_guest_ns(v) : clock_ns(&v->ratio, end - v->ticks);
    v->ticks = end;
    if (v->state == VCPU_HALTED && v->exit.reason != EXIT_KICK) /* an interrupt woke it in the kernel */
        control_state(v, VCPU_RUNNING, "");
    dispatch(v);
    if (v->out_n >= CONSOLE_BATCH)
        console_flush(v);
    if (v->out_began)
        console_begins(v);
    v->ticks = clock_ticks(&v->ratio);
    account_handled(v->account, clock_ns(&v->ratio, v->ticks - end));
    return !wanted(v) && !v->irq_waits && !v->virtual_time;
}

/* Let the engine run, and handle the exit it returns; on: and those after it, as long as the guest may go on. */
static void take_exit(struct vcpu *v, bool on)
{
    struct vm_error err; /* filled when it fails: clearing it for every exit would be felt */
    int r;
    if (!v->ticks)
        v->ticks = clock_ticks(&v->ratio);
    if (on && v->e->run_on)
        r = v->e->run_on(v->ev, &v->exit, handle_exit, v, &err);
    else if ((r = v->e->run(v->ev, &v->exit, &err)) == 0)
        handle_exit(v);
    if (r < 0)
        vcpu_failed(v, &err);
}

static void enter(struct vcpu *v, bool on)
{
    if (v->irq_waits && !v->stepping) { /* a step begins with it, and is one instruction after that */
        inject(v);
        if (v->event) /* the instruction that was finished before it led to something */
            return;
    }
    if (v->virtual_time)
        vcpu_set_budget(v);
    take_exit(v, on);
}

void vcpu_run_once(struct vcpu *v) { enter(v, false); }

int vcpu_finish_insn(struct vcpu *v)
{
    struct vm_error err = {0};
    int r;
    while ((r = v->e->complete(v->ev, &err)) > 0 && !(v->event & EVENT_FAIL))
        take_exit(v, false);
    if (r < 0)
        vcpu_failed(v, &err);
    return r;
}

int vcpu_refresh(struct vcpu *v)
{
    struct vm_error err = {0};
    int r = vcpu_finish_insn(v);
    if (r < 0)
        return r;
    r = v->e->get_state(v->ev, &v->cpu, &err);
    if (r < 0)
        vcpu_failed(v, &err);
    return r;
}

void vcpu_failed(struct vcpu *v, const struct vm_error *err)
{
    if (v->event & EVENT_FAIL)
        return;
    v->error = *err;
    v->engine_error = true;
    v->event |= EVENT_FAIL;
}

/* Halted: until an interrupt comes that can be delivered. */
static void wait_halted(struct vcpu *v)
{
    struct machine *m = v->machine;
    if (inject(v)) {
        v->halted = false;
        control_state(v, VCPU_RUNNING, "");
        return;
    }
    if (m->config.deterministic && inject_can_come(v)) {
        machine_lock(m);
        uint64_t next = timer_next(m), now = vcpu_virtual_now(v);
        if (next != UINT64_MAX) { /* nothing happens until then: time leaps */
            if (next > now)
                v->idle_skip += next - now;
            timer_run_due(m, next > now ? next : now);
        }
        machine_unlock(m);
        if (next != UINT64_MAX)
            return;
    }
    control_state(v, VCPU_HALTED, "HLT: waits for an interrupt");
    if (m->config.headless && !inject_waits(v) && !inject_can_come(v)) {
        snprintf(v->why, sizeof v->why, "HLT with interrupts on, and nothing that could interrupt");
        v->status = 0;
        v->event |= EVENT_EXIT;
        return;
    }
    vcpu_sleep(v, UINT64_MAX);
}

/* In WAITCHAR: until a byte or the end of the input comes. */
static void wait_reading(struct vcpu *v)
{
    if (console_ready(v, true))
        hypercall_resume(v);
    else
        vcpu_sleep(v, UINT64_MAX);
}

/* Slow motion: one instruction, shown, then the rest of its time. */
static void run_slowly(struct vcpu *v, unsigned per_second)
{
    uint64_t now = clock_now();
    if (now < v->next_insn_at) {
        vcpu_sleep(v, v->next_insn_at);
        return;
    }
    uint64_t period = 1000000000u / per_second;
    v->next_insn_at = (v->next_insn_at + period > now ? v->next_insn_at : now) + period;
    step_one(v);
    if (!v->event && vcpu_refresh(v) == 0)
        view_publish(v);
}

/* Full speed: as long as nobody wants anything and the guest needs nothing, nothing else is looked at. */
static void run_fast(struct vcpu *v)
{
    step_arm(v, false);
    while (!wanted(v))
        enter(v, true);
}

static void run(struct vcpu *v)
{
    struct vm_error err;
    if (machine_thread_failed(v->machine, &err))
        vcpu_failed(v, &err);
    else if (v->halted)
        wait_halted(v);
    else if (v->reading)
        wait_reading(v);
    else if (v->now.kind == GOAL_STEP)
        step_one(v);
    else if (v->slow)
        run_slowly(v, v->slow);
    else if (step_must_leave(v))
        step_one(v);
    else
        run_fast(v);
}

/* What others asked for. False: the thread ends. */
static bool attend(struct vcpu *v)
{
    uint32_t why = atomic_exchange(&v->attention, 0);
    v->ticks = 0;
    if (why & ATTEND_IRQ)
        v->irq_waits = true;
    if (why & ATTEND_FLUSH)
        console_flush(v);
    if (why & ATTEND_PUBLISH && v->now.kind != GOAL_STOP && vcpu_refresh(v) == 0)
        view_publish(v);
    if (v->event)
        control_settle(v);
    return !(why & ATTEND_REQUEST || v->now.kind == GOAL_STOP) || control_attend(v);
}

static void *vcpu_main(void *arg)
{
    struct vcpu *v = arg;
    machine_thread_begins(v->machine);
    trace_reset(v->trace); /* so that its first page is there when the guest starts */
    if (v->e->prepare)
        v->e->prepare();
    while (attend(v)) {
        if (v->now.kind != GOAL_STOP && !atomic_load(&v->attention))
            run(v);
        if (v->event)
            control_settle(v);
    }
    return NULL;
}

/* --- waking it ---------------------------------------------------------------------------------------------------- */

void vcpu_poke(struct vcpu *v, uint32_t why)
{
    uint32_t before = atomic_fetch_or(&v->attention, why);
    if ((before & why) == why)
        return; /* whoever set it wakes it */
    pthread_mutex_lock(&v->lock);
    bool asleep = v->asleep; /* it looks at attention before it enters the guest: no kick needed */
    pthread_cond_signal(&v->wake);
    pthread_mutex_unlock(&v->lock);
    if (!asleep && v->ev) /* none yet: its machine could not be made */
        v->e->kick(v->ev);
}

void vcpu_sleep(struct vcpu *v, uint64_t until)
{
    struct timespec t = {(time_t)(until / 1000000000u), (long)(until % 1000000000u)};
    const struct observer *o = &v->machine->config.observer;
    console_flush(v);
    pthread_mutex_lock(&v->lock);
    v->asleep = true;
    if (v->state == VCPU_HALTED && until == UINT64_MAX) { /* perhaps for good: vcpu_wait_stopped() looks at this too */
        pthread_cond_broadcast(&v->changed);
        pthread_mutex_unlock(&v->lock);
        if (o->changed)
            o->changed(o->ctx, v);
        pthread_mutex_lock(&v->lock);
    }
    while (!atomic_load(&v->attention))
        if (until == UINT64_MAX)
            pthread_cond_wait(&v->wake, &v->lock);
        else if (pthread_cond_timedwait(&v->wake, &v->lock, &t) == ETIMEDOUT)
            break;
    v->asleep = false;
    pthread_mutex_unlock(&v->lock);
    v->ticks = 0;
}

/* --- life --------------------------------------------------------------------------------------------------------- */

int vcpu_thread_create(pthread_t *t, void *(*fn)(void *), void *arg)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigset_t all, old;
    sigfillset(&all); /* signals are the front end's; the engine opens the one it kicks with */
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&all, faults[i]); /* a fault while it is blocked ends the process and no handler hears of it */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_attr_t a;
    pthread_attr_init(&a);
    pthread_attr_setstacksize(&a, 256 << 10);
    int r = pthread_create(t, &a, fn, arg);
    pthread_attr_destroy(&a);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return r;
}

int vcpu_create(struct machine *m, unsigned index, struct vcpu **out, struct vm_error *err)
{
    struct vcpu *v = calloc(1, sizeof *v);
    if (!v)
        return err_set(err, ENOMEM, "creating a vCPU: out of memory");
    *out = v;
    v->machine = m;
    v->index = index;
    reset_join(v);
    v->id = m->config.first_id + index;
    const char *slash = strrchr(m->guests[index].image.name, '/');
    snprintf(v->name, sizeof v->name, "%s", slash ? slash + 1 : m->guests[index].image.name);
    v->e = m->engine;
    v->virtual_time = m->config.deterministic;
    v->calls_end = &v->calls;
    v->asleep = true; /* its thread begins by looking at attention */
    pthread_mutex_init(&v->lock, NULL);
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(&v->wake, &a);
    pthread_cond_init(&v->changed, &a);
    pthread_condattr_destroy(&a);
    v->account = account_new();
    v->trace = trace_new();
    v->input = calloc(1, INPUT_ROOM); /* untouched pages cost nothing */
    if (!v->account || !v->trace || !v->input)
        return err_set(err, ENOMEM, "creating vCPU %u: out of memory", v->id);
    int r = vcpu_thread_create(&v->thread, vcpu_main, v); /* sleeps until something is asked of it */
    if (r != 0)
        return err_set(err, r, "Cannot start the thread of vCPU %u: %s.", v->id, strerror(r));
    v->started = true;
    return 0;
}

int vcpu_boot(struct vcpu *v, struct vm_error *err)
{
    int r = machine_enter(v->machine, v->index, &v->cpu, err);
    if (r == 0 && v->e->vcpu_reset)
        r = v->e->vcpu_reset(v->ev, err);
    if (r == 0)
        r = v->e->set_state(v->ev, &v->cpu, err);
    if (r == 0)
        r = v->e->get_state(v->ev, &v->cpu, err);
    if (r < 0)
        return r;
    v->start_count = v->e->count ? v->e->count(v->ev) : 0;
    v->stopped_cpu = v->last_stop = v->snap.prev = v->cpu;
    return 0;
}

int vcpu_start(struct vcpu *v, struct vm_error *err)
{
    int r = v->e->vcpu_create(v->machine->vm, v->index, &v->ev, err);
    if (r == 0)
        r = vcpu_boot(v, err);
    if (r < 0)
        return r;
    v->ratio = *clock_ratio();
    view_publish(v);
    return 0;
}

void vcpu_quit(struct vcpu *v)
{
    if (!v->started)
        return;
    pthread_mutex_lock(&v->lock);
    v->quit = true;
    pthread_mutex_unlock(&v->lock);
    vcpu_poke(v, ATTEND_REQUEST);
}

void vcpu_join(struct vcpu *v)
{
    if (v->started)
        pthread_join(v->thread, NULL);
    v->started = false;
}

void vcpu_destroy(struct vcpu *v)
{
    if (v->ev)
        v->e->vcpu_destroy(v->ev);
    pthread_cond_destroy(&v->wake);
    pthread_cond_destroy(&v->changed);
    pthread_mutex_destroy(&v->lock);
    account_free(v->account);
    trace_free(v->trace);
    free(v->input);
    free(v->postmortem);
    free(v);
}

unsigned vcpu_id(const struct vcpu *v) { return v->id; }
const char *vcpu_name(const struct vcpu *v) { return v->name; }
struct machine *vcpu_machine(const struct vcpu *v) { return v->machine; }
