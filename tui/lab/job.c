#include "tui/lab/job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tui/script.h"

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int job_split(struct job_words *w, const char *words, const char *build_dir, struct vm_error *err)
{
    static char program[] = "vmlab";
    static const char mark[] = "$build";
    size_t n = 0;
    w->argc = 0;
    w->argv[w->argc++] = program;
    while (*(words += strspn(words, " \t\n"))) {
        size_t len = strcspn(words, " \t\n");
        bool built = !strncmp(words, mark, sizeof mark - 1);
        int k = built ? snprintf(w->text + n, sizeof w->text - n, "%s%.*s", build_dir, (int)(len - sizeof mark + 1), words + sizeof mark - 1)
                      : snprintf(w->text + n, sizeof w->text - n, "%.*s", (int)len, words);
        if (w->argc > JOB_WORDS || k < 0 || (size_t)k >= sizeof w->text - n)
            return err_set(err, E2BIG, "Reading the lab's machine: more than %d words.", JOB_WORDS);
        w->argv[w->argc++] = w->text + n;
        n += (size_t)k + 1;
        words += len;
    }
    w->argv[w->argc] = NULL;
    return 0;
}

/* A script's errors become the job's error; its output is of no interest. */
static void swallow(void *self, const char *text, size_t n)
{
    struct job *j = self;
    size_t used = strlen(j->err.text), room = sizeof j->err.text - 1 - used;
    if (n > room)
        n = room;
    memcpy(j->err.text + used, text, n);
    j->err.text[used + n] = 0;
}

static int open_machine(struct job *j)
{
    char dir[4200];
    snprintf(dir, sizeof dir, "%s/.build", j->build.dir);
    int r = job_split(&j->words, j->spec->words, dir, &j->err);
    if (r < 0)
        return r;
    /* The same result each time, whatever the host: time is the number of instructions. */
    static char engine[] = "--engine=soft", deterministic[] = "--deterministic";
    if (!strstr(j->spec->words, "--engine")) {
        j->words.argv[j->words.argc++] = engine;
        /* How several vCPUs of one machine interleave is the host's affair. */
        if (!strstr(j->spec->words, "--share") && !strstr(j->spec->words, "--smp"))
            j->words.argv[j->words.argc++] = deterministic;
        j->words.argv[j->words.argc] = NULL;
    }
    if ((r = options_parse(&j->opt, j->words.argc, j->words.argv, &j->err)) < 0)
        return r;
    j->opt.headless = true;
    j->opt.commands = j->spec->commands; /* says that somebody may still inject something */
    if ((r = session_open(&j->s, &j->opt, &j->err)) < 0)
        return r;
    j->open = true;
    j->scripted = j->spec->commands != NULL;
    j->deadline = now_ms() + (int64_t)(j->spec->seconds * (1000 * LAB_PATIENCE));
    j->state = JOB_RUNNING;
    if (j->scripted)
        return script_push_text(&j->s, "the lab's commands", j->spec->commands, &j->err);
    for (unsigned i = 0; r == 0 && i < j->s.vcpus; i++)
        r = vcpu_resume(j->s.vcpu[i], &j->err);
    return r;
}

static void begin(struct job *j)
{
    if (open_machine(j) < 0)
        j->state = JOB_FAILED;
}

void job_start(struct job *j, const struct lab_spec *spec, const char *work_dir, const char *source, uint64_t base, const char *include)
{
    job_close(j);
    *j = (struct job){ .spec = spec };
    snprintf(j->build.dir, sizeof j->build.dir, "%s", work_dir);
    const char *dot = source ? strrchr(source, '.') : NULL;
    bool code = dot && (!strcmp(dot, ".S") || !strcmp(dot, ".s"));
    if (!code) { /* nothing to build: a text that the check reads */
        begin(j);
        return;
    }
    j->state = JOB_BUILDING;
    if (build_start(&j->build, work_dir, source, base, include, &j->err) < 0)
        j->state = JOB_FAILED;
}

static void feed(struct job *j)
{
    const char *in = j->spec->input ? j->spec->input : "";
    size_t n = strlen(in);
    if (j->fed < n)
        j->fed += vcpu_input(j->s.vcpu[0], in + j->fed, n - j->fed);
    if (j->fed == n && !j->ended && !j->scripted) {
        for (unsigned i = 0; i < j->s.vcpus; i++)
            vcpu_input_eof(j->s.vcpu[i]);
        j->ended = true;
    }
}

static bool finished(struct job *j)
{
    if (j->scripted) {
        struct out out = { .write = swallow, .self = j };
        enum script_state st = script_run(&j->s, &out);
        if (st == SCRIPT_FAILED)
            j->state = JOB_FAILED;
        else
            j->err.text[0] = 0;
        return st != SCRIPT_WAIT;
    }
    for (unsigned i = 0; i < j->s.vcpus; i++)
        if (!vcpu_wait_idle(j->s.vcpu[i], 0) || !vcpu_wait_stopped(j->s.vcpu[i], 0))
            return false;
    return true;
}

/* Out of time: stop everything where it is, so that what a check sees stands still. */
static void stop(struct job *j)
{
    j->timed_out = true;
    for (unsigned i = 0; i < j->s.vcpus; i++)
        vcpu_pause(j->s.vcpu[i], NULL);
    for (unsigned i = 0; i < j->s.vcpus; i++)
        vcpu_wait_stopped(j->s.vcpu[i], 1000);
}

enum job_state job_poll(struct job *j)
{
    if (j->state == JOB_BUILDING) {
        enum build_state b = build_poll(&j->build);
        if (b == BUILD_FAILED)
            j->state = JOB_FAILED;
        else if (b == BUILD_DONE)
            begin(j);
    }
    if (j->state == JOB_RUNNING) {
        feed(j);
        bool late = now_ms() >= j->deadline;
        if (finished(j) && j->state == JOB_RUNNING)
            j->state = JOB_READY;
        else if (late && j->state == JOB_RUNNING) {
            stop(j);
            j->state = JOB_READY;
        }
    }
    return j->state;
}

void job_close(struct job *j)
{
    build_stop(&j->build);
    if (j->open)
        session_close(&j->s);
    j->open = false;
    j->state = JOB_NONE;
}
