/* The devices, driven through their ports as a guest would, on a machine whose vCPU does not run unless the test says so. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/clock.h"
#include "vmm/dev/scancode.h"
#include "vmm/machine.h"
#include "vmm/vcpu.h"

static char printed[256];
static size_t nprinted;

static void console(void *ctx, struct vcpu *v, const void *bytes, size_t n)
{
    (void)ctx, (void)v;
    if (nprinted + n < sizeof printed) {
        memcpy(printed + nprinted, bytes, n);
        nprinted += n;
        printed[nprinted] = 0;
    }
}

static struct machine *machine_with(const char *disk)
{
    static const uint8_t spin[] = {0xeb, 0xfe};
    struct guest_config g = {.image = {"spin", spin, sizeof spin}, .boot = boot_find("real")};
    struct machine_config c = {.irqchip = IRQCHIP_USER, .vcpus = 1, .guests = &g, .disk = disk, .deterministic = false,
                               .observer = {.console = console}};
    struct machine *m = NULL;
    struct vm_error e = {0};
    if (machine_create(&m, &c, &e) < 0)
        fail_msg("%s", e.text);
    return m;
}

static int set_up(void **state) { nprinted = 0; printed[0] = 0; *state = machine_with(NULL); return 0; }
static int tear_down(void **state) { machine_destroy(*state); return 0; }

static uint64_t io(struct machine *m, uint16_t port, bool write, uint64_t value, uint8_t size)
{
    const struct bus_range *r = bus_find(machine_ports(m), port);
    assert_non_null(r);
    struct bus_access a = {.vcpu = machine_vcpu(m, 0), .addr = port, .offset = port - r->start, .size = size, .write = write};
    machine_lock(m);
    r->fn(r->owner, &a, &value);
    machine_unlock(m);
    return value;
}
static void outb(struct machine *m, uint16_t port, uint8_t v) { io(m, port, true, v, 1); }
static uint8_t inb(struct machine *m, uint16_t port) { return (uint8_t)io(m, port, false, 0, 1); }

static void irq(struct machine *m, unsigned line, bool level)
{
    machine_lock(m);
    machine_irq(m, line, level);
    machine_unlock(m);
}

/* Remap to 20h and 28h as every protected-mode kernel does, all lines open. */
static void remap(struct machine *m)
{
    outb(m, 0x20, 0x11); outb(m, 0xa0, 0x11);
    outb(m, 0x21, 0x20); outb(m, 0xa1, 0x28);
    outb(m, 0x21, 0x04); outb(m, 0xa1, 0x02);
    outb(m, 0x21, 0x01); outb(m, 0xa1, 0x01);
    outb(m, 0x43, 0x30); /* timer quiet: mode 0, not loaded */
}

static uint8_t irr(struct machine *m) { outb(m, 0x20, 0x0a); return inb(m, 0x20); }
static uint8_t isr(struct machine *m) { outb(m, 0x20, 0x0b); return inb(m, 0x20); }
/* Poll mode acknowledges as INTA does. */
static int poll_ack(struct machine *m, uint16_t chip)
{
    outb(m, chip, 0x0c);
    uint8_t v = inb(m, chip);
    return v & 0x80 ? v & 7 : -1;
}

static void pic_is_masked_until_it_is_programmed(void **state)
{
    assert_int_equal(inb(*state, 0x21), 0xff);
    assert_int_equal(inb(*state, 0xa1), 0xff);
}

static void pic_serves_by_priority_and_waits_for_eoi(void **state)
{
    struct machine *m = *state;
    remap(m);
    irq(m, 3, true);
    irq(m, 1, true);
    assert_int_equal(irr(m), 0x0a);
    assert_int_equal(poll_ack(m, 0x20), 1);
    assert_int_equal(isr(m), 0x02);
    assert_int_equal(poll_ack(m, 0x20), -1); /* 3 is below 1, which is in service */
    outb(m, 0x20, 0x20);
    assert_int_equal(poll_ack(m, 0x20), 3);
    outb(m, 0x20, 0x63); /* specific EOI of 3 */
    assert_int_equal(isr(m), 0);
}

