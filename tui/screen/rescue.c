/* rescue.c: see rescue.h. In a signal handler only what POSIX allows there: write, tcsetattr, dup2, raise. */
#include "rescue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAIN_MS = 3000 }; /* how long another thread waits for the main thread to do it */

static struct {
    const struct rescue *r;
    bool guard;
    volatile sig_atomic_t up;
    pid_t main; /* its thread id */
} rescue;

static void say(int fd, const char *bytes, size_t n)
{
    if (write(fd, bytes, n) < 0) {
        /* nowhere left to complain */
    }
}

static void bring_back(void)
{
    if (!rescue.up)
        return;
    rescue.up = 0;
    say(rescue.r->tty, rescue.r->reset, rescue.r->nreset);
    tcsetattr(STDIN_FILENO, TCSANOW, &rescue.r->cooked);
}

/* Threads of guests may not touch the terminal (tui/sandbox.c): they have the main thread do it. Should that one be out of
 * order too, at least the signal does what it does. */
static void on_fatal(int sig)
{
    if (syscall(SYS_gettid) != rescue.main && syscall(SYS_tgkill, getpid(), rescue.main, sig) == 0)
        poll(NULL, 0, MAIN_MS);
    signal(sig, SIG_DFL); /* first: a second fault in here must end it */
    bring_back();
    if (rescue.r && rescue.r->err >= 0)
        dup2(rescue.r->err, STDERR_FILENO);
    raise(sig);
}

/* All that would end the program; the screen itself listens for SIGTERM, SIGHUP and SIGINT. */
static const int fatal[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGQUIT, SIGTRAP, SIGSYS, SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF,
                             SIGIO, SIGPWR, SIGSTKFLT };

static void catch_all(void (*handler)(int))
{
    struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_NODEFER };
    sigemptyset(&sa.sa_mask);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        sigaction(fatal[i], &sa, NULL);
}

/* A library has called exit(): readline does so when it finds no memory. */
static void on_exit_called(void)
{
    static const char sorry[] = "vmlab: a library of the screen could not go on (out of memory?). What it said:\n";
    char text[1024];
    if (!rescue.guard)
        return;
    int err = rescue.r && rescue.r->err >= 0 ? rescue.r->err : STDERR_FILENO;
    bring_back();
    say(err, sorry, sizeof sorry - 1);
    for (ssize_t n; rescue.r && (n = read(rescue.r->stray, text, sizeof text)) > 0;)
        say(err, text, (size_t)n);
    _exit(1);
}

void rescue_guard(bool on)
{
    static bool registered;
    if (!registered)
        registered = atexit(on_exit_called) == 0;
    rescue.guard = on;
}

void rescue_arm(const struct rescue *r)
{
    rescue.r = r;
    rescue.up = 0;
    rescue.main = (pid_t)syscall(SYS_gettid);
    catch_all(on_fatal);
}

void rescue_disarm(void)
{
    catch_all(SIG_DFL);
    rescue.up = 0;
    rescue.r = NULL;
}

void rescue_up(bool up) { rescue.up = up; }
