/* reset.c: the guest begins again.
 *
 * All vCPUs that run one guest in one memory (--smp) are reset together, whichever of them was asked: the image cannot be loaded anew
 * under those that still execute it. Each is reset on its own thread. They meet twice: when all have stopped, the last to come clears
 * the memory and the devices; and none goes on before all are as they were at creation. */
#include <stdlib.h>

#include "machine_impl.h"
#include "vcpu_impl.h"

/* --- who is reset together ------------------------------------------------------------------------------------------ */

void reset_join(struct vcpu *v)
{
    struct machine *m = v->machine;
    bool slices = m->guests[0].boot->need & CAN_REAL;
    unsigned i = 0;
    while (slices && m->guests[i].args.slot != m->guests[v->index].args.slot)
        i++;
    v->first = m->vcpu[i];
    v->first->together++;
}

/* True: all have come. False: the machine is being destroyed, they never will. */
static bool meet(struct vcpu *v, void (*last)(struct vcpu *first))
{
    struct machine *m = v->machine;
    struct vcpu *f = v->first;
    pthread_mutex_lock(&m->reset_lock);
    uint64_t meeting = f->meetings;
    if (++f->met == f->together) {
        if (last)
            last(f);
        f->met = 0;
        f->meetings++;
        pthread_cond_broadcast(&m->reset_met);
    }
    while (f->meetings == meeting && !m->ending)
        pthread_cond_wait(&m->reset_met, &m->reset_lock);
    bool all = f->meetings != meeting;
    pthread_mutex_unlock(&m->reset_lock);
    return all;
}

void reset_end(struct machine *m)
{
    pthread_mutex_lock(&m->reset_lock);
    m->ending = true;
    pthread_cond_broadcast(&m->reset_met);
    pthread_mutex_unlock(&m->reset_lock);
}

/* --- on the vCPU's thread ------------------------------------------------------------------------------------------- */

/* Nobody executes: memory and devices as at creation. What is asked for from here on is another reset. */
static void reset_shared(struct vcpu *first)
{
    struct machine *m = first->machine;
    for (unsigned i = first->index; i < m->vcpus; i++) {
        struct vcpu *v = m->vcpu[i];
        if (v->first != first)
            continue;
        pthread_mutex_lock(&v->lock);
        v->reset_wanted = false;
        pthread_mutex_unlock(&v->lock);
    }
    if (first->together == m->vcpus)
        for (unsigned i = 0; i < m->regions; i++)
            ram_clear(m, m->region[i].gpa, m->region[i].size);
    else
        ram_clear(m, (uint64_t)m->guests[first->index].args.slot * SLICE_SIZE, SLICE_SIZE);
    if (first->index == 0)
        machine_reset_devices(m);
}

/* Whatever it was doing is over, and nothing that it counted or noted is left. */
static void leave_run(struct vcpu *v)
{
    if (!vcpu_state_stopped(v->state))
        vcpu_finish_insn(v);
    console_flush(v);
    v->halted = v->reading = false;
    v->event = 0;
    v->status = 0;
    v->steps = v->stops = v->idle_skip = v->own_exit_ns = v->empty_polls = v->last_result = 0;
    if (v->e->count)
        v->start_count = v->e->count(v->ev); /* now: in a deterministic machine the devices' time begins with it */
    v->snap = (struct vcpu_snapshot){.seq = v->snap.seq};
    inject_reset(v);
    account_reset(v->account);
    trace_reset(v->trace);
    v->stamp_ticks = v->stamp_ns = 0;
    pthread_mutex_lock(&v->lock);
    free(v->postmortem);
    v->postmortem = NULL;
    pthread_mutex_unlock(&v->lock);
}

void reset_do(struct vcpu *v)
{
    const struct observer *o = &v->machine->config.observer;
    struct vm_error err = {0};
    leave_run(v);
    if (!meet(v, reset_shared))
        return;
    if (o->reset)
        o->reset(o->ctx, v);
    if (vcpu_boot(v, &err) < 0)
        vcpu_failed(v, &err);
    if (!meet(v, NULL))
        return;
    if (v->event)
        control_settle(v);
    else
        control_state(v, VCPU_CREATED, "reset");
}

/* --- any thread ----------------------------------------------------------------------------------------------------- */

struct vcpu *vcpu_first(struct vcpu *v) { return v->first; }

int vcpu_reset(struct vcpu *v, struct vm_error *err)
{
    struct machine *m = v->machine;
    (void)err;
    pthread_mutex_lock(&m->reset_lock); /* all of them, or none: between two requests nobody may see half of one */
    for (unsigned i = 0; i < m->vcpus; i++) {
        struct vcpu *u = m->vcpu[i];
        if (u->first != v->first)
            continue;
        pthread_mutex_lock(&u->lock);
        u->goals = 0;
        u->reset_wanted = true;
        inject_forget(u);
        console_forget(u);
        u->posted++;
        pthread_mutex_unlock(&u->lock);
    }
    pthread_mutex_unlock(&m->reset_lock);
    for (unsigned i = 0; i < m->vcpus; i++)
        if (m->vcpu[i]->first == v->first)
            vcpu_poke(m->vcpu[i], ATTEND_REQUEST);
    return 0;
}