static void pic_latches_one_edge_and_keeps_it_while_masked(void **state)
{
    struct machine *m = *state;
    remap(m);
    outb(m, 0x21, 0x20); /* mask line 5 */
    for (int i = 0; i < 3; i++) {
        irq(m, 5, true);
        irq(m, 5, false);
    }
    assert_int_equal(poll_ack(m, 0x20), -1);
    outb(m, 0x21, 0);
    assert_int_equal(poll_ack(m, 0x20), 5);
    outb(m, 0x20, 0x20);
    assert_int_equal(poll_ack(m, 0x20), -1); /* three edges, one latch: none invented */
}

static void pic_cascades_the_slave(void **state)
{
    struct machine *m = *state;
    remap(m);
    irq(m, 12, true);
    assert_int_equal(poll_ack(m, 0x20), 2);
    assert_int_equal(poll_ack(m, 0xa0), 4);
    outb(m, 0xa0, 0x20);
    outb(m, 0x20, 0x20);
    assert_int_equal(poll_ack(m, 0x20), -1);
}

static void pic_level_line_asks_again_until_it_falls(void **state)
{
    struct machine *m = *state;
    remap(m);
    outb(m, 0x4d0, 0x20);
    irq(m, 5, true);
    assert_int_equal(poll_ack(m, 0x20), 5);
    outb(m, 0x20, 0x20);
    assert_int_equal(poll_ack(m, 0x20), 5);
    irq(m, 5, false);
    outb(m, 0x20, 0x20);
    assert_int_equal(poll_ack(m, 0x20), -1);
}

static void pic_rotates(void **state)
{
    struct machine *m = *state;
    remap(m);
    outb(m, 0x20, 0xc3); /* 3 is lowest: 4 is highest */
    irq(m, 1, true);
    irq(m, 4, true);
    assert_int_equal(poll_ack(m, 0x20), 4);
    outb(m, 0x20, 0xa0); /* rotate on non-specific EOI: 4 is lowest */
    assert_int_equal(poll_ack(m, 0x20), 1);
}

/* Data sheet, "ICW1": SNGL = 1, no ICW3 follows. */
static void pic_single_mode_has_no_icw3(void **state)
{
    struct machine *m = *state;
    outb(m, 0x20, 0x13); /* SNGL, IC4 */
    outb(m, 0x21, 0x40);
    outb(m, 0x21, 0x01); /* ICW4 */
    outb(m, 0x21, 0xfd); /* OCW1 */
    assert_int_equal(inb(m, 0x21), 0xfd);
    irq(m, 1, true);
    assert_int_equal(poll_ack(m, 0x20), 1);
}

/* Data sheet, "End of interrupt": in special mask mode an IS bit that the IMR masks is not cleared by a non-specific EOI. */
static void pic_special_mask_mode_keeps_what_is_masked_in_service(void **state)
{
    struct machine *m = *state;
    remap(m);
    irq(m, 1, true);
    assert_int_equal(poll_ack(m, 0x20), 1);
    outb(m, 0x21, 0x02); /* mask it */
    outb(m, 0x20, 0x68); /* special mask mode */
    irq(m, 3, true);
    assert_int_equal(poll_ack(m, 0x20), 3); /* below 1, which does not block it now */
    outb(m, 0x20, 0x20); /* the end of 3 */
    assert_int_equal(isr(m), 0x02);
    outb(m, 0x20, 0x61); /* a specific EOI ends 1 */
    assert_int_equal(isr(m), 0);
}

/* A line that is up asks as soon as it is a level: nobody has to raise it again. */
static void pic_line_becomes_a_level(void **state)
{
    struct machine *m = *state;
    remap(m);
    irq(m, 5, true);
    assert_int_equal(poll_ack(m, 0x20), 5);
    outb(m, 0x20, 0x20);
    assert_int_equal(poll_ack(m, 0x20), -1); /* one edge */
    outb(m, 0x4d0, 0x20);
    assert_int_equal(poll_ack(m, 0x20), 5);
}

static void pit_firmware_leaves_ten_milliseconds(void **state)
{
    struct machine *m = *state;
    outb(m, 0x43, 0xe2); /* read back the status of counter 0 */
    assert_int_equal(inb(m, 0x40) & 0x3f, 0x34); /* both bytes, mode 2 */
}

