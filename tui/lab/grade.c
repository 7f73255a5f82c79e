/* grade.c: `vmlab grade`: many submissions at once, each in a process of its own. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/lab/lab.h"
#include "tui/lab/paths.h"
#include "tui/lab/grade_report.h"
#include "tui/number.h"
#include "tui/utf8.h"
#include "tui/storage.h"

enum { JOBS_MAX = 64 };

struct request {
    struct submissions subs;
    char lab[PATHS_SIZE];    /* "": by the name of each directory */
    const char *dir[256], *junit;
    int dirs, jobs;
    bool tap, json;
    double seconds;
};

static const char usage[] =
    "usage: vmlab grade [--lab LAB] [-j N] [--seconds S] [--tap | --json]\n"
    "                   [--junit FILE] [DIR...]\n"
    "\n"
    "Grades each student's directory against the labs of this installation; a\n"
    "lab.lua in it is never looked at. A DIR is a submission (its name is a lab's,\n"
    "03-hypercalls), or holds submissions, or students who hold them. Without DIR:\n"
    "here.\n"
    "\n"
    "  --lab LAB      every DIR, or every directory in it, is a submission for this\n"
    "                 lab (3 or 03-hypercalls)\n"
    "  -j N           so many at once (default: one a processor)\n"
    "  --seconds S    stop a submission after S seconds (default 60)\n"
    "  --tap          print TAP, a line a step\n"
    "  --json         print JSON\n"
    "  --junit FILE   also write JUnit XML to FILE\n"
    "\n"
    "Exit status: 0 every step of every submission passed, 1 not, 2 usage, 128 + N\n"
    "stopped by signal N.\n";

static int nonsense(const char *fmt, const char *word)
{
    fprintf(stderr, "vmlab grade: ");
    fprintf(stderr, fmt, word);
    fprintf(stderr, "\n");
    return 2;
}

/* 0: go on, 2: usage, -1: help was printed */
static int parse(struct request *q, int argc, char **argv)
{
    struct vm_error err;
    uint64_t n;
    char *end;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool takes = !strcmp(a, "--lab") || !strcmp(a, "-j") || !strcmp(a, "--seconds") || !strcmp(a, "--junit");
        if (takes && !value)
            return nonsense("%s needs a value after it", a);
        i += takes;
        if (!strcmp(a, "--lab")) {
            int r = paths_find(value, q->lab, &err);
            if (r == -ENOENT)
                return nonsense("%s", err.text);
            if (r < 0)
                return fprintf(stderr, "vmlab grade: %s\n", err.text), 1;
        } else if (!strcmp(a, "-j")) {
            if (!number_plain(value, &n) || n < 1 || n > JOBS_MAX)
                return nonsense("-j takes a number from 1 to 64, not '%s'", value);
            q->jobs = (int)n;
        } else if (!strcmp(a, "--seconds")) {
            q->seconds = strtod(value, &end);
            if (*end || !(q->seconds >= 1 && q->seconds <= 3600))
                return nonsense("--seconds takes a number from 1 to 3600, not '%s'", value);
        } else if (!strcmp(a, "--junit")) {
            q->junit = value;
        } else if (!strcmp(a, "--tap")) {
            q->tap = true;
        } else if (!strcmp(a, "--json")) {
            q->json = true;
        } else if (!strcmp(a, "--help") || !strcmp(a, "-h")) {
            fputs(usage, stdout);
            return -1;
        } else if (a[0] == '-') {
            return nonsense("there is no option '%s': `vmlab grade --help` lists them", a);
        } else if (q->dirs == 256) {
            return nonsense("more than 256 directories: name the one that holds them, not '%s' and the others", a);
        } else {
            q->dir[q->dirs++] = a;
        }
    }
    if (q->tap && q->json)
        return nonsense("%s and --json both want stdout: choose one", "--tap");
    return 0;
}

static void tell(const struct eval *e, size_t done, size_t all)
{
    char name[51];
    if (!isatty(STDERR_FILENO))
        return;
    text_copy(name, sizeof name, e->from);
    fprintf(stderr, "\r%zu of %zu  ", done, all);
    grade_report_line(stderr, name);
    fprintf(stderr, "%*s", 50 - text_width(name, SIZE_MAX), "");
}

