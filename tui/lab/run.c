/* run.c: where a lab in progress stands: see run.h. What passes a step is in judge.c. */
#include "tui/lab/run_impl.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tui/lab/paths.h"

void run_say(struct run *r, enum side_style style, const char *fmt, ...)
{
    if (r->messages == RUN_MESSAGES) {
        memmove(&r->message[0], &r->message[1], (RUN_MESSAGES - 1) * sizeof r->message[0]);
        r->messages--;
    }
    struct run_message *m = &r->message[r->messages++];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(m->text, sizeof m->text, fmt, ap);
    va_end(ap);
    m->style = style;
    r->version++;
    if (r->say)
        r->say(r->say_self, style, m->text);
}

const struct lab_step *run_current(const struct run *r) { return &r->lab->step[r->step]; }
bool run_finished(const struct run *r) { return r->step >= r->lab->steps; }
bool run_busy(const struct run *r) { return r->job_for != JOB_IDLE || r->work.saved; }
unsigned run_points(const struct run *r) { return progress_points(&r->progress); }

/* The machine of the last step up to `upto` that has one of its own. */
static const char *words_of(const struct run *r, unsigned upto)
{
    const char *words = r->lab->machine;
    for (unsigned i = 0; i <= upto && i < r->lab->steps; i++)
        if (r->lab->step[i].machine)
            words = r->lab->step[i].machine;
    return words;
}

const char *run_words(const struct run *r) { return words_of(r, r->step); }

/* Is every guest of these words there that the student builds? */
static bool built(const struct run *r, const char *words)
{
    static const char mark[] = "$build/";
    for (const char *at = words; (at = strstr(at, mark));) {
        char path[4400];
        at += sizeof mark - 1;
        snprintf(path, sizeof path, "%s/.build/%.*s", r->work.dir, (int)strcspn(at, " "), at);
        if (access(path, R_OK) < 0)
            return false;
    }
    return true;
}

const char *run_words_now(const struct run *r)
{
    for (unsigned i = r->step; i > 0; i--)
        if (built(r, words_of(r, i)))
            return words_of(r, i);
    return words_of(r, 0);
}

const char *run_words_try(const struct run *r)
{
    for (unsigned i = run_finished(r) ? r->lab->steps : r->step + 1; i-- > 0;) {
        const struct lab_step *st = &r->lab->step[i];
        if (st->build && strstr(st->run.words, "$build/") && built(r, st->run.words))
            return st->run.words;
    }
    return NULL;
}

unsigned run_files_now(const struct run *r)
{
    if (run_finished(r) || !run_current(r)->build)
        return 0;
    unsigned mine = (1u << r->lab->files) - 1;
    for (unsigned i = r->step + 1; i < r->lab->steps; i++)
        for (unsigned f = 0; r->lab->step[i].build && f < r->lab->files; f++)
            if (!strcmp(r->lab->file[f], r->lab->step[i].build) && strcmp(r->lab->file[f], run_current(r)->build))
                mine &= ~(1u << f);
    return mine;
}

bool run_wrong_machine(const struct run *r)
{
    return !run_finished(r) && !run_current(r)->build && (r->trying || !r->machine || strcmp(r->machine, run_words(r)));
}

/* --- steps ---------------------------------------------------------------------------------------------------------------------- */

/* The first step that is neither passed nor skipped, from where we are. */
static void begin_step(struct run *r)
{
    while (!run_finished(r) && r->progress.step[r->step].how != PROGRESS_NONE)
        r->step++;
    r->messages = r->hints = r->wrong = 0;
    r->mistakes = 0;
    r->reminded = false;
    r->seen = 0;
    r->asking = !run_finished(r) && run_current(r)->ask.on;
    if (r->s)
        events_clear(&r->events, r->s);
    r->version++;
}

void run_finish_step(struct run *r, enum progress_how how, unsigned points)
{
    struct vm_error err;
    struct progress_step p = { how, points };
    unsigned asked = r->progress.step[r->step].points;
    p.points += asked;
    r->progress.step[r->step] = p;
    bool lost = r->remember && progress_set(r->lab->name, r->step, p, &err) < 0;
    r->saved &= ~run_files_now(r); /* what is saved on top of the check that passed is not for the next step */
    r->step++;
    begin_step(r);
    if (lost)
        run_say(r, SIDE_BAD, "%s The lab goes on, but this step is not remembered.", err.text);
    if (run_finished(r) && r->say)
        run_say(r, SIDE_GOOD, "You finished lab %u with %u of %u points.", r->lab->number, run_points(r), lab_points(r->lab));
}

/* --- what the student says --------------------------------------------------------------------------------------------------------- */

void run_command(struct run *r, const char *line) { events_command(&r->events, line); }

static void record(struct run *r, const char *line) { work_record(&r->work, line, strlen(line)); }

