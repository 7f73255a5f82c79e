/* core.c: what the VMM core costs over the bare minimum, in the same binary and in turns with it. */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "vmm/machine.h"
#include "vmm/vcpu.h"

/* out 0x80, al in a loop; and: hypercall PUTCHAR, then for ever */
static const uint8_t out_loop[] = { 0xe6, 0x80, 0xeb, 0xfc };
static const uint8_t put_once[] = { 0xba, 0x00, 0x05, 0xb3, 'x', 0xb0, 0x01, 0xee, 0xf4 };
static const uint8_t spin[] = { 0x66, 0xb9, 0, 0, 0, 0, 0x66, 0x49, 0x75, 0xfc, 0xeb, 0xfa };

static struct machine *start(const char *engine, const uint8_t *code, size_t n, void (*console)(void *, struct vcpu *, const void *, size_t), void *ctx, char *why, size_t size)
{
    struct vm_error err = { 0, "" };
    struct guest_config g = { .image = { "bench", code, n }, .boot = boot_find("real") };
    struct machine_config c = { .engine = engine, .headless = true, .vcpus = 1, .guests = &g, .observer = { .ctx = ctx, .console = console } };
    struct machine *m = NULL;
    if (machine_create(&m, &c, &err) < 0) { snprintf(why, size, "%.150s", err.text); return NULL; }
    return m;
}

static uint64_t exits_of(struct machine *m)
{
    struct account_view v;
    vcpu_account(machine_vcpu(m, 0), &v);
    return v.total;
}

static double core_exit_rate(double seconds, char *why, size_t size)
{
    struct machine *m = start("kvm", out_loop, sizeof out_loop, NULL, NULL, why, size);
    if (!m) return 0;
    vcpu_resume(machine_vcpu(m, 0), NULL);
    usleep(20000);
    double t0 = cpu_seconds_used();
    uint64_t n0 = exits_of(m);
    usleep((useconds_t)(seconds * 1e6));
    uint64_t n1 = exits_of(m);
    double t1 = cpu_seconds_used();
    machine_destroy(m);
    return (double)(n1 - n0) / (t1 - t0);
}

static _Atomic double first_output;
static void on_console(void *ctx, struct vcpu *v, const void *bytes, size_t n)
{
    (void)ctx, (void)v, (void)bytes, (void)n;
    if (first_output == 0) first_output = now_seconds();
}

static double core_launch(char *why, size_t size)
{
    first_output = 0;
    double t0 = now_seconds();
    struct machine *m = start("kvm", put_once, sizeof put_once, on_console, NULL, why, size);
    if (!m) return 0;
    vcpu_resume(machine_vcpu(m, 0), NULL);
    vcpu_wait_stopped(machine_vcpu(m, 0), 5000);
    double took = first_output > 0 ? first_output - t0 : 0;
    machine_destroy(m);
    return took;
}

enum { MAX_ROUNDS = 64 };

static double most(const double *v, size_t n)
{
    double x = v[0];
    for (size_t i = 1; i < n; i++)
        if (v[i] > x) x = v[i];
    return x;
}

/* Many short rounds in turn. Other load (caches, the sibling thread) takes away from both; the best round of each
 * is shown beside the median. */
