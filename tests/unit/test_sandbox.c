/* The sandbox denies what it says it denies, and lets the rest through. Each case runs in a child, for a filter stays. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tui/sandbox.h"

enum { OFF = 77 };

/* Run body in a child under a filter; its result is the exit status. OFF: this build has no sandbox. */
static int under(enum sandbox_kind kind, int (*body)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        struct vm_error e = {0};
        if (sandbox_init(false, kind == SANDBOX_MAIN_EXEC, &e) < 0)
            _exit(90);
        if (strncmp(sandbox_describe(), "on", 2) != 0)
            _exit(OFF);
        if (sandbox_enter(kind, &e) < 0)
            _exit(91);
        _exit(body());
    }
    int status = 0;
    assert_true(waitpid(pid, &status, 0) == pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int opens(void) { return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0; }
static int connects(void) { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0; }
static int execs(void) { execl("/bin/true", "true", (char *)NULL); return errno; }
static int forks(void) { pid_t p = fork(); if (p == 0) _exit(0); return p < 0 ? errno : 0; }
static int forks_by_clone3(void)
{
    struct clone_args a = {.exit_signal = SIGCHLD};
    long p = syscall(SYS_clone3, &a, sizeof a);
    if (p == 0)
        _exit(0);
    return p < 0 ? errno : 0;
}
static void *nothing(void *arg) { return arg; }
static int begins_a_thread(void)
{
    pthread_t t;
    int r = pthread_create(&t, NULL, nothing, NULL);
    return r == 0 ? pthread_join(t, NULL) : r;
}
static int types_into_the_terminal(void) { char c = 'x'; return ioctl(0, TIOCSTI, &c) < 0 ? errno : 0; }
static int gets_root(void) { return setuid(0) < 0 ? errno : 0; }
static int lives(void)
{
    void *p = malloc(1 << 20);
    void *q = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!p || q == MAP_FAILED || write(1, "", 0) != 0)
        return 1;
    free(p);
    return munmap(q, 1 << 20);
}

static void expect(enum sandbox_kind kind, int (*body)(void), int want)
{
    int got = under(kind, body);
    if (got != OFF)
        assert_int_equal(got, want);
}

static void vcpu_threads_cannot_reach_the_host(void **state)
{
    (void)state;
    expect(SANDBOX_VCPU, opens, EPERM);
    expect(SANDBOX_VCPU, connects, EPERM);
    expect(SANDBOX_VCPU, execs, EPERM);
    expect(SANDBOX_VCPU, forks, EPERM);
    expect(SANDBOX_VCPU, forks_by_clone3, EPERM);
    expect(SANDBOX_VCPU, begins_a_thread, EPERM);
    expect(SANDBOX_VCPU, types_into_the_terminal, EPERM);
    expect(SANDBOX_VCPU, gets_root, EPERM);
    expect(SANDBOX_VCPU, lives, 0);
}

static void the_main_thread_has_files_but_no_network(void **state)
{
    (void)state;
    expect(SANDBOX_MAIN, opens, 0);
    expect(SANDBOX_MAIN, connects, EPERM);
    expect(SANDBOX_MAIN, execs, EPERM);
    expect(SANDBOX_MAIN, forks, EPERM);
    expect(SANDBOX_MAIN, forks_by_clone3, ENOSYS);
    expect(SANDBOX_MAIN, begins_a_thread, 0);
    expect(SANDBOX_MAIN, gets_root, EPERM);
    expect(SANDBOX_MAIN, lives, 0);
}

static void labs_may_run_the_assembler(void **state)
{
    (void)state;
    expect(SANDBOX_MAIN_EXEC, forks, 0);
    expect(SANDBOX_MAIN_EXEC, begins_a_thread, 0);
    expect(SANDBOX_MAIN_EXEC, execs, 0); /* /bin/true: status 0 */
    expect(SANDBOX_MAIN_EXEC, connects, EPERM);
}

static void off_denies_nothing(void **state)
{
    (void)state;
    struct vm_error e = {0};
    assert_int_equal(sandbox_init(true, false, &e), 0);
    assert_int_equal(sandbox_enter(SANDBOX_VCPU, &e), 0);
    assert_int_equal(opens(), 0);
    assert_non_null(strstr(sandbox_describe(), "--no-sandbox"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vcpu_threads_cannot_reach_the_host), cmocka_unit_test(the_main_thread_has_files_but_no_network),
        cmocka_unit_test(labs_may_run_the_assembler), cmocka_unit_test(off_denies_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
