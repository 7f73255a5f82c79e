/* Run control: stop a guest exactly where we want. */
#include "guest.h"

/* --- step ---------------------------------------------------------------------------------------------------------- */

static void step_is_one_instruction_over_ports_and_hlt(void **state)
{
    (void)state;
    START(0x90,             /* 0: nop */
          0xb0, 0x41,       /* 1: mov al, 'A' */
          0xe6, 0x80,       /* 3: out 0x80, al */
          0xe4, 0x80,       /* 5: in al, 0x80: nobody answers */
          0xa2, 0x00, 0x10, /* 7: mov [0x1000], al */
          0xf4);            /* 10: hlt */
    static const uint64_t want[] = {1, 3, 5, 7, 10};
    for (unsigned i = 0; i < 5; i++) {
        step(1);
        assert_int_equal(rip(), want[i]);
        assert_int_equal(snap().steps, i + 1);
    }
    assert_int_equal(reg(CPU_RAX) & 0xff, 0xff);
    step(1);
    assert_int_equal(snap().state, VCPU_EXITED);
    assert_int_equal(snap().status, 0);
    assert_int_equal(exits(EXIT_HLT), 1);
    assert_int_equal(exits(EXIT_IO_OUT), 1);
    assert_int_equal(exits(EXIT_IO_IN), 1);
}

/* Unless told not to, KVM moves RIP over an OUT to this port before it exits, and a step then hides the exit. */
static void step_over_out_to_port_7e_exits(void **state)
{
    (void)state;
    START(0xb0, 0x41,  /* 0: mov al, 'A' */
          0xe6, 0x7e,  /* 2: out 0x7e, al */
          0xf4);       /* 4: hlt */
    step(2);
    assert_int_equal(rip(), 4);
    assert_int_equal(exits(EXIT_IO_OUT), 1);
}

/* Whenever it is asked to run after a reset: before the reset is begun, in its midst (a few microseconds), behind it. */
static void steps_add_up(void **state)
{
    (void)state;
    START(0x40, 0xe6, 0x80, 0xeb, 0xfb); /* inc ax; out 0x80, al; jmp 0 */
    step(3 * 100);
    assert_int_equal(reg(CPU_RAX), 100);
    assert_int_equal(rip(), 0);
    for (int i = 0; i < 30; i++)
        OK(vcpu_step(cpu, 1, &err)); /* posted in a row: each counts */
    stopped();
    assert_int_equal(reg(CPU_RAX), 110);
    assert_int_equal(rip(), 0);
    assert_int_equal(snap().steps, 330);
}

static void step_of_a_repeated_string_is_one_iteration(void **state)
{
    (void)state;
    START(0xb9, 3, 0, 0xbf, 0, 0x10, 0xf3, 0xaa, 0xf4); /* mov cx, 3; mov di, 0x1000; rep stosb; hlt */
    step(3);
    if (reg(CPU_RCX) == 0) { /* a software KVM back end repeats without letting go */
        return;
    }
    assert_int_equal(reg(CPU_RCX), 2);
    assert_int_equal(rip(), 6);
    step(2);
    assert_int_equal(reg(CPU_RCX), 0);
    if (rip() == 6) /* whether the empty iteration is the last step differs between processors */
        step(1);
    assert_int_equal(rip(), 8);
}

static void *type_later(void *arg)
{
    (void)arg;
    usleep(100000);
    vcpu_input(cpu, "Q", 1);
    return NULL;
}

/* A step that waits behind one in which the guest ends is over with it, and whoever waits hears of that at once. */
static void the_end_of_a_guest_ends_the_steps_that_wait(void **state)
{
    pthread_t t;
    (void)state;
    START(0xba, 0x00, 0x05, 0xb0, 5, 0xee, 0xf4); /* WAITCHAR; hlt */
    OK(vcpu_step(cpu, 100, &err));
    OK(vcpu_step(cpu, 1, &err));
    assert_true(vcpu_wait_idle(cpu, WAIT_MS));
    assert_int_equal(pthread_create(&t, NULL, type_later, NULL), 0);
    uint64_t begin = clock_now();
    stopped();
    assert_true(clock_now() - begin < WAIT_MS / 2 * 1000000ull);
    assert_int_equal(snap().state, VCPU_EXITED);
    pthread_join(t, NULL);
}

/* --- next, until --------------------------------------------------------------------------------------------------- */

static void next_stops_after_each_exit(void **state)
{
    (void)state;
    START(0x90, 0x90, 0xe6, 0x80, 0x90, 0xe4, 0x81, 0x90, 0xf4);
    OK(vcpu_next(cpu, &err));
    stopped();
    assert_int_equal(rip(), 4);
    assert_int_equal(snap().exit.reason, EXIT_IO_OUT);
    OK(vcpu_next(cpu, &err));
    stopped();
    assert_int_equal(rip(), 7);
    OK(vcpu_next(cpu, &err));
    stopped();
    assert_int_equal(snap().state, VCPU_EXITED);
}

