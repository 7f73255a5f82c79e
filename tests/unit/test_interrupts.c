/* Interrupts from outside, and the sleep that they end. */
#include "guest.h"

static void interrupts_wake_a_halted_guest(void **state)
{
    (void)state;
    start_sleeper();
    OK(vcpu_resume(cpu, &err));
    until_state(VCPU_HALTED);
    for (uint64_t i = 1; i <= 20; i++) {
        OK(vcpu_irq(cpu, 0x20, &err));
        until_reg(CPU_RSI, i);
        until_state(VCPU_HALTED);
    }
    OK(vcpu_nmi(cpu, &err));
    until_reg(CPU_RDI, 1);
    for (int i = 0; i < 200; i++) /* a burst: none is lost */
        OK(vcpu_irq(cpu, 0x20, &err));
    until_reg(CPU_RSI, 220);
}

/* That somebody looks at a sleeping guest does not make it one that has something to do. */
static void a_sleeper_that_is_looked_at_is_stopped(void **state)
{
    struct vcpu_snapshot s;
    (void)state;
    start_sleeper();
    OK(vcpu_resume(cpu, &err));
    until_state(VCPU_HALTED);
    vcpu_snapshot(cpu, &s);
    assert_true(vcpu_wait_stopped(cpu, WAIT_MS));
    vcpu_snapshot(cpu, &s);
    assert_true(vcpu_wait_stopped(cpu, WAIT_MS));
    assert_int_equal(s.state, VCPU_HALTED);
}

/* With the chip in the kernel HLT sleeps there; a person's interrupt still comes through, and the state is shown. */
static void interrupts_reach_a_guest_asleep_in_the_kernel(void **state)
{
    const struct engine_probe *p;
    (void)state;
    OK(engine_probe(engine, &p, &err));
    start_sleeper_with(p->can & CAN_IRQCHIP ? IRQCHIP_KERNEL : IRQCHIP_USER);
    OK(vcpu_resume(cpu, &err));
    until_state(VCPU_HALTED);
    for (uint64_t i = 1; i <= 3; i++) {
        OK(vcpu_irq(cpu, 0x20, &err));
        until_reg(CPU_RSI, i);
        until_state(VCPU_HALTED);
    }
    OK(vcpu_pause(cpu, &err));
    stopped();
    assert_int_equal(rip(), 0x102);
}

/* Each comes when the IRET of the one before opens the way, though the guest makes no exit by then; nobody looks meanwhile. */
static void nmis_wait_for_each_other(void **state)
{
    static uint8_t image[0x120];
    uint8_t n = 0;
    (void)state;
    memcpy(image, (const uint8_t[]){0xe9, 0xfd, 0x00}, 3);                          /* jmp 0x100 */
    image[0x08] = 0x10, image[0x09] = 0x01;                                         /* NMI: 0x110 */
    memcpy(image + 0x100, (const uint8_t[]){0xeb, 0xfe}, 2);                        /* jmp $ */
    memcpy(image + 0x110, (const uint8_t[]){0xfe, 0x06, 0x00, 0x20, 0xcf}, 5);      /* inc byte [0x2000]; iret */
    start_as("real", image, sizeof image, false, IRQCHIP_NONE);
    for (int i = 0; i < 20; i++)
        OK(vcpu_nmi(cpu, &err));
    OK(vcpu_resume(cpu, &err));
    for (int i = 0; i < 3000 && n < 20; i++, usleep(1000))
        machine_read(machine, 0x2000, &n, 1);
    assert_int_equal(n, 20);
}