static void pit_counts_latches_and_reads_back(void **state)
{
    struct machine *m = *state;
    outb(m, 0x43, 0x34);
    outb(m, 0x40, 0xe8);
    outb(m, 0x40, 0x03); /* 1000 */
    outb(m, 0x43, 0x00);
    unsigned count = inb(m, 0x40);
    count |= (unsigned)inb(m, 0x40) << 8;
    assert_true(count >= 1 && count <= 1000);
    outb(m, 0x43, 0xe2);
    assert_int_equal(inb(m, 0x40) & 0x7f, 0x34);
    outb(m, 0x43, 0xb0); /* counter 2, mode 0: null count until loaded */
    outb(m, 0x43, 0xe8);
    assert_int_equal(inb(m, 0x42) & 0x40, 0x40);
}

static void pit_low_and_high_byte_access(void **state)
{
    struct machine *m = *state;
    outb(m, 0x61, 1);
    outb(m, 0x43, 0xa0); /* counter 2, high byte only, mode 0 */
    outb(m, 0x42, 0x80);
    outb(m, 0x43, 0xd8); /* latch count of 2 */
    assert_true(inb(m, 0x42) <= 0x80);
}

static unsigned count2(struct machine *m)
{
    outb(m, 0x43, 0x80); /* latch counter 2 */
    unsigned low = inb(m, 0x42);
    return low | (unsigned)inb(m, 0x42) << 8;
}

static void load2(struct machine *m, uint8_t control, unsigned count)
{
    outb(m, 0x43, control);
    outb(m, 0x42, (uint8_t)count);
    outb(m, 0x42, (uint8_t)(count >> 8));
}

static bool out2(struct machine *m) { return inb(m, 0x61) & 0x20; }

static void until_out2(struct machine *m)
{
    for (unsigned i = 0; i < 30000 && !out2(m); i++)
        usleep(100);
    assert_true(out2(m));
}

/* Mode 0: the gate halts the count where it is, and does nothing to the output (data sheet, "Mode 0", "Gate pin operations"). */
static void pit_gate_halts_mode_0(void **state)
{
    struct machine *m = *state;
    assert_int_equal(vcpu_resume(machine_vcpu(m, 0), NULL), 0); /* time passes */
    outb(m, 0x61, 1);
    load2(m, 0xb0, 20);
    until_out2(m);
    outb(m, 0x61, 0);
    assert_true(out2(m));
    outb(m, 0x61, 1);
    load2(m, 0xb0, 60000);
    assert_false(out2(m));
    while (count2(m) > 59000)
        usleep(100);
    outb(m, 0x61, 0);
    unsigned halted = count2(m);
    assert_true(halted <= 59000);
    usleep(3000);
    assert_int_equal(count2(m), halted);
    outb(m, 0x61, 1);
    assert_true(count2(m) <= halted || out2(m));
}

/* Mode 1: a count written during the pulse is for the next trigger (data sheet, "Mode 1"). */
static void pit_one_shot_is_not_disturbed(void **state)
{
    struct machine *m = *state;
    assert_int_equal(vcpu_resume(machine_vcpu(m, 0), NULL), 0);
    outb(m, 0x61, 0);
    load2(m, 0xb2, 65000); /* 54 ms */
    assert_true(out2(m)); /* it waits for its trigger */
    uint64_t begin = clock_now();
    outb(m, 0x61, 1);
    outb(m, 0x42, 20);
    outb(m, 0x42, 0);
    bool out = out2(m);
    unsigned count = count2(m);
    if (clock_now() - begin > 40000000) /* this thread was held up, and nothing is known */
        skip();
    assert_false(out);
    assert_true(count > 10000);
    outb(m, 0x43, 0xe8);
    assert_int_equal(inb(m, 0x42) & 0x40, 0x40); /* null count: not loaded yet */
    begin = clock_now();
    outb(m, 0x61, 0);
    outb(m, 0x61, 1);
    usleep(100);
    until_out2(m);
    assert_true(count2(m) > 10000 || clock_now() - begin > 40000000); /* it counted down from 20, and on from 65535 */
}

