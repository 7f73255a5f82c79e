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

/* The calls by which one leaves a machine, and that none of our threads ever needs; with arguments that would do nothing. */
static const short doors[] = {
    SYS_socket, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_sendto, SYS_sendmsg, SYS_sendmmsg, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg,
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_open, SYS_pidfd_getfd, SYS_pidfd_send_signal, SYS_tkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_openat2, SYS_mknod, SYS_mknodat,
    SYS_chown, SYS_lchown, SYS_fchown, SYS_fchownat, SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setfsuid, SYS_setgroups, SYS_capset,
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_fanotify_init,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load, SYS_reboot, SYS_swapon, SYS_acct, SYS_quotactl, SYS_syslog,
    SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_sethostname, SYS_setdomainname, SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_personality,
    SYS_shmget, SYS_shmat, SYS_msgget, SYS_semget, SYS_mq_open, SYS_splice, SYS_tee, SYS_vmsplice,
};
/* And these only the main thread has. */
static const short files[] = {
    SYS_open, SYS_openat, SYS_creat, SYS_unlink, SYS_unlinkat, SYS_rename, SYS_renameat, SYS_renameat2, SYS_link, SYS_linkat, SYS_symlink, SYS_symlinkat, SYS_mkdir, SYS_mkdirat,
    SYS_rmdir, SYS_truncate, SYS_chmod, SYS_fchmod, SYS_fchmodat, SYS_utimensat, SYS_readlink, SYS_readlinkat, SYS_getdents64, SYS_access, SYS_faccessat, SYS_stat, SYS_lstat, SYS_statx,
    SYS_chdir, SYS_fchdir, SYS_getcwd, SYS_ioctl, SYS_fcntl, SYS_dup, SYS_dup2, SYS_dup3, SYS_memfd_create, SYS_execve, SYS_execveat, SYS_kill, SYS_prctl, SYS_prlimit64, SYS_inotify_init1,
};

/* 0, or one more than the index of the first that is let through. */
static int first_open(const short *call, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (syscall(call[i], -1l, -1l, -1l, -1l, -1l, -1l) >= 0 || errno != EPERM)
            return (int)i + 1;
    return 0;
}
static int opens_a_door(void) { return first_open(doors, sizeof doors / sizeof *doors); }
static int reaches_a_file(void) { return first_open(files, sizeof files / sizeof *files); }

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
    expect(SANDBOX_VCPU, opens_a_door, 0);
    expect(SANDBOX_VCPU, reaches_a_file, 0);
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
    expect(SANDBOX_MAIN, opens_a_door, 0);
    expect(SANDBOX_MAIN, lives, 0);
}

static void labs_may_run_the_assembler(void **state)
{
    (void)state;
    expect(SANDBOX_MAIN_EXEC, forks, 0);
    expect(SANDBOX_MAIN_EXEC, begins_a_thread, 0);
    expect(SANDBOX_MAIN_EXEC, execs, 0); /* /bin/true: status 0 */
    expect(SANDBOX_MAIN_EXEC, connects, EPERM);
    expect(SANDBOX_MAIN_EXEC, opens_a_door, 0);
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
