/* dispatch.c: what each exit means: a table of handlers by reason.
 *
 * Ports and memory-mapped registers go to whoever registered them on the bus; a string instruction is unrolled here, so
 * that a device sees one element at a time. Where nobody answers, a read floats high and a write is lost. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "machine_impl.h"
#include "vcpu_impl.h"

/* Of a size that the compiler knows, a copy is one instruction. */
static inline uint64_t load(const void *p, unsigned size)
{
    uint64_t v = 0;
    switch (size) {
    case 1: memcpy(&v, p, 1); break;
    case 2: memcpy(&v, p, 2); break;
    case 4: memcpy(&v, p, 4); break;
    default: memcpy(&v, p, size); break;
    }
    return v;
}

static inline void ask_one(struct vcpu *v, const struct bus_range *r, struct bus_access *a, uint64_t *value)
{
    a->offset = a->addr - r->start;
    if (r->flags & BUS_NOLOCK) {
        r->fn(r->owner, a, value);
        return;
    }
    machine_lock(v->machine);
    r->fn(r->owner, a, value);
    machine_unlock(v->machine);
}

/* The ports of a word may belong to several, or to nobody. */
static void ask_bytes(struct vcpu *v, const struct bus_access *a, uint64_t *value)
{
    uint64_t in = 0;
    for (unsigned i = 0; i < a->size; i++) {
        struct bus_access one = {.vcpu = v, .addr = a->addr + i, .size = 1, .write = a->write};
        const struct bus_range *r = bus_find(&v->machine->ports, one.addr);
        uint64_t byte = a->write ? *value >> 8 * i & 0xff : 0xff;
        if (r)
            ask_one(v, r, &one, &byte);
        in |= (byte & 0xff) << 8 * i;
    }
    if (!a->write)
        *value = in;
}

static inline void ask(struct vcpu *v, const struct bus_range *r, struct bus_access *a, uint64_t *value)
{
    if (r->flags & BUS_BYTES && a->size > 1)
        ask_bytes(v, a, value);
    else
        ask_one(v, r, a, value);
}

static void trace_access(struct vcpu *v, uint64_t addr, uint64_t value, unsigned size, uint32_t count)
{
    trace_now(v, &(struct trace_entry){.kind = TRACE_EXIT, .reason = (uint8_t)v->exit.reason, .rip = v->exit.rip, .a = addr,
                                       .b = value, .size = (uint8_t)size, .count = count, .guest_ns = v->guest_ns});
}

static void port(struct vcpu *v, bool write)
{
    struct vm_exit *x = &v->exit;
    uint8_t *data = x->u.io.data;
    unsigned size = x->u.io.size;
    struct bus_access a = {.vcpu = v, .addr = x->u.io.port, .size = (uint8_t)size, .write = write};
    const struct bus_range *r = bus_find(&v->machine->ports, a.addr);
    account_exit(v->account, x->reason, a.addr, v->guest_ns);
    if (write)
        trace_access(v, a.addr, load(data, size), size, x->u.io.count);
    for (uint32_t i = 0; i < x->u.io.count; i++, data += size) {
        uint64_t value = write ? load(data, size) : UINT64_MAX;
        if (r)
            ask(v, r, &a, &value);
        if (!write)
            memcpy(data, &value, size);
    }
    if (!write)
        trace_access(v, a.addr, load(x->u.io.data, size), size, x->u.io.count);
    step_exit_handled(v);
}

static void port_in(struct vcpu *v) { port(v, false); }
static void port_out(struct vcpu *v) { port(v, true); }

/* Nobody is there. Words are made a few times a second at most; the count knows every access. */
static void outside(struct vcpu *v, uint64_t gpa, bool write)
{
    const struct region *r = &v->machine->region[0];
    uint64_t since = clock_ns(&v->ratio, v->ticks - v->notice_ticks);
    struct cpu_state s;
    account_outside(v->account);
    v->snap.notices++;
    if ((v->notice_ticks && since < 50000000) || v->e->get_state(v->ev, &s, NULL) < 0)
        return;
    v->notice_ticks = v->ticks;
    v->snap.notices--;
    char at[48];
    if (cpu_mode(&s) == CPU_REAL)
        snprintf(at, sizeof at, "%04x:%04llx", s.seg[CPU_CS].sel, (unsigned long long)v->exit.rip);
    else
        snprintf(at, sizeof at, "0x%llx", (unsigned long long)v->exit.rip);
    vcpu_notice(v, "%s 0x%08llx, outside its memory (0x%llx-0x%llx), at %s", write ? "write to" : "read from",
                (unsigned long long)gpa, (unsigned long long)r->gpa, (unsigned long long)(r->gpa + r->size - 1), at);
}

