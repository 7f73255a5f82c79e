/* pit.c: the 8254 programmable interval timer (Intel 8254 data sheet, order no. 231164) and port 61h.
 *
 * Nothing counts in the background: a counter is the time it was loaded at, and its value or output is computed when
 * somebody looks. Only counter 0 has a timer, armed for the next rise of its output, which is IRQ0. */
#include <errno.h>
#include <stdlib.h>

#include "dev.h"
#include "vmm/machine.h"

#define PIT_HZ 1193182ull
#define NS 1000000000ull

enum { FIRMWARE_COUNT = 11932 }; /* 10 ms: what a guest that never programs the timer gets */

struct counter {
    uint32_t load;       /* the reload value, 1..65536 (BCD: 1..10000) */
    uint32_t next_load;  /* modes 1 and 5: what was written since the last trigger, 0: nothing */
    uint64_t loaded_at;  /* ns */
    uint64_t held;       /* modes 0 and 4: clocks that had passed when the gate fell */
    uint8_t mode, access /* 1 low byte, 2 high byte, 3 both */;
    bool bcd, gate, null_count /* written but not yet loaded */, armed;
    uint8_t write_low;   /* access 3: the low byte, waiting for the high one */
    bool write_high_next, read_high_next;
    bool latched, status_latched;
    uint16_t latch;
    uint8_t status, latch_left;
};

struct pit {
    struct machine *m;
    struct machine_timer *timer;
    struct counter c[3];
    uint64_t tick_ns;    /* a class slows time down: the period of IRQ0 instead of the programmed one; 0: as programmed */
    bool speaker;
    uint64_t ticks;
};

__extension__ typedef unsigned __int128 u128; /* ns * Hz needs more than 64 bits after four hours */

static uint64_t to_clocks(uint64_t ns) { return (uint64_t)((u128)ns * PIT_HZ / NS); }
/* The first nanosecond at which `clocks` have passed. */
static uint64_t to_ns(uint64_t clocks) { return (uint64_t)(((u128)clocks * NS + PIT_HZ - 1) / PIT_HZ); }

static bool waits_for_trigger(const struct counter *c) { return c->mode == 1 || c->mode == 5; }
static bool gate_halts(const struct counter *c) { return c->mode == 0 || c->mode == 4; }

static uint64_t elapsed(const struct counter *c, uint64_t now)
{
    if (!c->armed)
        return c->held;
    return now > c->loaded_at ? to_clocks(now - c->loaded_at) : 0;
}

static uint16_t bcd(uint32_t v)
{
    return (uint16_t)(v % 10 | v / 10 % 10 << 4 | v / 100 % 10 << 8 | v / 1000 % 10 << 12);
}

static uint16_t count_now(const struct counter *c, uint64_t now)
{
    uint64_t t = elapsed(c, now);
    uint32_t wrap = c->bcd ? 10000 : 65536, v;
    switch (c->mode) {
    case 2: v = (uint32_t)(c->load - t % c->load); break;
    case 3: v = (uint32_t)(c->load - 2 * t % c->load) & ~1u; break; /* counts by two */
    default: v = (uint32_t)((c->load + wrap - t % wrap) % wrap); break;
    }
    return c->bcd ? bcd(v % 10000) : (uint16_t)v;
}

static bool out_now(const struct counter *c, uint64_t now)
{
    if (!c->armed && !gate_halts(c))
        return true;
    uint64_t t = elapsed(c, now);
    switch (c->mode) {
    case 0: case 1: return t >= c->load;
    case 2: return t % c->load != c->load - 1;
    case 3: return t % c->load < (c->load + 1) / 2;
    default: return t != c->load; /* 4, 5: one clock low */
    }
}

/* When the output next rises after `now`, or UINT64_MAX. */
static uint64_t next_rise(const struct pit *p, uint64_t now)
{
    const struct counter *c = &p->c[0];
    if (!c->armed)
        return UINT64_MAX;
    if (c->mode == 2 || c->mode == 3) {
        uint64_t period = p->tick_ns;
        if (period)
            return now >= c->loaded_at ? c->loaded_at + ((now - c->loaded_at) / period + 1) * period : c->loaded_at + period;
        return c->loaded_at + to_ns((elapsed(c, now) / c->load + 1) * c->load);
    }
    uint64_t at = c->loaded_at + to_ns(c->load + (c->mode >= 4));
    return at > now ? at : UINT64_MAX;
}

