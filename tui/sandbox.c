/* sandbox.c: allow-lists of system calls, compiled once and entered by each thread. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The sanitizers' runtimes start threads and trace the process at its end: their builds run without the sandbox. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { INSTRUMENTED = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { INSTRUMENTED = 1 };
#else
enum { INSTRUMENTED = 0 };
#endif
#else
enum { INSTRUMENTED = 0 };
#endif

/* What every thread needs: to wait, allocate, tell the time, use files that are open, end or abort. */
static const char *const common[] = {
    "futex", "rt_sigreturn", "rt_sigprocmask", "rt_sigaction", "sigaltstack", "restart_syscall", "sched_yield", "sched_getaffinity",
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "getrandom", "membarrier", "rseq",
    "mmap", "munmap", "mprotect", "madvise", "mremap", "brk", "read", "write", "readv", "writev", "pread64", "pwrite64", "lseek", "fdatasync",
    "fsync", "fstat", "newfstatat", "poll", "ppoll", "gettid", "getpid", "tgkill", "exit", "exit_group", "close",
};

/* The main thread besides: the terminal, files that a command names, machines created later. */
static const char *const main_only[] = {
    "open", "openat", "stat", "lstat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd", "getdents64", "mkdir",
    "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "ftruncate", "truncate", "fallocate", "chmod", "fchmod", "fchmodat", "umask", "utimensat",
    "flock", "fcntl", "dup", "dup2", "dup3", "pipe", "pipe2", "eventfd2", "memfd_create", "timerfd_create", "timerfd_settime", "signalfd4", "inotify_init1",
    "inotify_add_watch", "inotify_rm_watch", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "select", "pselect6", "clone", "clone3", "set_robust_list",
    "wait4", "waitid", "getppid", "getpgid", "getpgrp", "getuid", "geteuid", "getgid", "getegid", "getgroups", "uname", "sysinfo", "getrusage", "times",
    "prlimit64", "getrlimit", "sched_getparam", "sched_getscheduler", "sched_get_priority_max", "sched_get_priority_min", "sched_setaffinity", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait",
    "setitimer", "alarm", "pause", "sync_file_range", "copy_file_range", "sendfile", "arch_prctl", "prctl", "seccomp", "set_tid_address", "mlock", "munlock", "msync", "fchdir", "chdir",
};

/* Labs run the assembler in a child of their own. */
static const char *const exec_only[] = { "execve", "vfork", "setpgid", "setsid", "kill", "setrlimit", "close_range", "symlink", "link", "linkat", "socketpair", "mincore", "vhangup", "getxattr", "lgetxattr" };

static struct { bool on; struct sock_fprog program[SANDBOX_KINDS]; unsigned calls[SANDBOX_KINDS]; char text[160]; } box = { .text = "off" };

static int allow(scmp_filter_ctx f, const char *const *names, size_t n, unsigned *calls)
{
    for (size_t i = 0; i < n; i++) {
        int nr = seccomp_syscall_resolve_name(names[i]);
        if (nr < 0) /* not a call of this architecture or library: it cannot be made, so it need not be allowed */
            continue;
        int r = seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 0);
        if (r < 0 && r != -EEXIST)
            return r;
        *calls += r == 0;
    }
    return 0;
}

/* A vCPU thread has the terminal's descriptors too: of the ioctls only KVM's (type AEh) are let through. */
static int allow_ioctl(scmp_filter_ctx f, enum sandbox_kind kind)
{
    if (kind != SANDBOX_VCPU)
        return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 0);
    int r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, 0xff00, 0xae00));
    return r < 0 ? r : seccomp_syscall_priority(f, SCMP_SYS(ioctl), 255); /* looked at first: it is the hot path */
}

#define LIST(l) l, sizeof l / sizeof *l
static int rules(scmp_filter_ctx f, enum sandbox_kind kind, unsigned *calls)
{
    int r = allow_ioctl(f, kind);
    *calls = 1;
    if (r == 0)
        r = allow(f, LIST(common), calls);
    if (r == 0 && kind != SANDBOX_VCPU)
        r = allow(f, LIST(main_only), calls);
    if (r == 0 && kind == SANDBOX_MAIN) /* Ctrl-Z stops the whole job, as the terminal driver does; no other kill */
        r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(kill), 2, SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, 0),
                             SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, SIGTSTP));
    if (r == 0 && kind == SANDBOX_MAIN_EXEC)
        r = allow(f, LIST(exec_only), calls);
    return r;
}

/* libseccomp writes the program to a descriptor; it is kept in memory and entered as often as there are threads. A pipe, because a
 * limit on the size of files (ulimit -f) would cut short what is written to a file in memory. */
static int export(scmp_filter_ctx f, struct sock_fprog *p)
{
    enum { ROOM = 64 << 10 }; /* what a pipe holds; BPF's limit is half of it */
    int fd[2], r = 0;
    ssize_t size = 0;
    struct sock_filter *program = malloc(ROOM);
    if (!program)
        return -ENOMEM;
    if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0) {
        r = -errno;
        free(program);
        return r;
    }
    if (seccomp_export_bpf(f, fd[1]) < 0 || (size = read(fd[0], program, ROOM)) <= 0)
        r = -EIO;
    close(fd[0]);
    close(fd[1]);
    struct sock_filter *fit = r == 0 ? realloc(program, (size_t)size) : NULL;
    if (!fit)
        free(program);
    p->filter = fit;
    p->len = (unsigned short)((size_t)size / sizeof(struct sock_filter));
    return r == 0 && !fit ? -ENOMEM : r;
}

static int compile(enum sandbox_kind kind)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!f)
        return -ENOMEM;
    int r = rules(f, kind, &box.calls[kind]);
    if (r == 0)
        r = export(f, &box.program[kind]);
    seccomp_release(f);
    return r;
}

int sandbox_init(bool off, bool with_exec, struct vm_error *err)
{
    if (off || INSTRUMENTED) {
        snprintf(box.text, sizeof box.text, "%s", off ? "off: --no-sandbox" : "off: this build is instrumented by a sanitizer");
        return 0;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return err_set(err, errno, "giving up new privileges: %s", strerror(errno));
    enum sandbox_kind main_kind = with_exec ? SANDBOX_MAIN_EXEC : SANDBOX_MAIN;
    int r = compile(SANDBOX_VCPU);
    if (r == 0)
        r = compile(main_kind);
    if (r < 0)
        return err_set(err, -r, "compiling the sandbox: %s", strerror(-r));
    box.on = true;
    snprintf(box.text, sizeof box.text, "on: %u system calls for vCPU threads, %u for the main thread, no network, no new privileges",
             box.calls[SANDBOX_VCPU], box.calls[main_kind]);
    return 0;
}

int sandbox_enter(enum sandbox_kind kind, struct vm_error *err)
{
    if (!box.on)
        return 0;
    if (!box.program[kind].filter)
        return err_set(err, EINVAL, "entering the sandbox: this kind of thread was not asked for at the start");
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &box.program[kind]) < 0)
        return err_set(err, errno, "entering the sandbox: %s. --no-sandbox runs without", strerror(errno));
    return 0;
}

const char *sandbox_describe(void) { return box.text; }