static void exit_rate_rows(const struct options *o)
{
    const char *section = "Core: against a bare KVM_RUN loop in the same binary (exits per second of processor time)";
    double ratio[MAX_ROUNDS], beside[MAX_ROUNDS], bare[MAX_ROUNDS], least[MAX_ROUNDS], core[MAX_ROUNDS], part = 0.06;
    size_t n = o->rounds * (o->quick ? 4 : 16) > MAX_ROUNDS ? MAX_ROUNDS : o->rounds * (o->quick ? 4 : 16);
    char why[160] = "KVM cannot be used here";
    for (size_t i = 0; i < n; i++) {
        bare[i] = bare_exit_rate(out_loop, sizeof out_loop, part, false);
        least[i] = bare_exit_rate(out_loop, sizeof out_loop, part, true);
        core[i] = core_exit_rate(part, why, sizeof why);
        if (bare[i] <= 0 || core[i] <= 0) { row_absent(section, "exit rate", why); return; }
        ratio[i] = core[i] / bare[i];
        beside[i] = core[i] / least[i];
    }
    row(section, "bare loop", median(bare, n) / 1e3, "k/s");
    row(section, "bare loop, the system call in place", median(least, n) / 1e3, "k/s");
    row(section, "core: counters, trace and registers on", median(core, n) / 1e3, "k/s");
    /* Held by the median: the best rounds of each need not have met the same machine, and their ratio can exceed what is possible. */
    row(section, "exit rate, core / bare, best round of each", most(core, n) / most(bare, n), "x");
    row(section, "exit rate, core / bare, the system call in place, median", median(beside, n), "x");
    row_hold(section, "exit rate, core / bare, median of rounds in turn", median(ratio, n), "x", 0.95, true);
}

/* --- launch: three programs, started in turn */

struct launch { double seconds; char why[160]; };

enum launcher { LAUNCH_CORE, LAUNCH_BARE, LAUNCH_LEAST, LAUNCHERS };
static const char *const launchers[LAUNCHERS] = { "core", "bare", "least" };

int bench_launch(const char *who)
{
    struct launch r = { 0 };
    now_seconds(); /* the first reading of the clock takes longer */
    if (strcmp(who, launchers[LAUNCH_CORE]) == 0) r.seconds = core_launch(r.why, sizeof r.why);
    else r.seconds = bare_launch(out_loop, sizeof out_loop, strcmp(who, launchers[LAUNCH_BARE]) == 0);
    return write(STDOUT_FILENO, &r, sizeof r) != sizeof r;
}

/* A launch is timed in a fresh program each time: what is done once per process is a part of it, and a child that only forks would
 * copy pages of this one besides. */
static struct launch launch_program(enum launcher who)
{
    struct launch r = { 0, "" };
    int fd[2];
    if (pipe(fd) < 0) return r;
    usleep(3000); /* rested, it gets its turn at once when its threads wake each other */
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fd[1], STDOUT_FILENO);
        execl("/proc/self/exe", "vmbench", "--launch", launchers[who], (char *)NULL);
        _exit(127);
    }
    close(fd[1]);
    if (pid > 0 && read(fd[0], &r, sizeof r) != sizeof r) r.seconds = 0;
    close(fd[0]);
    if (pid > 0) waitpid(pid, NULL, 0);
    return r;
}

/* Below a millisecond everything else that the machine does only adds, so the good rounds say what the work takes; the very best one
 * of each may have met another machine than the best of the others. */
static void launch_rows(const struct options *o)
{
    enum { ROUNDS = 120 };
    const char *section = "Launch: against a bare program's KVM set-up to its first exit, each in a fresh program";
    static double took[LAUNCHERS][ROUNDS];
    double good[LAUNCHERS];
    size_t n = o->quick ? ROUNDS / 4 : ROUNDS;
    for (size_t i = 0; i < n; i++)
        for (unsigned who = 0; who < LAUNCHERS; who++) {
            struct launch r = launch_program(who);
            took[who][i] = r.seconds;
            if (r.seconds <= 0) { row_absent(section, "launch", r.why[0] ? r.why : "KVM cannot be used here"); return; }
        }
    for (unsigned who = 0; who < LAUNCHERS; who++) good[who] = best_tenth(took[who], n);
    row(section, "machine_create to the first guest output, median", median(took[LAUNCH_CORE], n) * 1e3, "ms");
    row(section, "machine_create to the first guest output, best tenth", good[LAUNCH_CORE] * 1e3, "ms");
    row(section, "bare set-up of the same processor, median", median(took[LAUNCH_BARE], n) * 1e3, "ms");
    row(section, "bare set-up of the same processor, best tenth", good[LAUNCH_BARE] * 1e3, "ms");
    row(section, "bare set-up of a processor without features, best tenth", good[LAUNCH_LEAST] * 1e3, "ms");
    row(section, "launch, core / a processor without features, best tenth", good[LAUNCH_CORE] / good[LAUNCH_LEAST], "x");
    row_hold(section, "launch, core / bare, best tenth of rounds in turn", good[LAUNCH_CORE] / good[LAUNCH_BARE], "x", 1.5, false);
}