static void rearm(struct pit *p)
{
    uint64_t at = p->tick_ns == UINT64_MAX ? UINT64_MAX : next_rise(p, machine_now(p->m));
    if (at == UINT64_MAX)
        machine_timer_disarm(p->timer);
    else
        machine_timer_arm(p->timer, at);
}

/* The line falls before it rises, so that the edge-triggered input sees every tick. */
static void tick(void *ctx)
{
    struct pit *p = ctx;
    p->ticks++;
    machine_irq(p->m, 0, false);
    machine_irq(p->m, 0, true);
    rearm(p);
}

static void load(struct pit *p, unsigned n, uint32_t value)
{
    struct counter *c = &p->c[n];
    uint32_t v = value;
    if (c->bcd)
        v = (value & 15) + 10 * (value >> 4 & 15) + 100 * (value >> 8 & 15) + 1000 * (value >> 12 & 15);
    v = v ? v : c->bcd ? 10000 : 65536;
    if (waits_for_trigger(c)) {
        c->next_load = v;
        return;
    }
    c->load = v;
    c->loaded_at = machine_now(p->m);
    c->held = 0;
    c->null_count = false;
    c->armed = c->gate;
    if (n == 0)
        rearm(p);
}

static void write_counter(struct pit *p, unsigned n, uint8_t v)
{
    struct counter *c = &p->c[n];
    c->null_count = true;
    switch (c->access) {
    case 1: load(p, n, v); break;
    case 2: load(p, n, (uint32_t)v << 8); break;
    default:
        if (!c->write_high_next) {
            c->write_low = v;
            if (c->mode == 0) { /* the first byte stops a mode 0 count (data sheet, mode 0) */
                c->armed = false;
                c->held = 0;
            }
        } else {
            load(p, n, (uint32_t)v << 8 | c->write_low);
        }
        c->write_high_next = !c->write_high_next;
        break;
    }
}

static void latch_count(struct pit *p, struct counter *c)
{
    if (c->latched)
        return;
    c->latch = count_now(c, machine_now(p->m));
    c->latched = true;
    c->latch_left = c->access == 3 ? 2 : 1;
}

static void latch_status(struct pit *p, struct counter *c)
{
    if (c->status_latched)
        return;
    c->status = (uint8_t)(out_now(c, machine_now(p->m)) << 7 | c->null_count << 6 | c->access << 4 | c->mode << 1 | c->bcd);
    c->status_latched = true;
}

static uint8_t read_counter(struct pit *p, unsigned n)
{
    struct counter *c = &p->c[n];
    if (c->status_latched) {
        c->status_latched = false;
        return c->status;
    }
    uint16_t v = c->latched ? c->latch : count_now(c, machine_now(p->m));
    bool high = c->access == 2 || (c->access == 3 && c->read_high_next);
    if (c->access == 3)
        c->read_high_next = !c->read_high_next;
    if (c->latched && --c->latch_left == 0)
        c->latched = false;
    return (uint8_t)(high ? v >> 8 : v);
}

static void control(struct pit *p, uint8_t v)
{
    unsigned n = v >> 6;
    if (n == 3) { /* read-back */
        for (unsigned i = 0; i < 3; i++)
            if (v & 2u << i) {
                if (!(v & 0x20))
                    latch_count(p, &p->c[i]);
                if (!(v & 0x10))
                    latch_status(p, &p->c[i]);
            }
        return;
    }
    struct counter *c = &p->c[n];
    unsigned access = v >> 4 & 3, mode = v >> 1 & 7;
    if (!access) {
        latch_count(p, c);
        return;
    }
    *c = (struct counter){.access = (uint8_t)access, .mode = (uint8_t)(mode > 5 ? mode - 4 : mode), .bcd = v & 1,
                          .gate = c->gate, .load = c->load, .null_count = true};
    if (n == 0) { /* a rise is a tick that passed, never the programming itself: a masked line stays quiet (KVM's PIT likewise) */
        machine_irq(p->m, 0, false);
        rearm(p);
    }
}

static void port40(void *owner, const struct bus_access *a, uint64_t *value)
{
    struct pit *p = owner;
    unsigned n = (unsigned)a->offset & 3;
    if (!a->write)
        *value = n == 3 ? 0xff : read_counter(p, n);
    else if (n == 3)
        control(p, (uint8_t)*value);
    else
        write_counter(p, n, (uint8_t)*value);
}

