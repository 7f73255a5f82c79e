#include "tui/lab/run.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/console_log.h"
#include "tui/lab/compare.h"
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

static const struct lab_step *current(const struct run *r) { return &r->lab->step[r->step]; }
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

bool run_wrong_machine(const struct run *r)
{
    return !run_finished(r) && !current(r)->build && (r->trying || !r->machine || strcmp(r->machine, run_words(r)));
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
    r->asking = !run_finished(r) && current(r)->ask.on;
    if (r->s)
        events_clear(&r->events, r->s);
    r->version++;
}

static void finish_step(struct run *r, enum progress_how how, unsigned points)
{
    struct vm_error err;
    struct progress_step p = { how, points };
    unsigned asked = r->progress.step[r->step].points;
    p.points += asked;
    r->progress.step[r->step] = p;
    bool lost = r->remember && progress_set(r->lab->name, r->step, p, &err) < 0;
    r->step++;
    begin_step(r);
    if (lost)
        run_say(r, SIDE_BAD, "%s The lab goes on, but this step is not remembered.", err.text);
    if (run_finished(r) && r->say)
        run_say(r, SIDE_GOOD, "You finished lab %u with %u of %u points.", r->lab->number, run_points(r), lab_points(r->lab));
}

static void pass(struct run *r, const struct lab_view *view)
{
    const struct lab_step *st = current(r);
    struct api_result res = { 0 };
    struct vm_error err;
    const char *what = st->achieved.text ? st->achieved.text : "";
    if (st->achieved.fn != LUA_NOREF) {
        if (api_call(r->lab->sb, st->achieved.fn, view, NULL, &res, &err) < 0)
            snprintf(res.text, sizeof res.text, "(%s)", err.text);
        what = res.text;
    }
    snprintf(r->achieved[r->step], sizeof r->achieved[0], "%s", what);
    if (r->say)
        run_say(r, SIDE_GOOD, "[x] %s: %s", st->heading, what);
    finish_step(r, PROGRESS_PASSED, st->points);
}

/* Say the first mistake that is found; each once a step, or again after `check`. */
static bool tell_mistake(struct run *r, const struct lab_mistake *m, unsigned n, const struct lab_view *view, const char *answer, bool again)
{
    for (unsigned i = 0; i < n; i++) {
        struct api_result res;
        struct vm_error err;
        if (!again && (r->mistakes >> i & 1))
            continue;
        if (api_call(r->lab->sb, m[i].when, view, answer, &res, &err) < 0) {
            run_say(r, SIDE_BAD, "This lab has a mistake of its own: %s", err.text);
            r->mistakes |= 1u << i;
            return true;
        }
        if (res.truth) {
            if (!again) {
                r->mistakes |= 1u << i;
                r->messages = 0;
            }
            run_say(r, SIDE_BAD, "%s", m[i].say);
            return true;
        }
    }
    return false;
}

/* --- questions -------------------------------------------------------------------------------------------------------------------- */

static void answered(struct run *r, const struct lab_view *view)
{
    const struct lab_ask *a = &current(r)->ask;
    struct api_result right;
    struct vm_error err;
    if (api_call(r->lab->sb, a->answer, view, NULL, &right, &err) < 0) {
        run_say(r, SIDE_BAD, "This lab has a mistake of its own: %s", err.text);
        return;
    }
    char text[64];
    if (right.value > 255)
        snprintf(text, sizeof text, "%lld (0x%llx)", (long long)right.value, (unsigned long long)right.value);
    else
        snprintf(text, sizeof text, "%lld", (long long)right.value);
    const char *shown = right.number ? text : right.text;
    bool tell = !strcmp(r->answer, "?");
    r->messages = 0; /* the word about this answer, not about those before */
    if (!tell && !compare_answer(r->answer, right.number, right.value, right.text)) {
        r->wrong++;
        if (!tell_mistake(r, a->mistake, a->mistakes, view, r->answer, true))
            run_say(r, SIDE_BAD, "Not %s. Think again, or: `hint`; `answer ?` tells it (for no points).", r->answer);
        return;
    }
    unsigned points = tell || r->wrong >= a->points ? 0 : a->points - r->wrong;
    r->asking = false;
    r->seen = 0; /* the machine may be there already */
    r->progress.step[r->step].points = points; /* kept even if the step is skipped later */
    if (tell)
        run_say(r, SIDE_TEXT, "The answer is %s. Now see it happen.", shown);
    else
        run_say(r, SIDE_GOOD, "Right: %s. Now see it happen.", shown);
}