static void uart_loops_back_and_identifies_interrupts(void **state)
{
    struct machine *m = *state;
    outb(m, 0x3fc, 0x10);
    outb(m, 0x3fa, 0x07);
    outb(m, 0x3f8, 'x');
    outb(m, 0x3f8, 'y');
    assert_int_equal(inb(m, 0x3fd) & 1, 1);
    outb(m, 0x3f9, 3);
    assert_int_equal(inb(m, 0x3fa), 0xc4); /* received data first */
    assert_int_equal(inb(m, 0x3f8), 'x');
    assert_int_equal(inb(m, 0x3f8), 'y');
    assert_int_equal(inb(m, 0x3fa), 0xc2); /* then the transmitter */
    assert_int_equal(inb(m, 0x3fa), 0xc1); /* which reading IIR cleared */
    outb(m, 0x3fc, 0x1f);
    assert_int_equal(inb(m, 0x3fe) & 0xf0, 0xf0); /* RTS, DTR, OUT1, OUT2 looped to the modem lines */
    assert_string_equal(printed, "");
}

static void uart_overruns_without_fifo(void **state)
{
    struct machine *m = *state;
    outb(m, 0x3fc, 0x10);
    outb(m, 0x3f8, 'a');
    outb(m, 0x3f8, 'b');
    assert_int_equal(inb(m, 0x3fd) & 3, 3);
    assert_int_equal(inb(m, 0x3fd) & 2, 0);
    assert_int_equal(inb(m, 0x3f8), 'b'); /* "thereby destroying the previous character" (data sheet, LSR bit 1) */
    assert_int_equal(inb(m, 0x3fd) & 1, 0);
}

static void uart_overruns_a_full_fifo(void **state)
{
    struct machine *m = *state;
    outb(m, 0x3fc, 0x10);
    outb(m, 0x3fa, 0x07);
    for (uint8_t i = 0; i < 17; i++)
        outb(m, 0x3f8, (uint8_t)('a' + i));
    assert_int_equal(inb(m, 0x3fd) & 2, 2);
    for (uint8_t i = 0; i < 16; i++) /* what is in the FIFO stays */
        assert_int_equal(inb(m, 0x3f8), 'a' + i);
    assert_int_equal(inb(m, 0x3fd) & 1, 0);
}

/* Data sheet, "FCR", bit 0: what is in the receiver is cleared when the FIFOs are switched on or off. */
static void uart_switching_the_fifo_clears_it(void **state)
{
    struct machine *m = *state;
    outb(m, 0x3fc, 0x10);
    outb(m, 0x3f8, 'a');
    outb(m, 0x3fa, 0x01);
    assert_int_equal(inb(m, 0x3fd) & 1, 0);
}

static void uart_divisor_and_scratch(void **state)
{
    struct machine *m = *state;
    outb(m, 0x3fb, 0x83);
    outb(m, 0x3f8, 0x34);
    outb(m, 0x3f9, 0x12);
    assert_int_equal(inb(m, 0x3f8), 0x34);
    assert_int_equal(inb(m, 0x3f9), 0x12);
    outb(m, 0x3fb, 0x03);
    outb(m, 0x3ff, 0xa5);
    assert_int_equal(inb(m, 0x3ff), 0xa5);
}

static void uart_reads_what_was_typed_and_raises_irq4(void **state)
{
    struct machine *m = *state;
    remap(m);
    outb(m, 0x3fc, 0x08);
    outb(m, 0x3f9, 1);
    assert_int_equal(vcpu_input(machine_vcpu(m, 0), "hi", 2), 2);
    outb(m, 0x64, 0xad); /* the keyboard keeps quiet */
    while (poll_ack(m, 0x20) == 1)
        outb(m, 0x20, 0x20);
    assert_int_equal(inb(m, 0x3f8), 'h');
    assert_int_equal(inb(m, 0x3f8), 'i');
    assert_int_equal(inb(m, 0x3fd) & 1, 0);
}