static volatile sig_atomic_t stopped_by;
static void on_stop(int sig) { stopped_by = sig; }

static void catch_stops(void)
{
    struct sigaction sa = { .sa_handler = on_stop }; /* no SA_RESTART: poll must return */
    static const int stops[] = { SIGINT, SIGTERM, SIGHUP };
    sigemptyset(&sa.sa_mask);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        sigaction(stops[i], &sa, NULL);
}

/* Keep `jobs` of them running until all are done, or somebody stops us: then nothing of them is left, no process and no file. */
static void grade_all(struct submissions *s, int jobs)
{
    struct eval *running[JOBS_MAX];
    struct vm_error err;
    int n = 0;
    size_t next = 0, done = 0;
    catch_stops();
    while (done < s->n && !stopped_by) {
        while (n < jobs && next < s->n) {
            struct eval *e = &s->e[next++];
            if (eval_start(e, &err) < 0) {
                snprintf(e->result.error, sizeof e->result.error, "%.399s", err.text);
                done++;
            } else {
                running[n++] = e;
            }
        }
        struct pollfd p[JOBS_MAX];
        for (int i = 0; i < n; i++)
            p[i] = (struct pollfd){ running[i]->fd, POLLIN, 0 };
        poll(p, (nfds_t)n, 100);
        for (int i = 0; i < n; i++)
            if (eval_poll(running[i])) {
                tell(running[i], ++done, s->n);
                running[i--] = running[--n];
            }
    }
    while (n)
        eval_stop(running[--n]);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%70s\r", "");
}

static int report(const struct request *q)
{
    int status = 0;
    if (q->junit) {
        struct vm_error err;
        FILE *f = fopen(q->junit, "we");
        errno = f ? 0 : errno;
        if (f)
            grade_report_junit(f, &q->subs);
        bool bad = !f || ferror(f);
        int e = errno;
        if (f && fclose(f) && !bad)
            bad = true, e = errno;
        if (bad) {
            storage_error(&err, e ? e : EIO, "the report", q->junit);
            fprintf(stderr, "vmlab grade: %s\n", err.text);
            status = 1;
        }
    }
    if (q->json) {
        if (grade_report_json(stdout, &q->subs) < 0) {
            fprintf(stderr, "vmlab grade: no memory for the report\n");
            status = 1;
        }
    } else if (q->tap) {
        grade_report_tap(stdout, &q->subs);
    } else {
        grade_report_plain(stdout, &q->subs);
    }
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "vmlab grade: cannot write to stdout: %s\n", strerror(errno));
        status = 1;
    }
    for (size_t i = 0; i < q->subs.n; i++)
        if (!grade_report_passed(&q->subs.e[i]))
            status = 1;
    return status;
}

int grade_main(int argc, char **argv)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct request *q = calloc(1, sizeof *q);
    struct vm_error err;
    if (!q)
        return fprintf(stderr, "vmlab grade: no memory to grade\n"), 1;
    q->seconds = 60;
    q->jobs = cores < 1 ? 1 : cores > JOBS_MAX ? JOBS_MAX : (int)cores;
    int status = parse(q, argc, argv);
    if (status) {
        free(q);
        return status < 0 ? 0 : status;
    }
    if (!q->dirs)
        q->dir[q->dirs++] = ".";
    for (int i = 0; i < q->dirs && !status; i++)
        if (submissions_add(&q->subs, q->dir[i], *q->lab ? q->lab : NULL, &err) < 0) {
            fprintf(stderr, "vmlab grade: %s\n", err.text);
            status = 1;
        }
    if (!status && !q->subs.n) {
        fprintf(stderr, "vmlab grade: there is no submission here. A submission is a directory named like its lab (03-hypercalls), or any with --lab 3.\n");
        status = 1;
    }
    if (!status) {
        for (size_t i = 0; i < q->subs.n; i++)
            q->subs.e[i].seconds = q->seconds;
        grade_all(&q->subs, q->jobs);
        if (stopped_by)
            fprintf(stderr, "vmlab grade: stopped by SIG%s; nothing was reported\n", sigabbrev_np(stopped_by));
        status = stopped_by ? 128 + stopped_by : report(q);
    }
    submissions_free(&q->subs);
    free(q);
    return status;
}
