#include "tui/lab/drive.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "tui/lab/job.h"
#include "tui/script.h"

enum { PATIENCE_MS = 20000 * LAB_PATIENCE, SETTLE_MS = 1000, LINE_MS = 20000, TICK_MS = 10 };

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Every command the student gives is noticed (by its full name) and recorded (as written). */
static void on_command(struct session *s, const struct command_ctx *c, const char *text, size_t n)
{
    struct run *r = s->lab;
    char line[512];
    snprintf(line, sizeof line, "%s%s%s", c->argv[0], c->argc > 1 ? " " : "", c->argc > 1 ? c->rest : "");
    run_command(r, line);
    if (!strcmp(line, "lab reset files")) /* the files are not part of the record */
        text = "lab reset yes", n = strlen(text);
    static const char *const silent[] = { "quit", "help", "lab next", "lab text", "lab solution", "lab try", "next lab", "reset lab" };
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        if (!strncmp(line, silent[i], strlen(silent[i])))
            return;
    if (!strcmp(c->argv[0], "focus"))
        r->focus = s->focus;
    size_t blanks = strspn(text, " \t");
    run_record(r, text + blanks, n - blanks);
}

static void on_typed(struct session *s, const char *bytes, size_t n) { run_typed(s->lab, bytes, n); }

int drive_open(struct run *r, struct session *s, struct options *o, struct job_words *w, const char *words, bool trying,
               const char *const *extra, unsigned extras, bool headless, struct vm_error *err)
{
    char built[4200];
    snprintf(built, sizeof built, "%s/.build", r->work.dir);
    int rc = job_split(w, words, built, err);
    if (rc < 0)
        return rc;
    for (unsigned i = 0; i < extras && w->argc < JOB_WORDS + 6; i++)
        w->argv[w->argc++] = (char *)(uintptr_t)extra[i];
    static char soft[] = "--engine=soft";
    if (trying && !extras && !strstr(words, "--engine"))
        w->argv[w->argc++] = soft; /* what was checked is what is shown */
    w->argv[w->argc] = NULL;
    *o = (struct options){ 0 };
    if ((rc = options_parse(o, w->argc, w->argv, err)) < 0)
        return rc;
    o->headless |= headless;
    if (!o->commands)
        o->commands = ""; /* somebody is there who may inject: an idle HLT is not the end */
    if ((rc = session_open(s, o, err)) < 0)
        return rc;
    s->lab = r;
    run_attach(r, s, words, trying);
    if (r->lab->start && !trying)
        rc = script_push_text(s, "lab.lua: start", r->lab->start, err);
    if (rc < 0)
        drive_close(r, s);
    else
        s->command_hook = on_command, s->typed_hook = on_typed;
    return rc;
}

void drive_close(struct run *r, struct session *s)
{
    run_detach(r);
    s->side = NULL;
    session_close(s);
}

/* Nothing happens any more that could change what a check sees. */
static bool quiet(const struct run *r, const struct session *s)
{
    if (run_busy(r))
        return false;
    for (unsigned i = 0; i < s->vcpus; i++) {
        struct vcpu_snapshot n;
        if (!vcpu_wait_idle(s->vcpu[i], 0))
            return false;
        vcpu_snapshot(s->vcpu[i], &n);
        bool timer = n.state == VCPU_HALTED && machine_can_wake(vcpu_machine(s->vcpu[i]));
        if (n.pending || timer || (n.state == VCPU_RUNNING && !n.reading))
            return false;
    }
    return true;
}

static void nap(struct session *s)
{
    struct pollfd p = { s->wake_fd, POLLIN, 0 };
    eventfd_t n;
    poll(&p, 1, TICK_MS);
    if (p.revents)
        eventfd_read(s->wake_fd, &n);
    for (unsigned i = 0; !p.revents && i < s->vcpus; i++)
        vcpu_sample(s->vcpu[i]);
}

/* Carry out what is queued, then let the machine come to rest, or to the end of the step, or SETTLE_MS pass. */
static bool finish_line(struct drive *d, struct run *r, struct session *s)
{
    int64_t begin = now_ms(), done = 0;
    unsigned step = r->step, still = 0;
    bool good = true;
    for (;;) {
        if (!done) {
            enum script_state st = script_run(s, d->out);
            good &= st != SCRIPT_FAILED;
            if (st != SCRIPT_WAIT || now_ms() - begin > LINE_MS) {
                script_stop(s);
                done = now_ms();
            }
        }
        run_poll(r);
        if (r->want != WANT_NOTHING)
            return good;
        still = quiet(r, s) ? still + 1 : 0; /* twice: a halted guest that was just called needs a moment to wake */
        if (done && (still > 1 || (!run_busy(r) && (r->step != step || now_ms() - done > SETTLE_MS)))) {
            run_poll(r);
            return good;
        }
        nap(s);
    }
}

/* Whoever answers has seen the question: let a guest that still works towards it come there. Likewise at the end. */
static void be_patient(struct drive *d, struct run *r, struct session *s)
{
    int64_t begin = now_ms();
    unsigned step = r->step;
    for (int still = 0; !run_finished(r) && !r->asking && r->step == step && still < 2 && d->waited_ms + now_ms() - begin < PATIENCE_MS; nap(s)) {
        run_poll(r);
        still = quiet(r, s) ? still + 1 : 0;
    }
    d->waited_ms += now_ms() - begin;
}

/* Commands on one machine. True: there may be more for another one. */
static bool run_machine(struct drive *d, struct run *r, struct session *s)
{
    struct vm_error err;
    const char *line;
    finish_line(d, r, s); /* the lab's start commands */
    while (r->want == WANT_NOTHING) {
        if (!(line = d->next(d->self))) {
            be_patient(d, r, s);
            break;
        }
        bool good = !d->allow || d->allow(d->self, line);
        if (!strncmp(line, "answer ", 7) && !r->asking)
            be_patient(d, r, s);
        good = good && script_push_text(s, "lab", line, &err) == 0 && finish_line(d, r, s);
        d->failed |= !good;
        if (!good && !d->go_on)
            return false;
        if (s->quit && r->want == WANT_NOTHING)
            return false;
    }
    return r->want == WANT_MACHINE || r->want == WANT_TRY;
}

int drive_run(struct drive *d, struct run *r, struct vm_error *err)
{
    bool more = true, trying = false;
    while (more) {
        struct session s;
        struct options o;
        struct job_words w;
        const char *words = trying ? run_words_try(r) : run_words_now(r);
        int rc = drive_open(r, &s, &o, &w, words, trying, d->extra, d->extras, true, err);
        if (rc < 0)
            return rc;
        more = run_machine(d, r, &s);
        trying = r->want == WANT_TRY;
        drive_close(r, &s);
    }
    return 0;
}