static void keyboard_answers_and_types(void **state)
{
    struct machine *m = *state;
    outb(m, 0x64, 0xaa);
    assert_int_equal(inb(m, 0x64) & 1, 1);
    assert_int_equal(inb(m, 0x60), 0x55);
    outb(m, 0x60, 0xed);
    assert_int_equal(inb(m, 0x60), 0xfa);
    outb(m, 0x60, 7);
    assert_int_equal(inb(m, 0x60), 0xfa);
    vcpu_input(machine_vcpu(m, 0), "aB\033[A", 5);
    static const uint8_t codes[] = {0x1e, 0x9e, 0x2a, 0x30, 0xb0, 0xaa, 0xe0, 0x48, 0xe0, 0xc8};
    for (size_t i = 0; i < sizeof codes; i++) {
        assert_int_equal(inb(m, 0x64) & 1, 1);
        assert_int_equal(inb(m, 0x60), codes[i]);
    }
    assert_int_equal(inb(m, 0x64) & 1, 0);
}

/* A letter with an accent is no key of a US keyboard. It stays for a guest that reads bytes; the controller shows nothing of it. */
static void keyboard_skips_what_has_no_key(void **state)
{
    struct machine *m = *state;
    remap(m);
    vcpu_input(machine_vcpu(m, 0), "\303\251", 2);
    assert_int_equal(inb(m, 0x64) & 1, 0);
    assert_int_equal(poll_ack(m, 0x20), -1);
    assert_int_equal(vcpu_input_pending(machine_vcpu(m, 0)), 2);
    vcpu_input(machine_vcpu(m, 0), "a\377", 2);
    static const uint8_t codes[] = {0x1e, 0x9e};
    for (size_t i = 0; i < sizeof codes; i++) {
        assert_int_equal(inb(m, 0x64) & 1, 1);
        assert_int_equal(poll_ack(m, 0x20), 1);
        assert_int_equal(inb(m, 0x60), codes[i]);
        outb(m, 0x20, 0x20);
    }
    assert_int_equal(inb(m, 0x64) & 1, 0);
    assert_int_equal(poll_ack(m, 0x20), -1);
    vcpu_input(machine_vcpu(m, 0), "\033\303", 2); /* taken with Escape, and nothing comes of it */
    assert_int_equal(inb(m, 0x60), 0x01);
    assert_int_equal(inb(m, 0x60), 0x81);
    assert_int_equal(inb(m, 0x64) & 1, 0);
}

static void scancodes_of_every_key(void **state)
{
    (void)state;
    static const struct { const char *in; uint8_t n, code[6]; } t[] = {
        {"\r", 2, {0x1c, 0x9c}}, {"\n", 2, {0x1c, 0x9c}}, {"\177", 2, {0x0e, 0x8e}}, {"\t", 2, {0x0f, 0x8f}},
        {" ", 2, {0x39, 0xb9}}, {"*", 4, {0x2a, 0x09, 0x89, 0xaa}}, {"\003", 4, {0x1d, 0x2e, 0xae, 0x9d}},
        {"\033", 2, {0x01, 0x81}}, {"\033OP", 2, {0x3b, 0xbb}}, {"\033[24~", 2, {0x58, 0xd8}}, {"\033x", 4, {0x38, 0x2d, 0xad, 0xb8}},
        {"\033[3~", 4, {0xe0, 0x53, 0xe0, 0xd3}}, {"\377", 0, {0}},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        uint8_t out[SCANCODE_MAX];
        size_t used, n = scancode_from_bytes((const uint8_t *)t[i].in, strlen(t[i].in), &used, out);
        assert_int_equal(n, t[i].n);
        assert_int_equal(used, strlen(t[i].in));
        assert_memory_equal(out, t[i].code, n);
    }
    for (unsigned c = 0x20; c < 0x7f; c++) { /* every printable character has a key, and its codes come in pairs */
        uint8_t in = (uint8_t)c, out[SCANCODE_MAX];
        size_t used, n = scancode_from_bytes(&in, 1, &used, out);
        assert_true(n == 2 || n == 4);
        assert_int_equal(out[n / 2 - 1] | 0x80, out[n / 2]);
    }
    for (unsigned c = 0; c < 0x100; c++) {
        uint8_t in = (uint8_t)c, out[SCANCODE_MAX];
        size_t used;
        assert_int_equal(scancode_has_key(in), scancode_from_bytes(&in, 1, &used, out) > 0);
    }
}

