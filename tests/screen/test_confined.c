/* test_confined.c: what the threads of the real program can do to the host, tried from inside (tests/faults/reach.c), thread kind by thread
 * kind: guests' threads nothing; the main thread files, but no network and no program; a lab the assembler, and that no network either. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "seam.h"

enum { LINES = 64 };
struct probe { int pid, tid, routine; char calls[400]; };
static struct probe probe[LINES];
static unsigned probes;

static int result(const struct probe *p, const char *call)
{
    char word[32];
    snprintf(word, sizeof word, " %s=", call);
    const char *at = strstr(p->calls, word);
    if (!at)
        fail_msg("%s was not tried", call);
    return atoi(at + strlen(word));
}

static void must(const struct probe *p, const char *calls, int want)
{
    char words[200], *save;
    snprintf(words, sizeof words, "%s", calls);
    for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
        if (result(p, w) != want)
            fail_msg("process %d, thread %d, kind %d: %s ended with %d, not %d:%s", p->pid, p->tid, p->routine, w, result(p, w), want, p->calls);
}

/* Run the program to its end and read what its threads reported. The first line of the process is its main thread. */
static void run(const char *const *args, bool at_once)
{
    char out[200], pair[300], path[4400];
    snprintf(out, sizeof out, "%s/reach", scratch());
    snprintf(pair, sizeof pair, "PROBE_OUT=%s", out);
    remove(out);
    assert_int_equal(mkfifo(out, 0600), 0); /* what the program inherits and is no pipe, it closes */
    int told = open(out, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(told >= 0);
    /* Where programs are, the assembler may read: there it finds the library under it. */
    snprintf(path, sizeof path, "PATH=%.3800s:%s", getenv("PATH"), scratch());
    struct vt *v = lab_env(100, 30, ARGS(seam("reach"), pair, path, at_once ? "PROBE_OPEN=1" : "PROBE=1"), args);
    NEED(v, vt_wait_exit(v));
    NEED(v, vt_restored(v));
    NEED(v, WIFEXITED(v->status));
    vt_free(v);
    char line[600];
    FILE *f = fdopen(told, "r");
    assert_non_null(f);
    for (probes = 0; probes < LINES && fgets(line, sizeof line, f);) {
        struct probe *p = &probe[probes];
        int n = 0;
        if (sscanf(line, "%d %d %d%n", &p->pid, &p->tid, &p->routine, &n) != 3)
            fail_msg("not a report: %s", line);
        snprintf(p->calls, sizeof p->calls, "%.399s", line + n);
        probes++;
    }
    fclose(f);
    assert_true(probes > 0);
}

static bool instrumented(void)
{
    if (!seams_fit())
        fprintf(stderr, "test_confined: left out: a build with a sanitizer has no sandbox\n");
    return !seams_fit();
}

#define NETWORK "inet unix"
#define OTHERS "ptrace peek kill tgkill"
#define DOORS "io_uring openat2 setuid"

static unsigned guests_threads(void)
{
    unsigned n = 0, kinds = 0;
    for (unsigned i = 0; i < probes; i++) {
        if (!probe[i].routine)
            continue;
        must(&probe[i], "read write execve fork tiocsti " NETWORK " " OTHERS " " DOORS, EPERM);
        kinds |= 1u << probe[i].routine;
        n++;
    }
    assert_int_equal(kinds & 6, 6); /* vCPUs, and the timers of a machine */
    return n;
}

/* Open for whoever starts the program, and not meant for it: a file, a directory, a connection. (vt.c closes what is below 64.) */
static void leave_open(int fd[3])
{
    int s = socket(AF_UNIX, SOCK_STREAM, 0), file = open("/etc/passwd", O_RDONLY), dir = open("/", O_RDONLY | O_DIRECTORY);
    fd[0] = fcntl(file, F_DUPFD, 100);
    fd[1] = fcntl(dir, F_DUPFD, 100);
    fd[2] = fcntl(s, F_DUPFD, 100);
    assert_true(fd[0] >= 100 && fd[1] >= 100 && fd[2] >= 100);
    close(s);
    close(file);
    close(dir);
}

static void guests_reach_nothing(void **state)
{
    int inherited[3];
    static const char *const fronts[] = { "--headless", "--test-clock" };
    char disk[200];
    (void)state;
    if (instrumented())
        skip();
    snprintf(disk, sizeof disk, "--disk=%s/disk", scratch());
    FILE *f = fopen(disk + 7, "w");
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), 1 << 16), 0);
    fclose(f);
    leave_open(inherited);
    for (int i = 0; i < 2; i++) {
        const char *engine[] = { "--engine=soft", "--engine=auto" };
        for (int e = 0; e < 2; e++) {
            run(ARGS(fronts[i], engine[e], "--irqchip=user", "--tick=10ms", disk, "-c", "run; sleep 0.2; quit", "flat32"), false);
            assert_true(guests_threads() >= 2);
            for (unsigned k = 0; k < probes; k++) {
                if (probe[k].routine)
                    continue;
                assert_int_equal(result(&probe[k], "files"), 1); /* the disk: no other file of the host is open for a guest's thread */
                must(&probe[k], "read write", 0); /* load, log, trace save, history */
                must(&probe[k], "execve fork " NETWORK " " OTHERS " " DOORS, EPERM);
            }
        }
    }
    for (int i = 0; i < 3; i++)
        close(inherited[i]);
}

