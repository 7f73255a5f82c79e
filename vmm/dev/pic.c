/* pic.c: the two cascaded 8259A interrupt controllers of a PC (Intel 8259A data sheet, order no. 231468).
 *
 * Modelled whole as far as a PC uses it: ICW1-ICW4, rotation, specific and non-specific EOI, AEOI, special mask mode, poll,
 * edge and level lines (ELCR), spurious interrupts. It is used when the interrupt controller lives in user space; with
 * the in-kernel chip KVM models the same part. */
#include <errno.h>
#include <stdlib.h>

#include "dev.h"
#include "vmm/machine.h"

struct chip {
    uint8_t irr, isr, imr, elcr, lines;
    uint8_t base;        /* ICW2: vector of line 0 */
    uint8_t lowest;      /* the line with the lowest priority; lowest + 1 has the highest */
    uint8_t icw;         /* the next ICW expected on the odd port: 2, 3, 4; 0: initialised, OCW1 */
    bool single, icw4, aeoi, rotate_aeoi, sfnm, read_isr, poll, special_mask;
};

struct pic {
    struct machine *m;
    struct chip chip[2];
    bool intr;           /* the INTR pin to the processor, as last told */
    uint64_t eois, acks, spurious;
};

/* Distance of a line from the highest priority, 0..7; 8: no line in the mask. */
static unsigned first(const struct chip *c, uint8_t mask, unsigned *line)
{
    for (unsigned d = 0; d < 8; d++) {
        unsigned n = (c->lowest + 1u + d) & 7;
        if (mask & 1u << n) {
            *line = n;
            return d;
        }
    }
    return 8;
}

/* The line that this chip asks its INT pin for, or -1. The fully nested structure: a line in service blocks itself and
 * those below it (data sheet, "fully nested mode"); special mask mode looks at the mask alone. */
static int wants(const struct chip *c, bool master)
{
    unsigned line = 0, serving = 0;
    unsigned p = first(c, (uint8_t)(c->irr & ~c->imr), &line);
    if (p == 8)
        return -1;
    uint8_t isr = c->isr;
    if (c->special_mask)
        isr = (uint8_t)(isr & ~c->imr);
    if (c->sfnm && master) /* the slave may interrupt its own service */
        isr = (uint8_t)(isr & ~(1u << 2));
    return p < first(c, isr, &serving) ? (int)line : -1;
}

static void chip_line(struct chip *c, unsigned n, bool level, bool follow)
{
    uint8_t bit = (uint8_t)(1u << n);
    if (follow) /* level triggered */
        c->irr = (uint8_t)(level ? c->irr | bit : c->irr & ~bit);
    else if (level && !(c->lines & bit)) /* an edge is latched until it is served, as KVM's model does: none is lost */
        c->irr |= bit;
    c->lines = (uint8_t)(level ? c->lines | bit : c->lines & ~bit);
}

static void update(struct pic *p)
{
    bool slave = wants(&p->chip[1], false) >= 0;
    chip_line(&p->chip[0], 2, slave, true);
    bool intr = wants(&p->chip[0], true) >= 0;
    bool rose = intr && !p->intr;
    p->intr = intr;
    if (rose)
        machine_intr_changed(p->m);
}

static void set_irq(void *self, unsigned line, bool level)
{
    struct pic *p = self;
    if (line > 15 || line == 2)
        return;
    struct chip *c = &p->chip[line >> 3];
    chip_line(c, line & 7, level, c->elcr & 1u << (line & 7));
    update(p);
}

static bool intr(void *self)
{
    return ((struct pic *)self)->intr;
}

/* Were all lines up, would one ask for INTR? Not if all are masked, or if one in service blocks the others. */
static bool open(void *self)
{
    const struct pic *p = self;
    struct chip master = p->chip[0], slave = p->chip[1];
    master.irr = 0xff & ~(1u << 2);
    slave.irr = 0xff;
    if (wants(&master, true) >= 0)
        return true;
    master.irr = 1u << 2;
    return wants(&slave, false) >= 0 && wants(&master, true) >= 0;
}