static void an_interrupt_waits_for_if(void **state)
{
    (void)state;
    start_sleeper();
    OK(vcpu_irq(cpu, 0x20, &err));
    assert_int_equal(snap().pending, 1);
    step(1); /* jmp 0x100 */
    step(1); /* sti: its shadow covers one more instruction */
    assert_int_equal(reg(CPU_RSI), 0);
    assert_int_equal(rip(), 0x101);
    step(1); /* hlt */
    assert_int_equal(rip(), 0x102);
    step(1); /* into the handler, and its first instruction */
    assert_int_equal(reg(CPU_RSI), 1);
    assert_int_equal(rip(), 0x111);
    step(1); /* iret */
    assert_int_equal(rip(), 0x102);
    assert_int_equal(snap().pending, 0);
    struct cpu_state s;
    OK(vcpu_get_state(cpu, &s, &err));
    assert_int_equal(s.rflags & FLAG_TF, 0);
    assert_int_equal(s.rflags & FLAG_IF, FLAG_IF);
}

/* The exit that we asked for to deliver it is one that can be waited for, as every reason can. */
static void until_the_interrupt_window_opens(void **state)
{
    (void)state;
    start_sleeper();
    assert_int_equal(vcpu_mem_write(cpu, 0x100, "\x90\xfb\x90\x90\xeb\xfc", 6, NULL), 6); /* nop; sti; nop; nop; jmp to the second */
    OK(vcpu_irq(cpu, 0x20, &err));
    OK(vcpu_until(cpu, &(struct until){.kind = UNTIL_REASON, .reason = EXIT_IRQ_WINDOW}, &err));
    if (!vcpu_wait_stopped(cpu, 3000))
        fail_msg("it did not stop");
    assert_string_equal(snap().why, "exit: irq-window");
    assert_int_equal(reg(CPU_RSI), 0); /* the interrupt itself comes next */
    step(1);
    assert_int_equal(reg(CPU_RSI), 1);
}

static void until_a_kick(void **state)
{
    (void)state;
    START(0xeb, 0xfe);
    OK(vcpu_until(cpu, &(struct until){.kind = UNTIL_REASON, .reason = EXIT_KICK}, &err));
    for (int i = 0; i < 3000 && !vcpu_wait_stopped(cpu, 1); i++)
        vcpu_sample(cpu);
    assert_string_equal(snap().why, "exit: kick");
}

static void a_step_waits_in_hlt_and_pause_ends_it(void **state)
{
    (void)state;
    start_sleeper();
    step(3); /* jmp, sti, hlt */
    OK(vcpu_step(cpu, 1, &err));
    until_state(VCPU_HALTED);
    OK(vcpu_pause(cpu, &err));
    stopped();
    assert_int_equal(snap().state, VCPU_PAUSED);
    assert_int_equal(rip(), 0x102);
    OK(vcpu_resume(cpu, &err));
    until_state(VCPU_HALTED);
    OK(vcpu_irq(cpu, 0x20, &err));
    until_reg(CPU_RSI, 1);
}

static void headless_hlt_that_nothing_can_wake_is_the_end(void **state)
{
    (void)state;
    START_(true, 0xfb, 0xf4, 0xeb, 0xfd);
    OK(vcpu_resume(cpu, &err));
    stopped();
    assert_int_equal(snap().state, VCPU_EXITED);
}

/* The timer ticks, but no line is open: all are masked, or one was never ended (EOI) and is above the others. Only the guest could change
 * that, and it sleeps. */
