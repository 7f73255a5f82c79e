/* request.c: run control, from any thread: post what is wanted to the vCPU's thread, wait, and read its state.
 *
 * A goal (step, next, until) waits in a short queue until the one before it is over. Pause, run and reset do not wait:
 * they end what is under way and drop what was queued before them. control.c carries it out. */
#include <errno.h>
#include <string.h>

#include "machine_impl.h"
#include "vcpu_impl.h"

static const char *const state_names[VCPU_STATES] = {"created", "running", "paused", "halted", "exited", "failed"};

const char *vcpu_state_name(enum vcpu_state s)
{
    return (unsigned)s < VCPU_STATES ? state_names[s] : "?";
}

bool vcpu_state_stopped(enum vcpu_state s)
{
    return s != VCPU_RUNNING && s != VCPU_HALTED;
}

/* Nothing is under way, and nothing was asked for that is not done. */
static bool stopped(const struct vcpu *v)
{
    return vcpu_state_stopped(v->state) && !v->goals && !v->reset_wanted && !v->taking;
}

bool vcpu_over(const struct vcpu *v)
{
    return (v->state == VCPU_EXITED || v->state == VCPU_FAILED) && !v->reset_wanted && !v->taking;
}

static int check_alive(struct vcpu *v, const char *what, struct vm_error *err)
{
    if (!vcpu_over(v))
        return 0;
    return err_set(err, EINVAL, "Cannot %s vCPU %u (%s): its guest has %s. `reset` starts it again.", what, v->id, v->name,
                   state_names[v->state]);
}

/* Run and pause do not wait, and drop what waits. Between them the order is kept, so that nothing is mistaken. */
static void make_way(struct vcpu *v, enum goal_kind kind)
{
    unsigned n = 0;
    for (unsigned i = 0; i < v->goals; i++)
        if (v->goal[i].at_once)
            v->goal[n++] = v->goal[i];
    if (n && v->goal[n - 1].kind == kind)
        n--;
    v->goals = n == GOAL_QUEUE ? 0 : n;
}

static int post_goal(struct vcpu *v, const char *what, struct goal g, struct vm_error *err)
{
    pthread_mutex_lock(&v->lock);
    int r = g.kind == GOAL_STOP ? 0 : check_alive(v, what, err);
    if (r == 0 && g.at_once)
        make_way(v, g.kind);
    if (r == 0 && v->goals == GOAL_QUEUE)
        r = err_set(err, EAGAIN, "Cannot %s vCPU %u: %d requests already wait for it.", what, v->id, GOAL_QUEUE);
    if (r == 0) {
        v->goal[v->goals++] = g;
        v->posted++;
    }
    pthread_mutex_unlock(&v->lock);
    if (r == 0)
        vcpu_poke(v, ATTEND_REQUEST);
    if (r == 0 && g.kind != GOAL_STOP && (r = timer_start(v->machine, err)) < 0)
        vcpu_pause(v, NULL);
    return r;
}

int vcpu_resume(struct vcpu *v, struct vm_error *err)
{
    return post_goal(v, "run", (struct goal){.kind = GOAL_RUN, .at_once = true}, err);
}

int vcpu_step(struct vcpu *v, uint64_t n, struct vm_error *err)
{
    if (!n)
        return err_set(err, EINVAL, "Cannot step 0 instructions: give 1 or more.");
    return post_goal(v, "step", (struct goal){.kind = GOAL_STEP, .left = n}, err);
}

int vcpu_next(struct vcpu *v, struct vm_error *err)
{
    return post_goal(v, "run to the next exit of", (struct goal){.kind = GOAL_NEXT}, err);
}

int vcpu_until(struct vcpu *v, const struct until *u, struct vm_error *err)
{
    if (u->kind == UNTIL_REASON && (unsigned)u->reason >= EXIT_REASONS)
        return err_set(err, EINVAL, "There is no exit reason %u.", (unsigned)u->reason);
    if (u->kind == UNTIL_PORT && u->value > 0xffff)
        return err_set(err, EINVAL, "0x%llx is no I/O port: ports go from 0 to 0xffff.", (unsigned long long)u->value);
    engine_probe(v->e, NULL, NULL); /* here, not on the vCPU's thread: whether it has breakpoints will be asked */
    return post_goal(v, "run", (struct goal){.kind = GOAL_UNTIL, .until = *u}, err);
}

int vcpu_pause(struct vcpu *v, struct vm_error *err)
{
    pthread_mutex_lock(&v->lock);
    bool needed = !stopped(v);
    pthread_mutex_unlock(&v->lock);
    return needed ? post_goal(v, "pause", (struct goal){.kind = GOAL_STOP, .at_once = true}, err) : 0;
}

