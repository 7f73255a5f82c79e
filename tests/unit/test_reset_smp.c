/* Reset of a guest with several processors: they begin again together, for they have one memory, and one image in it. */
#include "guest.h"

enum { CPUS = 3, STARTED = 0x3000, PLACE = 0x10 };

static struct vcpu *at(unsigned i) { return machine_vcpu(machine, i); }

static void start_smp(unsigned cpus, const struct guest_config *guests)
{
    struct machine_config c = {.engine = engine->name, .irqchip = IRQCHIP_USER, .vcpus = cpus, .guests = guests};
    OK(machine_create(&machine, &c, &err));
}

/* Every processor runs this: one more has started; then the image changes for ever. */
static const uint8_t spins[] = {0xf0, 0xff, 0x06, 0x00, 0x30, 0xfe, 0x06, 0x10, 0x00, 0xeb, 0xfa, 0, 0, 0, 0, 0, 7}; /* lock inc word [0x3000]; 1: inc byte [16]; jmp 1b */
/* Likewise, and that is all. */
static const uint8_t halts[] = {0xf0, 0xff, 0x06, 0x00, 0x30, 0xf4}; /* lock inc word [0x3000]; hlt */

static void start_equal(const uint8_t *code, size_t n)
{
    struct guest_config g[CPUS];
    for (unsigned i = 0; i < CPUS; i++)
        g[i] = (struct guest_config){.image = {"test", code, n}, .boot = boot_find("real")};
    start_smp(CPUS, g);
}

static uint8_t byte(uint64_t gpa)
{
    uint8_t b = 0xee;
    assert_int_equal(machine_read(machine, gpa, &b, 1), 1);
    return b;
}

static void until_started(unsigned n)
{
    for (int i = 0; i < WAIT_MS && byte(STARTED) < n; i++)
        usleep(1000);
    assert_int_equal(byte(STARTED), n);
}

static enum vcpu_state state_of(unsigned i)
{
    struct vcpu_snapshot s;
    vcpu_snapshot(at(i), &s);
    return s.state;
}

static void all_stopped(void)
{
    for (unsigned i = 0; i < machine_vcpus(machine); i++)
        assert_true(vcpu_wait_stopped(at(i), WAIT_MS));
}

static void all_run(void)
{
    for (unsigned i = 0; i < machine_vcpus(machine); i++)
        OK(vcpu_resume(at(i), &err));
}

static void all_are_reset_with_one(void **state)
{
    (void)state;
    start_equal(spins, sizeof spins);
    for (unsigned round = 0; round < 50; round++) {
        for (unsigned i = round % 2; i < CPUS; i++) /* sometimes the first has not begun */
            OK(vcpu_resume(at(i), &err));
        until_started(CPUS - round % 2);
        OK(vcpu_reset(at(round % CPUS), &err));
        all_stopped();
        assert_int_equal(byte(STARTED), 0);
        assert_int_equal(byte(PLACE), 7);
        for (unsigned i = 0; i < CPUS; i++) {
            struct cpu_state s;
            assert_int_equal(state_of(i), VCPU_CREATED);
            OK(vcpu_get_state(at(i), &s, &err));
            assert_int_equal(s.rip, 0);
        }
    }
}

/* One that is told to run begins when the image is there, and nobody writes it again under its feet. */
static void none_runs_before_all_are_reset(void **state)
{
    (void)state;
    start_equal(halts, sizeof halts);
    for (unsigned round = 0; round < 300; round++) {
        OK(vcpu_reset(at(round % CPUS), &err));
        all_run();
        all_stopped();
        assert_int_equal(byte(STARTED), CPUS);
        for (unsigned i = 0; i < CPUS; i++)
            assert_int_equal(state_of(i), VCPU_EXITED);
    }
}

/* Resets that come faster than they are carried out, to any of them. */
static void resets_can_pile_up(void **state)
{
    (void)state;
    start_equal(spins, sizeof spins);
    for (unsigned round = 0; round < 300; round++) {
        OK(vcpu_reset(at(round % CPUS), &err));
        if (round % 3 == 0)
            all_run();
        for (uint64_t until = clock_now() + round * 7919 % 100000; clock_now() < until;)
            ;
        OK(vcpu_reset(at((round + 1) % CPUS), &err));
    }
    all_stopped();
    assert_int_equal(byte(STARTED), 0);
    all_run();
    until_started(CPUS);
}

static void a_machine_can_go_while_it_is_reset(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 50; round++) {
        start_equal(spins, sizeof spins);
        all_run();
        OK(vcpu_reset(at(round % CPUS), &err));
        for (uint64_t until = clock_now() + round * 7919 % 100000; clock_now() < until;)
            ;
        machine_destroy(machine);
        machine = NULL;
    }
}

/* In one machine, but with slices of their own: they are guests of their own. */
static void neighbours_run_on(void **state)
{
    static const uint8_t neighbour[] = {0xfe, 0x06, 0x00, 0x30, 0xeb, 0xfa}; /* 1: inc byte [0x3000]; jmp 1b */
    (void)state;
    struct guest_config g[CPUS];
    for (unsigned i = 0; i < CPUS; i++) /* two processors in the first slice, one in the second */
        g[i] = (struct guest_config){.image = {"test", i < 2 ? spins : neighbour, i < 2 ? sizeof spins : sizeof neighbour},
                                     .boot = boot_find("real"), .args = {.slot = i / 2}};
    start_smp(CPUS, g);
    all_run();
    until_started(2);
    for (int i = 0; i < WAIT_MS && state_of(2) != VCPU_RUNNING; i++) /* its thread may be the last to get a processor */
        usleep(1000);
    OK(vcpu_reset(at(1), &err));
    assert_true(vcpu_wait_stopped(at(0), WAIT_MS) && vcpu_wait_stopped(at(1), WAIT_MS));
    assert_int_equal(state_of(0), VCPU_CREATED);
    assert_int_equal(state_of(1), VCPU_CREATED);
    assert_int_equal(byte(STARTED), 0);
    assert_int_equal(state_of(2), VCPU_RUNNING);
    for (uint8_t before = byte(SLICE_SIZE + STARTED); byte(SLICE_SIZE + STARTED) == before;)
        usleep(1000);
    OK(vcpu_resume(at(1), &err));
    until_started(1);
    OK(vcpu_reset(at(2), &err));
    assert_true(vcpu_wait_stopped(at(2), WAIT_MS));
    assert_int_equal(state_of(1), VCPU_RUNNING);
    assert_int_equal(byte(STARTED), 1);
    assert_int_equal(byte(SLICE_SIZE + STARTED), 0);
}

/* Interrupts and keys of the run before are forgotten by every processor. */
static void what_was_sent_to_the_others_is_forgotten_too(void **state)
{
    (void)state;
    start_equal(spins, sizeof spins);
    for (unsigned i = 0; i < CPUS; i++) {
        OK(vcpu_irq(at(i), 0x20, &err));
        assert_int_equal(vcpu_input(at(i), "old", 3), 3);
    }
    OK(vcpu_reset(at(1), &err));
    all_stopped();
    for (unsigned i = 0; i < CPUS; i++) {
        struct vcpu_snapshot s;
        vcpu_snapshot(at(i), &s);
        assert_int_equal(s.pending, 0);
        assert_int_equal(vcpu_input_pending(at(i)), 0);
    }
}

GUEST_TESTS(T(all_are_reset_with_one), T(none_runs_before_all_are_reset), T(resets_can_pile_up), T(a_machine_can_go_while_it_is_reset),
            T(neighbours_run_on), T(what_was_sent_to_the_others_is_forgotten_too))