static void headless_hlt_behind_a_closed_pic_is_the_end(void **state)
{
    static uint8_t image[0x140];
    (void)state;
    memcpy(image, (const uint8_t[]){0xe9, 0xfd, 0x00}, 3); /* jmp 0x100 */
    image[0x20] = 0x30, image[0x21] = 0x01;                /* vector 8: 0x130 */
    image[0x130] = 0xcf; /* iret, and no EOI */
    const struct engine_probe *p;
    OK(engine_probe(engine, &p, &err));
    for (int i = 0; i < 4; i++) {
        bool unmasked = i & 1, deterministic = i & 2;
        if (deterministic && !(p->can & CAN_DETERMINISTIC))
            return;
        memcpy(image + 0x100, (const uint8_t[]){0xb0, unmasked ? 0xfe : 0xff, 0xe6, 0x21, 0xfb, 0xf4, 0xeb, 0xfd}, 8); /* the mask; sti; hlt; jmp to it */
        struct guest_config g = {.image = {"test", image, sizeof image}, .boot = boot_find("real")};
        struct machine_config c = {.engine = engine->name, .irqchip = IRQCHIP_USER, .headless = true, .deterministic = deterministic, .vcpus = 1, .guests = &g};
        OK(machine_create(&machine, &c, &err));
        cpu = machine_vcpu(machine, 0);
        OK(vcpu_resume(cpu, &err));
        if (!vcpu_wait_stopped(cpu, 3000))
            fail_msg("it did not stop");
        assert_int_equal(snap().state, VCPU_EXITED);
        tear_down(NULL);
    }
}

/* INTR is a wire to the first processor: the timer, which ticks on, cannot wake the second. */
static void headless_hlt_of_another_processor_is_the_end(void **state)
{
    static const uint8_t code[] = {0xf4, 0xfb, 0xf4, 0xeb, 0xfd}; /* hlt; sti; hlt; jmp to the hlt */
    struct guest_config g[2] = {{.image = {"test", code, sizeof code}, .boot = boot_find("flat32")}};
    struct machine_config c = {.engine = engine->name, .irqchip = IRQCHIP_USER, .headless = true, .vcpus = 2, .guests = g};
    struct cpu_state s;
    (void)state;
    g[1] = g[0];
    OK(machine_create(&machine, &c, &err));
    cpu = machine_vcpu(machine, 1);
    OK(vcpu_get_state(cpu, &s, &err));
    s.rip++;
    OK(vcpu_set_state(cpu, &s, &err));
    OK(vcpu_resume(machine_vcpu(machine, 0), &err));
    OK(vcpu_resume(cpu, &err));
    if (!vcpu_wait_stopped(cpu, 3000))
        fail_msg("it did not stop");
    assert_int_equal(snap().state, VCPU_EXITED);
}

/* Kicks come when the host pleases: two runs would be counted differently. */
static void kicks_are_not_counted_in_a_deterministic_run(void **state)
{
    static const uint8_t code[] = {0xeb, 0xfe};
    const struct engine_probe *p;
    struct account_view v;
    (void)state;
    OK(engine_probe(engine, &p, &err));
    if (!(p->can & CAN_DETERMINISTIC))
        return;
    struct guest_config g = {.image = {"test", code, sizeof code}, .boot = boot_find("real")};
    struct machine_config c = {.engine = engine->name, .deterministic = true, .vcpus = 1, .guests = &g};
    OK(machine_create(&machine, &c, &err));
    cpu = machine_vcpu(machine, 0);
    OK(vcpu_resume(cpu, &err));
    uint64_t seq = snap().seq;
    for (int i = 0; i < 3000 && snap().seq < seq + 5; i++, usleep(1000))
        vcpu_sample(cpu);
    assert_true(snap().seq >= seq + 5);
    OK(vcpu_pause(cpu, &err));
    stopped();
    vcpu_account(cpu, &v);
    assert_int_equal(v.total, 0);
}

GUEST_TESTS(T(interrupts_wake_a_halted_guest), T(a_sleeper_that_is_looked_at_is_stopped),
            T(interrupts_reach_a_guest_asleep_in_the_kernel), T(nmis_wait_for_each_other), T(an_interrupt_waits_for_if),
            T(until_the_interrupt_window_opens), T(until_a_kick), T(a_step_waits_in_hlt_and_pause_ends_it),
            T(headless_hlt_that_nothing_can_wake_is_the_end), T(headless_hlt_behind_a_closed_pic_is_the_end),
            T(headless_hlt_of_another_processor_is_the_end), T(kicks_are_not_counted_in_a_deterministic_run))
