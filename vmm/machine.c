/* machine.c: a machine is built from parts, in order, and taken apart in reverse. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine_impl.h"
#include "vcpu_impl.h"

/* --- configuration: our own copy, checked ------------------------------------------------------------------------ */

static int copy_guests(struct machine *m, const struct machine_config *c, struct vm_error *err)
{
    m->guests = calloc(c->vcpus, sizeof *m->guests);
    if (!m->guests)
        return err_set(err, ENOMEM, "creating a machine: out of memory");
    m->vcpus = c->vcpus;
    for (unsigned i = 0; i < c->vcpus; i++) {
        struct guest_config *g = &m->guests[i];
        const struct boot_image *img = &c->guests[i].image;
        *g = c->guests[i];
        g->image.bytes = NULL;
        char *name = strdup(img->name ? img->name : "guest");
        uint8_t *bytes = malloc(img->size ? img->size : 1);
        g->image.name = name;
        g->image.bytes = bytes;
        if (!name || !bytes)
            return err_set(err, ENOMEM, "creating a machine: out of memory for the %zu bytes of %s", img->size, img->name);
        memcpy(bytes, img->bytes, img->size);
    }
    return 0;
}

static int check(const struct machine_config *c, struct vm_error *err)
{
    if (c->vcpus < 1 || c->vcpus > MACHINE_VCPUS)
        return err_set(err, EINVAL, "A machine has 1 to %d vCPUs, not %u.", MACHINE_VCPUS, c->vcpus);
    for (unsigned i = 0; i < c->vcpus; i++) {
        if (!c->guests[i].boot)
            return err_set(err, EINVAL, "The guest %s has no boot protocol.", c->guests[i].image.name);
        if (!c->guests[i].image.size)
            return err_set(err, ENOEXEC, "The guest %s is empty: there is nothing to run.", c->guests[i].image.name);
        if (c->guests[i].boot != c->guests[0].boot)
            return err_set(err, EINVAL, "The guests of one machine must be entered the same way: %s is %s, %s is %s.",
                           c->guests[0].image.name, c->guests[0].boot->name, c->guests[i].image.name, c->guests[i].boot->name);
    }
    if (c->deterministic && c->vcpus > 1)
        return err_set(err, EINVAL, "A deterministic machine has one vCPU: how several interleave depends on the host. Leave --smp or --share out.");
    return 0;
}

/* What the engine must be able to do for this machine. */
static uint32_t needs(const struct machine_config *c)
{
    uint32_t need = c->guests[0].boot->need;
    if (c->deterministic)
        need |= CAN_DETERMINISTIC;
    if (c->irqchip == IRQCHIP_KERNEL)
        need |= CAN_IRQCHIP;
    return need;
}

/* AUTO: nothing interrupts a real-mode guest but the person; others get the chip in the kernel where there is one. */
static enum irqchip pick_irqchip(const struct machine *m)
{
    const struct engine_probe *p = NULL;
    if (m->config.irqchip != IRQCHIP_AUTO)
        return m->config.irqchip;
    if (m->guests[0].boot->need & CAN_REAL)
        return IRQCHIP_NONE;
    return engine_probe(m->engine, &p, NULL) == 0 && p->can & CAN_IRQCHIP ? IRQCHIP_KERNEL : IRQCHIP_USER;
}

static int choose_engine(struct machine *m, struct vm_error *err)
{
    return engine_choose(m->config.engine, needs(&m->config), &m->engine, m->reason, sizeof m->reason, err);
}

static int create_vm(struct machine *m, struct vm_error *err)
{
    m->config.irqchip = pick_irqchip(m);
    m->isolated = m->vcpus == 1 && m->guests[0].boot->need & CAN_REAL;
    if (!m->config.ram)
        m->config.ram = m->guests[0].boot->ram;
    struct engine_config ec = {.vcpus = m->vcpus, .irqchip = m->config.irqchip == IRQCHIP_KERNEL,
                               .deterministic = m->config.deterministic, .on_event = vcpu_on_event, .ctx = m};
    return m->engine->vm_create(&m->vm, &ec, err);
}

