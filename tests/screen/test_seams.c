/* test_seams.c: what the program stands on gives way while the screen is up: no memory, a KVM that fails. The terminal is brought back,
 * a sentence is there, and no signal ends it. (tests/faults/ *.c are the libraries put under it.) */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "seam.h"

/* What fails at the moment, for whoever reads a failure. */
static char about[100];
#define MUST(v, condition) do { if (!(condition)) { vt_show(v); fail_msg("%s: %s", about, #condition); } } while (0)

/* Whatever became of what was typed: let it go on while it paints, then ask it to quit until it does. */
static int end_somehow(struct vt *v)
{
    for (int i = 0; i < 2000 && !v->gone; i++) {
        while (vt_pump(v, 100))
            ;
        if (!vt_gone(v) && v->alternate) /* before, Ctrl-C would still be a signal */
            vt_send(v, "\003quit\r");
    }
    MUST(v, v->gone);
    vt_wait_exit(v);
    MUST(v, vt_restored(v));
    MUST(v, WIFEXITED(v->status));
    assert_int_equal(vt_left(v), 0);
    MUST(v, WEXITSTATUS(v->status) <= 1);
    return WEXITSTATUS(v->status);
}

static bool blank(struct vt *v) { return !vt_text(v, 0, 0, v->cols, v->rows)[strspn(vt_text(v, 0, 0, v->cols, v->rows), " \n")]; }

/* --- memory ------------------------------------------------------------------------------------------------------------- */

static const char typed[] = "s\t\003help step\r\033OR\033ORview mem\rstep 3\rundo\r\022ste\003irq 0x20\rfocus 1\r\033[200~echo a paste\033[201~\rhistory\r\020\020\005x\003"
                            "layout rows\rload counter\rrun\rtheme light\rzoom\rquit\r";

static struct vt *with_memory(long n, bool on, const char *count, const char *const *args)
{
    char number[32], file[300];
    const char *env[5] = { seam("fail_alloc"), number };
    snprintf(number, sizeof number, "FAULT_N=%ld", n);
    snprintf(file, sizeof file, "FAULT_COUNT=%s", count ? count : "");
    if (count)
        env[2] = file;
    else if (on)
        env[2] = "FAULT_ON=1";
    struct vt *v = lab_env(100, 30, env, args);
    while (!v->alternate && !vt_gone(v))
        vt_pump(v, 20);
    vt_send(v, typed);
    return v;
}

static void out_of_memory(const char *const *args)
{
    char count[200];
    long allocations = 0;
    snprintf(count, sizeof count, "%s/count", scratch());
    struct vt *v = with_memory(0, false, count, args);
    assert_int_equal(end_somehow(v), 0);
    vt_free(v);
    FILE *f = fopen(count, "r");
    assert_true(f && fscanf(f, "%ld", &allocations) == 1);
    fclose(f);
    assert_true(allocations > 300);
    /* A prime step meets other allocations than the round one of a loop; more at the start, where each happens once. */
    for (long n = 1; n <= allocations; n += n < 100 ? 5 : allocations / 40 + 1)
        for (int on = 0; on <= 1; on++) {
            v = with_memory(n, on, NULL, args);
            snprintf(about, sizeof about, "allocation %ld%s", n, on ? " and all later ones" : "");
            if (end_somehow(v) == 1)
                MUST(v, !blank(v));
            vt_free(v);
        }
}

static void no_memory_while_guests_are_on_the_screen(void **state)
{
    (void)state;
    if (!seams_fit()) {
        fprintf(stderr, "test_seams: left out: allocations that fail: a sanitizer has an allocator of its own\n");
        skip();
    }
    out_of_memory(ARGS("--test-clock", "--engine", "soft", "hello", "echo"));
}

static void no_memory_while_a_lab_is_on_the_screen(void **state)
{
    (void)state;
    if (!seams_fit()) {
        fprintf(stderr, "test_seams: left out: allocations that fail: a sanitizer has an allocator of its own\n");
        skip();
    }
    out_of_memory(ARGS("lab", "03", "--engine=soft"));
}

/* --- KVM ------------------------------------------------------------------------------------------------------------------ */

