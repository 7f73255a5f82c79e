/* test_signals.c: signals, job control and the end of the terminal. Whatever comes, the terminal is as it was found. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "screen_test.h"

/* Threads of the program besides its first, in the order the kernel has them. */
/* Linux 6.14 and later keep a thread of KVM's own in the process ("kvm-nx-lpage-recovery"): it takes no signals. */
static bool is_kernels(int pid, int tid)
{
    char path[64], name[8] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/comm", pid, tid);
    FILE *f = fopen(path, "r");
    if (f && !fgets(name, sizeof name, f))
        *name = '\0';
    if (f)
        fclose(f);
    return strncmp(name, "kvm-", 4) == 0;
}

static int threads(int pid, int tid[16])
{
    char path[64];
    int n = 0;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *d = opendir(path);
    for (struct dirent *e; d && n < 16 && (e = readdir(d));)
        if (atoi(e->d_name) > 0 && atoi(e->d_name) != pid && !is_kernels(pid, atoi(e->d_name)))
            tid[n++] = atoi(e->d_name);
    if (d)
        closedir(d);
    return n;
}

/* A fault is most likely where the guest runs; that thread may not touch the terminal, and somebody must. */
static void a_crash_of_any_thread_restores_the_terminal(void **state)
{
    static const int fatal[] = { SIGSEGV, SIGABRT, SIGFPE };
    int tid[16];
    (void)state;
#if defined(__SANITIZE_THREAD__)
    fprintf(stderr, "test_signals: left out: faults of single threads: ThreadSanitizer delivers a signal to a thread when it suits it\n");
    skip();
#endif
    for (int which = 0, all = 1; which < all; which++) {
        struct vt *v = lab_env(80, 24, ARGS("ASAN_OPTIONS=handle_segv=0:handle_abort=0:handle_sigfpe=0"), ARGS("lab", "03", "--forgetful", "-c", "step"));
        NEED(v, vt_wait(v, "F12"));
        NEED(v, vt_wait(v, "PAUSED")); /* the timer's thread is made when a guest first runs */
        NEED(v, (all = threads(v->pid, tid)) >= 3); /* a vCPU, a timer, the lab's ticker */
        int sig = fatal[which % 3];
        assert_int_equal(syscall(SYS_tgkill, v->pid, tid[which], sig), 0);
        NEED(v, vt_wait_exit(v));
        NEED(v, vt_restored(v));
        NEED(v, WIFSIGNALED(v->status) && WTERMSIG(v->status) == sig);
        assert_int_equal(vt_left(v), 0);
        vt_free(v);
    }
}

/* Signals that end a program unless it says otherwise: somebody's `kill -USR1`, the limit on CPU time, ... */
static void every_signal_that_ends_it_restores_the_terminal(void **state)
{
    static const int ends[] = { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGUSR1, SIGUSR2, SIGALRM, SIGSTKFLT, SIGXCPU, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSYS };
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct vt *v = lab_env(80, 24, ARGS("ASAN_OPTIONS=handle_sigfpe=0:handle_sigill=0:handle_sigbus=0:handle_sigtrap=0"), ARGS("--test-clock", "spin"));
        NEED(v, vt_wait(v, "running"));
        kill(v->pid, ends[i]);
        NEED(v, vt_wait_exit(v));
        NEED(v, vt_restored(v));
        NEED(v, WIFSIGNALED(v->status) && WTERMSIG(v->status) == ends[i]);
        vt_free(v);
    }
}

static struct vt *shell(void)
{
    struct vt *v = vt_start(80, 24, (const char *const[]){ "PS1=ready$ ", "ENV=", NULL }, ARGS("bash", "--norc", "--noprofile", "-i"));
    char line[4400];
    NEED(v, vt_wait(v, "ready$"));
    snprintf(line, sizeof line, "bind 'set enable-bracketed-paste off'; export XDG_STATE_HOME=%s; alias lab=%s; clear", scratch(), vmlab());
    type_line(v, line);
    NEED(v, vt_wait_row(v, 0, "ready$"));
    return v;
}