static void rtc_keeps_time_in_bcd_and_binary(void **state)
{
    struct machine *m = *state;
    outb(m, 0x70, 0x0b);
    outb(m, 0x71, 0x82); /* SET, 24 h, BCD */
    static const uint8_t set[][2] = {{0, 0x30}, {2, 0x59}, {4, 0x23}, {7, 0x31}, {8, 0x12}, {9, 0x25}, {0x32, 0x20}};
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) {
        outb(m, 0x70, set[i][0]);
        outb(m, 0x71, set[i][1]);
    }
    outb(m, 0x70, 0x0b);
    outb(m, 0x71, 0x02);
    outb(m, 0x70, 0x02);
    assert_int_equal(inb(m, 0x71), 0x59);
    outb(m, 0x70, 0x0b);
    outb(m, 0x71, 0x04); /* binary, 12 h */
    outb(m, 0x70, 0x04);
    assert_int_equal(inb(m, 0x71), 0x8b); /* 11 p.m. */
    outb(m, 0x70, 0x0d);
    assert_int_equal(inb(m, 0x71), 0x80);
    outb(m, 0x70, 0x40);
    outb(m, 0x71, 0x5a);
    assert_int_equal(inb(m, 0x71), 0x5a);
}

static uint8_t cmos(struct machine *m, uint8_t index)
{
    outb(m, 0x70, index);
    return inb(m, 0x71);
}

static void set_cmos(struct machine *m, uint8_t index, uint8_t v)
{
    outb(m, 0x70, index);
    outb(m, 0x71, v);
}

/* Wait until all of the bits were seen in a register of the running clock. */
static void cmos_shows(struct machine *m, uint8_t index, uint8_t bits)
{
    uint8_t seen = 0;
    for (unsigned i = 0; i < 300000 && (seen & bits) != bits; i++, usleep(10))
        seen |= cmos(m, index);
    assert_int_equal(seen & bits, bits);
}

/* The flags of register C do not depend on the enables in B, which only let them through to the line (data sheet, "Register C"); so a
 * driver may poll. */
static void rtc_flags_can_be_polled(void **state)
{
    struct machine *m = *state;
    assert_int_equal(vcpu_resume(machine_vcpu(m, 0), NULL), 0); /* time passes */
    set_cmos(m, 1, 0xff);
    set_cmos(m, 3, 0xff);
    set_cmos(m, 5, 0xff); /* an alarm each second */
    cmos(m, 0x0c);
    cmos_shows(m, 0x0c, 0x40); /* PF */
    cmos_shows(m, 0x0c, 0x30); /* UF, AF */
    assert_int_equal(cmos(m, 0x0c) & 0x80, 0); /* nothing is enabled: no IRQF */
    cmos_shows(m, 0x0a, 0x80); /* UIP, before each update */
}

static void rtc_set_stops_updates_and_their_interrupt(void **state)
{
    struct machine *m = *state;
    set_cmos(m, 0x0b, 0x92); /* SET, UIE, 24 h */
    assert_int_equal(cmos(m, 0x0b), 0x82);
}

/* A year before 1900 is read back as it was set. */
static void rtc_knows_other_centuries(void **state)
{
    struct machine *m = *state;
    static const uint8_t set[][2] = {{0x0b, 0x82}, {0, 0x30}, {2, 0x59}, {4, 0x12}, {7, 0x14}, {8, 0x07}, {9, 0x89}, {0x32, 0x17}, {0x0b, 0x02}};
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) {
        outb(m, 0x70, set[i][0]);
        outb(m, 0x71, set[i][1]);
    }
    outb(m, 0x70, 0x09);
    assert_int_equal(inb(m, 0x71), 0x89);
    outb(m, 0x70, 0x32);
    assert_int_equal(inb(m, 0x71), 0x17);
}

