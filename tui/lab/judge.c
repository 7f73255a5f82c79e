/* judge.c: when is a step done, and if it is not, why: answers compared, files built and checked, the live machine looked at. */
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/console_log.h"
#include "tui/lab/compare.h"
#include "tui/lab/run_impl.h"

static void pass(struct run *r, const struct lab_view *view)
{
    const struct lab_step *st = run_current(r);
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
    run_finish_step(r, PROGRESS_PASSED, st->points);
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

/* The answer is wrong, and the lab knows no word for it: is it the number, but not as numbers are written here? */
static void say_wrong(struct run *r, const struct api_result *right)
{
    char hex[sizeof r->answer + 2];
    int64_t v;
    snprintf(hex, sizeof hex, "0x%s", r->answer);
    if (right->number && !compare_number(r->answer, &v))
        run_say(r, SIDE_BAD, "%s is not a number, and does not count: write 42, 0x2a or 2ah; '*' is the code of that character.", r->answer);
    else if (right->number && compare_number(hex, &v) && v == right->value)
        run_say(r, SIDE_BAD, "%s is decimal here. Hexadecimal is written %s or %sh.", r->answer, hex, r->answer);
    else
        run_say(r, SIDE_BAD, "Not %s. Think again, or: `hint`; `answer ?` tells it (for no points).", r->answer);
}

static void answered(struct run *r, const struct lab_view *view)
{
    const struct lab_ask *a = &run_current(r)->ask;
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
        int64_t v;
        r->wrong += !right.number || compare_number(r->answer, &v);
        if (!tell_mistake(r, a->mistake, a->mistakes, view, r->answer, true))
            say_wrong(r, &right);
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
    const struct lab_ask *a = &run_current(r)->ask;
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
        return err_set(err, EINVAL, "answer the question first, as in: answer 42");
    if (!run_current(r)->build) {
        r->seen = 0; /* look again at the live machine */
        r->mistakes = 0;
        return 0;
    }
    if (!*r->work.dir)
        return err_set(err, EINVAL, "this lab was opened without a directory to work in");
    if (r->job_for != JOB_IDLE)
        return err_set(err, EBUSY, "it is being built and run: a moment");
    const struct lab_step *st = run_current(r);
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
    const struct lab_step *st = run_current(r);
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
    snprintf(path, sizeof path, "%s/%s", r->work.dir, run_current(r)->build);
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
    const struct lab_step *st = run_current(r);
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
    r->saved |= work_saved(&r->work, r->lab);
    if (r->saved & run_files_now(r) && !r->asking && r->job_for == JOB_IDLE) {
        struct vm_error err;
        r->saved &= ~run_files_now(r);
        if (run_check(r, &err) < 0)
            run_say(r, SIDE_BAD, "%s", err.text);
    }
    if (r->saved & run_files_now(r) && r->asking && !r->reminded && r->job_for == JOB_IDLE) {
        r->reminded = true;
        r->messages = 0;
        run_say(r, SIDE_EMPHASIS, "Saved. It is checked when the question above is answered.");
    }
    if (r->s && !run_finished(r))
        look(r);
    return r->version != before;
}
