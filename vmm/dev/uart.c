/* uart.c: a 16550A serial port at 3F8h, IRQ4 (National PC16550D data sheet).
 *
 * What is sent goes to the console; what is typed stays in the vCPU's input queue until the guest reads it, so that a
 * FIFO reset loses nothing that a person typed and a guest that reads by hypercall finds its bytes too. In loopback
 * mode the chip's own FIFO is used. */
#include <errno.h>
#include <stdlib.h>

#include "dev.h"
#include "vmm/machine.h"
#include "vmm/vcpu.h"

enum { COM1 = 0x3f8, COM1_IRQ = 4, FIFO = 16 };
enum { IER_RX = 1, IER_TX = 2, IER_LINE = 4, IER_MODEM = 8 };
enum { LCR_DLAB = 0x80 };
enum { MCR_DTR = 1, MCR_RTS = 2, MCR_OUT1 = 4, MCR_OUT2 = 8, MCR_LOOP = 16 };
enum { LSR_DR = 1, LSR_OE = 2, LSR_THRE = 0x20, LSR_TEMT = 0x40 };
enum { MSR_CTS = 0x10, MSR_DSR = 0x20, MSR_RI = 0x40, MSR_DCD = 0x80 };

struct uart {
    struct machine *m;
    uint8_t ier, lcr, mcr, scratch, fcr, msr_delta;
    uint16_t divisor;
    bool thr_int;               /* THRE interrupt pending: set when THR empties, cleared by an IIR read or a THR write */
    bool overrun;
    uint8_t loop[FIFO], head, n; /* what was sent in loopback mode */
    uint64_t sent, received;
};

static struct vcpu *console(struct uart *u) { return machine_vcpu(u->m, 0); }

static unsigned ready(struct uart *u)
{
    if (u->mcr & MCR_LOOP || u->n)
        return u->n;
    return vcpu_input_pending(console(u)) ? 1 : 0;
}

static uint8_t modem(const struct uart *u)
{
    if (!(u->mcr & MCR_LOOP))
        return MSR_CTS | MSR_DSR | MSR_DCD;
    return (uint8_t)((u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) | (u->mcr & MCR_OUT1 ? MSR_RI : 0) |
                     (u->mcr & MCR_OUT2 ? MSR_DCD : 0));
}

/* IIR by priority (data sheet, table 4): line status, received data, transmitter, modem; 1: none. */
static uint8_t interrupt_id(struct uart *u)
{
    if (u->ier & IER_LINE && u->overrun)
        return 6;
    if (u->ier & IER_RX && ready(u))
        return 4;
    if (u->ier & IER_TX && u->thr_int)
        return 2;
    if (u->ier & IER_MODEM && u->msr_delta)
        return 0;
    return 1;
}

/* A PC gates the line with OUT2, which the loopback takes away from the pin. */
static void update(struct uart *u)
{
    bool on = interrupt_id(u) != 1 && u->mcr & MCR_OUT2 && !(u->mcr & MCR_LOOP);
    machine_irq(u->m, COM1_IRQ, on);
}

static void send(struct uart *u, struct vcpu *v, uint8_t byte)
{
    u->sent++;
    if (u->mcr & MCR_LOOP) {
        unsigned room = u->fcr & 1 ? FIFO : 1;
        u->overrun |= u->n >= room;
        if (u->n < room)
            u->loop[(u->head + u->n++) % FIFO] = byte;
        else if (room == 1) /* the new character destroys the old; a full FIFO does not take it (data sheet, LSR bit 1) */
            u->loop[u->head] = byte;
    } else {
        vcpu_console(v, &byte, 1);
    }
    u->thr_int = true; /* sent at once: the holding register is empty again */
}

static uint8_t receive(struct uart *u)
{
    if (u->n) {
        uint8_t b = u->loop[u->head];
        u->head = (uint8_t)((u->head + 1) % FIFO);
        u->n--;
        return b;
    }
    if (u->mcr & MCR_LOOP)
        return 0;
    int c = vcpu_getchar(console(u));
    if (c < 0)
        return 0;
    u->received++;
    /* The next byte is a new character: an edge-triggered controller must see the line fall between the two. */
    machine_irq(u->m, COM1_IRQ, false);
    return (uint8_t)c;
}

static void set_modem_control(struct uart *u, uint8_t v)
{
    uint8_t before = modem(u);
    u->mcr = v & 0x1f;
    uint8_t changed = before ^ modem(u);
    u->msr_delta |= (uint8_t)(changed >> 4 & 0xb);
    if (changed & MSR_RI && before & MSR_RI) /* TERI: only the trailing edge counts */
        u->msr_delta |= 4;
}

