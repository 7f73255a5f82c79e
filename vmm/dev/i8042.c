/* i8042.c: the keyboard controller at ports 60h and 64h, IRQ1 (IBM PC/AT Technical Reference; Intel 8042 UPI).
 *
 * What a person types stays in the vCPU's input queue until the guest reads port 60h: only then is it turned into
 * make and break codes. A guest that reads its input by hypercall or serial port instead finds every byte. */
#include <errno.h>
#include <stdlib.h>

#include "dev.h"
#include "scancode.h"
#include "vmm/machine.h"
#include "vmm/vcpu.h"

enum { QUEUE = 64, KEYBOARD_IRQ = 1 };
enum { ST_OBF = 1, ST_SYS = 4, ST_CMD = 8, ST_UNLOCKED = 0x10 };
enum { CB_INT = 1, CB_SYS = 4, CB_OFF = 0x10, CB_AUX_OFF = 0x20, CB_TRANSLATE = 0x40 };

struct i8042 {
    struct machine *m;
    uint8_t queue[QUEUE];
    unsigned head, n;
    uint8_t typed[SCANCODE_SEQ];
    unsigned ntyped;
    uint8_t command_byte, output_port;
    uint8_t want;          /* the controller command that waits for its data byte, 0: none */
    uint8_t key_want;      /* likewise for the keyboard itself */
    bool last_was_command, scanning;
    uint64_t keys;
};

static struct vcpu *console(struct i8042 *k) { return machine_vcpu(k->m, 0); }

static void put(struct i8042 *k, uint8_t b)
{
    if (k->n < QUEUE)
        k->queue[(k->head + k->n++) % QUEUE] = b;
}

/* A byte that no key makes is passed over, and left to wait for a guest that reads it by other means. */
static bool key_waits(struct i8042 *k)
{
    for (unsigned i = 0; i < k->ntyped; i++)
        if (scancode_has_key(k->typed[i]))
            return true;
    return vcpu_input_has(console(k), scancode_has_key);
}

static bool full(struct i8042 *k)
{
    return k->n || (!(k->command_byte & CB_OFF) && k->scanning && key_waits(k));
}

/* The line follows the output buffer; every new byte is an edge. */
static void update(struct i8042 *k)
{
    machine_irq(k->m, KEYBOARD_IRQ, full(k) && k->command_byte & CB_INT);
}

/* One key from what was typed. An escape sequence is taken whole when it is all there. */
static void next_key(struct i8042 *k)
{
    while (k->ntyped < SCANCODE_SEQ && (k->ntyped == 0 || k->typed[0] == 0x1b)) {
        int c = vcpu_getchar(console(k));
        if (c < 0)
            break;
        k->typed[k->ntyped++] = (uint8_t)c;
    }
    if (!k->ntyped)
        return;
    uint8_t codes[SCANCODE_MAX];
    size_t used, n = scancode_from_bytes(k->typed, k->ntyped, &used, codes);
    k->ntyped -= (unsigned)used;
    for (unsigned i = 0; i < k->ntyped; i++)
        k->typed[i] = k->typed[used + i];
    for (size_t i = 0; i < n; i++)
        put(k, codes[i]);
    k->keys += n > 0;
}

static uint8_t read_data(struct i8042 *k)
{
    while (!k->n && full(k))
        next_key(k);
    if (!k->n)
        return 0;
    uint8_t b = k->queue[k->head];
    k->head = (k->head + 1) % QUEUE;
    k->n--;
    machine_irq(k->m, KEYBOARD_IRQ, false);
    return b;
}

/* A byte for the keyboard behind the controller: it answers with ACK (FAh). */
static void to_keyboard(struct i8042 *k, uint8_t b)
{
    uint8_t parameter_of = k->key_want;
    k->key_want = 0;
    if (parameter_of) {
        put(k, 0xfa);
        if (parameter_of == 0xf0 && b == 0)
            put(k, 1); /* the set in use, as translated */
        return;
    }
    switch (b) {
    case 0xee: put(k, 0xee); return; /* echo */
    case 0xed: case 0xf0: case 0xf3: k->key_want = b; break; /* LEDs, scan code set, repeat rate */
    case 0xf2: put(k, 0xfa); put(k, 0xab); put(k, 0x41); return; /* identify: MF2 keyboard, translated */
    case 0xf4: k->scanning = true; break;
    case 0xf5: k->scanning = false; break;
    case 0xff: k->scanning = true; put(k, 0xfa); put(k, 0xaa); return; /* reset: self-test passed */
    default: break;
    }
    put(k, 0xfa);
}

static void reset_line(struct i8042 *k, struct vcpu *v)
{
    (void)k;
    vcpu_notice(v, "the guest pulled the reset line through the keyboard controller");
    vcpu_exit(v, 0);
}