static int create_devices(struct machine *m, struct vm_error *err)
{
    int r = bus_add(&m->ports, &(struct bus_range){HYPERCALL_PORT, 1, "hypercall", hypercall_port, NULL, BUS_NOLOCK}, err);
    for (size_t i = 0; r == 0 && device_at(i); i++) {
        const struct device_ops *ops = device_at(i);
        if (!ops->wanted(&m->config))
            continue;
        if (m->devices == MACHINE_DEVICES)
            return err_set(err, ENOSPC, "creating a machine: more than %d devices", MACHINE_DEVICES);
        r = ops->create(m, &m->device[m->devices].self, err);
        if (r == 0)
            m->device[m->devices++].ops = ops;
    }
    return r;
}

/* --- life -------------------------------------------------------------------------------------------------------- */

/* The vCPUs' threads come first: they begin, and prepare the engine, while this thread waits for the kernel. */
static int build(struct machine *m, struct vm_error *err)
{
    int r = choose_engine(m, err);
    for (unsigned i = 0; r == 0 && i < m->vcpus; i++)
        r = vcpu_create(m, i, &m->vcpu[i], err);
    if (r == 0)
        r = create_vm(m, err);
    if (r == 0)
        r = ram_create(m, err);
    if (r == 0)
        r = create_devices(m, err);
    for (unsigned i = 0; r == 0 && i < m->vcpus; i++)
        r = vcpu_start(m->vcpu[i], err);
    return r;
}

int machine_create(struct machine **out, const struct machine_config *c, struct vm_error *err)
{
    int r = check(c, err);
    if (r < 0)
        return r;
    struct machine *m = calloc(1, sizeof *m);
    if (!m)
        return err_set(err, ENOMEM, "creating a machine: out of memory");
    m->config = *c;
    pthread_mutex_init(&m->lock, NULL);
    pthread_mutex_init(&m->reset_lock, NULL);
    pthread_cond_init(&m->reset_met, NULL);
    clock_begin();
    timer_init(m);
    r = copy_guests(m, c, err);
    m->config.guests = m->guests;
    if (r == 0)
        r = build(m, err);
    if (r < 0) {
        machine_destroy(m);
        return r;
    }
    m->config.replaces = NULL;
    *out = m;
    return 0;
}

void machine_destroy(struct machine *m)
{
    if (!m)
        return;
    for (unsigned i = 0; i < m->vcpus; i++)
        if (m->vcpu[i])
            vcpu_quit(m->vcpu[i]);
    reset_end(m);
    for (unsigned i = m->vcpus; i-- > 0;)
        if (m->vcpu[i])
            vcpu_join(m->vcpu[i]);
    timer_stop(m);
    while (m->devices) {
        m->devices--;
        m->device[m->devices].ops->destroy(m->device[m->devices].self);
    }
    for (unsigned i = m->vcpus; i-- > 0;)
        if (m->vcpu[i])
            vcpu_destroy(m->vcpu[i]);
    if (m->vm)
        m->engine->vm_destroy(m->vm);
    ram_destroy(m);
    timer_destroy(m);
    pthread_mutex_destroy(&m->lock);
    pthread_mutex_destroy(&m->reset_lock);
    pthread_cond_destroy(&m->reset_met);
    for (unsigned i = 0; m->guests && i < m->vcpus; i++) {
        free((char *)m->guests[i].image.name);
        free((uint8_t *)m->guests[i].image.bytes);
    }
    free(m->guests);
    free(m);
}

int machine_enter(struct machine *m, unsigned i, struct cpu_state *s, struct vm_error *err)
{
    const struct guest_config *g = &m->guests[i];
    return g->boot->enter(m, &g->image, &g->args, s, err);
}

void machine_reset_devices(struct machine *m)
{
    machine_lock(m);
    timer_reset(m);
    for (size_t i = 0; i < m->devices; i++)
        m->device[i].ops->reset(m->device[i].self);
    machine_unlock(m);
}

/* --- what it is made of ------------------------------------------------------------------------------------------ */

