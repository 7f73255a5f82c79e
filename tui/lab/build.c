/* build.c: see build.h. The same two commands as for the guests of this project (mk/guests.mk); docs/writing-a-lab.md says
 * how to run them by hand. A source can make an assembler loop, write gigabytes or read what is not its business: time, memory, file
 * size and files are bounded. */
#include "tui/lab/build.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tui/lab/fence.h"
#include "tui/sandbox.h"

enum { SECONDS = 10, CPU_SECONDS = 5, FILE_MAX = 8 << 20, MEMORY_MAX = 512 << 20 };

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void limit(__rlimit_resource_t what, rlim_t value)
{
    struct rlimit now;
    if (getrlimit(what, &now) == 0 && now.rlim_max != RLIM_INFINITY && now.rlim_max < value)
        value = now.rlim_max;
    setrlimit(what, &(struct rlimit){ value, value });
}

static _Noreturn void give_up(const char *why)
{
    ssize_t ignored = write(2, why, strlen(why));
    (void)ignored;
    _exit(127);
}

/* In the child of a process with threads: only what is safe there. */
static void child(struct build *b, int out, char *const argv[])
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing of it outlives us */
    limit(RLIMIT_CPU, CPU_SECONDS);
    limit(RLIMIT_FSIZE, FILE_MAX);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_AS, MEMORY_MAX);
    int nul = open("/dev/null", O_RDONLY);
    if (nul >= 0)
        dup2(nul, 0);
    dup2(out, 1);
    dup2(out, 2);
    if (chdir(b->dir) < 0)
        give_up("cannot be started: its directory is gone.\n");
    if (sandbox_on() && fence_enter(".build", b->include) < 0)
        give_up("cannot be kept from your files: --no-sandbox runs it all the same.\n");
    execvp(argv[0], argv);
    give_up("cannot be started: is the package binutils installed?\n");
}

static int spawn(struct build *b)
{
    char *as[] = { "as", "--32", "-g" /* so that ld can say the line */, "--fatal-warnings", "-I", ".", "-I", b->include, "-o", b->object, b->source, NULL };
    char *ld[] = { "ld", "-m", "elf_i386", "-Ttext", b->base, "-e", "0", "--oformat", "binary", "-o", b->result, b->object, NULL };
    int fd[2];
    if (pipe2(fd, O_CLOEXEC) < 0)
        return -errno;
    fcntl(fd[0], F_SETFL, O_NONBLOCK);
    pid_t pid = fork();
    if (pid == 0)
        child(b, fd[1], b->linking ? ld : as);
    int e = errno;
    close(fd[1]);
    if (pid < 0) {
        close(fd[0]);
        return -e;
    }
    setpgid(pid, pid); /* also here: whoever comes first */
    b->fd = fd[0];
    b->pid = pid;
    return 0;
}

int build_start(struct build *b, const char *dir, const char *source, uint64_t base, const char *include, struct vm_error *err)
{
    build_stop(b);
    *b = (struct build){ .state = BUILD_RUNNING, .fd = -1, .deadline = now_ms() + SECONDS * 1000 };
    const char *dot = strrchr(source, '.');
    int stem = dot ? (int)(dot - source) : (int)strlen(source);
    snprintf(b->dir, sizeof b->dir, "%s", dir);
    snprintf(b->source, sizeof b->source, "%s", source);
    snprintf(b->object, sizeof b->object, ".build/%.*s.o", stem, source);
    snprintf(b->result, sizeof b->result, ".build/%.*s.bin", stem, source);
    snprintf(b->include, sizeof b->include, "%s", include);
    snprintf(b->base, sizeof b->base, "0x%" PRIx64, base);
    char out[4200];
    snprintf(out, sizeof out, "%s/.build", dir);
    if (mkdir(out, 0777) < 0 && errno != EEXIST) {
        b->state = BUILD_FAILED;
        return err_set(err, errno, "Making %.300s: %s.", out, strerror(errno));
    }
    int r = spawn(b);
    if (r < 0) {
        b->state = BUILD_FAILED;
        return err_set(err, -r, "Starting the assembler: %s.", strerror(-r));
    }
    return 0;
}

static void drain(struct build *b)
{
    char buf[1024];
    for (ssize_t n; (n = read(b->fd, buf, sizeof buf)) > 0;) {
        size_t room = sizeof b->log - 1 - b->n, k = (size_t)n < room ? (size_t)n : room;
        memcpy(b->log + b->n, buf, k);
        b->log[b->n += k] = 0;
    }
}

static void finish(struct build *b, enum build_state s)
{
    drain(b);
    close(b->fd);
    b->fd = -1;
    b->pid = 0;
    b->state = s;
}

enum build_state build_poll(struct build *b)
{
    if (b->state != BUILD_RUNNING)
        return b->state;
    int status;
    drain(b);
    pid_t r = waitpid(b->pid, &status, WNOHANG);
    if (r == 0 && now_ms() < b->deadline)
        return BUILD_RUNNING;
    if (r == 0) {
        kill(-b->pid, SIGKILL);
        waitpid(b->pid, &status, 0);
    }
    bool good = r > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    finish(b, good ? BUILD_DONE : BUILD_FAILED);
    if (!good && (r == 0 || (r > 0 && WIFSIGNALED(status))))
        snprintf(b->log, sizeof b->log, "%s was stopped: it took too much time, memory or disk. Is there an endless .rept or a huge .space?\n",
                 b->linking ? "ld" : "as");
    if (good && !b->linking) {
        b->linking = true;
        b->n = 0;
        b->state = BUILD_RUNNING;
        if (spawn(b) < 0)
            b->state = BUILD_FAILED;
    }
    return b->state;
}

void build_stop(struct build *b)
{
    if (b->state != BUILD_RUNNING || b->pid <= 0)
        return;
    kill(-b->pid, SIGKILL);
    waitpid(b->pid, NULL, 0);
    finish(b, BUILD_FAILED);
}