/* Resident memory of the whole program with one real-mode guest that spins. */
static void memory_row(const struct options *o)
{
    const char *section = "Program";
    char path[600], text[256];
    snprintf(path, sizeof path, "%s/vmlab", o->build);
    char guest[600];
    snprintf(guest, sizeof guest, "%s/guests/spin.bin", o->build);
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0), dup2(null, 1), dup2(null, 2);
        execl(path, path, "--headless", guest, (char *)NULL);
        _exit(127);
    }
    usleep(800000);
    snprintf(text, sizeof text, "/proc/%d/status", (int)pid);
    FILE *f = fopen(text, "r");
    long total = 0, anon = 0;
    while (f && fgets(text, sizeof text, f)) {
        if (!strncmp(text, "VmRSS:", 6)) total = strtol(text + 6, NULL, 10);
        if (!strncmp(text, "RssAnon:", 8)) anon = strtol(text + 8, NULL, 10);
    }
    if (f) fclose(f);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    if (!total) { row_absent(section, "resident memory", "vmlab did not run"); return; }
    row(section, "resident, its own (anonymous) part", (double)anon / 1024, "MB");
    row_hold(section, "resident memory, one real-mode guest, headless", (double)total / 1024, "MB", 4, false);
}

/* n machines on n cores: instructions per second of all over n times those of one. Soft counts them. */
static double soft_rate(unsigned n, double seconds, double *per_cpu)
{
    struct machine *m[64];
    char why[160];
    double sum = 0;
    uint64_t c0[64];
    for (unsigned i = 0; i < n; i++) {
        if (!(m[i] = start("soft", spin, sizeof spin, NULL, NULL, why, sizeof why))) return 0;
        vcpu_resume(machine_vcpu(m[i], 0), NULL);
    }
    usleep(50000);
    double t0 = now_seconds(), used = cpu_seconds_used();
    for (int pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < n; i++) {
            struct vcpu_snapshot s;
            struct vcpu *v = machine_vcpu(m[i], 0);
            vcpu_snapshot(v, &s);
            uint64_t seq = s.seq;
            for (int k = 0; k < 2000 && s.seq == seq; k++) vcpu_sample(v), usleep(500), vcpu_snapshot(v, &s);
            if (pass == 0) c0[i] = s.count;
            else sum += (double)(s.count - c0[i]);
        }
        if (pass == 0) usleep((useconds_t)(seconds * 1e6));
    }
    double t1 = now_seconds();
    *per_cpu = sum / (cpu_seconds_used() - used);
    for (unsigned i = 0; i < n; i++) machine_destroy(m[i]);
    return sum / (t1 - t0);
}

static void scaling_row(const struct options *o)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cores > 16) cores = 16;
    double ratio[16], work[16], per_cpu[2], part = o->quick ? 0.2 : 0.6;
    size_t n = o->rounds > 15 ? 15 : o->rounds;
    for (size_t i = 0; i < n; i++) {
        double one = soft_rate(1, part, &per_cpu[0]), all = soft_rate((unsigned)cores, part, &per_cpu[1]);
        if (one <= 0 || all <= 0) { row_absent("Program", "n vCPUs on n cores", "the software CPU did not run"); return; }
        ratio[i] = all / one / (double)cores;
        work[i] = per_cpu[1] / per_cpu[0];
    }
    char name[160];
    snprintf(name, sizeof name, "%ld vCPUs on %ld cores / %ld times one (software CPU)", cores, cores, cores);
    row("Program", "as many vCPUs as cores / one, by processor time", median(work, n), "x");
    row_hold("Program", name, median(ratio, n), "x", 0.95, true);
}

void bench_core(const struct options *o)
{
    launch_rows(o); /* first: a process that was busy waits longer for its turn on a busy machine */
    exit_rate_rows(o);
    memory_row(o);
    scaling_row(o);
}