static void end_shell(struct vt *v)
{
    type_line(v, "exit");
    NEED(v, vt_wait_exit(v));
    NEED(v, vt_restored(v));
    assert_int_equal(vt_left(v), 0);
    vt_free(v);
}

static void stopped_two_hundred_times_under_a_flood(void **state)
{
    (void)state;
    int times = getenv("STRESS_DIVIDE") ? 200 / atoi(getenv("STRESS_DIVIDE")) : 200;
    struct vt *v = shell();
    type_line(v, "lab flood flood flood flood");
    NEED(v, vt_wait_alternate(v, true));
    NEED(v, vt_wait(v, "0 flood"));
    for (int i = 0; i < times; i++) {
        vt_send(v, "\032");
        NEED(v, vt_wait_alternate(v, false));
        NEED(v, vt_wait(v, "ready$"));
        type_line(v, "fg");
        NEED(v, vt_wait_alternate(v, true));
        NEED(v, vt_wait(v, "[0 flood"));
    }
    type_line(v, "quit 5");
    NEED(v, vt_wait_alternate(v, false));
    type_line(v, "echo status=$?");
    NEED(v, vt_wait(v, "status=5"));
    end_shell(v);
}

/* `bg` cannot give it the terminal, which is the shell's now: it stays stopped, and the shell's line editing works. */
static void the_background_leaves_the_terminal_alone(void **state)
{
    (void)state;
    struct vt *v = shell();
    type_line(v, "lab --test-clock hello");
    NEED(v, vt_wait(v, "[0 hello exited] >"));
    vt_send(v, "\032");
    NEED(v, vt_wait_alternate(v, false));
    NEED(v, vt_wait(v, "Stopped"));
    for (int i = 0; i < 3; i++) {
        type_line(v, "clear; bg; sleep 0.3; jobs; echo done$((40 + 2))");
        NEED(v, vt_wait(v, "done42"));
        NEED(v, vt_wait(v, "Stopped"));
        NEED(v, !v->alternate && !v->modes);
    }
    type_line(v, "fg");
    NEED(v, vt_wait_alternate(v, true));
    NEED(v, vt_wait(v, "[0 hello exited] >"));
    type_line(v, "quit 4");
    NEED(v, vt_wait_alternate(v, false));
    type_line(v, "echo status=$?");
    NEED(v, vt_wait(v, "status=4"));
    end_shell(v);
}

/* Continued while the shell has set the terminal to edit a line: that is not what to leave it as. (bash would mend it.) */
static void it_leaves_the_terminal_as_it_was_before_the_background(void **state)
{
    (void)state;
    char line[4400];
    struct vt *v = vt_start(80, 24, (const char *const[]){ "PS1=ready$ ", "ENV=", NULL }, ARGS("sh", "-i"));
    NEED(v, vt_wait(v, "ready$"));
    snprintf(line, sizeof line, "XDG_STATE_HOME=%s %s --test-clock hello", scratch(), vmlab());
    type_line(v, line);
    NEED(v, vt_wait(v, "[0 hello exited] >"));
    vt_send(v, "\032");
    NEED(v, vt_wait(v, "Stopped"));
    type_line(v, "clear; stty -icanon -echo; kill -CONT %1; sleep 0.3; stty icanon echo; echo again$((40 + 2))");
    NEED(v, vt_wait(v, "again42"));
    type_line(v, "fg; echo done$((40 + 2))");
    NEED(v, vt_wait_alternate(v, true));
    NEED(v, vt_wait(v, "[0 hello exited] >"));
    type_line(v, "quit");
    NEED(v, vt_wait_alternate(v, false));
    NEED(v, vt_wait(v, "done42"));
    NEED(v, vt_restored(v));
    end_shell(v);
}

