/* console.c: bytes out of and into the guest. Output is batched, for a guest may print a byte an exit; the timer thread
 * makes sure that none stays behind when the guest goes silent (timer_flush_soon). */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "machine_impl.h"
#include "vcpu_impl.h"

enum { SILENCE_NS = 5000000 };

/* --- output, on the vCPU's thread ---------------------------------------------------------------------------------- */

void console_flush(struct vcpu *v)
{
    const struct observer *o = &v->machine->config.observer;
    size_t n = v->out_n;
    if (!n)
        return;
    v->out_n = 0;
    v->out_began = false;
    v->flush_ticks = v->ticks;
    atomic_store_explicit(&v->out_waits, false, memory_order_relaxed);
    if (o->console)
        o->console(o->ctx, v, v->out, n);
}

bool vcpu_console_waits(struct vcpu *v)
{
    return atomic_load(&v->out_waits);
}

void vcpu_console(struct vcpu *v, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n) {
        if (v->out_n == CONSOLE_ROOM)
            console_flush(v);
        size_t room = CONSOLE_ROOM - v->out_n, part = n < room ? n : room;
        memcpy(v->out + v->out_n, p, part);
        v->out_n += part;
        p += part;
        n -= part;
    }
    if (!atomic_load_explicit(&v->out_waits, memory_order_relaxed)) {
        atomic_store(&v->out_waits, true);
        v->out_began = true; /* take_exit() looks, when no lock is held */
    }
}

/* What ends a silence is passed on at once: an echo is not kept waiting, and a guest that says little wakes no other thread. */
void console_begins(struct vcpu *v)
{
    v->out_began = false;
    if (clock_ns(&v->ratio, v->ticks - v->flush_ticks) > SILENCE_NS)
        console_flush(v);
    else
        timer_flush_soon(v->machine);
}

void vcpu_notice(struct vcpu *v, const char *fmt, ...)
{
    const struct observer *o = &v->machine->config.observer;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(v->snap.notice, sizeof v->snap.notice, fmt, ap);
    va_end(ap);
    v->snap.notices++;
    atomic_fetch_or(&v->attention, ATTEND_PUBLISH);
    if (o->changed)
        o->changed(o->ctx, v);
}

/* --- input: a ring under the vCPU's lock ----------------------------------------------------------------------------- */

void console_forget(struct vcpu *v)
{
    v->input_head = v->input_n = 0;
    v->input_end = false;
}

/* While a reset waits to be carried out, what is in the ring came after it and is for the guest that it starts. */
int vcpu_getchar(struct vcpu *v)
{
    pthread_mutex_lock(&v->lock);
    int c = v->input_end && !v->reset_wanted ? -2 : -1;
    if (v->input_n && !v->reset_wanted) {
        c = v->input[v->input_head];
        v->input_head = (v->input_head + 1) % INPUT_ROOM;
        v->input_n--;
    }
    pthread_mutex_unlock(&v->lock);
    return c;
}

bool console_ready(struct vcpu *v, bool want)
{
    pthread_mutex_lock(&v->lock);
    bool ready = (v->input_n || v->input_end) && !v->reset_wanted;
    v->input_wanted = want && !ready;
    pthread_mutex_unlock(&v->lock);
    return ready;
}

bool vcpu_input_open(struct vcpu *v)
{
    pthread_mutex_lock(&v->lock);
    bool open = v->input_n || !v->input_end;
    pthread_mutex_unlock(&v->lock);
    return open;
}

bool vcpu_input_comes(struct vcpu *v)
{
    pthread_mutex_lock(&v->lock);
    bool comes = !v->input_end;
    pthread_mutex_unlock(&v->lock);
    return comes;
}

/* Tell who may wait: the guest inside a hypercall, and the devices that a person types into. */
static void tell(struct vcpu *v, bool wanted)
{
    struct machine *m = v->machine;
    if (wanted)
        vcpu_poke(v, ATTEND_INPUT);
    if (v->index != 0)
        return;
    machine_lock(m);
    for (size_t i = 0; i < m->devices; i++)
        if (m->device[i].ops->input)
            m->device[i].ops->input(m->device[i].self);
    machine_unlock(m);
}

size_t vcpu_input(struct vcpu *v, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    pthread_mutex_lock(&v->lock);
    size_t room = INPUT_ROOM - v->input_n;
    if (n > room)
        n = room;
    for (size_t i = 0; i < n; i++)
        v->input[(v->input_head + v->input_n + i) % INPUT_ROOM] = p[i];
    v->input_n += n;
    bool wanted = v->input_wanted;
    pthread_mutex_unlock(&v->lock);
    if (n)
        tell(v, wanted);
    return n;
}

size_t vcpu_input_room(struct vcpu *v)
{
    pthread_mutex_lock(&v->lock);
    size_t n = INPUT_ROOM - v->input_n;
    pthread_mutex_unlock(&v->lock);
    return n;
}

size_t vcpu_input_pending(struct vcpu *v)
{
    pthread_mutex_lock(&v->lock);
    size_t n = v->reset_wanted ? 0 : v->input_n;
    pthread_mutex_unlock(&v->lock);
    return n;
}

bool vcpu_input_has(struct vcpu *v, bool (*wanted)(uint8_t byte))
{
    bool has = false;
    pthread_mutex_lock(&v->lock);
    for (size_t i = 0, n = v->reset_wanted ? 0 : v->input_n; i < n && !has; i++)
        has = wanted(v->input[(v->input_head + i) % INPUT_ROOM]);
    pthread_mutex_unlock(&v->lock);
    return has;
}

void vcpu_input_eof(struct vcpu *v)
{
    pthread_mutex_lock(&v->lock);
    v->input_end = true;
    bool waits = v->input_wanted || v->state == VCPU_HALTED; /* halted: nothing may be able to wake it any more */
    pthread_mutex_unlock(&v->lock);
    if (waits)
        vcpu_poke(v, ATTEND_INPUT);
}

/* --- for hypercalls and devices ------------------------------------------------------------------------------------------ */

uint64_t vcpu_gpr(struct vcpu *v, enum cpu_gpr r) { return v->e->get_gpr(v->ev, r); }
void vcpu_set_gpr(struct vcpu *v, enum cpu_gpr r, uint64_t value) { v->e->set_gpr(v->ev, r, value); }

void vcpu_exit(struct vcpu *v, int status)
{
    v->status = status;
    snprintf(v->why, sizeof v->why, "the guest ended with status %d", status);
    v->event |= EVENT_EXIT;
}
