/* What a guest says and hears: its console, devices' ports, memory that is not there. */
#include "guest.h"

static void output_comes_out_although_the_guest_spins(void **state)
{
    (void)state;
    START(0xba, 0x00, 0x05, 0xb3, 'x', 0xb0, 1, 0xee, 0xeb, 0xfe);
    OK(vcpu_resume(cpu, &err));
    until_printed(1);
    assert_int_equal(text[0], 'x');
    assert_int_equal(snap().state, VCPU_RUNNING);
}

static void waitchar_waits_and_can_be_paused(void **state)
{
    (void)state;
    START(0xba, 0x00, 0x05, 0xb0, 5, 0xee, 0x89, 0xc3, 0xf4); /* WAITCHAR; mov bx, ax; hlt */
    OK(vcpu_resume(cpu, &err));
    for (int i = 0; i < WAIT_MS && !snap().reading; i++)
        usleep(1000);
    assert_true(snap().reading);
    OK(vcpu_pause(cpu, &err));
    stopped();
    assert_int_equal(rip(), 6);
    assert_true(snap().reading);
    OK(vcpu_resume(cpu, &err));
    assert_int_equal(vcpu_input(cpu, "Q", 1), 1);
    stopped();
    assert_int_equal(snap().state, VCPU_EXITED);
    assert_int_equal(reg(CPU_RBX), 'Q');
    assert_false(snap().reading);
}

static void end_of_input_wakes_waitchar(void **state)
{
    (void)state;
    START(0xba, 0x00, 0x05, 0xb0, 5, 0xee, 0x89, 0xc3, 0xf4);
    OK(vcpu_resume(cpu, &err));
    vcpu_input_eof(cpu);
    stopped();
    assert_int_equal(reg(CPU_RBX) & 0xffff, 0xffff);
}

/* A word to an 8-bit device is two accesses, one to each port, as on the bus of a PC: both halves of the divisor, index and data. */
static void wide_accesses_reach_8_bit_devices_byte_by_byte(void **state)
{
    (void)state;
    START(0xba, 0xfb, 0x03, 0xb0, 0x80, 0xee,             /* mov dx, 0x3fb; mov al, 0x80; out dx, al: DLAB */
          0xba, 0xf8, 0x03, 0xb8, 0x34, 0x12, 0xef,       /* mov dx, 0x3f8; mov ax, 0x1234; out dx, ax */
          0xed, 0x89, 0xc3,                               /* in ax, dx; mov bx, ax */
          0xb8, 0x40, 0x5a, 0xe7, 0x70,                   /* mov ax, 0x5a40; out 0x70, ax */
          0xe4, 0x71, 0x89, 0xc1, 0xf4);                  /* in al, 0x71; mov cx, ax; hlt */
    OK(vcpu_resume(cpu, &err));
    stopped();
    assert_int_equal(reg(CPU_RBX) & 0xffff, 0x1234);
    assert_int_equal(reg(CPU_RCX) & 0xff, 0x5a);
    assert_int_equal(exits(EXIT_IO_OUT), 3);
}

static void outside_its_memory_is_counted_and_named(void **state)
{
    struct account_view a;
    (void)state;
    /* mov ax, 0x8000; mov ds, ax; mov byte [0x10], 1; mov al, [0x10]; hlt */
    START(0xb8, 0x00, 0x80, 0x8e, 0xd8, 0xc6, 0x06, 0x10, 0x00, 0x01, 0xa0, 0x10, 0x00, 0xf4);
    OK(vcpu_resume(cpu, &err));
    stopped();
    vcpu_account(cpu, &a);
    assert_int_equal(a.outside, 2);
    assert_int_equal(a.reason[EXIT_MMIO_WRITE], 1);
    assert_int_equal(a.reason[EXIT_MMIO_READ], 1);
    assert_int_equal(reg(CPU_RAX) & 0xff, 0xff);
    assert_int_equal(snap().notices, 2);
    assert_non_null(strstr(snap().notice, "write to 0x00080010, outside its memory (0x0-0x3ffff), at 0000:"));
}

/* Nothing else will come, and what came makes no key: a guest that sleeps until the keyboard interrupts sleeps for good. */
static void what_has_no_key_wakes_nobody(void **state)
{
    (void)state;
    static const uint8_t code[] = {0xb0, 0x30, 0xe6, 0x43, 0xb0, 0xfd, 0xe6, 0x21, /* the timer keeps quiet; IRQ1 */
                                   0xfb, 0xf4, 0xfa, 0xf4};                         /* sti; hlt; cli; hlt */
    start_as("real", code, sizeof code, true, IRQCHIP_USER);
    assert_int_equal(vcpu_input(cpu, "\303\251", 2), 2);
    vcpu_input_eof(cpu);
    OK(vcpu_resume(cpu, &err));
    stopped();
    assert_int_equal(snap().state, VCPU_EXITED);
    assert_int_equal(vcpu_input_pending(cpu), 2);
}

GUEST_TESTS(T(output_comes_out_although_the_guest_spins), T(waitchar_waits_and_can_be_paused), T(end_of_input_wakes_waitchar),
            T(wide_accesses_reach_8_bit_devices_byte_by_byte), T(outside_its_memory_is_counted_and_named),
            T(what_has_no_key_wakes_nobody))