/* SIGSTOP cannot be heard; after it the shell has set the terminal as it likes it, and we must do so again. */
static void it_comes_back_from_a_stop_that_cannot_be_heard(void **state)
{
    (void)state;
    struct vt *v = lab(80, 24, ARGS("--test-clock", "hello"));
    NEED(v, vt_wait(v, "[0 hello exited] >"));
    kill(v->pid, SIGSTOP);
    tcsetattr(v->slave, TCSANOW, &v->before);
    kill(v->pid, SIGCONT);
    struct termios now = v->before;
    for (int i = 0; i < 2000 && now.c_lflag == v->before.c_lflag; i++) {
        vt_pump(v, 10);
        tcgetattr(v->slave, &now);
    }
    assert_false(now.c_lflag & (ICANON | ISIG | ECHO));
    assert_int_equal(leave(v), 0);
}

static void storms(void **state)
{
    static const struct { int sig, count, status; } storm[] = {
        { SIGWINCH, 1000, 0 }, { SIGCONT, 1000, 0 }, { SIGPIPE, 100, 0 }, { SIGURG, 100, 0 }, { SIGCHLD, 100, 0 }, { SIGTTOU, 100, 0 },
        { SIGINT, 300, 128 + SIGINT }, { SIGTERM, 300, 128 + SIGTERM }, { SIGHUP, 300, 128 + SIGHUP },
    };
    (void)state;
    for (size_t i = 0; i < sizeof storm / sizeof *storm; i++) {
        struct vt *v = lab(80, 24, i % 2 ? ARGS("lab", "02", "--forgetful") : ARGS("flood", "spin"));
        NEED(v, vt_wait(v, "] >"));
        for (int n = 0; n < storm[i].count; n++) {
            kill(v->pid, storm[i].sig);
            vt_pump(v, 0);
        }
        if (!storm[i].status) {
            assert_int_equal(leave(v), 0);
            continue;
        }
        NEED(v, vt_wait_exit(v));
        NEED(v, vt_restored(v));
        NEED(v, WIFEXITED(v->status) && WEXITSTATUS(v->status) == storm[i].status);
        assert_int_equal(vt_left(v), 0);
        vt_free(v);
    }
}

/* Who closes the terminal's window ends the program, whichever is noticed first: the signal or the end of input. */
static void it_ends_with_its_terminal(void **state)
{
    static const char *const args[][4] = { { "spin" }, { "flood", "flood", "flood" }, { "lab", "03", "--forgetful" } };
    (void)state;
    for (int i = 0; i < 9; i++) {
        struct vt *v = lab(80, 24, args[i % 3]);
        NEED(v, vt_wait(v, "] >"));
        vt_hang_up(v);
        assert_true(vt_wait_exit(v));
        assert_true(WIFEXITED(v->status));
        assert_int_equal(WEXITSTATUS(v->status), 128 + SIGHUP);
        assert_int_equal(vt_left(v), 0);
        vt_free(v);
    }
}

static void terminals_of_any_size(void **state)
{
    static const int sizes[][2] = { { 1, 1 }, { 500, 200 }, { 2, 200 }, { 500, 1 } };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        struct vt *v = lab(sizes[i / 2][0], sizes[i / 2][1], i % 2 ? ARGS("lab", "01", "--forgetful") : ARGS("--test-clock", "hello", "hello"));
        NEED(v, vt_wait_alternate(v, true));
        if (sizes[i / 2][0] > 40 && sizes[i / 2][1] > 12)
            NEED(v, vt_wait(v, "] >"));
        else
            vt_pump(v, 50);
        assert_int_equal(leave(v), 0);
    }
}

SCREEN_TESTS("screen signals", cmocka_unit_test(a_crash_of_any_thread_restores_the_terminal),
             cmocka_unit_test(every_signal_that_ends_it_restores_the_terminal), cmocka_unit_test(stopped_two_hundred_times_under_a_flood),
             cmocka_unit_test(the_background_leaves_the_terminal_alone),
             cmocka_unit_test(it_leaves_the_terminal_as_it_was_before_the_background),
             cmocka_unit_test(it_comes_back_from_a_stop_that_cannot_be_heard),
             cmocka_unit_test(storms), cmocka_unit_test(it_ends_with_its_terminal), cmocka_unit_test(terminals_of_any_size))