#define ROW(r) { r, #r }
/* Not KVM_RUN, which does not go through the C library: tests/unit/test_kvm_fail.c fails it. */
static const struct { unsigned long request; const char *name; } requests[] = {
    ROW(KVM_GET_VCPU_EVENTS), ROW(KVM_SET_VCPU_EVENTS), ROW(KVM_GET_SREGS), ROW(KVM_SET_SREGS), ROW(KVM_SET_MP_STATE),
    ROW(KVM_SET_GUEST_DEBUG), ROW(KVM_SET_REGS), ROW(KVM_SET_IRQCHIP), ROW(KVM_SET_DEBUGREGS), ROW(KVM_INTERRUPT), ROW(KVM_GET_DEBUGREGS),
    ROW(KVM_SET_USER_MEMORY_REGION), ROW(KVM_SET_TSS_ADDR), ROW(KVM_SET_PIT2), ROW(KVM_SET_LAPIC), ROW(KVM_SET_IDENTITY_MAP_ADDR), ROW(KVM_SET_CPUID2),
    ROW(KVM_NMI), ROW(KVM_IRQ_LINE), ROW(KVM_GET_VCPU_MMAP_SIZE), ROW(KVM_GET_SUPPORTED_CPUID), ROW(KVM_GET_MP_STATE), ROW(KVM_GET_LAPIC),
    ROW(KVM_GET_IRQCHIP), ROW(KVM_CREATE_VM), ROW(KVM_CREATE_VCPU), ROW(KVM_CREATE_PIT2), ROW(KVM_CREATE_IRQCHIP), ROW(KVM_CHECK_EXTENSION),
    ROW(KVM_TRANSLATE), ROW(KVM_GET_STATS_FD), ROW(KVM_GET_PIT2), ROW(KVM_GET_API_VERSION), ROW(KVM_ENABLE_CAP), ROW(KVM_SET_MSRS), ROW(KVM_SET_XSAVE),
    ROW(KVM_SET_XCRS),
};
enum { REQUESTS = sizeof requests / sizeof *requests };

static const struct { const char *args[8]; } scenes[] = {
    { { "--engine=kvm", "-c", "step 2; run; wait; exits; reset; break 0x6; run; wait; nmi; set ax=5; undo; run @1; irq 0x20 @1; irq 0x20 @1; quit", "hello", "irq" } },
    { { "--engine=kvm", "-c", "step 2; walk rip; mem rip; view walk; run; wait; quit", "long" } },
    { { "--engine=kvm", "-c", "step @all; nmi @all; step 2 @all; irq 0x20 @all; step 2 @all; run @all; quit", "irq", "hello" } },
    { { "--engine=kvm", "--irqchip=kernel", "-c", "step 2; run; irq 1; nmi; gdt; walk 0; exits; reset; run; quit", "flat32" } },
    { { "--engine=kvm", "--irqchip=user", "-c", "step 2; run; irq 0x20; exits; reset; run; quit", "pmode" } },
};

static void each_request_of_kvm_fails(void **state)
{
    unsigned long met[REQUESTS] = { 0 };
    (void)state;
    if (!seams_fit() || access("/dev/kvm", R_OK | W_OK) != 0) {
        fprintf(stderr, "test_seams: left out: a KVM that fails: %s\n", !seams_fit() ? "a sanitizer is in the way" : "/dev/kvm cannot be used here");
        skip();
    }
    for (size_t s = 0; s < sizeof scenes / sizeof *scenes; s++) {
        char log[200], file[300], number[32], request[40], line[64];
        unsigned long count[REQUESTS] = { 0 };
        snprintf(log, sizeof log, "%s/requests%zu", scratch(), s);
        snprintf(file, sizeof file, "FAULT_LOG=%s", log);
        struct vt *v = lab_env(100, 30, ARGS(seam("fail_kvm"), file), scenes[s].args);
        end_somehow(v);
        vt_free(v);
        FILE *f = fopen(log, "r");
        assert_non_null(f);
        while (fgets(line, sizeof line, f)) {
            size_t i = 0;
            while (i < REQUESTS && requests[i].request != strtoul(line, NULL, 16))
                i++;
            if (i == REQUESTS)
                fail_msg("a request that this test does not know: %s", line);
            count[i]++;
        }
        fclose(f);
        for (size_t i = 0; i < REQUESTS; i++) {
            met[i] += count[i];
            for (unsigned long n = 1; n <= count[i]; n = n * 3 + 1) { /* the first, the fourth, ... */
                snprintf(number, sizeof number, "FAULT_N=%lu", n);
                snprintf(request, sizeof request, "FAULT_REQUEST=%lx", requests[i].request);
                snprintf(about, sizeof about, "scene %zu: %s, call %lu", s, requests[i].name, n);
                v = lab_env(100, 30, ARGS(seam("fail_kvm"), number, request), scenes[s].args);
                if (end_somehow(v) == 1)
                    MUST(v, vt_find(v, "KVM", NULL, NULL) || vt_find(v, "kvm", NULL, NULL));
                vt_free(v);
            }
        }
    }
    for (size_t i = 0; i < REQUESTS; i++)
        if (!met[i])
            fprintf(stderr, "test_seams: left out: %s was not called on this host\n", requests[i].name);
    size_t create = 0;
    while (requests[create].request != KVM_CREATE_VCPU)
        create++;
    assert_true(met[create] > 0);
}

SCREEN_TESTS("screen seams", cmocka_unit_test(no_memory_while_guests_are_on_the_screen), cmocka_unit_test(no_memory_while_a_lab_is_on_the_screen),
             cmocka_unit_test(each_request_of_kvm_fails))