static void until_port_reason_and_address(void **state)
{
    (void)state;
    /* 0: inc ax; 1: out 0x80, al; 3: out 0x81, al; 5: in al, 0x82; 7: jmp 0 */
    START(0x40, 0xe6, 0x80, 0xe6, 0x81, 0xe4, 0x82, 0xeb, 0xf7);
    OK(vcpu_until(cpu, &(struct until){.kind = UNTIL_PORT, .value = 0x81}, &err));
    stopped();
    assert_int_equal(rip(), 5);
    OK(vcpu_until(cpu, &(struct until){.kind = UNTIL_REASON, .reason = EXIT_IO_IN}, &err));
    stopped();
    assert_int_equal(rip(), 7);
    for (int i = 0; i < 3; i++) { /* the same address again: each time once around */
        OK(vcpu_until(cpu, &(struct until){.kind = UNTIL_ADDRESS, .value = 3}, &err));
        stopped();
        assert_int_equal(rip(), 3);
    }
}

/* --- breakpoints --------------------------------------------------------------------------------------------------- */

static void breakpoint_stops_each_time_around(void **state)
{
    unsigned slot = 9;
    struct vcpu_break b[4];
    (void)state;
    START(0x40, 0x90, 0xeb, 0xfc); /* 0: inc ax; 1: nop; 2: jmp 0 */
    OK(vcpu_break_set(cpu, 1, DEBUG_EXEC, 1, &slot, &err));
    for (uint64_t i = 1; i <= 5; i++) {
        OK(vcpu_resume(cpu, &err));
        stopped();
        assert_int_equal(rip(), 1);
        assert_int_equal(reg(CPU_RAX), i);
        assert_non_null(strstr(snap().why, "breakpoint 0"));
    }
    vcpu_breaks(cpu, b);
    assert_int_equal(b[slot].hits, 5);
    OK(vcpu_break_clear(cpu, slot, &err));
    OK(vcpu_resume(cpu, &err));
    until_state(VCPU_RUNNING);
    OK(vcpu_pause(cpu, &err));
    stopped();
    assert_string_equal(snap().why, "paused");
}

static void breakpoint_on_a_jump_to_itself(void **state)
{
    (void)state;
    START(0xeb, 0xfe);
    OK(vcpu_break_set(cpu, 0, DEBUG_EXEC, 1, NULL, &err));
    for (int i = 0; i < 3; i++) {
        OK(vcpu_resume(cpu, &err));
        stopped();
        assert_int_equal(rip(), 0);
    }
}

static void four_breakpoints_and_until_still_works(void **state)
{
    struct vm_error e = {0};
    (void)state;
    START(0x90, 0x90, 0x90, 0x40, 0xeb, 0xfa);
    for (unsigned i = 0; i < 4; i++)
        OK(vcpu_break_set(cpu, 0x8000 + i, DEBUG_EXEC, 1, NULL, &err));
    assert_true(vcpu_break_set(cpu, 1, DEBUG_EXEC, 1, NULL, &e) < 0);
    assert_non_null(strstr(e.text, "0x8003"));
    OK(vcpu_until(cpu, &(struct until){.kind = UNTIL_ADDRESS, .value = 3}, &err));
    stopped();
    assert_int_equal(rip(), 3);
}

static void watchpoint_stops_after_the_write(void **state)
{
    const struct engine_probe *p;
    struct vm_error e = {0};
    (void)state;
    START(0x40, 0xa3, 0x00, 0x20, 0xeb, 0xfa); /* 0: inc ax; 1: mov [0x2000], ax; 4: jmp 0 */
    OK(engine_probe(engine, &p, &err));
    if (!(p->can & CAN_WATCH)) {
        assert_true(vcpu_break_set(cpu, 0x2000, DEBUG_WRITE, 2, NULL, &e) < 0);
        assert_non_null(strstr(e.text, "watchpoints"));
        return;
    }
    OK(vcpu_break_set(cpu, 0x2000, DEBUG_WRITE, 2, NULL, &err));
    for (uint64_t i = 1; i <= 3; i++) {
        OK(vcpu_resume(cpu, &err));
        stopped();
        assert_int_equal(rip(), 4);
        assert_int_equal(reg(CPU_RAX), i);
    }
}

/* --- pause, registers, memory -------------------------------------------------------------------------------------- */

static void pause_reaches_a_spinning_guest(void **state)
{
    struct cpu_state s;
    struct vm_error e = {0};
    (void)state;
    START(0xeb, 0xfe);
    for (int i = 0; i < 100; i++) {
        OK(vcpu_resume(cpu, &err));
        OK(vcpu_pause(cpu, &err));
        stopped();
        assert_int_equal(snap().state, VCPU_PAUSED);
        assert_int_equal(rip(), 0);
    }
    OK(vcpu_resume(cpu, &err));
    until_state(VCPU_RUNNING);
    assert_true(vcpu_get_state(cpu, &s, &e) < 0);
    assert_non_null(strstr(e.text, "pause it first"));
}