static void disk_reads_writes_and_refuses(void **state)
{
    (void)state;
    char path[] = "/tmp/vmlab-disk-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 4 * 512), 0);
    struct machine *m = machine_with(path);
    assert_int_equal(inb(m, 0x605) & 0x0f, 4);
    assert_int_equal(io(m, 0x608, false, 0, 4), 4);
    io(m, 0x600, true, 2, 4);
    outb(m, 0x607, 0);
    for (unsigned i = 0; i < 128; i++)
        io(m, 0x60c, true, 0x01020304u * i, 4);
    outb(m, 0x604, 2);
    assert_int_equal(inb(m, 0x606), 0);
    outb(m, 0x604, 3);
    uint8_t sector[512];
    assert_int_equal(pread(fd, sector, 512, 1024), 512);
    assert_int_equal(sector[4], 4);
    outb(m, 0x604, 1);
    io(m, 0x60c, false, 0, 4);
    assert_int_equal(io(m, 0x60c, false, 0, 4), 0x01020304);
    io(m, 0x600, true, 4, 4);
    outb(m, 0x604, 1);
    assert_int_equal(inb(m, 0x605) & 2, 2);
    assert_int_equal(inb(m, 0x606), 1);
    outb(m, 0x604, 9);
    assert_int_equal(inb(m, 0x606), 5);

    struct vm_error e = {0};
    struct guest_config g = {.image = {"hlt", (const uint8_t *)"\xf4", 1}, .boot = boot_find("real")};
    struct machine_config c = {.vcpus = 1, .guests = &g, .disk = path};
    struct machine *second = NULL;
    assert_true(machine_create(&second, &c, &e) < 0);
    assert_non_null(strstr(e.text, "another machine"));
    machine_destroy(m);
    close(fd);
    unlink(path);
}

static void every_device_shows_itself(void **state)
{
    struct machine *m = *state;
    unsigned seen = 0;
    for (size_t i = 0; machine_device(m, i); i++) {
        struct device_line lines[8];
        assert_true(machine_device_show(m, i, lines, 8) > 0);
        assert_true(lines[0].text[0]);
        seen++;
    }
    assert_int_equal(seen, 7); /* all but the disk */
}

/* The vCPU never runs, so the machine's time stands still and a measurement never ends: only the ways to ask wrongly. The right
 * way is lab 12's. */
static void thermo_refuses_nonsense(void **state)
{
    struct machine *m = *state;
    assert_int_equal(inb(m, 0x611), 0);
    assert_int_equal(io(m, 0x612, false, 0, 2), 0x8000); /* nothing was measured */
    outb(m, 0x610, 9);
    outb(m, 0x611, 1);
    assert_int_equal(inb(m, 0x611), 0x80); /* no such channel */
    outb(m, 0x610, 1);
    outb(m, 0x611, 7);
    assert_int_equal(inb(m, 0x611), 0x80); /* no such command */
    outb(m, 0x611, 1);
    assert_int_equal(inb(m, 0x611), 1); /* busy */
    assert_int_equal(io(m, 0x612, false, 0, 2), 0x8000);
    outb(m, 0x610, 2);
    assert_int_equal(inb(m, 0x611), 0x81); /* not while it measures */
    assert_int_equal(inb(m, 0x610), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(pic_is_masked_until_it_is_programmed), T(pic_serves_by_priority_and_waits_for_eoi),
        T(pic_latches_one_edge_and_keeps_it_while_masked), T(pic_cascades_the_slave), T(pic_level_line_asks_again_until_it_falls),
        T(pic_rotates), T(pic_single_mode_has_no_icw3), T(pic_special_mask_mode_keeps_what_is_masked_in_service), T(pic_line_becomes_a_level),
        T(pit_firmware_leaves_ten_milliseconds), T(pit_counts_latches_and_reads_back), T(pit_low_and_high_byte_access), T(pit_gate_halts_mode_0),
        T(pit_one_shot_is_not_disturbed),
        T(uart_loops_back_and_identifies_interrupts), T(uart_overruns_without_fifo), T(uart_overruns_a_full_fifo), T(uart_switching_the_fifo_clears_it), T(uart_divisor_and_scratch),
        T(uart_reads_what_was_typed_and_raises_irq4), T(keyboard_answers_and_types), T(keyboard_skips_what_has_no_key), cmocka_unit_test(scancodes_of_every_key),
        T(rtc_keeps_time_in_bcd_and_binary), T(rtc_knows_other_centuries), T(rtc_flags_can_be_polled), T(rtc_set_stops_updates_and_their_interrupt), T(thermo_refuses_nonsense),
        cmocka_unit_test(disk_reads_writes_and_refuses), T(every_device_shows_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