/* A rise of the gate triggers modes 1 and 5, restarts 2 and 3, and lets 0 and 4 go on (data sheet, "Gate pin operations summary"). */
static void gate_rises(struct counter *c, uint64_t now)
{
    if (waits_for_trigger(c) && c->next_load) {
        c->load = c->next_load;
        c->next_load = 0;
        c->null_count = false;
    }
    if (c->null_count)
        return;
    uint64_t before = to_ns(c->held);
    c->loaded_at = now > before ? now - before : 0;
    c->armed = true;
}

static void gate_falls(struct counter *c, uint64_t now)
{
    if (waits_for_trigger(c))
        return;
    c->held = gate_halts(c) ? elapsed(c, now) : 0;
    c->armed = false;
}

/* Port 61h: bit 0 gates counter 2, bit 1 the speaker, bit 4 toggles with refresh, bit 5 is counter 2's output. */
static void port61(void *owner, const struct bus_access *a, uint64_t *value)
{
    struct pit *p = owner;
    struct counter *c = &p->c[2];
    uint64_t now = machine_now(p->m);
    if (a->write) {
        bool gate = *value & 1;
        p->speaker = *value & 2;
        if (gate && !c->gate)
            gate_rises(c, now);
        else if (!gate && c->gate)
            gate_falls(c, now);
        c->gate = gate;
    } else {
        *value = (c->gate ? 1u : 0) | (p->speaker ? 2u : 0) | (now / 15085 & 1 ? 0x10u : 0) | (out_now(c, now) ? 0x20u : 0);
    }
}

static void reset(void *self)
{
    struct pit *p = self;
    for (unsigned i = 0; i < 3; i++)
        p->c[i] = (struct counter){.access = 3, .mode = i == 0 ? 2 : 3, .gate = i != 2, .load = 65536};
    p->speaker = false;
    p->ticks = 0;
    load(p, 0, FIRMWARE_COUNT);
}

static int wanted(const struct machine_config *c)
{
    return c->irqchip == IRQCHIP_USER;
}

static int create(struct machine *m, void **self, struct vm_error *err)
{
    struct pit *p = calloc(1, sizeof *p);
    if (p)
        p->timer = machine_timer_new(m, tick, p);
    if (!p || !p->timer) {
        free(p);
        return err_set(err, ENOMEM, "creating the interval timer: out of memory");
    }
    p->m = m;
    p->tick_ns = machine_config(m)->tick_ns;
    int r = bus_add(machine_ports(m), &(struct bus_range){0x40, 4, "pit", port40, p, BUS_BYTES}, err);
    if (r == 0)
        r = bus_add(machine_ports(m), &(struct bus_range){0x61, 1, "port61", port61, p, BUS_BYTES}, err);
    if (r < 0) {
        free(p);
        return r;
    }
    reset(p);
    *self = p;
    return 0;
}

static size_t show(void *self, struct device_line *out, size_t max)
{
    struct pit *p = self;
    uint64_t now = machine_now(p->m);
    size_t n = 0;
    for (unsigned i = 0; i < 3; i++) {
        const struct counter *c = &p->c[i];
        static const char *const name[] = {"counter 0", "counter 1", "counter 2"};
        uint64_t mhz = PIT_HZ * 1000 / c->load;
        n += dev_line(out, n, max, name[i], "mode %u  reload %u (%llu.%03llu Hz)  count %u  out %s%s", c->mode, c->load,
                      (unsigned long long)(mhz / 1000), (unsigned long long)(mhz % 1000), count_now(c, now),
                      out_now(c, now) ? "high" : "low", c->armed ? "" : "  stopped");
    }
    if (p->tick_ns == UINT64_MAX)
        n += dev_line(out, n, max, "ticks", "%llu  (timer off)", (unsigned long long)p->ticks);
    else if (p->tick_ns)
        n += dev_line(out, n, max, "ticks", "%llu  (one every %llu us, set by hand)", (unsigned long long)p->ticks, (unsigned long long)(p->tick_ns / 1000));
    else
        n += dev_line(out, n, max, "ticks", "%llu", (unsigned long long)p->ticks);
    return n;
}

/* `timer off|Nms`: the period of IRQ0 in nanoseconds, 0 as programmed, UINT64_MAX off. Device lock held. */
static int tune(void *self, uint64_t ns)
{
    struct pit *p = self;
    p->tick_ns = ns;
    p->c[0].loaded_at = machine_now(p->m);
    rearm(p);
    return 0;
}

const struct device_ops dev_pit = {
    .name = "pit", .title = "8254 interval timer", .wanted = wanted, .create = create, .destroy = free, .reset = reset, .show = show, .tick = tune,
};
