/* guest.h: a machine of one guest of a few bytes, on each engine that this host has in turn; for the tests of what a guest does and
 * of what is done to it. */
#ifndef TESTS_UNIT_GUEST_H
#define TESTS_UNIT_GUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/clock.h"
#include "vmm/machine.h"
#include "vmm/vcpu.h"

enum { WAIT_MS = 30000 };

static const struct engine_ops *engine;
static struct machine *machine;
static struct vcpu *cpu;
static _Atomic size_t printed;
static char text[4096];

static inline void hear(void *ctx, struct vcpu *v, const void *bytes, size_t n)
{
    size_t at = printed;
    (void)ctx, (void)v;
    if (at < sizeof text - 1)
        memcpy(text + at, bytes, n < sizeof text - 1 - at ? n : sizeof text - 1 - at);
    printed = at + n;
}

static inline void start_as(const char *boot, const void *code, size_t n, bool headless, enum irqchip chip)
{
    struct guest_config g = {.image = {"test", code, n}, .boot = boot_find(boot)};
    struct machine_config c = {.engine = engine->name, .irqchip = chip, .headless = headless, .vcpus = 1, .guests = &g, .observer = {.console = hear}};
    struct vm_error err = {0};
    printed = 0;
    memset(text, 0, sizeof text);
    if (machine_create(&machine, &c, &err) < 0)
        fail_msg("%s", err.text);
    cpu = machine_vcpu(machine, 0);
}
#define START(...) START_(false, __VA_ARGS__)
#define START_(headless, ...) do { static const uint8_t code_[] = {__VA_ARGS__}; start_as("real", code_, sizeof code_, headless, IRQCHIP_AUTO); } while (0)

static inline int tear_down(void **state)
{
    (void)state;
    machine_destroy(machine);
    machine = NULL;
    return 0;
}

#define OK(call) do { struct vm_error err = {0}; if ((call) < 0) fail_msg("%s: %s", #call, err.text); } while (0)

static inline void stopped(void)
{
    if (!vcpu_wait_stopped(cpu, WAIT_MS))
        fail_msg("it did not stop");
}

static inline void step(uint64_t n)
{
    OK(vcpu_step(cpu, n, &err));
    stopped();
}

static inline struct vcpu_snapshot snap(void)
{
    struct vcpu_snapshot s;
    vcpu_snapshot(cpu, &s);
    return s;
}

static inline uint64_t rip(void)
{
    struct cpu_state s;
    OK(vcpu_get_state(cpu, &s, &err));
    return s.rip;
}

static inline uint64_t reg(enum cpu_gpr r)
{
    struct cpu_state s;
    OK(vcpu_get_state(cpu, &s, &err));
    return s.gpr[r];
}

static inline void until_state(enum vcpu_state want)
{
    for (int i = 0; i < WAIT_MS && snap().state != want; i++)
        usleep(1000);
    assert_string_equal(vcpu_state_name(snap().state), vcpu_state_name(want));
}

static inline void until_printed(size_t n)
{
    for (int i = 0; i < WAIT_MS && printed < n; i++)
        usleep(1000);
    assert_true(printed >= n);
}

static inline uint64_t exits(enum exit_reason r)
{
    struct account_view a;
    vcpu_account(cpu, &a);
    return a.reason[r];
}

static inline void until_reg(enum cpu_gpr r, uint64_t want)
{
    for (int i = 0; i < WAIT_MS; i++) {
        struct vcpu_snapshot s = snap();
        if (s.cpu.gpr[r] == want)
            return;
        vcpu_sample(cpu);
        usleep(1000);
    }
    fail_msg("the register did not become %llu", (unsigned long long)want);
}

/* 0: jmp 0x40... the vector table of slot 0 is at 0: handler 0x20 is set up by the test. 0x100: sti; hlt; jmp back. Handler at
 * 0x110: inc si; iret. NMI at 0x114: inc di; iret. */
static inline void start_sleeper_with(enum irqchip chip)
{
    static uint8_t image[0x120];
    memset(image, 0, sizeof image);
    static const uint8_t entry[] = {0xe9, 0xfd, 0x00}, sleep[] = {0xfb, 0xf4, 0xeb, 0xfd}, tick[] = {0x46, 0xcf}, nmi[] = {0x47, 0xcf};
    memcpy(image, entry, sizeof entry);
    memcpy(image + 0x100, sleep, sizeof sleep);
    memcpy(image + 0x110, tick, sizeof tick);
    memcpy(image + 0x114, nmi, sizeof nmi);
    image[0x80] = 0x10, image[0x81] = 0x01;
    image[0x08] = 0x14, image[0x09] = 0x01;
    start_as("real", image, sizeof image, false, chip);
}
static inline void start_sleeper(void) { start_sleeper_with(IRQCHIP_NONE); }

#define T(f) cmocka_unit_test_teardown(f, tear_down)

#define GUEST_TESTS(...)                                                                     \
    int main(void)                                                                           \
    {                                                                                        \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                     \
        int failed = 0;                                                                      \
        for (size_t i = 0; (engine = engine_at(i)) != NULL; i++)                             \
            if (engine_probe(engine, NULL, NULL) == 0) /* one of them is always there */     \
                failed += cmocka_run_group_tests_name(engine->name, tests, NULL, NULL);      \
        return failed;                                                                       \
    }

#endif
