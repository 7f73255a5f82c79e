#include "tui/lab/evaluate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tui/lab/drive.h"
#include "tui/lab/replay.h"
#include "tui/sandbox.h"
#include "tui/utf8.h"
#include "tui/storage.h"

enum { FILES_MAX = 256, FILE_MAX = 16 << 20 };
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { LIMIT_MEMORY = 0 }; /* their shadow memory is terabytes of addresses */
#else
enum { LIMIT_MEMORY = 1 };
#endif
#define MEMORY_MAX (4ull << 30)

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- the child --------------------------------------------------------------------------------------------------------------------- */

static void set_limit(__rlimit_resource_t what, rlim_t value)
{
    struct rlimit r;
    if (getrlimit(what, &r) == 0 && (r.rlim_max == RLIM_INFINITY || r.rlim_max > value))
        setrlimit(what, &(struct rlimit){ value, value });
}

static void confine(const struct eval *e)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    int nul = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3 && nul >= 0; fd++)
        dup2(nul, fd);
    setenv("HOME", e->temp, 1);
    setenv("XDG_STATE_HOME", e->temp, 1);
    setenv("TMPDIR", e->temp, 1);
    set_limit(RLIMIT_CPU, (rlim_t)e->seconds + 1);
    set_limit(RLIMIT_FSIZE, FILE_MAX);
    set_limit(RLIMIT_NOFILE, FILES_MAX);
    set_limit(RLIMIT_CORE, 0);
    if (LIMIT_MEMORY)
        set_limit(RLIMIT_AS, MEMORY_MAX);
    signal(SIGXFSZ, SIG_IGN); /* an error instead */
}

