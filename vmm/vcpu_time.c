/* vcpu_time.c: time as a vCPU sees it: cheap stamps for the trace, and virtual time, which is its instruction count. */
#include "machine_impl.h"
#include "vcpu_impl.h"

enum { REBASE_NS = 10000000 };

static uint64_t virtual_now(struct vcpu *v)
{
    return (v->e->count(v->ev) - v->start_count) * NS_PER_INSN + v->idle_skip;
}

uint64_t vcpu_virtual_now(struct vcpu *v)
{
    if (!v->started || !pthread_equal(pthread_self(), v->thread))
        return atomic_load_explicit(&v->virtual_now, memory_order_relaxed);
    uint64_t now = virtual_now(v);
    atomic_store_explicit(&v->virtual_now, now, memory_order_relaxed);
    return now;
}

/* The counter's ratio is measured, not exact: the base is taken anew before an error could be seen. */
uint64_t vcpu_stamp(struct vcpu *v, uint64_t ticks)
{
    if (v->virtual_time)
        return vcpu_virtual_now(v);
    uint64_t since = clock_ns(&v->ratio, ticks - v->stamp_ticks);
    if (!v->stamp_ticks || since > REBASE_NS) {
        uint64_t now = machine_now(v->machine);
        v->stamp_ticks = ticks;
        v->stamp_ns = now > v->stamp_ns ? now : v->stamp_ns;
        since = 0;
    }
    return v->stamp_ns + since;
}

void vcpu_set_budget(struct vcpu *v)
{
    struct machine *m = v->machine;
    machine_lock(m);
    uint64_t next = timer_next(m), now = virtual_now(v);
    machine_unlock(m);
    if (next == UINT64_MAX) {
        v->e->set_budget(v->ev, 0);
        return;
    }
    uint64_t insns = next > now ? (next - now + NS_PER_INSN - 1) / NS_PER_INSN : 1;
    v->e->set_budget(v->ev, v->e->count(v->ev) + insns);
}

void vcpu_budget_exit(struct vcpu *v)
{
    machine_lock(v->machine);
    timer_run_due(v->machine, vcpu_virtual_now(v));
    machine_unlock(v->machine);
}