static void mmio(struct vcpu *v, bool write)
{
    struct vm_exit *x = &v->exit;
    unsigned size = x->u.mmio.size;
    struct bus_access a = {.vcpu = v, .addr = x->u.mmio.gpa, .size = (uint8_t)size, .write = write};
    const struct bus_range *r = bus_find(&v->machine->mmio, a.addr);
    uint64_t value = write ? load(x->u.mmio.data, size) : UINT64_MAX;
    account_exit(v->account, x->reason, a.addr, v->guest_ns);
    if (r)
        ask(v, r, &a, &value);
    else
        outside(v, a.addr, write);
    if (!write)
        memcpy(x->u.mmio.data, &value, size);
    trace_access(v, a.addr, load(x->u.mmio.data, size), size, 1);
    step_exit_handled(v);
}

static void mmio_read(struct vcpu *v) { mmio(v, false); }
static void mmio_write(struct vcpu *v) { mmio(v, true); }

/* Exits that have no place. */
static void plain(struct vcpu *v)
{
    account_exit(v->account, v->exit.reason, 0, v->guest_ns);
    trace_now(v, &(struct trace_entry){.kind = TRACE_EXIT, .reason = (uint8_t)v->exit.reason, .rip = v->exit.rip, .guest_ns = v->guest_ns});
}

static void hlt(struct vcpu *v)
{
    plain(v);
    v->halted = v->machine->config.irqchip != IRQCHIP_KERNEL; /* there, the kernel itself waits for the interrupt */
    v->event |= EVENT_HALT;
    step_exit_handled(v);
}

static void debug(struct vcpu *v)
{
    plain(v);
    step_debug_exit(v);
}

static void irq_window(struct vcpu *v)
{
    plain(v);
    v->irq_waits = true;
    step_exit_handled(v);
}

/* With the interrupt controller in the kernel, HLT does not exit: only now can we see that the guest sleeps. */
static void kick(struct vcpu *v)
{
    if (!v->virtual_time) /* there it would tell one run from the next: kicks are the host's */
        account_exit(v->account, v->exit.reason, 0, v->guest_ns);
    if (v->machine->config.irqchip == IRQCHIP_KERNEL && v->e->halted && v->e->halted(v->ev))
        v->event |= EVENT_HALT;
    step_exit_handled(v);
}

static void budget(struct vcpu *v)
{
    account_exit(v->account, v->exit.reason, 0, v->guest_ns);
    vcpu_budget_exit(v);
    step_exit_handled(v);
}

static void fail(struct vcpu *v)
{
    struct vm_error err;
    plain(v);
    err_set(&err, EFAULT, "%s", exit_sentence(v->exit.reason));
    vcpu_failed(v, &err);
    v->engine_error = false; /* the exit itself tells more */
}

void dispatch(struct vcpu *v)
{
    static void (*const handler[EXIT_REASONS])(struct vcpu *) = {
        [EXIT_IO_IN] = port_in, [EXIT_IO_OUT] = port_out, [EXIT_MMIO_READ] = mmio_read, [EXIT_MMIO_WRITE] = mmio_write,
        [EXIT_HLT] = hlt, [EXIT_DEBUG] = debug, [EXIT_IRQ_WINDOW] = irq_window, [EXIT_KICK] = kick, [EXIT_BUDGET] = budget,
        [EXIT_SHUTDOWN] = fail, [EXIT_FAIL_ENTRY] = fail, [EXIT_INTERNAL] = fail,
    };
    if (v->exit.reason == EXIT_IO_OUT) /* most exits are: a call that needs no prediction (see translate() in engine/kvm.c) */
        port_out(v);
    else
        handler[v->exit.reason](v);
}

/* Inside the guest, no exit. Interrupts are already traced as what we injected. */
void vcpu_on_event(void *machine, unsigned index, const struct engine_event *e)
{
    struct vcpu *v = ((struct machine *)machine)->vcpu[index];
    if (!v || e->kind == EVENT_INTERRUPT || e->kind == EVENT_NMI)
        return;
    account_vector(v->account, e->vector);
    trace_now(v, &(struct trace_entry){.kind = TRACE_EVENT, .sub = (uint8_t)e->kind, .a = e->vector, .b = e->error, .c = e->cr2, .rip = e->rip});
}