static void write_data(struct i8042 *k, struct vcpu *v, uint8_t b)
{
    uint8_t command = k->want;
    k->want = 0;
    switch (command) {
    case 0x60: k->command_byte = b; break;
    case 0xd1:
        k->output_port = b;
        if (!(b & 1))
            reset_line(k, v);
        break;
    case 0xd2: put(k, b); break;
    case 0xd3: case 0xd4: break; /* the auxiliary port: no mouse is connected */
    default: to_keyboard(k, b); break;
    }
}

static void command(struct i8042 *k, struct vcpu *v, uint8_t b)
{
    k->want = 0;
    switch (b) {
    case 0x20: put(k, k->command_byte); break;
    case 0x60: case 0xd1: case 0xd2: case 0xd3: case 0xd4: k->want = b; break;
    case 0xa7: k->command_byte |= CB_AUX_OFF; break;
    case 0xa8: k->command_byte &= (uint8_t)~CB_AUX_OFF; break;
    case 0xa9: put(k, 1); break; /* the auxiliary clock line is stuck low: nobody there */
    case 0xaa: put(k, 0x55); break;
    case 0xab: put(k, 0); break;
    case 0xad: k->command_byte |= CB_OFF; break;
    case 0xae: k->command_byte &= (uint8_t)~CB_OFF; break;
    case 0xc0: put(k, 0xa0); break;
    case 0xd0: put(k, k->output_port); break;
    default:
        if (b >= 0xf0 && !(b & 1)) /* pulse output bit 0: the reset line */
            reset_line(k, v);
        break;
    }
}

static void port(void *owner, const struct bus_access *a, uint64_t *value)
{
    struct i8042 *k = owner;
    bool status = a->addr == 0x64;
    if (a->write) {
        k->last_was_command = status;
        if (status)
            command(k, a->vcpu, (uint8_t)*value);
        else
            write_data(k, a->vcpu, (uint8_t)*value);
    } else if (status) {
        *value = (uint64_t)((full(k) ? ST_OBF : 0) | (k->command_byte & CB_SYS ? ST_SYS : 0) | (k->last_was_command ? ST_CMD : 0) | ST_UNLOCKED);
    } else {
        *value = read_data(k);
    }
    update(k);
}

/* Another byte was typed: an edge of its own, also when earlier ones were taken by other means. */
static void input(void *self)
{
    struct i8042 *k = self;
    if (!k->n && !k->ntyped)
        machine_irq(k->m, KEYBOARD_IRQ, false);
    update(k);
}

/* As firmware leaves it: keyboard on, interrupt on, translation to set 1. */
static void reset(void *self)
{
    struct i8042 *k = self;
    *k = (struct i8042){.m = k->m, .command_byte = CB_INT | CB_SYS | CB_AUX_OFF | CB_TRANSLATE, .output_port = 0xdf, .scanning = true};
    machine_irq(k->m, KEYBOARD_IRQ, false);
    update(k); /* something may have been typed since the reset was asked for */
}

static int wanted(const struct machine_config *c)
{
    (void)c;
    return 1;
}

static int create(struct machine *m, void **self, struct vm_error *err)
{
    struct i8042 *k = calloc(1, sizeof *k);
    if (!k)
        return err_set(err, ENOMEM, "creating the keyboard controller: out of memory");
    k->m = m;
    reset(k);
    int r = bus_add(machine_ports(m), &(struct bus_range){0x60, 1, "keyboard", port, k, BUS_BYTES}, err);
    if (r == 0)
        r = bus_add(machine_ports(m), &(struct bus_range){0x64, 1, "keyboard", port, k, BUS_BYTES}, err);
    if (r < 0) {
        free(k);
        return r;
    }
    *self = k;
    return 0;
}

static size_t show(void *self, struct device_line *out, size_t max)
{
    struct i8042 *k = self;
    size_t n = 0;
    n += dev_line(out, n, max, "controller", "command byte %02Xh%s%s  A20 %s", k->command_byte, k->command_byte & CB_INT ? "  IRQ1 on" : "",
                  k->command_byte & CB_OFF ? "  keyboard off" : "", k->output_port & 2 ? "on" : "off");
    n += dev_line(out, n, max, "keyboard", "keys %llu  codes waiting %u  bytes typed ahead %zu", (unsigned long long)k->keys, k->n,
                  k->ntyped + vcpu_input_pending(console(k)));
    return n;
}

const struct device_ops dev_i8042 = {
    .name = "keyboard", .title = "i8042 keyboard controller", .wanted = wanted, .create = create, .destroy = free, .reset = reset, .show = show, .input = input,
};
