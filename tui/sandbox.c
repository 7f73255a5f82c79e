/* sandbox.c: allow-lists of system calls, compiled once and entered by each thread. */
#include "sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filter.h"

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
static const short common[] = {
    SYS_futex, SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_rt_sigaction, SYS_sigaltstack, SYS_restart_syscall, SYS_sched_yield, SYS_sched_getaffinity,
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_getrandom, SYS_membarrier, SYS_rseq,
    SYS_mmap, SYS_munmap, SYS_mprotect, SYS_madvise, SYS_mremap, SYS_brk, SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_lseek, SYS_fdatasync,
    SYS_fsync, SYS_fstat, SYS_newfstatat, SYS_poll, SYS_ppoll, SYS_gettid, SYS_getpid, SYS_exit, SYS_exit_group, SYS_close,
};

/* The main thread besides: the terminal, files that a command names, machines created later. */
static const short main_only[] = {
    SYS_ioctl, SYS_open, SYS_openat, SYS_stat, SYS_lstat, SYS_statx, SYS_access, SYS_faccessat, SYS_faccessat2, SYS_readlink, SYS_readlinkat, SYS_getcwd, SYS_getdents64, SYS_mkdir,
    SYS_mkdirat, SYS_rename, SYS_renameat, SYS_renameat2, SYS_unlink, SYS_unlinkat, SYS_rmdir, SYS_ftruncate, SYS_truncate, SYS_fallocate, SYS_chmod, SYS_fchmod, SYS_fchmodat, SYS_umask, SYS_utimensat,
    SYS_flock, SYS_fcntl, SYS_dup, SYS_dup2, SYS_dup3, SYS_pipe, SYS_pipe2, SYS_eventfd2, SYS_memfd_create, SYS_timerfd_create, SYS_timerfd_settime, SYS_signalfd4, SYS_inotify_init1,
    SYS_inotify_add_watch, SYS_inotify_rm_watch, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_wait, SYS_epoll_pwait, SYS_select, SYS_pselect6, SYS_set_robust_list,
    SYS_wait4, SYS_waitid, SYS_getppid, SYS_getpgid, SYS_getpgrp, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getgroups, SYS_uname, SYS_sysinfo, SYS_getrusage, SYS_times,
    SYS_prlimit64, SYS_getrlimit, SYS_sched_getparam, SYS_sched_getscheduler, SYS_sched_get_priority_max, SYS_sched_get_priority_min, SYS_sched_setaffinity, SYS_rt_sigpending, SYS_rt_sigsuspend, SYS_rt_sigtimedwait,
    SYS_setitimer, SYS_alarm, SYS_pause, SYS_sync_file_range, SYS_copy_file_range, SYS_sendfile, SYS_arch_prctl, SYS_prctl, SYS_seccomp, SYS_set_tid_address, SYS_mlock, SYS_munlock, SYS_msync, SYS_fchdir, SYS_chdir,
};

/* Labs run the assembler in a child of their own (tui/lab/fence.c). */
static const short exec_only[] = { SYS_execve, SYS_clone, SYS_clone3, SYS_vfork, SYS_setpgid, SYS_setsid, SYS_kill, SYS_tgkill, SYS_setrlimit, SYS_close_range, SYS_symlink, SYS_link, SYS_linkat, SYS_socketpair, SYS_mincore, SYS_vhangup, SYS_getxattr, SYS_lgetxattr,
    SYS_landlock_create_ruleset, SYS_landlock_add_rule, SYS_landlock_restrict_self };

static struct { bool on; struct filter filter[SANDBOX_KINDS]; unsigned calls[SANDBOX_KINDS]; char text[160]; } box = { .text = "off" };

