/* test_stress.c: many machines, many guests at once, many hands on one vCPU. On every engine that this host has. STRESS_DIVIDE makes it
 * shorter where everything is slow (the rig, valgrind). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/machine.h"
#include "vmm/vcpu.h"

enum { WAIT_MS = 120000, CONSOLE = 64 };

/* counter and spin, as guests/counter.S and guests/spin.S assemble; spin's loop is four instructions. */
static const uint8_t counter[] = { 0xba, 0x00, 0x05, 0xb3, 0x30, 0xb0, 0x01, 0xee, 0xfe, 0xc3, 0x80, 0xfb, 0x39, 0x76, 0xf6, 0xb0, 0x03, 0xee, 0xf4 };
static const uint8_t spin[] = { 0x66, 0x69, 0xc0, 0x0d, 0x66, 0x19, 0x00, 0x66, 0x05, 0x5f, 0xf3, 0x6e, 0x3c, 0x66, 0x41, 0xeb, 0xef };
enum { SPIN_INSTRUCTIONS = 4 };

static unsigned divided(unsigned n)
{
    const char *by = getenv("STRESS_DIVIDE");
    unsigned d = by ? (unsigned)atoi(by) : 1;
    return n / (d ? d : 1) ? n / (d ? d : 1) : 1;
}

struct heard { _Atomic size_t n; char bytes[CONSOLE]; };

static void hear(void *ctx, struct vcpu *v, const void *bytes, size_t n)
{
    struct heard *h = ctx;
    size_t at = h->n;
    (void)v;
    if (at + n <= sizeof h->bytes)
        memcpy(h->bytes + at, bytes, n);
    h->n = at + n;
}

static struct machine *build(const struct engine_ops *e, const uint8_t *image, size_t size, struct heard *h)
{
    struct guest_config g = { .image = { "stress", image, size }, .boot = boot_find("real") };
    struct machine_config c = { .engine = e->name, .headless = true, .vcpus = 1, .guests = &g, .observer = { .ctx = h, .console = h ? hear : NULL } };
    struct machine *m = NULL;
    struct vm_error err = { 0 };
    if (machine_create(&m, &c, &err) < 0)
        fail_msg("%s", err.text);
    return m;
}