int vcpu_speed(struct vcpu *v, unsigned per_second, struct vm_error *err)
{
    if (per_second > 1000000)
        return err_set(err, EINVAL, "A speed of %u instructions a second cannot be kept: 1 to 1000000, or 0 for full speed.", per_second);
    pthread_mutex_lock(&v->lock);
    v->speed = per_second;
    v->posted++;
    pthread_mutex_unlock(&v->lock);
    vcpu_poke(v, ATTEND_REQUEST);
    return 0;
}

/* --- waiting and asking --------------------------------------------------------------------------------------------- */

static struct timespec deadline(int timeout_ms)
{
    uint64_t at = clock_now() + (uint64_t)timeout_ms * 1000000u;
    return (struct timespec){(time_t)(at / 1000000000u), (long)(at % 1000000000u)};
}

/* Wait on `changed` while test() says so; the lock is held. */
static bool wait_for(struct vcpu *v, int timeout_ms, bool (*test)(struct vcpu *v, uint64_t arg), uint64_t arg)
{
    struct timespec t = timeout_ms > 0 ? deadline(timeout_ms) : (struct timespec){0};
    while (!test(v, arg)) {
        if (timeout_ms == 0)
            return false;
        if (timeout_ms < 0)
            pthread_cond_wait(&v->changed, &v->lock);
        else if (pthread_cond_timedwait(&v->changed, &v->lock, &t) != 0)
            return test(v, arg);
    }
    return true;
}

static bool is_stopped(struct vcpu *v, uint64_t arg)
{
    (void)arg;
    if (stopped(v))
        return true;
    /* Awake, it may be on its way out of HLT: an interrupt is taken from the queue before the state changes. That somebody looks at
     * its snapshot wakes nobody. */
    if (v->state != VCPU_HALTED || !v->asleep || (atomic_load(&v->attention) & ~(uint32_t)ATTEND_PUBLISH) || v->goals || v->reset_wanted ||
        v->irqs || v->nmis)
        return false;
    pthread_mutex_unlock(&v->lock); /* lock order: the machine's comes first */
    bool can = inject_can_come(v);
    pthread_mutex_lock(&v->lock);
    return !can && v->state == VCPU_HALTED && v->asleep;
}

static bool is_taken(struct vcpu *v, uint64_t posted) { return v->taken >= posted; }

bool vcpu_wait_stopped(struct vcpu *v, int timeout_ms)
{
    pthread_mutex_lock(&v->lock);
    bool r = wait_for(v, timeout_ms, is_stopped, 0);
    pthread_mutex_unlock(&v->lock);
    return r;
}

bool vcpu_wait_idle(struct vcpu *v, int timeout_ms)
{
    pthread_mutex_lock(&v->lock);
    bool r = wait_for(v, timeout_ms, is_taken, v->posted);
    pthread_mutex_unlock(&v->lock);
    return r;
}

int vcpu_get_state(struct vcpu *v, struct cpu_state *s, struct vm_error *err)
{
    pthread_mutex_lock(&v->lock);
    bool ok = stopped(v);
    if (ok)
        *s = v->stopped_cpu;
    pthread_mutex_unlock(&v->lock);
    return ok ? 0 : err_set(err, EBUSY, "vCPU %u (%s) is running: pause it first.", v->id, v->name);
}

/* On the vCPU's thread. What the engine does not take is undone. */
static int set_state(struct vcpu *v, void *arg, struct vm_error *err)
{
    const struct cpu_state *s = arg;
    if (!vcpu_state_stopped(v->state))
        return err_set(err, EBUSY, "vCPU %u (%s) is running: pause it first.", v->id, v->name);
    int r = v->e->set_state(v->ev, s, err);
    if (r < 0) {
        v->e->set_state(v->ev, &v->cpu, NULL);
        return r;
    }
    if (cpu_linear_rip(s) != cpu_linear_rip(&v->cpu))
        v->halted = v->reading = false; /* it is somewhere else now */
    v->e->get_state(v->ev, &v->cpu, NULL);
    pthread_mutex_lock(&v->lock);
    v->stopped_cpu = v->cpu;
    pthread_mutex_unlock(&v->lock);
    view_publish(v);
    return 0;
}

int vcpu_set_state(struct vcpu *v, const struct cpu_state *s, struct vm_error *err)
{
    struct cpu_state copy = *s;
    struct call c = {.fn = set_state, .arg = &copy, .err = err};
    pthread_mutex_lock(&v->lock);
    int r = check_alive(v, "change the registers of", err);
    if (r == 0 && !stopped(v))
        r = err_set(err, EBUSY, "vCPU %u (%s) is running: pause it first.", v->id, v->name);
    if (r < 0) {
        pthread_mutex_unlock(&v->lock);
        return r;
    }
    *v->calls_end = &c;
    v->calls_end = &c.next;
    pthread_mutex_unlock(&v->lock);
    vcpu_poke(v, ATTEND_REQUEST);
    pthread_mutex_lock(&v->lock);
    while (!c.done)
        pthread_cond_wait(&v->changed, &v->lock);
    pthread_mutex_unlock(&v->lock);
    return c.result;
}
