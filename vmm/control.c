/* control.c: run control, on the vCPU's own thread: it takes what request.c posted, in order, and changes state. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine_impl.h"
#include "vcpu_impl.h"

/* --- the vCPU's thread -------------------------------------------------------------------------------------------- */

void control_stop_at(struct vcpu *v, const char *fmt, ...)
{
    va_list ap;
    if (v->event & EVENT_STOP)
        return;
    va_start(ap, fmt);
    vsnprintf(v->why, sizeof v->why, fmt, ap);
    va_end(ap);
    v->event |= EVENT_STOP;
}

/* Enter a state, tell everybody. Stopped states end the goal. */
void control_state(struct vcpu *v, enum vcpu_state s, const char *why)
{
    bool active = !vcpu_state_stopped(s), was = v->state == s;
    if (was && active)
        return;
    console_flush(v);
    trace_now(v, &(struct trace_entry){.kind = TRACE_STATE, .a = s, .rip = v->cpu.rip});
    snprintf(v->snap.why, sizeof v->snap.why, "%s", why);
    if (!active) {
        v->stops++;
        v->snap.prev = v->last_stop;
        v->last_stop = v->cpu;
        v->now = (struct goal){.kind = GOAL_STOP};
    }
    pthread_mutex_lock(&v->lock);
    v->state = s;
    if (!active)
        v->stopped_cpu = v->cpu;
    view_publish(v);
    pthread_cond_broadcast(&v->changed);
    pthread_mutex_unlock(&v->lock);
    if (v->active != active) {
        v->active = active;
        timer_active(v->machine, active);
    }
    const struct observer *o = &v->machine->config.observer;
    if (o->changed)
        o->changed(o->ctx, v);
}

/* The guest is over: halted for good, ended, or broken. */
static void end(struct vcpu *v)
{
    bool failed = v->event & EVENT_FAIL;
    if (failed) {
        char *text = postmortem(v);
        pthread_mutex_lock(&v->lock);
        free(v->postmortem);
        v->postmortem = text;
        pthread_mutex_unlock(&v->lock);
        snprintf(v->why, sizeof v->why, "%.*s", (int)sizeof v->why - 1, v->error.text);
    }
    v->event = 0;
    v->snap.status = v->status;
    control_state(v, failed ? VCPU_FAILED : VCPU_EXITED, v->why);
}

/* HLT was executed. With interrupts off it is the end, unless an NMI is on its way. */
static void halt(struct vcpu *v)
{
    v->event &= ~(uint32_t)EVENT_HALT;
    if (vcpu_refresh(v) < 0)
        return;
    if (v->cpu.rflags & FLAG_IF) {
        if (!v->halted && !(v->event & EVENT_STOP))
            control_state(v, VCPU_HALTED, "HLT: sleeps in the kernel until an interrupt");
        return;
    }
    pthread_mutex_lock(&v->lock);
    bool nmi = v->nmis > 0;
    pthread_mutex_unlock(&v->lock);
    if (nmi)
        return;
    snprintf(v->why, sizeof v->why, "HLT with interrupts off");
    v->status = 0;
    v->event |= EVENT_EXIT;
}

void control_settle(struct vcpu *v)
{
    if (v->event & EVENT_READ) {
        v->event &= ~(uint32_t)EVENT_READ;
        if (vcpu_refresh(v) == 0)
            view_publish(v);
    }
    if (v->event & EVENT_HALT)
        halt(v);
    if (!(v->event & EVENT_FAIL) && v->event & (EVENT_EXIT | EVENT_STOP))
        vcpu_refresh(v);
    if (v->event & (EVENT_FAIL | EVENT_EXIT)) {
        end(v);
    } else if (v->event & EVENT_STOP) {
        v->event = 0;
        control_state(v, VCPU_PAUSED, v->why);
    }
}

static void start_goal(struct vcpu *v, struct goal g)
{
    v->now = g;
    v->next_insn_at = 0;
    v->off_break = true; /* a breakpoint under RIP was reached already, or nobody would stand here */
    control_state(v, v->halted ? VCPU_HALTED : VCPU_RUNNING, "");
}

/* Called with the lock, which they give back while they work; true: something was done. */
static bool take_call(struct vcpu *v)
{
    struct call *c = v->calls;
    if (!c)
        return false;
    v->calls = c->next;
    if (!v->calls)
        v->calls_end = &v->calls;
    pthread_mutex_unlock(&v->lock);
    c->result = c->fn(v, c->arg, c->err);
    pthread_mutex_lock(&v->lock);
    c->done = true;
    pthread_cond_broadcast(&v->changed);
    return true;
}

static bool take_reset(struct vcpu *v)
{
    if (!v->reset_wanted)
        return false;
    v->taking = true;
    pthread_mutex_unlock(&v->lock);
    reset_do(v);
    pthread_mutex_lock(&v->lock);
    v->taking = false;
    return true;
}

static bool take_goal(struct vcpu *v)
{
    if (!v->goals || !(v->now.kind == GOAL_STOP || v->now.kind == GOAL_RUN || v->goal[0].at_once))
        return false;
    struct goal g = v->goal[0];
    memmove(&v->goal[0], &v->goal[1], --v->goals * sizeof g);
    if (v->state == VCPU_EXITED || v->state == VCPU_FAILED) { /* it ended before this could be done */
        pthread_cond_broadcast(&v->changed); /* when the state changed, this still kept it from being stopped() */
        return true;
    }
    v->taking = true;
    pthread_mutex_unlock(&v->lock);
    if (g.kind != GOAL_STOP) {
        start_goal(v, g);
    } else if (v->now.kind != GOAL_STOP) {
        control_stop_at(v, "paused");
        control_settle(v);
    }
    pthread_mutex_lock(&v->lock);
    v->taking = false;
    return true;
}

static bool take_settings(struct vcpu *v)
{
    v->slow = v->speed;
    if (v->account_reset)
        account_reset(v->account);
    v->account_reset = false;
    if (!v->slots_changed)
        return false;
    memcpy(v->armed, v->slot, sizeof v->armed);
    v->slots_changed = false;
    return true;
}

bool control_attend(struct vcpu *v)
{
    pthread_mutex_lock(&v->lock);
    v->asleep = false;
    while (!v->quit) {
        uint64_t posted = v->posted;
        if (take_settings(v) || take_call(v) || take_reset(v) || take_goal(v))
            continue;
        if (v->taken != posted) {
            v->taken = posted;
            pthread_cond_broadcast(&v->changed);
        }
        atomic_fetch_and(&v->attention, ~(uint32_t)ATTEND_REQUEST);
        if (v->now.kind != GOAL_STOP || atomic_load(&v->attention))
            break;
        v->asleep = true;
        pthread_cond_wait(&v->wake, &v->lock);
        v->asleep = false;
    }
    bool go_on = !v->quit;
    pthread_mutex_unlock(&v->lock);
    return go_on;
}