static unsigned open_files(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

static unsigned threads(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/task");
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

#ifdef __SANITIZE_THREAD__
enum { THREADS_OF_RUNTIME = 1 }; /* begun with the program's first */
#else
enum { THREADS_OF_RUNTIME = 0 };
#endif
static unsigned threads_at_start;

/* No thread is left behind. A joined one may stand in /proc for a moment longer. */
static void expect_no_thread_left(void)
{
    for (int i = 0; i < 1000 && threads() > threads_at_start; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    assert_int_equal(threads(), threads_at_start);
}

/* --- the tests ----------------------------------------------------------------------------------------------------- */

static void test_machines_come_and_go(void **state)
{
    const struct engine_ops *e = *state;
    unsigned files;
    machine_destroy(build(e, counter, sizeof counter, NULL)); /* what is made once per process is made */
    files = open_files();
    for (unsigned i = divided(1000); i > 0; i--) {
        struct machine *m = build(e, counter, sizeof counter, NULL);
        if (i % 3 == 0) /* some are destroyed while they run */
            assert_int_equal(vcpu_resume(machine_vcpu(m, 0), NULL), 0);
        machine_destroy(m);
    }
    assert_int_equal(open_files(), files);
    expect_no_thread_left();
}

/* What cannot be made is taken apart again, while its vCPU's thread may just begin. */
static void test_machines_that_cannot_be_made(void **state)
{
    const struct engine_ops *e = *state;
    struct guest_config g = { .image = { "stress", counter, sizeof counter }, .boot = boot_find("real") };
    struct machine_config c = { .engine = e->name, .headless = true, .vcpus = 1, .guests = &g, .disk = "/dev/null" };
    for (unsigned i = divided(2000); i > 0; i--) {
        struct machine *m = NULL;
        struct vm_error err = { 0 };
        assert_true(machine_create(&m, &c, &err) < 0);
        assert_non_null(strstr(err.text, "/dev/null"));
    }
    expect_no_thread_left();
}

static void test_sixty_four_at_once(void **state)
{
    static struct heard heard[64];
    const struct engine_ops *e = *state;
    struct machine *m[64];
    for (unsigned round = 0; round < divided(10); round++) {
        memset(heard, 0, sizeof heard);
        for (int i = 0; i < 64; i++)
            m[i] = build(e, counter, sizeof counter, &heard[i]);
        for (int i = 0; i < 64; i++)
            assert_int_equal(vcpu_resume(machine_vcpu(m[i], 0), NULL), 0);
        for (int i = 0; i < 64; i++)
            assert_true(vcpu_wait_stopped(machine_vcpu(m[i], 0), WAIT_MS));
        for (int i = 0; i < 64; i++) {
            struct vcpu_snapshot s;
            vcpu_snapshot(machine_vcpu(m[i], 0), &s);
            assert_int_equal(s.state, VCPU_EXITED);
            assert_int_equal(s.status, 0);
            machine_destroy(m[i]);
            assert_int_equal(heard[i].n, 11);
            assert_memory_equal(heard[i].bytes, "0123456789\n", 11);
        }
    }
}

struct hand { struct vcpu *v; unsigned seed, times; };

static void *use(void *arg)
{
    struct hand *h = arg;
    struct vcpu *v = h->v;
    for (unsigned i = 0; i < h->times; i++) {
        struct vcpu_snapshot s;
        struct cpu_state c;
        struct account_view a;
        uint8_t bytes[16];
        switch (rand_r(&h->seed) % 8) {
        case 0: vcpu_resume(v, NULL); break;
        case 1: vcpu_pause(v, NULL); break;
        case 2: vcpu_step(v, 1 + (unsigned)rand_r(&h->seed) % 3, NULL); break;
        case 3: vcpu_snapshot(v, &s); break;
        case 4: vcpu_sample(v); break;
        case 5: vcpu_get_state(v, &c, NULL); break;
        case 6: vcpu_account(v, &a); break;
        case 7: vcpu_mem_read(v, 0, bytes, sizeof bytes, NULL); break;
        }
    }
    return NULL;
}

static uint64_t get(struct vcpu *v, const char *reg)
{
    struct cpu_state c;
    struct vm_error err = { 0 };
    if (vcpu_get_state(v, &c, &err) < 0)
        fail_msg("%s", err.text);
    return cpu_reg_get(&c, cpu_reg_find(reg));
}

/* Four threads pull one vCPU this way and that; afterwards it still steps exactly. */
static void test_many_hands(void **state)
{
    enum { HANDS = 4 };
    struct machine *m = build(*state, spin, sizeof spin, NULL);
    struct vcpu *v = machine_vcpu(m, 0);
    struct hand hand[HANDS];
    pthread_t t[HANDS];
    for (unsigned i = 0; i < HANDS; i++) {
        hand[i] = (struct hand){ .v = v, .seed = i + 1, .times = divided(10000) / HANDS };
        assert_int_equal(pthread_create(&t[i], NULL, use, &hand[i]), 0);
    }
    for (unsigned i = 0; i < HANDS; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(vcpu_pause(v, NULL), 0);
    assert_true(vcpu_wait_idle(v, WAIT_MS));
    assert_true(vcpu_wait_stopped(v, WAIT_MS));

    uint64_t rip = get(v, "rip"), rounds = get(v, "ecx");
    assert_int_equal(vcpu_step(v, 25 * SPIN_INSTRUCTIONS, NULL), 0);
    assert_true(vcpu_wait_idle(v, WAIT_MS));
    assert_true(vcpu_wait_stopped(v, WAIT_MS));
    assert_int_equal(get(v, "rip"), rip);
    assert_int_equal((uint32_t)get(v, "ecx"), (uint32_t)rounds + 25);
    machine_destroy(m);
}

int main(void)
{
    static struct CMUnitTest tests[16];
    static char names[16][64];
    size_t n = 0;
    static const struct { const char *name; CMUnitTestFunction fn; } each[] = {
        { "machines come and go", test_machines_come_and_go },
        { "machines that cannot be made", test_machines_that_cannot_be_made },
        { "sixty-four guests at once", test_sixty_four_at_once },
        { "many hands on one vCPU", test_many_hands },
    };
    const struct engine_ops *e;
    const struct engine_probe *p;
    threads_at_start = threads() + THREADS_OF_RUNTIME;
    for (size_t i = 0; (e = engine_at(i)); i++)
        for (size_t k = 0; engine_probe(e, &p, NULL) == 0 && k < sizeof each / sizeof *each; k++) {
            snprintf(names[n], sizeof names[n], "%s on %s", each[k].name, e->name);
            tests[n] = (struct CMUnitTest){ .name = names[n], .test_func = each[k].fn, .initial_state = (void *)(uintptr_t)e };
            n++;
        }
    return _cmocka_run_group_tests("stress", tests, n, NULL, NULL);
}