static void write_reg(struct uart *u, struct vcpu *v, unsigned reg, uint8_t b)
{
    switch (reg) {
    case 0:
        if (u->lcr & LCR_DLAB) {
            u->divisor = (uint16_t)((u->divisor & 0xff00) | b);
        } else {
            u->thr_int = false;
            machine_irq(u->m, COM1_IRQ, false);
            send(u, v, b);
        }
        break;
    case 1:
        if (u->lcr & LCR_DLAB) {
            u->divisor = (uint16_t)((u->divisor & 0xff) | b << 8);
        } else {
            if (b & IER_TX && !(u->ier & IER_TX))
                u->thr_int = true; /* enabling it with an empty THR interrupts at once */
            u->ier = b & 0xf;
        }
        break;
    case 2:
        if ((b & 3) == 3 || (b ^ u->fcr) & 1) { /* switching the FIFOs on or off clears them, too (data sheet, FCR bit 0) */
            u->n = 0;
            u->head = 0;
        }
        u->fcr = b & 1 ? b & 0xc9 : 0;
        break;
    case 3: u->lcr = b; break;
    case 4: set_modem_control(u, b); break;
    case 7: u->scratch = b; break;
    default: break; /* LSR and MSR are read-only */
    }
}

static uint8_t read_reg(struct uart *u, unsigned reg)
{
    uint8_t v;
    switch (reg) {
    case 0: return u->lcr & LCR_DLAB ? (uint8_t)u->divisor : receive(u);
    case 1: return u->lcr & LCR_DLAB ? (uint8_t)(u->divisor >> 8) : u->ier;
    case 2:
        v = interrupt_id(u);
        if (v == 2)
            u->thr_int = false;
        return (uint8_t)(v | (u->fcr & 1 ? 0xc0 : 0));
    case 3: return u->lcr;
    case 4: return u->mcr;
    case 5:
        v = (uint8_t)(LSR_THRE | LSR_TEMT | (ready(u) ? LSR_DR : 0) | (u->overrun ? LSR_OE : 0));
        u->overrun = false;
        return v;
    case 6:
        v = (uint8_t)(modem(u) | u->msr_delta);
        u->msr_delta = 0;
        return v;
    default: return u->scratch;
    }
}

static void port(void *owner, const struct bus_access *a, uint64_t *value)
{
    struct uart *u = owner;
    if (a->write)
        write_reg(u, a->vcpu, (unsigned)a->offset, (uint8_t)*value);
    else
        *value = read_reg(u, (unsigned)a->offset);
    update(u);
}

static void input(void *self) { update(self); }

static void reset(void *self)
{
    struct uart *u = self;
    *u = (struct uart){.m = u->m, .divisor = 12};
    machine_irq(u->m, COM1_IRQ, false);
}

static int wanted(const struct machine_config *c)
{
    (void)c;
    return 1;
}

static int create(struct machine *m, void **self, struct vm_error *err)
{
    struct uart *u = calloc(1, sizeof *u);
    if (!u)
        return err_set(err, ENOMEM, "creating the serial port: out of memory");
    u->m = m;
    reset(u);
    int r = bus_add(machine_ports(m), &(struct bus_range){COM1, 8, "uart", port, u, BUS_BYTES}, err);
    if (r < 0) {
        free(u);
        return r;
    }
    *self = u;
    return 0;
}

static size_t show(void *self, struct device_line *out, size_t max)
{
    struct uart *u = self;
    size_t n = 0;
    n += dev_line(out, n, max, "line", "%u baud  LCR %02Xh  MCR %02Xh%s%s", u->divisor ? 115200u / u->divisor : 0, u->lcr, u->mcr,
                  u->mcr & MCR_LOOP ? " loopback" : "", u->fcr & 1 ? "  FIFO on" : "  FIFO off");
    n += dev_line(out, n, max, "interrupts", "IER %02Xh  IIR %02Xh", u->ier, interrupt_id(u));
    n += dev_line(out, n, max, "bytes", "sent %llu  received %llu  waiting %zu", (unsigned long long)u->sent,
                  (unsigned long long)u->received, u->n ? (size_t)u->n : vcpu_input_pending(console(u)));
    return n;
}

const struct device_ops dev_uart = {
    .name = "uart", .title = "16550A serial port", .wanted = wanted, .create = create, .destroy = free, .reset = reset, .show = show, .input = input,
};