#define LIST(l) l, sizeof l / sizeof *l
static void compile(enum sandbox_kind kind)
{
    /* A vCPU thread has the terminal's descriptors too: of the ioctls only KVM's (type AEh) are let through. Looked at first: it is the hot path. */
    static const struct filter_if kvm[] = { { 1, 0xff00, 0xae00 } };
    /* Ctrl-Z stops the whole job, as the terminal driver does; no other kill. */
    static const struct filter_if own_job[] = { { 0, 0xffffffff, 0 }, { 1, 0xffffffff, SIGTSTP } };
    /* Threads, but no processes. clone3() hides its flags in memory, where a filter cannot look: without it the C library uses clone(). */
    static const struct filter_if thread[] = { { 0, CLONE_THREAD, CLONE_THREAD } };
    /* Signals to threads: kicks, abort(), and only within this process. */
    const struct filter_if own_threads[] = { { 0, 0xffffffff, (uint32_t)getpid() } };
    struct filter *f = &box.filter[kind];
    filter_begin(f);
    if (kind == SANDBOX_VCPU)
        filter_allow_if(f, SYS_ioctl, LIST(kvm));
    if (kind == SANDBOX_MAIN) {
        filter_allow_if(f, SYS_kill, LIST(own_job));
        filter_allow_if(f, SYS_clone, LIST(thread));
        filter_refuse(f, SYS_clone3, ENOSYS);
    }
    if (kind != SANDBOX_MAIN_EXEC) /* whose children have a number of their own */
        filter_allow_if(f, SYS_tgkill, LIST(own_threads));
    filter_allow(f, LIST(common));
    if (kind != SANDBOX_VCPU)
        filter_allow(f, LIST(main_only));
    if (kind == SANDBOX_MAIN_EXEC)
        filter_allow(f, LIST(exec_only));
    filter_end(f);
    static const unsigned conditional[SANDBOX_KINDS] = { [SANDBOX_VCPU] = 2, [SANDBOX_MAIN] = 3 };
    box.calls[kind] = f->calls + conditional[kind];
}

int sandbox_init(bool off, bool with_exec, struct vm_error *err)
{
    if (off || INSTRUMENTED) {
        box.on = false;
        snprintf(box.text, sizeof box.text, "%s", off ? "off: --no-sandbox" : "off: this build is instrumented by a sanitizer");
        return 0;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return err_set(err, errno, "giving up new privileges: %s", strerror(errno));
    enum sandbox_kind main_kind = with_exec ? SANDBOX_MAIN_EXEC : SANDBOX_MAIN;
    compile(SANDBOX_VCPU);
    compile(main_kind);
    box.on = true;
    snprintf(box.text, sizeof box.text, "on: %u system calls for vCPU threads, %u for the main thread, no network, no new privileges",
             box.calls[SANDBOX_VCPU], box.calls[main_kind]);
    return 0;
}

/* What was open when we were started, a guest's thread could read or write. All files of ours are closed on exec: what would not be, was
 * inherited. Pipes stay, for a script may come by one (--exec <(...)), and terminals. */
static void close_inherited(void)
{
    DIR *d = opendir("/proc/self/fd");
    struct stat st;
    for (struct dirent *e; d && (e = readdir(d));) {
        int fd = atoi(e->d_name);
        if (fd > 2 && fcntl(fd, F_GETFD) == 0 && fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode) || S_ISSOCK(st.st_mode)))
            close(fd);
    }
    if (d)
        closedir(d);
}

int sandbox_enter(enum sandbox_kind kind, struct vm_error *err)
{
    if (!box.on)
        return 0;
    if (kind != SANDBOX_VCPU)
        close_inherited();
    struct sock_fprog program = { .len = (unsigned short)box.filter[kind].insns, .filter = box.filter[kind].insn };
    if (!program.len)
        return err_set(err, EINVAL, "entering the sandbox: this kind of thread was not asked for at the start");
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
        return err_set(err, errno, "entering the sandbox: %s. --no-sandbox runs without", strerror(errno));
    return 0;
}

bool sandbox_on(void) { return box.on; }

const char *sandbox_describe(void) { return box.text; }
