/* reach.c: LD_PRELOADed into the program under test: each of its threads, once it is confined, reaches for what it must not have, and
 * PROBE_OUT, a pipe's name, is told what came of it: "PID TID ROUTINE CALL=ERRNO ... files=N". With PROBE_OPEN it does not wait to be confined (to see
 * what --no-sandbox leaves open). ROUTINE numbers the functions that threads begin in; 0: main. Test-only. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OUT = 200 };
static int out = -1;
static long parent; /* somebody else's process */
static char target[4200];
static bool (*confined)(void);
static __thread int routine_here;
static __thread char reached;

/* The filter answers prctl() itself where it is not allowed; where it is, the kernel says "2". */
static bool is_confined(void) { return syscall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0) != 0; }
static bool at_once(void) { return true; }

static void maybe(void);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("PROBE_OUT");
    if (!path)
        return;
    snprintf(target, sizeof target, "%s.written", path);
    parent = getppid();
    confined = getenv("PROBE_OPEN") ? at_once : is_confined;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    out = fd >= 0 ? fcntl(fd, F_DUPFD, OUT) : OUT; /* the assembler may not open it: it inherits it */
    close(fd);
    if (is_confined()) /* a child of a confined process: the assembler of a lab */
        maybe();
}

static long try_fork(void)
{
    long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        syscall(SYS_exit_group, 0);
    if (pid > 0)
        syscall(SYS_wait4, pid, NULL, 0, NULL);
    return pid;
}

static long try_peek(void)
{
    char from = 'x', to = 0;
    struct iovec local = { &to, 1 }, remote = { &from, 1 };
    return syscall(SYS_process_vm_readv, syscall(SYS_getpid), &local, 1ul, &remote, 1ul, 0ul);
}

static void reach(void)
{
    static const char *const names[] = { "read", "write", "inet", "unix", "execve", "fork", "ptrace", "peek", "kill", "tgkill", "tiocsti", "io_uring", "openat2", "setuid" };
    long result[sizeof names / sizeof *names];
    char line[512];
    size_t i = 0;
    int e = errno, files = 0; /* open, and sockets, so that a guest's thread could read or write them too; 0 where /proc may not be looked at */
    for (int fd = 3; fd < OUT; fd++) {
        char link[32], path[200];
        struct stat st;
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        files += readlink(link, path, sizeof path) > 0 && fstat(fd, &st) == 0 && ((S_ISREG(st.st_mode) && path[0] == '/') || S_ISDIR(st.st_mode) || S_ISSOCK(st.st_mode));
    }
#define TRY(call) do { errno = 0; result[i] = (call) >= 0 ? 0 : errno; i++; } while (0)
    TRY(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC, 0));
    TRY(syscall(SYS_openat, AT_FDCWD, target, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    TRY(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
    TRY(syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
    TRY(syscall(SYS_execve, "", NULL, NULL)); /* allowed: ENOENT */
    TRY(try_fork());
    TRY(syscall(SYS_ptrace, PTRACE_PEEKDATA, syscall(SYS_getpid), NULL, NULL)); /* allowed: ESRCH */
    TRY(try_peek());
    TRY(syscall(SYS_kill, parent, 0));
    TRY(syscall(SYS_tgkill, parent, parent, 0));
    TRY(syscall(SYS_ioctl, -1, TIOCSTI, "x")); /* allowed: EBADF */
    TRY(syscall(SYS_io_uring_setup, 1, NULL)); /* allowed: EFAULT */
    TRY(syscall(SYS_openat2, AT_FDCWD, "", NULL, 0ul)); /* allowed: EINVAL */
    TRY(syscall(SYS_setuid, (long)-1)); /* allowed: EINVAL */
    int n = snprintf(line, sizeof line, "%ld %ld %d", syscall(SYS_getpid), syscall(SYS_gettid), routine_here);
    for (size_t k = 0; k < i; k++)
        n += snprintf(line + n, sizeof line - (size_t)n, " %s=%ld", names[k], result[k]);
    n += snprintf(line + n, sizeof line - (size_t)n, " files=%d\n", files);
    if (write(out, line, (size_t)n) < 0)
        out = -1;
    errno = e;
}

static void maybe(void)
{
    if (reached || out < 0 || !confined())
        return;
    reached = 1;
    reach();
}

/* --- where threads come past ------------------------------------------------------------------------------------------------ */

int pthread_mutex_lock(pthread_mutex_t *m)
{
    static int (*next)(pthread_mutex_t *);
    if (!next)
        next = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_lock");
    maybe();
    return next(m);
}

int poll(struct pollfd *fds, nfds_t n, int ms)
{
    static int (*next)(struct pollfd *, nfds_t, int);
    if (!next)
        next = (int (*)(struct pollfd *, nfds_t, int))dlsym(RTLD_NEXT, "poll");
    maybe();
    return next(fds, n, ms);
}

struct start { void *(*fn)(void *); void *arg; int routine; };

static void *started(void *arg)
{
    struct start s = *(struct start *)arg;
    free(arg);
    routine_here = s.routine;
    return s.fn(s.arg);
}

int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*fn)(void *), void *arg)
{
    static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    static void *(*routine[16])(void *);
    static int routines;
    struct start *s = malloc(sizeof *s);
    int i = 0;
    while (i < routines && routine[i] != fn)
        i++;
    if (i == routines && routines < 16)
        routine[routines++] = fn;
    *s = (struct start){ fn, arg, i + 1 };
    if (!next)
        next = (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(RTLD_NEXT, "pthread_create");
    return next(t, a, started, s);
}
