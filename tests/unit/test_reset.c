/* Reset: the guest begins again, nothing of the run before is left, and what was sent to either run reaches that one. */
#include "guest.h"

static void run_follows_reset(void **state)
{
    (void)state;
    START(0xf4); /* hlt */
    OK(vcpu_resume(cpu, &err));
    for (unsigned i = 0; i < 3000; i++) {
        stopped();
        OK(vcpu_reset(cpu, &err));
        for (uint64_t until = clock_now() + i * 7919 % 200000; clock_now() < until;)
            ;
        OK(vcpu_resume(cpu, &err));
    }
    stopped();
    assert_int_equal(exits(EXIT_HLT), 1);
}

static void reset_begins_again(void **state)
{
    uint8_t b = 0;
    (void)state;
    START(0xc6, 0x06, 0x00, 0x30, 7, 0xfe, 0x06, 9, 0, 0xb0, 1, 0xf4); /* mov byte [0x3000], 7; inc byte [9]; mov al, 1; hlt */
    OK(vcpu_resume(cpu, &err));
    stopped();
    vcpu_mem_read(cpu, 0x3000, &b, 1, NULL);
    assert_int_equal(b, 7);
    OK(vcpu_reset(cpu, &err));
    stopped();
    assert_int_equal(snap().state, VCPU_CREATED);
    assert_int_equal(rip(), 0);
    vcpu_mem_read(cpu, 0x3000, &b, 1, NULL);
    assert_int_equal(b, 0);
    assert_int_equal(exits(EXIT_HLT), 0);
    OK(vcpu_resume(cpu, &err));
    stopped();
    assert_int_equal(snap().state, VCPU_EXITED);
}

/* State that no register view shows: what was in it at first is noted in EBX, then it is changed. */
static void reset_leaves_nothing_behind(const char *boot, uint32_t need, const uint8_t *code, size_t n)
{
    const struct engine_probe *p;
    OK(engine_probe(engine, &p, &err));
    if ((p->can & need) != need || strcmp(engine->name, "kvm") != 0) /* the software CPU has no such registers */
        return;
    start_as(boot, code, n, true, IRQCHIP_NONE);
    OK(vcpu_resume(cpu, &err));
    stopped();
    assert_int_equal(snap().state, VCPU_EXITED);
    uint64_t first = reg(CPU_RBX);
    OK(vcpu_reset(cpu, &err));
    OK(vcpu_resume(cpu, &err));
    stopped();
    assert_int_equal(snap().state, VCPU_EXITED);
    assert_int_equal(reg(CPU_RBX), first);
}

static void reset_clears_msrs(void **state)
{
    static const uint8_t code[] = {0xb9, 0x74, 0x01, 0, 0, 0x0f, 0x32, 0x89, 0xc3,               /* mov ecx, 0x174 (SYSENTER_CS); rdmsr; mov ebx, eax */
                                   0xb8, 0x10, 0, 0, 0, 0x31, 0xd2, 0x0f, 0x30, 0xf4};           /* mov eax, 0x10; xor edx, edx; wrmsr; hlt */
    (void)state;
    reset_leaves_nothing_behind("flat32", CAN_PROT32, code, sizeof code);
}

static void reset_clears_sse_registers(void **state)
{
    static const uint8_t code[] = {0x0f, 0x20, 0xe0, 0x0d, 0, 2, 0, 0, 0x0f, 0x22, 0xe0,         /* CR4.OSFXSR */
                                   0x0f, 0x11, 0x05, 0, 0x30, 0, 0, 0x8b, 0x1d, 0, 0x30, 0, 0,   /* movups [0x3000], xmm0; mov ebx, [0x3000] */
                                   0x0f, 0x10, 0x05, 0, 0x10, 0, 0, 0xf4};                       /* movups xmm0, [0x1000]; hlt */
    (void)state;
    reset_leaves_nothing_behind("flat32", CAN_PROT32, code, sizeof code);
}

static void reset_clears_the_task_priority(void **state)
{
    static const uint8_t code[] = {0x44, 0x0f, 0x20, 0xc3, 0xb8, 5, 0, 0, 0, 0x44, 0x0f, 0x22, 0xc0, 0xf4}; /* mov rbx, cr8; mov eax, 5; mov cr8, rax; hlt */
    (void)state;
    reset_leaves_nothing_behind("long", CAN_LONG, code, sizeof code);
}

/* What a run of a deterministic guest can notice, and we: its clocks above all. */
struct seen { uint64_t count, now_ns, guest_ns; uint8_t memory[8]; };

static struct seen run_and_see(void)
{
    struct seen s;
    struct account_view a;
    OK(vcpu_resume(cpu, &err));
    stopped();
    assert_int_equal(snap().state, VCPU_EXITED);
    vcpu_account(cpu, &a);
    s = (struct seen){.count = snap().count, .now_ns = snap().now_ns, .guest_ns = a.guest_ns};
    assert_int_equal(vcpu_mem_read(cpu, 0x2000, s.memory, sizeof s.memory, NULL), sizeof s.memory);
    return s;
}