/* What a later reader of the record must know first. */
static void record_place(struct run *r)
{
    if (r->work.again && r->remember && progress_done(&r->progress, r->lab->steps) == 0)
        record(r, "lab reset yes");
    else if (r->work.again) /* coming back opened a fresh machine */
        record(r, "lab machine");
    r->work.again = false;
    if (r->s && r->focus != r->s->focus) { /* it was chosen by a key or the mouse */
        char line[32];
        snprintf(line, sizeof line, "focus %u", r->s->focus);
        record(r, line);
        r->focus = r->s->focus;
    }
}

static void record_typed(struct run *r)
{
    char line[sizeof r->typed + 8];
    if (!*r->typed)
        return;
    snprintf(line, sizeof line, "key \"%s\"", r->typed);
    *r->typed = '\0';
    record(r, line);
    run_command(r, line);
}

void run_record(struct run *r, const char *line, size_t n)
{
    record_typed(r);
    record_place(r);
    work_record(&r->work, line, n);
}

void run_typed(struct run *r, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (r->s && r->focus != r->s->focus)
            record_typed(r); /* that was for another guest */
        if (!*r->typed)
            record_place(r);
        size_t used = strlen(r->typed);
        char *end = r->typed + used;
        if (c == '\n')
            memcpy(end, "\\n", 3);
        else
            snprintf(end, sizeof r->typed - used, c == ' ' || (c < 0x80 && isalnum(c)) ? "%c" : "\\x%02x", c);
        if (c == '\n' || used + 10 > sizeof r->typed)
            record_typed(r);
    }
}

int run_hint(struct run *r, struct vm_error *err)
{
    if (run_finished(r))
        return err_set(err, EINVAL, "this lab is finished");
    const struct lab_step *st = run_current(r);
    if (r->hints == st->hints) {
        r->hints = 0;
        if (!st->hints)
            return err_set(err, ENOENT, "this step has no hint");
    }
    r->hints++;
    r->messages = 0; /* one word at a time: there is little room */
    run_say(r, SIDE_EMPHASIS, "Hint %u of %u: %s", r->hints, st->hints, st->hint[r->hints - 1]);
    return 0;
}

int run_skip(struct run *r, struct vm_error *err)
{
    if (run_finished(r))
        return err_set(err, EINVAL, "this lab is finished");
    if (r->job_for != JOB_IDLE)
        return err_set(err, EBUSY, "a machine of this step is running: a moment");
    snprintf(r->achieved[r->step], sizeof r->achieved[0], "skipped");
    if (r->say)
        run_say(r, SIDE_DIM, "[-] %s: skipped", run_current(r)->heading);
    run_finish_step(r, PROGRESS_SKIPPED, 0);
    return 0;
}

int run_restart(struct run *r, bool files, struct vm_error *err)
{
    if (files && *r->work.dir && work_restore(&r->work, r->lab, err) < 0)
        return -1;
    if (r->remember && progress_forget(r->lab->name, err) < 0)
        return -1;
    job_close(&r->job);
    r->job_for = JOB_IDLE;
    r->progress = (struct progress){ 0 };
    r->saved = 0;
    r->step = 0;
    begin_step(r);
    return 0;
}

/* --- opening and closing ------------------------------------------------------------------------------------------------------------ */

int run_open(struct run *r, struct lab *lab, const char *work_dir, bool remember, unsigned *fresh, struct vm_error *err)
{
    *r = (struct run){ .lab = lab, .remember = remember, .work = { .record = -1, .watch = -1 } };
    *fresh = 0;
    snprintf(r->include, sizeof r->include, "%s/../../guests", lab->dir);
    char next[PATHS_SIZE];
    r->last = !paths_next(lab->number, next);
    int rc = api_open(lab->sb, err);
    if (rc == 0 && remember)
        rc = progress_load(lab->name, &r->progress, err);
    if (rc == 0 && work_dir)
        rc = work_open(&r->work, lab, work_dir, fresh, err);
    if (rc < 0) {
        run_close(r);
        return rc;
    }
    begin_step(r);
    if (r->work.shared)
        run_say(r, SIDE_BAD, "This lab is open in another window: `quit` one of them. Both write into one record, and the record is what is graded.");
    return 0;
}

void run_close(struct run *r)
{
    job_close(&r->job);
    events_free(&r->events);
    work_close(&r->work);
    lab_free(r->lab);
    r->lab = NULL;
}

void run_attach(struct run *r, struct session *s, const char *words, bool trying)
{
    r->s = s;
    r->machine = words;
    r->trying = trying;
    r->focus = s->focus;
    r->want = WANT_NOTHING;
    r->seen = 0;
    events_clear(&r->events, s);
    r->version++;
}

void run_detach(struct run *r)
{
    record_typed(r);
    r->s = NULL;
    r->machine = NULL;
}
