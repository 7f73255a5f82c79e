/* inject.c: interrupts into the guest: NMIs and vectors that a person queued, and the INTR line of our own PIC.
 *
 * A vector is only handed to the engine when the guest can take it; until then we ask for an exit at that moment (the
 * interrupt window). NMIs come first, then the PIC, then what people queued (SDM vol. 3, 6.9 for the order). */
#include <errno.h>
#include <string.h>

#include "machine_impl.h"
#include "vcpu_impl.h"

static void pending_changed(struct vcpu *v)
{
    atomic_store_explicit(&v->pending, v->irqs + v->nmis, memory_order_relaxed);
}

static void delivered(struct vcpu *v, unsigned sub, uint8_t vector)
{
    account_vector(v->account, vector);
    trace_now(v, &(struct trace_entry){.kind = TRACE_INJECT, .sub = (uint8_t)sub, .a = vector, .rip = v->exit.rip});
}

/* Lock held. While a reset waits to be carried out, what is queued was posted after it and is for the guest that it starts. */
static unsigned due(const struct vcpu *v, unsigned queued)
{
    return v->reset_wanted ? 0 : queued;
}

static bool nmi_queued(struct vcpu *v)
{
    pthread_mutex_lock(&v->lock);
    bool some = due(v, v->nmis) > 0;
    pthread_mutex_unlock(&v->lock);
    return some;
}

static bool give_nmi(struct vcpu *v)
{
    if (!nmi_queued(v) || v->e->nmi(v->ev, NULL) < 0)
        return false;
    pthread_mutex_lock(&v->lock);
    v->nmis -= due(v, v->nmis) > 0; /* a reset that was asked for meanwhile forgot it */
    pending_changed(v);
    pthread_mutex_unlock(&v->lock);
    delivered(v, 1, 2);
    return true;
}

static bool intr(struct machine *m)
{
    return m->pic.intr && m->pic.intr(m->pic.self);
}

static bool give_pic(struct vcpu *v, bool *more)
{
    struct machine *m = v->machine;
    int vector = -1;
    if (v->index != 0 || !m->pic.intr)
        return false;
    machine_lock(m);
    if (intr(m)) {
        if (v->e->can_interrupt(v->ev))
            vector = m->pic.ack(m->pic.self);
        else
            *more = true;
    }
    bool again = vector >= 0 && intr(m);
    machine_unlock(m);
    if (vector < 0)
        return false;
    *more |= again;
    if (v->e->interrupt(v->ev, (uint8_t)vector, NULL) < 0)
        return false;
    delivered(v, 0, (uint8_t)vector);
    return true;
}

static bool give_queued(struct vcpu *v, bool *more)
{
    pthread_mutex_lock(&v->lock);
    unsigned n = due(v, v->irqs);
    uint8_t vector = v->irq[v->irq_head];
    pthread_mutex_unlock(&v->lock);
    if (!n)
        return false;
    *more = true;
    if (!v->e->can_interrupt(v->ev) || v->e->interrupt(v->ev, vector, NULL) < 0)
        return false;
    pthread_mutex_lock(&v->lock);
    if (due(v, v->irqs)) { /* likewise */
        v->irq_head = (v->irq_head + 1) % IRQ_QUEUE;
        v->irqs--;
    }
    *more = due(v, v->irqs) > 0;
    pending_changed(v);
    pthread_mutex_unlock(&v->lock);
    delivered(v, 0, vector);
    return true;
}

bool inject(struct vcpu *v)
{
    bool more = false;
    if (vcpu_finish_insn(v) < 0)
        return false;
    bool given = give_nmi(v) || give_pic(v, &more) || give_queued(v, &more);
    if (given) { /* what is left can come when the handler opens interrupts again */
        machine_lock(v->machine);
        more |= v->index == 0 && intr(v->machine);
        machine_unlock(v->machine);
        pthread_mutex_lock(&v->lock);
        more |= due(v, v->irqs) > 0;
        pthread_mutex_unlock(&v->lock);
    }
    if (more != v->window)
        v->e->want_window(v->ev, more);
    v->window = more;
    v->irq_waits = more;
    if (nmi_queued(v)) { /* no engine exits when it could take one: look again in some milliseconds */
        v->irq_waits = true;
        timer_flush_soon(v->machine);
    }
    return given;
}

void inject_no_window(struct vcpu *v)
{
    if (v->window)
        v->e->want_window(v->ev, false);
    v->window = false;
}

bool inject_waits(struct vcpu *v)
{
    pthread_mutex_lock(&v->lock);
    bool some = due(v, v->irqs + v->nmis) > 0;
    pthread_mutex_unlock(&v->lock);
    return some;
}

bool inject_can_come(struct vcpu *v)
{
    if (v->index != 0 && v->machine->config.irqchip == IRQCHIP_USER)
        return false; /* INTR of our PIC is a wire to the first processor */
    return machine_can_wake(v->machine);
}

bool inject_nmi_waits(struct vcpu *v)
{
    pthread_mutex_lock(&v->lock);
    bool some = due(v, v->nmis) > 0 && !vcpu_state_stopped(v->state);
    pthread_mutex_unlock(&v->lock);
    return some;
}

void inject_reset(struct vcpu *v)
{
    inject_no_window(v);
    v->irq_waits = true; /* look once at INTR, and at what was posted since the reset was asked for */
}

/* --- any thread --------------------------------------------------------------------------------------------------- */

void inject_forget(struct vcpu *v)
{
    v->irqs = v->nmis = 0;
    pending_changed(v);
}

static int queue(struct vcpu *v, bool nmi, uint8_t vector, struct vm_error *err)
{
    int r = 0;
    pthread_mutex_lock(&v->lock);
    if (vcpu_over(v))
        r = err_set(err, EINVAL, "Cannot interrupt vCPU %u (%s): its guest has %s. `reset` starts it again.", v->id, v->name, vcpu_state_name(v->state));
    else if (nmi ? v->nmis == IRQ_QUEUE : v->irqs == IRQ_QUEUE)
        r = err_set(err, EAGAIN, "%d interrupts already wait for vCPU %u (%s): it does not take them. Are its interrupts on (IF)?", IRQ_QUEUE, v->id, v->name);
    else if (nmi)
        v->nmis++;
    else
        v->irq[(v->irq_head + v->irqs++) % IRQ_QUEUE] = vector;
    pending_changed(v);
    pthread_mutex_unlock(&v->lock);
    if (r == 0)
        vcpu_poke(v, ATTEND_IRQ);
    return r;
}

int vcpu_irq(struct vcpu *v, uint8_t vector, struct vm_error *err) { return queue(v, false, vector, err); }
int vcpu_nmi(struct vcpu *v, struct vm_error *err) { return queue(v, true, 0, err); }