const struct engine_ops *machine_engine(const struct machine *m) { return m->engine; }
const char *machine_engine_reason(const struct machine *m) { return m->reason; }
enum irqchip machine_irqchip(const struct machine *m) { return m->config.irqchip; }
unsigned machine_vcpus(const struct machine *m) { return m->vcpus; }
struct vcpu *machine_vcpu(struct machine *m, unsigned i) { return i < m->vcpus ? m->vcpu[i] : NULL; }
const struct machine_config *machine_config(const struct machine *m) { return &m->config; }
struct bus *machine_ports(struct machine *m) { return &m->ports; }
struct bus *machine_mmio(struct machine *m) { return &m->mmio; }
void machine_lock(struct machine *m) { pthread_mutex_lock(&m->lock); }
void machine_unlock(struct machine *m) { pthread_mutex_unlock(&m->lock); }

/* --- devices ------------------------------------------------------------------------------------------------------ */

const struct device_ops *machine_device(const struct machine *m, size_t i)
{
    return i < m->devices ? m->device[i].ops : NULL;
}

void *machine_device_self(const struct machine *m, const struct device_ops *ops)
{
    for (size_t i = 0; i < m->devices; i++)
        if (m->device[i].ops == ops)
            return m->device[i].self;
    return NULL;
}

size_t machine_device_show(struct machine *m, size_t i, struct device_line *out, size_t max)
{
    if (i >= m->devices || !m->device[i].ops->show)
        return 0;
    machine_lock(m);
    size_t n = m->device[i].ops->show(m->device[i].self, out, max);
    machine_unlock(m);
    return n;
}

int machine_set_tick(struct machine *m, uint64_t ns, struct vm_error *err)
{
    for (size_t i = 0; i < m->devices; i++) {
        if (!m->device[i].ops->tick)
            continue;
        machine_lock(m);
        int r = m->device[i].ops->tick(m->device[i].self, ns);
        machine_unlock(m);
        return r;
    }
    return err_set(err, ENOTSUP, "This machine has no timer of ours whose period could be set: start it with --irqchip user.");
}

/* --- interrupts --------------------------------------------------------------------------------------------------- */

void machine_irq(struct machine *m, unsigned line, bool level)
{
    if (line > 15)
        return;
    if (m->config.irqchip == IRQCHIP_KERNEL && m->engine->vm_irq_line)
        m->engine->vm_irq_line(m->vm, line, level, NULL);
    else if (m->pic.set_irq)
        m->pic.set_irq(m->pic.self, line, level);
}

void machine_set_pic(struct machine *m, const struct machine_pic *pic)
{
    m->pic = *pic;
}

/* INTR is a wire to the boot processor. */
void machine_intr_changed(struct machine *m)
{
    if (m->vcpu[0])
        vcpu_poke(m->vcpu[0], ATTEND_IRQ);
}

bool machine_can_wake(struct machine *m)
{
    bool can = false;
    if (m->config.irqchip == IRQCHIP_NONE)
        return false;
    if (m->config.irqchip == IRQCHIP_KERNEL)
        return true; /* its timers are out of our sight */
    machine_lock(m);
    can = timer_next(m) != UINT64_MAX || (m->pic.intr && m->pic.intr(m->pic.self));
    /* A guest that sleeps cannot open it, nor make a device ask for what was typed if that did not by itself; another processor could. */
    bool others = m->vcpus > 1, open = others || !m->pic.open || m->pic.open(m->pic.self);
    machine_unlock(m);
    return open && (can || vcpu_input_comes(m->vcpu[0]) || (others && vcpu_input_pending(m->vcpu[0])));
}

void machine_thread_begins(struct machine *m)
{
    struct vm_error err = { 0 };
    if (!m->config.observer.thread || m->config.observer.thread(m->config.observer.ctx, &err) == 0)
        return;
    machine_lock(m);
    m->thread_error = err;
    atomic_store(&m->thread_failed, true);
    machine_unlock(m);
}

bool machine_thread_failed(struct machine *m, struct vm_error *err)
{
    if (!atomic_load_explicit(&m->thread_failed, memory_order_relaxed))
        return false;
    machine_lock(m);
    *err = m->thread_error;
    machine_unlock(m);
    return true;
}