/* The INTA cycle of one chip: the line moves from IRR to ISR. */
static void chip_ack(struct chip *c, unsigned n)
{
    uint8_t bit = (uint8_t)(1u << n);
    if (!(c->elcr & bit))
        c->irr = (uint8_t)(c->irr & ~bit);
    if (!c->aeoi)
        c->isr |= bit;
    else if (c->rotate_aeoi)
        c->lowest = (uint8_t)n;
}

static int ack(void *self)
{
    struct pic *p = self;
    int line = wants(&p->chip[0], true);
    int vector;
    if (line < 0) { /* the request went away between INTR and INTA: the spurious level-7 vector */
        p->spurious++;
        vector = p->chip[0].base + 7;
    } else {
        chip_ack(&p->chip[0], (unsigned)line);
        vector = p->chip[0].base + line;
        if (line == 2) {
            int sub = wants(&p->chip[1], false);
            if (sub < 0) {
                p->spurious++;
                sub = 7;
            } else {
                chip_ack(&p->chip[1], (unsigned)sub);
            }
            vector = p->chip[1].base + sub;
        }
    }
    p->acks++;
    update(p);
    return vector & 0xff;
}

/* The line that a non-specific EOI ends: in special mask mode none that is masked (data sheet, "End of interrupt"). */
static bool ending(const struct chip *c, unsigned *line)
{
    return first(c, (uint8_t)(c->special_mask ? c->isr & ~c->imr : c->isr), line) < 8;
}

/* OCW2: end of interrupt and rotation (data sheet, figure 8). */
static void ocw2(struct pic *p, struct chip *c, uint8_t v)
{
    unsigned line = v & 7;
    switch (v >> 5) {
    case 0: /* rotate in AEOI: clear */
    case 4: /* rotate in AEOI: set */
        c->rotate_aeoi = v >> 7;
        break;
    case 1: /* non-specific EOI */
    case 5: /* and rotate */
        p->eois++;
        if (ending(c, &line)) {
            c->isr = (uint8_t)(c->isr & ~(1u << line));
            if (v >> 7)
                c->lowest = (uint8_t)line;
        }
        break;
    case 3: /* specific EOI */
    case 7:
        p->eois++;
        c->isr = (uint8_t)(c->isr & ~(1u << line));
        if (v >> 7)
            c->lowest = (uint8_t)line;
        break;
    case 6: /* set priority */
        c->lowest = (uint8_t)line;
        break;
    default: /* 2: no operation */
        break;
    }
}

static void write_even(struct pic *p, struct chip *c, uint8_t v)
{
    if (v & 0x10) { /* ICW1 restarts the chip: mask, service and latched requests go */
        uint8_t elcr = c->elcr, lines = c->lines;
        *c = (struct chip){.elcr = elcr, .lines = lines, .irr = elcr & lines, .lowest = 7, .icw = 2, .single = v & 2, .icw4 = v & 1, .base = c->base};
    } else if (v & 0x08) { /* OCW3 */
        c->poll = v & 4;
        if (v & 2)
            c->read_isr = v & 1;
        if (v & 0x40)
            c->special_mask = v & 0x20;
    } else {
        ocw2(p, c, v);
    }
}

static uint8_t after_icw3(const struct chip *c) { return c->icw4 ? 4 : 0; }

static void write_odd(struct chip *c, uint8_t v)
{
    switch (c->icw) {
    case 0: c->imr = v; break; /* OCW1 */
    case 2: c->base = v & 0xf8; c->icw = c->single ? after_icw3(c) : 3; break;
    case 3: c->icw = after_icw3(c); break; /* the cascade wiring is fixed in a PC */
    default:
        c->aeoi = v & 2;
        c->sfnm = v & 0x10;
        c->icw = 0;
        break;
    }
}

static uint8_t read_port(struct chip *c, bool odd, bool master)
{
    if (c->poll) { /* a poll acknowledges like INTA */
        c->poll = false;
        int line = wants(c, master);
        if (line < 0)
            return 0;
        chip_ack(c, (unsigned)line);
        return (uint8_t)(0x80 | line);
    }
    if (odd)
        return c->imr;
    return c->read_isr ? c->isr : c->irr;
}