int run_answer(struct run *r, const char *text, struct vm_error *err)
{
    if (run_finished(r) || !r->asking)
        return err_set(err, EINVAL, "no question is open in this step");
    if (!*text)
        return err_set(err, EINVAL, "write the answer after it, as in: answer 42");
    if (r->job_for != JOB_IDLE)
        return err_set(err, EBUSY, "the last answer is still being compared: a moment");
    const struct lab_ask *a = &current(r)->ask;
    snprintf(r->answer, sizeof r->answer, "%s", text);
    if (a->run.on) {
        job_start(&r->job, &a->run, r->work.dir, NULL, 0, r->include);
        r->job_for = JOB_ANSWER;
        return 0;
    }
    if (!r->s)
        return err_set(err, EINVAL, "the machine of this step is not open: type `lab machine`");
    struct lab_view view = { .s = r->s, .events = &r->events };
    answered(r, &view);
    return 0;
}

/* --- code --------------------------------------------------------------------------------------------------------------------------- */

int run_check(struct run *r, struct vm_error *err)
{
    if (run_finished(r))
        return err_set(err, EINVAL, "this lab is finished: `lab next` opens the next one");
    if (r->asking)
        return err_set(err, EINVAL, "answer the question first: answer ...");
    if (!current(r)->build) {
        r->seen = 0; /* look again at the live machine */
        r->mistakes = 0;
        return 0;
    }
    if (!*r->work.dir)
        return err_set(err, EINVAL, "this lab was opened without a directory to work in");
    if (r->job_for != JOB_IDLE)
        return err_set(err, EBUSY, "it is being built and run: a moment");
    const struct lab_step *st = current(r);
    job_start(&r->job, &st->run, r->work.dir, st->build, st->base, r->include);
    r->job_for = JOB_CHECK;
    r->messages = 0;
    r->version++;
    return 0;
}

/* What the tools said, at most four lines. "x.S: Assembler messages:" is left out, and so is what the linker puts before the source's
 * name; a back quote would begin code. */
static void say_build_log(struct run *r)
{
    char text[512] = "", at[sizeof r->job.build.source + 2];
    unsigned lines = 0;
    snprintf(at, sizeof at, "%s:", r->job.build.source);
    for (const char *t = r->job.build.log, *next; *t && lines < 4; t = next) {
        size_t n = strcspn(t, "\n"), used = strlen(text);
        next = t + n + (t[n] == '\n');
        if (!n || memmem(t, n, "Assembler messages", 18))
            continue;
        const char *from = memmem(t, n, at, strlen(at));
        if (from)
            n -= (size_t)(from - t);
        snprintf(text + used, sizeof text - used, "%s%.*s", used ? "\n" : "", (int)n, from ? from : t);
        lines++;
    }
    for (char *c = text; (c = strchr(c, '`'));)
        *c = '\'';
    run_say(r, SIDE_BAD, "%s does not build:\n%s", r->job.build.source, *text ? text : r->job.err.text);
}

static void say_last_exits(struct run *r)
{
    const struct trace *t = vcpu_trace(r->job.s.vcpu[0]);
    struct trace_entry e[4];
    char text[512] = "";
    uint64_t next = trace_next(t);
    size_t n = trace_read(t, next > 4 ? next - 4 : 0, e, 4);
    for (size_t i = 0; i < n; i++) {
        char line[120];
        size_t used = strlen(text);
        trace_text(&e[i], line, sizeof line);
        snprintf(text + used, sizeof text - used, "\n  %s", line);
    }
    if (n)
        run_say(r, SIDE_DIM, "The last things that happened:%s", text);
}

static void checked(struct run *r, const struct lab_view *view)
{
    const struct lab_step *st = current(r);
    struct api_result res;
    struct vm_error err;
    if (api_call(r->lab->sb, st->check, view, NULL, &res, &err) < 0) {
        run_say(r, SIDE_BAD, "This lab has a mistake of its own: %s", err.text);
        return;
    }
    if (res.truth) {
        pass(r, view);
        return;
    }
    run_say(r, SIDE_BAD, "Checked: not right yet.");
    bool told = tell_mistake(r, st->mistake, st->mistakes, view, NULL, true);
    if (*res.text)
        run_say(r, SIDE_BAD, "%s", res.text);
    if (view->timed_out && !told)
        run_say(r, SIDE_BAD, "It did not stop within %g seconds.", st->run.seconds);
    char post[400] = "";
    vcpu_postmortem(view->s->vcpu[0], post, sizeof post);
    if (*post)
        run_say(r, SIDE_DIM, "%s", post);
    say_last_exits(r);
}