static void a_lab_reaches_the_assembler(void **state)
{
    (void)state;
    if (instrumented())
        skip();
    run(ARGS("lab", "08", "--forgetful", "-c", "run; sleep 0.2; quit"), false);
    for (unsigned i = 0; i < probes; i++) {
        bool guests = result(&probe[i], "read") == EPERM;
        must(&probe[i], NETWORK " ptrace peek " DOORS, EPERM);
        must(&probe[i], "execve", guests ? EPERM : ENOENT);
        if (!probe[i].routine && guests)
            fail_msg("the main thread of a lab cannot open files");
        if (guests)
            must(&probe[i], "read write execve fork tiocsti " NETWORK " " OTHERS " " DOORS, EPERM);
    }
    assert_true(probes >= 4); /* main, the vCPU, the timers, the lab's ticker */
}

/* Grading: a process a submission, in it its checks (Lua) and guests, and below it as and ld, which read none of your files. */
static void a_submission_reaches_no_network(void **state)
{
    (void)state;
    unsigned assemblers = 0, graders = 0, guests = 0;
    if (instrumented())
        skip();
    run(ARGS("grade", "labs/03-hypercalls/solution", "--lab", "3"), false);
    for (unsigned i = 0; i < probes; i++) {
        must(&probe[i], NETWORK " ptrace peek " DOORS, EPERM);
        if (probe[i].routine) {
            must(&probe[i], "read write execve fork tiocsti " OTHERS, EPERM);
            guests++;
        }
        for (unsigned k = 0; k < i; k++)
            if (!probe[i].routine && probe[k].pid == probe[i].pid)
                fail_msg("two main threads in one process");
        if (probe[i].routine)
            continue;
        bool fenced = result(&probe[i], "read") == EACCES;
        must(&probe[i], "write", fenced ? EACCES : 0);
        assemblers += fenced;
        graders += !fenced;
    }
    assert_true(guests >= 2);
    if (syscall(SYS_landlock_create_ruleset, NULL, 0ul, LANDLOCK_CREATE_RULESET_VERSION) < 1) {
        fprintf(stderr, "test_confined: left out: what the assembler reads: this kernel has no Landlock\n");
        assert_true(graders >= 3);
        return;
    }
    assert_true(graders >= 1);
    assert_true(assemblers >= 2); /* as, ld */
}

static void without_the_sandbox_all_is_open(void **state)
{
    (void)state;
    if (instrumented())
        skip();
    run(ARGS("--headless", "--no-sandbox", "--irqchip=user", "--tick=10ms", "flat32"), true);
    assert_true(probes >= 3);
    for (unsigned i = 0; i < probes; i++) {
        must(&probe[i], "read write inet unix fork", 0);
        must(&probe[i], "execve", ENOENT);
    }
}

SCREEN_TESTS("screen confined", cmocka_unit_test(guests_reach_nothing), cmocka_unit_test(a_lab_reaches_the_assembler),
             cmocka_unit_test(a_submission_reaches_no_network), cmocka_unit_test(without_the_sandbox_all_is_open))
