/* thermo.c: a measuring station with four thermometers, for a first driver: a device that needs time and can be asked wrongly.
 *
 *   610h byte  rw  channel, 0 to 3
 *   611h byte  w   command: 1 measure the channel
 *   611h byte  r   status: bit 0 busy, 1 a value is ready, 7 error (no such channel or command, or measuring already)
 *   612h word  r   the value in tenths of a degree, signed; reading it takes "ready" back. Without a value: 8000h
 *
 * A measurement takes 20 microseconds of the machine's time. Values drift from one to the next, so that a driver that
 * does not really ask is found out; they are the same in every run. */
#include <errno.h>
#include <stdlib.h>

#include "dev.h"
#include "vmm/machine.h"

enum { THERMO_PORT = 0x610, CHANNELS = 4, MEASURE_NS = 20000 };
enum { ST_BUSY = 1, ST_READY = 2, ST_ERROR = 0x80 };
#define NO_VALUE 0x8000u

struct thermo {
    struct machine *m;
    uint8_t channel;
    bool measuring, ready, error;
    uint64_t done_at;
    int16_t value;
    unsigned measured[CHANNELS];
};

static const struct { const char *name; int16_t base; } sensor[CHANNELS] = {
    { "room", 215 }, { "freezer", -183 }, { "oven", 1804 }, { "outside", -7 },
};

/* A small drift that looks like weather and repeats exactly. */
static int16_t sample(struct thermo *t)
{
    unsigned n = t->measured[t->channel]++;
    return (int16_t)(sensor[t->channel].base + (int)((n * 7 + t->channel * 3) % 11) - 5);
}

static void settle(struct thermo *t)
{
    if (!t->measuring || machine_now(t->m) < t->done_at)
        return;
    t->measuring = false;
    t->ready = true;
    t->value = sample(t);
}

static void command(struct thermo *t, uint8_t c)
{
    t->error = c != 1 || t->channel >= CHANNELS || t->measuring;
    if (t->error)
        return;
    t->measuring = true;
    t->ready = false;
    t->done_at = machine_now(t->m) + MEASURE_NS;
}

static uint64_t read_value(struct thermo *t)
{
    if (!t->ready)
        return NO_VALUE;
    t->ready = false;
    return (uint16_t)t->value;
}

static uint64_t status(const struct thermo *t)
{
    return (uint64_t)((t->measuring ? ST_BUSY : 0) | (t->ready ? ST_READY : 0) | (t->error ? ST_ERROR : 0));
}

static void port(void *owner, const struct bus_access *a, uint64_t *value)
{
    struct thermo *t = owner;
    settle(t);
    switch (a->offset) {
    case 0:
        if (!a->write)
            *value = t->channel;
        else if (!t->measuring) /* the running measurement keeps its channel */
            t->channel = (uint8_t)*value;
        else
            t->error = true;
        break;
    case 1:
        if (a->write)
            command(t, (uint8_t)*value);
        else
            *value = status(t);
        break;
    case 2: if (!a->write) *value = read_value(t); break;
    default: if (!a->write) *value = UINT64_MAX; break;
    }
}

static void reset(void *self)
{
    struct thermo *t = self;
    *t = (struct thermo){ .m = t->m };
}

static int wanted(const struct machine_config *c)
{
    (void)c;
    return 1;
}

static int create(struct machine *m, void **self, struct vm_error *err)
{
    struct thermo *t = calloc(1, sizeof *t);
    if (!t)
        return err_set(err, ENOMEM, "creating the measuring station: out of memory");
    t->m = m;
    int r = bus_add(machine_ports(m), &(struct bus_range){ THERMO_PORT, 4, "thermo", port, t, false }, err);
    if (r < 0) {
        free(t);
        return r;
    }
    *self = t;
    return 0;
}

static size_t show(void *self, struct device_line *out, size_t max)
{
    struct thermo *t = self;
    size_t n = 0;
    n += dev_line(out, n, max, "channel", "%u (%s)%s%s%s", t->channel, t->channel < CHANNELS ? sensor[t->channel].name : "none",
                  t->measuring ? "  busy" : "", t->ready ? "  ready" : "", t->error ? "  error" : "");
    n += dev_line(out, n, max, "measured", "%u %u %u %u times", t->measured[0], t->measured[1], t->measured[2], t->measured[3]);
    return n;
}

const struct device_ops dev_thermo = {
    .name = "thermo", .title = "measuring station", .wanted = wanted, .create = create, .destroy = free, .reset = reset, .show = show,
};