static void send_all(int fd, const void *p, size_t n)
{
    for (const char *c = p; n;) {
        ssize_t k = write(fd, c, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            _exit(1);
        c += k;
        n -= (size_t)k;
    }
}

static void grade(const struct eval *e, struct eval_result *res)
{
    struct lab *l;
    struct vm_error err = { 0 };
    if (lab_load(&l, e->lab, &err) < 0) {
        snprintf(res->error, sizeof res->error, "%.399s", err.text);
        return;
    }
    res->steps = l->steps;
    res->most = lab_points(l);
    for (unsigned i = 0; i < l->steps; i++) {
        struct eval_step *s = &res->step[i];
        s->most = lab_step_points(&l->step[i]);
        s->builds = l->step[i].build != NULL;
        text_copy(s->heading, sizeof s->heading, l->step[i].heading);
    }
    if (work_collect(e->from, e->temp, l, &err) < 0) {
        snprintf(res->error, sizeof res->error, "%.399s", err.text);
        lab_free(l);
        return;
    }
    if (chdir(e->temp) < 0) /* only now: the paths until here may be relative */
        _exit(1);
    if (sandbox_init(false, true, &err) < 0 || sandbox_enter(SANDBOX_MAIN_EXEC, &err) < 0)
        sandbox_init(true, true, &err); /* without seccomp the limits above must do */
    replay_lab(l, e->temp, e->seconds, res);
}

/* --- the parent -------------------------------------------------------------------------------------------------------------------- */

enum { DEEPEST = 16 };

/* Without memory, for what is left of a submission goes also when there is none: nftw() and opendir() need some. */
static void remove_tree(int at, const char *name, int depth)
{
    _Alignas(struct dirent64) char buf[4096];
    ssize_t n;
    bool gone = true;
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    while (fd >= 0 && depth < DEEPEST && gone) { /* once more as long as something went: entries may have moved meanwhile */
        gone = false;
        lseek(fd, 0, SEEK_SET);
        while ((n = getdents64(fd, buf, sizeof buf)) > 0)
            for (ssize_t k = 0; k < n; k += ((const struct dirent64 *)(const void *)(buf + k))->d_reclen) {
                const struct dirent64 *d = (const struct dirent64 *)(const void *)(buf + k);
                if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
                    continue;
                if (unlinkat(fd, d->d_name, 0) < 0)
                    remove_tree(fd, d->d_name, depth + 1);
                gone |= faccessat(fd, d->d_name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
            }
    }
    if (fd >= 0)
        close(fd);
    unlinkat(at, name, AT_REMOVEDIR);
}

static void fill(struct eval *e, const char *why)
{
    e->result.graded = false;
    snprintf(e->result.error, sizeof e->result.error, "%.399s", why);
}

int eval_start(struct eval *e, struct vm_error *err)
{
    int fd[2];
    const char *tmp = getenv("TMPDIR");
    e->result = (struct eval_result){ 0 };
    e->got = 0;
    e->pid = 0;
    snprintf(e->temp, sizeof e->temp, "%.4000s/vmlab-grade-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(e->temp))
        return storage_error(err, errno, "the directory to grade in", e->temp);
    if (pipe2(fd, O_CLOEXEC) < 0) {
        int en = errno;
        rmdir(e->temp);
        return err_set(err, en, "Making a pipe: %s.", strerror(en));
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct eval_result *res = calloc(1, sizeof *res);
        close(fd[0]);
        confine(e);
        if (!res)
            _exit(1);
        grade(e, res);
        send_all(fd[1], res, sizeof *res);
        _exit(0);
    }
    int en = errno;
    close(fd[1]);
    if (pid < 0) {
        close(fd[0]);
        rmdir(e->temp);
        return err_set(err, en, "Starting a process: %s.", strerror(en));
    }
    setpgid(pid, pid);
    fcntl(fd[0], F_SETFL, O_NONBLOCK);
    e->pid = pid;
    e->fd = fd[0];
    e->deadline = now_ms() + (long long)(e->seconds * 1000);
    return 0;
}

/* Nothing in it is believed: the child has run what a student wrote. */
static void distrust(struct eval_result *r)
{
    if (r->steps > LAB_STEPS)
        r->steps = LAB_STEPS;
    r->error[sizeof r->error - 1] = 0;
    r->points = r->most = 0;
    for (unsigned i = 0; i < r->steps; i++) {
        struct eval_step *s = &r->step[i];
        s->heading[sizeof s->heading - 1] = s->message[sizeof s->message - 1] = 0;
        if (s->most > 1000)
            s->most = 1000;
        if (s->points > s->most)
            s->points = s->most;
        r->points += s->points;
        r->most += s->most;
    }
}

static void finish(struct eval *e)
{
    kill(-e->pid, SIGKILL); /* what it started dies with it */
    waitpid(e->pid, NULL, 0);
    close(e->fd);
    e->pid = 0;
    remove_tree(AT_FDCWD, e->temp, 0);
}

bool eval_poll(struct eval *e)
{
    struct eval_result *r = &e->result;
    char *to = (char *)r;
    ssize_t n = 0;
    if (!e->pid)
        return true;
    while (e->got < sizeof *r && (n = read(e->fd, to + e->got, sizeof *r - e->got)) > 0)
        e->got += (size_t)n;
    bool late = now_ms() >= e->deadline;
    if (e->got < sizeof *r && n < 0 && (errno == EAGAIN || errno == EINTR) && !late)
        return false;
    finish(e);
    if (e->got == sizeof *r) {
        distrust(r);
        return true;
    }
    char why[120];
    if (late)
        snprintf(why, sizeof why, "Stopped: it took longer than %g seconds.", e->seconds);
    else
        snprintf(why, sizeof why, "Stopped: it used more time, memory or disk than a submission may.");
    *r = (struct eval_result){ 0 };
    fill(e, why);
    return true;
}

void eval_stop(struct eval *e)
{
    if (e->pid)
        finish(e);
}

void eval_run(struct eval *e)
{
    struct vm_error err;
    if (eval_start(e, &err) < 0) {
        fill(e, err.text);
        return;
    }
    while (!eval_poll(e)) {
        struct pollfd p = { e->fd, POLLIN, 0 };
        poll(&p, 1, 100);
    }
}