/* Note the time stamp counter and the year, set the year, wait for the timer's first tick. */
static void a_deterministic_guest_is_reset_in_time_too(void **state)
{
    static uint8_t image[0x140];
    static const uint8_t code[] = {0xb0, 0xfe, 0xe6, 0x21,                /* mov al, 0xfe; out 0x21, al: IRQ0 */
                                   0x0f, 0x31, 0x66, 0xa3, 0x00, 0x20,    /* rdtsc; mov [0x2000], eax */
                                   0xb0, 0x09, 0xe6, 0x70, 0xe4, 0x71, 0xa2, 0x04, 0x20, /* the clock's year; mov [0x2004], al */
                                   0xb0, 0x30, 0xe6, 0x71,                /* becomes 30 */
                                   0xfb, 0xf4, 0xfa, 0xf4};               /* sti; hlt; cli; hlt */
    const struct engine_probe *p;
    (void)state;
    OK(engine_probe(engine, &p, &err));
    if (!(p->can & CAN_DETERMINISTIC))
        return;
    memcpy(image, (const uint8_t[]){0xe9, 0xfd, 0x00}, 3); /* jmp 0x100 */
    image[0x20] = 0x30, image[0x21] = 0x01;                /* vector 8: 0x130 */
    memcpy(image + 0x100, code, sizeof code);
    image[0x130] = 0xcf; /* iret */
    struct guest_config g = {.image = {"test", image, sizeof image}, .boot = boot_find("real")};
    struct machine_config c = {.engine = engine->name, .irqchip = IRQCHIP_USER, .deterministic = true, .vcpus = 1, .guests = &g};
    OK(machine_create(&machine, &c, &err));
    cpu = machine_vcpu(machine, 0);
    struct seen first = run_and_see();
    OK(vcpu_reset(cpu, &err));
    struct seen again = run_and_see();
    assert_int_equal(again.count, first.count);
    assert_int_equal(again.now_ns, first.now_ns);
    assert_int_equal(again.guest_ns, first.guest_ns);
    assert_memory_equal(again.memory, first.memory, sizeof first.memory);
}

/* What was posted before a reset is forgotten, what was posted after it is delivered after it: whether the reset has not begun
 * yet, is under way or over. */
static void interrupts_keep_their_order_with_a_reset(void **state)
{
    (void)state;
    start_sleeper();
    for (unsigned i = 0; i < 300; i++) {
        OK(vcpu_resume(cpu, &err));
        OK(vcpu_irq(cpu, 0x20, &err));
        OK(vcpu_nmi(cpu, &err));
        OK(vcpu_reset(cpu, &err));
        for (uint64_t until = clock_now() + i * 7919 % 100000; clock_now() < until;)
            ;
        OK(vcpu_irq(cpu, 0x20, &err));
        OK(vcpu_nmi(cpu, &err));
        OK(vcpu_resume(cpu, &err));
        assert_true(vcpu_wait_idle(cpu, WAIT_MS)); /* what is seen from here on is of the new run */
        until_reg(CPU_RSI, 1);
        until_reg(CPU_RDI, 1);
        until_state(VCPU_HALTED);
        assert_int_equal(snap().cpu.gpr[CPU_RSI], 1);
        assert_int_equal(snap().cpu.gpr[CPU_RDI], 1);
        assert_int_equal(snap().pending, 0);
    }
}

/* As with interrupts: what was typed before the reset is forgotten, what was typed after it is for the new run. */
static void input_keeps_its_order_with_a_reset(void **state)
{
    (void)state;
    START(0x90, 0xba, 0x00, 0x05, 0xb0, 5, 0xee, 0x89, 0xc3, 0xf4); /* nop; WAITCHAR; mov bx, ax; hlt */
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(vcpu_input(cpu, "old", 3), 3);
        OK(vcpu_reset(cpu, &err));
        OK(vcpu_resume(cpu, &err)); /* it waits, or is about to */
        OK(vcpu_reset(cpu, &err));
        for (uint64_t until = clock_now() + i * 7919 % 100000; clock_now() < until;)
            ;
        assert_int_equal(vcpu_input(cpu, "Q", 1), 1);
        OK(vcpu_resume(cpu, &err));
        stopped();
        assert_int_equal(reg(CPU_RBX), 'Q');
    }
}

/* The same through the keyboard controller, whose interrupt is what tells the new run of the key. */
static void keys_keep_their_order_with_a_reset(void **state)
{
    static uint8_t image[0x140];
    (void)state;
    memcpy(image, (const uint8_t[]){0xe9, 0xfd, 0x00}, 3); /* jmp 0x100 */
    image[0x24] = 0x30, image[0x25] = 0x01;                /* vector 9: 0x130 */
    memcpy(image + 0x100, (const uint8_t[]){0xb0, 0xfd, 0xe6, 0x21, 0xfb, 0xf4, 0xeb, 0xfd}, 8);             /* IRQ1; sti; hlt */
    memcpy(image + 0x130, (const uint8_t[]){0xe4, 0x60, 0x89, 0xc3, 0xfa, 0xf4}, 6);                         /* in al, 0x60; mov bx, ax; cli; hlt */
    start_as("real", image, sizeof image, false, IRQCHIP_USER);
    for (unsigned i = 0; i < 300; i++) {
        OK(vcpu_resume(cpu, &err));
        assert_int_equal(vcpu_input(cpu, "x", 1), 1);
        OK(vcpu_reset(cpu, &err));
        for (uint64_t until = clock_now() + i * 7919 % 100000; clock_now() < until;)
            ;
        assert_int_equal(vcpu_input(cpu, "a", 1), 1);
        OK(vcpu_resume(cpu, &err));
        stopped();
        assert_int_equal(snap().state, VCPU_EXITED);
        assert_int_equal(reg(CPU_RBX) & 0xff, 0x1e);
        OK(vcpu_reset(cpu, &err));
    }
}

GUEST_TESTS(T(run_follows_reset), T(reset_begins_again), T(reset_clears_msrs), T(reset_clears_sse_registers),
            T(reset_clears_the_task_priority), T(a_deterministic_guest_is_reset_in_time_too),
            T(interrupts_keep_their_order_with_a_reset), T(input_keeps_its_order_with_a_reset),
            T(keys_keep_their_order_with_a_reset))
