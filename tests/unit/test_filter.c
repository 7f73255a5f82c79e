/* The sandbox's BPF program, run by hand: it allows what is on the list, nothing else, and says so in a few instructions. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tui/filter.h"

enum { DENIED = SECCOMP_RET_ERRNO | EPERM };

/* What the program answers, and in *steps after how many instructions. */
static uint32_t run(const struct filter *f, const struct seccomp_data *d, unsigned *steps)
{
    uint32_t a = 0;
    *steps = 1;
    for (unsigned pc = 0; pc < f->insns; pc++, ++*steps) {
        const struct sock_filter *i = &f->insn[pc];
        switch (i->code) {
        case BPF_LD | BPF_W | BPF_ABS: assert_true(i->k + 4 <= sizeof *d); memcpy(&a, (const char *)d + i->k, 4); break;
        case BPF_ALU | BPF_AND | BPF_K: a &= i->k; break;
        case BPF_JMP | BPF_JA: pc += i->k; break;
        case BPF_JMP | BPF_JEQ | BPF_K: pc += a == i->k ? i->jt : i->jf; break;
        case BPF_JMP | BPF_JGE | BPF_K: pc += a >= i->k ? i->jt : i->jf; break;
        case BPF_RET | BPF_K: return i->k;
        default: fail_msg("instruction %u has an unknown code 0x%x", pc, i->code);
        }
    }
    fail_msg("the program has no end");
    return 0;
}

static uint32_t ask(const struct filter *f, int nr, uint64_t a0, uint64_t a1)
{
    unsigned steps;
    return run(f, &(struct seccomp_data){.nr = nr, .arch = AUDIT_ARCH_X86_64, .args = {a0, a1}}, &steps);
}

static void allows_the_list_and_nothing_else(void **state)
{
    static struct filter f;
    enum { MOST = 200 };
    (void)state;
    for (unsigned n = 1; n <= MOST; n++) {
        short list[MOST];
        bool on[1024] = {false};
        for (unsigned i = 0; i < n; i++) {
            list[i] = (short)((i * 611 + n) % 700); /* in no order */
            on[list[i]] = true;
        }
        filter_begin(&f);
        filter_allow(&f, list, n);
        filter_end(&f);
        for (int nr = 0; nr < 1024; nr++) {
            unsigned steps;
            uint32_t got = run(&f, &(struct seccomp_data){.nr = nr, .arch = AUDIT_ARCH_X86_64}, &steps);
            assert_int_equal(got, on[nr] ? SECCOMP_RET_ALLOW : DENIED);
            assert_true(steps < 24);
        }
        assert_int_equal(ask(&f, -1, 0, 0), DENIED);
        assert_int_equal(ask(&f, list[0] | 0x40000000, 0, 0), DENIED); /* x32 */
    }
}

static void conditions_must_all_hold(void **state)
{
    static const struct filter_if both[] = {{0, 0xffffffff, 0}, {1, 0xff00, 0xae00}};
    static const short list[] = {3, 300};
    static struct filter f;
    (void)state;
    filter_begin(&f);
    filter_allow_if(&f, 16, both, 2);
    filter_allow(&f, list, 2);
    filter_end(&f);
    assert_int_equal(ask(&f, 16, 0, 0xae80), SECCOMP_RET_ALLOW);
    assert_int_equal(ask(&f, 16, 1, 0xae80), DENIED);
    assert_int_equal(ask(&f, 16, 0, 0x5412), DENIED);
    assert_int_equal(ask(&f, 3, 1, 0), SECCOMP_RET_ALLOW);
    assert_int_equal(ask(&f, 300, 1, 0), SECCOMP_RET_ALLOW);
    assert_int_equal(ask(&f, 15, 0, 0xae80), DENIED);
}

static void a_call_is_refused_with_the_error_it_expects(void **state)
{
    static const short list[] = {3, 300};
    static struct filter f;
    (void)state;
    filter_begin(&f);
    filter_refuse(&f, 435, ENOSYS);
    filter_allow(&f, list, 2);
    filter_end(&f);
    assert_int_equal(ask(&f, 435, 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
    assert_int_equal(ask(&f, 3, 0, 0), SECCOMP_RET_ALLOW);
    assert_int_equal(ask(&f, 300, 0, 0), SECCOMP_RET_ALLOW);
    assert_int_equal(ask(&f, 436, 0, 0), DENIED);
}

static void calls_of_another_architecture_end_it(void **state)
{
    static const short list[] = {3};
    static struct filter f;
    unsigned steps;
    (void)state;
    filter_begin(&f);
    filter_allow(&f, list, 1);
    filter_end(&f);
    assert_int_equal(run(&f, &(struct seccomp_data){.nr = 3, .arch = AUDIT_ARCH_I386}, &steps), SECCOMP_RET_KILL_PROCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allows_the_list_and_nothing_else), cmocka_unit_test(conditions_must_all_hold),
        cmocka_unit_test(a_call_is_refused_with_the_error_it_expects), cmocka_unit_test(calls_of_another_architecture_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