static void registers_and_memory_can_be_written(void **state)
{
    struct cpu_state s, back;
    uint8_t hlt = 0xf4, byte = 0;
    (void)state;
    START(0x90, 0x90, 0x90, 0xeb, 0xfe);
    step(1);
    OK(vcpu_get_state(cpu, &s, &err));
    cpu_reg_set(&s, cpu_reg_find("ebx"), 0x12345678);
    cpu_reg_set(&s, cpu_reg_find("ds"), 0x100);
    cpu_reg_set(&s, cpu_reg_find("ip"), 2);
    OK(vcpu_set_state(cpu, &s, &err));
    OK(vcpu_get_state(cpu, &back, &err));
    assert_int_equal(back.gpr[CPU_RBX], 0x12345678);
    assert_int_equal(back.seg[CPU_DS].base, 0x1000);
    assert_int_equal(back.rip, 2);
    assert_int_equal(vcpu_mem_write(cpu, 3, &hlt, 1, NULL), 1);
    assert_int_equal(vcpu_mem_read(cpu, 3, &byte, 1, NULL), 1);
    assert_int_equal(byte, 0xf4);
    OK(vcpu_resume(cpu, &err));
    stopped();
    assert_int_equal(snap().state, VCPU_EXITED);
    assert_true(vcpu_step(cpu, 1, NULL) < 0);
}

static void code_changed_while_paused_is_what_runs(void **state)
{
    const uint8_t change[] = {0xb3, 'b'};
    (void)state;
    START(0xba, 0x00, 0x05, 0xb3, 'a', 0xb0, 1, 0xee, 0xeb, 0xf9); /* print 'a' for ever */
    OK(vcpu_resume(cpu, &err));
    until_printed(10);
    OK(vcpu_until(cpu, &(struct until){.kind = UNTIL_ADDRESS, .value = 3}, &err));
    stopped();
    assert_int_equal(vcpu_mem_write(cpu, 3, change, 2, NULL), 2);
    size_t before = printed;
    OK(vcpu_resume(cpu, &err));
    until_printed(before + 10);
    OK(vcpu_pause(cpu, &err));
    stopped();
    if (before < sizeof text - 1)
        assert_int_equal(text[before], 'b');
}

static void slow_motion_moves_and_speeds_up(void **state)
{
    (void)state;
    START(0x40, 0xeb, 0xfd);
    OK(vcpu_speed(cpu, 500, &err));
    OK(vcpu_resume(cpu, &err));
    for (int i = 0; i < WAIT_MS && snap().steps < 20; i++)
        usleep(1000);
    assert_true(snap().steps >= 20);
    OK(vcpu_speed(cpu, 0, &err));
    OK(vcpu_pause(cpu, &err));
    stopped();
}

/* Also when no debug register is left for the address, and every instruction is looked at anyway. */
static void slow_motion_is_slow_while_looking_for_an_address(void **state)
{
    (void)state;
    START(0x40, 0xeb, 0xfd);
    for (unsigned i = 0; i < 4; i++)
        OK(vcpu_break_set(cpu, 0x8000 + i, DEBUG_EXEC, 1, NULL, &err));
    OK(vcpu_speed(cpu, 100, &err));
    uint64_t begin = clock_now();
    OK(vcpu_until(cpu, &(struct until){.kind = UNTIL_ADDRESS, .value = 0x9000}, &err));
    usleep(200000);
    OK(vcpu_pause(cpu, &err));
    stopped();
    assert_true(snap().steps <= (clock_now() - begin) / 10000000 + 2);
}

static void flat32_steps_too(void **state)
{
    static const uint8_t code[] = {0xb8, 1, 0, 0, 0, 0x40, 0xe6, 0x80, 0x40, 0xf4};
    (void)state;
    start_as("flat32", code, sizeof code, true, IRQCHIP_NONE);
    step(3);
    assert_int_equal(rip(), 0x1008);
    step(1);
    assert_int_equal(reg(CPU_RAX), 3);
    step(1);
    assert_int_equal(snap().state, VCPU_EXITED);
}

GUEST_TESTS(T(step_is_one_instruction_over_ports_and_hlt), T(step_over_out_to_port_7e_exits), T(steps_add_up),
            T(step_of_a_repeated_string_is_one_iteration), T(the_end_of_a_guest_ends_the_steps_that_wait),
            T(next_stops_after_each_exit), T(until_port_reason_and_address), T(breakpoint_stops_each_time_around),
            T(breakpoint_on_a_jump_to_itself), T(four_breakpoints_and_until_still_works), T(watchpoint_stops_after_the_write),
            T(pause_reaches_a_spinning_guest), T(registers_and_memory_can_be_written),
            T(code_changed_while_paused_is_what_runs), T(slow_motion_moves_and_speeds_up),
            T(slow_motion_is_slow_while_looking_for_an_address), T(flat32_steps_too))
