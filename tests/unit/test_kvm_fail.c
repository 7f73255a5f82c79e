/* Every ioctl of the KVM engine fails once: the error says so, and nothing is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "vmm/engine/kvm.h"
#include "vmm/machine.h"
#include "vmm/vcpu.h"

enum { WAIT_MS = 30000 };

static atomic_int calls, fail_at;
static _Atomic unsigned long failed_request;

static int nth(unsigned long request)
{
    if (atomic_fetch_add(&calls, 1) + 1 != atomic_load(&fail_at))
        return 0;
    failed_request = request;
    return EIO;
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

static int create(struct machine **m, struct vm_error *err)
{
    static const uint8_t code[] = {0xb0, 1, 0xe6, 0x80, 0xf4};
    struct guest_config g = {.image = {"test", code, sizeof code}, .boot = boot_find("real")};
    struct machine_config c = {.engine = "kvm", .vcpus = 1, .guests = &g};
    return machine_create(m, &c, err);
}

/* A run with the n-th call failing. False when there were fewer calls: it all went well. */
static bool run_with_failure(int n)
{
    struct machine *m = NULL;
    struct vm_error err = {0};
    calls = 0;
    fail_at = n;
    failed_request = 0;
    int r = create(&m, &err);
    if (r < 0) {
        assert_non_null(strstr(err.text, failed_request == KVM_GET_API_VERSION || failed_request == KVM_CHECK_EXTENSION ? "kvm" : "KVM"));
        return true;
    }
    struct vcpu *v = machine_vcpu(m, 0);
    vcpu_step(v, 1, NULL);
    assert_true(vcpu_wait_stopped(v, WAIT_MS));
    vcpu_resume(v, NULL);
    assert_true(vcpu_wait_stopped(v, WAIT_MS));
    struct vcpu_snapshot s;
    char text[2048];
    vcpu_snapshot(v, &s);
    assert_true(s.state == VCPU_EXITED || s.state == VCPU_FAILED);
    if (s.state == VCPU_FAILED)
        assert_true(vcpu_postmortem(v, text, sizeof text) > 0);
    machine_destroy(m);
    return failed_request != 0;
}

static void every_call_may_fail(void **state)
{
    (void)state;
    if (engine_kvm.ready(NULL) < 0)
        skip();
    engine_probe(&engine_kvm, NULL, NULL);
    struct machine *m = NULL;
    assert_int_equal(create(&m, NULL), 0);
    machine_destroy(m);
    kvm_host_forget(); /* so that opening /dev/kvm, and what is asked of it, fails too */
    unsigned files = open_files();
    int n = 1;
    kvm_fail_hook = nth;
    while (run_with_failure(n)) {
        kvm_host_forget();
        assert_int_equal(open_files(), files);
        n++;
    }
    kvm_fail_hook = NULL;
    assert_true(n > 15);
}

static int no_debug(unsigned long request) { return request == KVM_SET_GUEST_DEBUG ? EIO : 0; }

/* Without the trap that ends it, nothing of a step may be executed. */
static void a_step_that_cannot_be_set_up_executes_nothing(void **state)
{
    struct machine *m = NULL;
    struct account_view a;
    struct vcpu_snapshot s;
    (void)state;
    if (engine_kvm.ready(NULL) < 0)
        skip();
    engine_probe(&engine_kvm, NULL, NULL);
    assert_int_equal(create(&m, NULL), 0);
    kvm_fail_hook = no_debug;
    vcpu_step(machine_vcpu(m, 0), 1, NULL);
    assert_true(vcpu_wait_stopped(machine_vcpu(m, 0), WAIT_MS));
    kvm_fail_hook = NULL;
    vcpu_snapshot(machine_vcpu(m, 0), &s);
    vcpu_account(machine_vcpu(m, 0), &a);
    assert_int_equal(s.state, VCPU_FAILED);
    assert_int_equal(s.cpu.rip, 0);
    assert_int_equal(a.total, 0);
    machine_destroy(m);
}

static atomic_int runs;

static int second_run(unsigned long request) { return request == KVM_RUN && atomic_fetch_add(&runs, 1) == 1 ? EIO : 0; }

/* An interrupt waits, so the OUT is completed before the guest is entered again; when that fails, it is not entered. */
static void a_guest_that_failed_before_an_injection_is_not_entered(void **state)
{
    struct machine *m = NULL;
    struct account_view a;
    struct vcpu_snapshot s;
    (void)state;
    if (engine_kvm.ready(NULL) < 0)
        skip();
    assert_int_equal(create(&m, NULL), 0);
    struct vcpu *v = machine_vcpu(m, 0);
    vcpu_irq(v, 0x20, NULL);
    runs = 0;
    kvm_fail_hook = second_run;
    vcpu_resume(v, NULL);
    assert_true(vcpu_wait_stopped(v, WAIT_MS));
    kvm_fail_hook = NULL;
    vcpu_snapshot(v, &s);
    vcpu_account(v, &a);
    assert_int_equal(s.state, VCPU_FAILED);
    assert_int_equal(a.reason[EXIT_IO_OUT], 1);
    assert_int_equal(a.reason[EXIT_HLT], 0);
    machine_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_call_may_fail), cmocka_unit_test(a_step_that_cannot_be_set_up_executes_nothing),
                                       cmocka_unit_test(a_guest_that_failed_before_an_injection_is_not_entered)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