static void access_chip(struct pic *p, unsigned n, const struct bus_access *a, uint64_t *value)
{
    struct chip *c = &p->chip[n];
    if (!a->write)
        *value = read_port(c, a->offset, n == 0);
    else if (a->offset)
        write_odd(c, (uint8_t)*value);
    else
        write_even(p, c, (uint8_t)*value);
    update(p);
}

static void master_port(void *owner, const struct bus_access *a, uint64_t *value) { access_chip(owner, 0, a, value); }
static void slave_port(void *owner, const struct bus_access *a, uint64_t *value) { access_chip(owner, 1, a, value); }

/* Edge/level control (82371FB PIIX data sheet, 2.5.6). Lines 0-2, 8 and 13 are always edge triggered. */
static void elcr_port(void *owner, const struct bus_access *a, uint64_t *value)
{
    struct pic *p = owner;
    struct chip *c = &p->chip[a->offset & 1];
    if (a->write) {
        c->elcr = (uint8_t)(*value & (a->offset & 1 ? 0xde : 0xf8));
        c->irr = (uint8_t)((c->irr & ~c->elcr) | (c->lines & c->elcr)); /* a level is what the line is now */
        update(p);
    } else {
        *value = c->elcr;
    }
}

/* As firmware leaves it: vectors 08h and 70h, and every line masked, for nobody set up a handler yet. */
static void reset(void *self)
{
    struct pic *p = self;
    for (unsigned i = 0; i < 2; i++)
        p->chip[i] = (struct chip){.imr = 0xff, .lowest = 7, .base = i ? 0x70 : 0x08, .lines = p->chip[i].lines};
    p->intr = false;
    p->eois = p->acks = p->spurious = 0;
}

static int wanted(const struct machine_config *c)
{
    return c->irqchip == IRQCHIP_USER;
}

static int create(struct machine *m, void **self, struct vm_error *err)
{
    struct pic *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(err, ENOMEM, "creating the interrupt controller: out of memory");
    p->m = m;
    reset(p);
    const struct bus_range ranges[] = {
        {0x20, 2, "pic", master_port, p, BUS_BYTES},
        {0xa0, 2, "pic2", slave_port, p, BUS_BYTES},
        {0x4d0, 2, "elcr", elcr_port, p, BUS_BYTES},
    };
    for (unsigned i = 0; i < 3; i++) {
        int r = bus_add(machine_ports(m), &ranges[i], err);
        if (r < 0) {
            free(p);
            return r;
        }
    }
    machine_set_pic(m, &(struct machine_pic){.self = p, .intr = intr, .ack = ack, .set_irq = set_irq, .open = open});
    *self = p;
    return 0;
}

static void bits(char out[9], uint8_t v)
{
    for (int i = 0; i < 8; i++)
        out[i] = (char)('0' + (v >> (7 - i) & 1));
    out[8] = 0;
}

static size_t show(void *self, struct device_line *out, size_t max)
{
    struct pic *p = self;
    size_t n = 0;
    for (unsigned i = 0; i < 2; i++) {
        const struct chip *c = &p->chip[i];
        char irr[9], isr[9], imr[9];
        bits(irr, c->irr);
        bits(isr, c->isr);
        bits(imr, c->imr);
        n += dev_line(out, n, max, i ? "slave" : "master", "IRR %s  ISR %s  IMR %s  vectors %02Xh-%02Xh%s%s", irr, isr, imr,
                      c->base, c->base + 7u, c->aeoi ? "  auto-EOI" : "", c->icw ? "  waiting for an ICW" : "");
    }
    n += dev_line(out, n, max, "counts", "acknowledged %llu  EOIs %llu  spurious %llu  INTR %s", (unsigned long long)p->acks,
                  (unsigned long long)p->eois, (unsigned long long)p->spurious, p->intr ? "high" : "low");
    return n;
}

const struct device_ops dev_pic = {
    .name = "pic", .title = "8259A interrupt controllers", .wanted = wanted, .create = create, .destroy = free, .reset = reset, .show = show,
};