/* The student's file as text, for checks that read it. */
static char *read_source(const struct run *r)
{
    char path[4400], *text;
    size_t n;
    struct vm_error err;
    snprintf(path, sizeof path, "%s/%s", r->work.dir, current(r)->build);
    return lab_read_file(path, LAB_LARGEST, &text, &n, &err) < 0 ? NULL : text;
}

static void job_done(struct run *r, enum job_state state)
{
    int what = (int)r->job_for;
    r->job_for = JOB_IDLE;
    r->version++;
    char *source = what == JOB_CHECK ? read_source(r) : NULL;
    struct lab_view view = { .s = &r->job.s, .timed_out = r->job.timed_out, .source = source };
    if (state == JOB_READY && what == JOB_ANSWER)
        answered(r, &view);
    else if (state == JOB_READY)
        checked(r, &view);
    else if (what == JOB_CHECK && r->job.build.state == BUILD_FAILED)
        say_build_log(r);
    else
        run_say(r, SIDE_BAD, "The fresh machine of this step could not run: %s", r->job.err.text);
    job_close(&r->job);
    free(source);
}

/* --- looking at the live machine ------------------------------------------------------------------------------------------------ */

static uint64_t fingerprint(struct run *r, bool *moving)
{
    uint64_t sum = r->events.changes + 1;
    *moving = false;
    for (unsigned i = 0; i < r->s->vcpus; i++) {
        struct vcpu_snapshot s;
        vcpu_snapshot(r->s->vcpu[i], &s);
        sum += s.seq + s.stops + console_log_total(r->s->console[i]) + trace_next(vcpu_trace(r->s->vcpu[i]));
        *moving |= s.state == VCPU_RUNNING;
    }
    return sum;
}

static void look(struct run *r)
{
    const struct lab_step *st = current(r);
    bool moving;
    events_poll(&r->events, r->s);
    uint64_t now = fingerprint(r, &moving);
    if (st->build || run_wrong_machine(r) || now == r->seen)
        return;
    r->seen = now;
    struct lab_view view = { .s = r->s, .events = &r->events };
    struct api_result res;
    struct vm_error err;
    if (api_call(r->lab->sb, st->check, &view, NULL, &res, &err) < 0) {
        if (!(r->mistakes >> 31)) /* once is enough */
            run_say(r, SIDE_BAD, "This lab has a mistake of its own: %s", err.text);
        r->mistakes |= 1u << 31;
    } else if (res.truth && !r->asking) {
        pass(r, &view);
    } else if (res.truth && !r->reminded) {
        r->reminded = true;
        r->messages = 0;
        run_say(r, SIDE_BAD, "Done. Only the question above is still open.");
    } else if (!moving && !r->asking) {
        tell_mistake(r, st->mistake, st->mistakes, &view, NULL, false);
    }
}

bool run_poll(struct run *r)
{
    uint64_t before = r->version;
    struct vm_error lost;
    if (work_record_lost(&r->work, &lost) < 0)
        run_say(r, SIDE_BAD, "%s What you type from here on is not recorded, and the record is what is graded.", lost.text);
    if (r->job_for != JOB_IDLE) {
        enum job_state st = job_poll(&r->job);
        if (st == JOB_READY || st == JOB_FAILED)
            job_done(r, st);
    }
    if (r->work.watch >= 0 && work_saved(&r->work, r->lab) && !run_finished(r) && current(r)->build && !r->asking && r->job_for == JOB_IDLE) {
        struct vm_error err;
        if (run_check(r, &err) < 0)
            run_say(r, SIDE_BAD, "%s", err.text);
    }
    if (r->s && !run_finished(r))
        look(r);
    return r->version != before;
}

/* --- what the student says --------------------------------------------------------------------------------------------------------- */

void run_command(struct run *r, const char *line) { events_command(&r->events, line); }

int run_hint(struct run *r, struct vm_error *err)
{
    if (run_finished(r))
        return err_set(err, EINVAL, "this lab is finished");
    const struct lab_step *st = current(r);
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
        run_say(r, SIDE_DIM, "[-] %s: skipped", current(r)->heading);
    finish_step(r, PROGRESS_SKIPPED, 0);
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
    r->want = WANT_NOTHING;
    r->seen = 0;
    events_clear(&r->events, s);
    r->version++;
}

void run_detach(struct run *r)
{
    r->s = NULL;
    r->machine = NULL;
}
