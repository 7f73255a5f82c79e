#include "tui/lab/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/command.h"
#include "tui/command_parse.h"
#include "tui/lab/drive.h"
#include "tui/utf8.h"

enum { LINES = 2000 };

struct replay {
    struct run run;
    struct eval_result *res;
    char *text, *at;
    unsigned lines, step;
    struct progress best; /* of each step, over all attempts: after `lab reset` as well */
    char line[1024];
    double deadline; /* of now() */
    bool end; /* session.txt is used up: what is left is checked as it stands */
};

/* Everything that only looks at or drives the machine. */
static const char *const allowed[] = {
    "answer", "break", "check", "clear", "continue", "delete", "devices", "disas", "down", "echo", "exits", "focus", "gdt", "help", "hint",
    "idt", "info", "irq", "key", "lab", "layout", "mem", "mouse", "next", "nmi", "pause", "poke", "regs", "reset", "resume", "run", "set", "sleep", "sync",
    "skip", "speed", "stack", "step", "theme", "timer", "trace", "type", "undo", "until", "view", "wait", "walk", "watch", "zoom", "back", "goto", NULL,
};

static bool part_allowed(const char *p, size_t n)
{
    char buf[1024];
    if (n >= sizeof buf)
        return false;
    memcpy(buf, p, n);
    buf[n] = 0;
    static const char blanks[] = " \t\r"; /* as the bar has them: a record may have come through Windows */
    const char *word = buf + strspn(buf, blanks);
    if (*word == '@') {
        word += strcspn(word, blanks);
        word += strspn(word, blanks);
    }
    if (!*word || *word == '#')
        return true;
    const struct command *c;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, blanks), word);
    if (!(c = command_find(name, NULL)))
        return false;
    for (const char *const *a = allowed; *a; a++)
        if (!strcmp(*a, c->name))
            return !strcmp(c->name, "type") || !strcmp(c->name, "key") || (!strchr(word, '/') && !strstr(word, "save"));
    return false;
}

bool replay_allowed(const char *line)
{
    while (line) {
        const char *next;
        size_t n = command_part(line, &next);
        if (!part_allowed(line, n))
            return false;
        line = next;
    }
    return true;
}

static bool allow(void *self, const char *line)
{
    (void)self;
    return replay_allowed(line);
}

/* The last thing said against a step is its message; passing clears it. */
static void heard(void *self, enum side_style style, const char *text)
{
    struct replay *p = self;
    if (style != SIDE_BAD || run_finished(&p->run))
        return;
    struct eval_step *s = &p->res->step[p->run.step];
    bool first = !*s->message || strncmp(s->message, "Checked:", 8) == 0;
    if (first)
        text_copy(s->message, sizeof s->message, text);
}

/* A step that builds is checked when it is reached (a save did it for the student); one that fails is left out, so that
 * what follows can still count. */
static const char *own_line(struct replay *p)
{
    struct run *r = &p->run;
    static const char *const check = "check", *const skip = "skip";
    if (run_finished(r))
        return NULL;
    const struct lab_step *st = &r->lab->step[r->step];
    if (!st->build && !p->end)
        return NULL;
    if (r->asking && !p->end)
        return NULL;
    if (r->asking && st->build)
        r->asking = false; /* no answer came: no points for it, but the file counts */
    bool tried = p->lines && !strcmp(p->line, "check");
    snprintf(p->line, sizeof p->line, "%s", st->build && !tried ? check : skip);
    return p->line;
}

/* Not the wall clock, which may be set while a class is graded. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Who has passed and begins anew loses nothing. */
static void keep_best(struct replay *p)
{
    for (unsigned i = 0; i < p->res->steps; i++) {
        const struct progress_step *now = &p->run.progress.step[i];
        struct progress_step *best = &p->best.step[i];
        if (now->how == PROGRESS_PASSED && best->how != PROGRESS_PASSED)
            best->how = PROGRESS_PASSED;
        if (now->points > best->points)
            best->points = now->points;
    }
}

static const char *next_line(void *self)
{
    struct replay *p = self;
    struct run *r = &p->run;
    keep_best(p);
    if (r->step != p->step)
        *p->line = 0; /* a new step: its file has not been tried */
    p->step = r->step;
    const char *own = own_line(p);
    p->lines++;
    if (own)
        return own;
    while (*p->at && p->lines < LINES && now() < p->deadline) {
        char *begin = p->at;
        size_t n = strcspn(begin, "\n");
        p->at += n + (begin[n] == '\n');
        if (n >= sizeof p->line || !n)
            continue;
        memcpy(p->line, begin, n);
        p->line[n] = 0;
        return p->line;
    }
    p->end = true;
    return own_line(p);
}

static void drop(void *self, const char *text, size_t n) { (void)self, (void)text, (void)n; }

void replay_lab(struct lab *l, const char *dir, double seconds, struct eval_result *res)
{
    static struct replay p;
    struct vm_error err = { 0 };
    char path[4400];
    size_t n;
    unsigned fresh;
    p.res = res;
    p.deadline = now() + seconds * 0.6 + 1;
    snprintf(path, sizeof path, "%s/session.txt", dir);
    if (lab_read_file(path, LAB_LARGEST, &p.text, &n, &err) < 0)
        p.text = strdup("");
    p.at = p.text;
    if (!p.text || run_open(&p.run, l, dir, false, &fresh, &err) < 0) {
        snprintf(res->error, sizeof res->error, "%.399s", err.text);
        return;
    }
    p.run.say = heard;
    p.run.say_self = &p;
    struct out out = { .write = drop };
    struct drive d = { .next = next_line, .self = &p, .allow = allow, .go_on = true, .out = &out };
    if (!strstr(run_words(&p.run), "--engine"))
        d.extra[d.extras++] = "--engine=soft"; /* the same verdict on every host */
    int rc = drive_run(&d, &p.run, &err);
    if (rc < 0)
        snprintf(res->error, sizeof res->error, "%.399s", err.text);
    res->graded = rc == 0;
    keep_best(&p);
    for (unsigned i = 0; i < res->steps; i++) {
        res->step[i].how = (int)(p.best.step[i].how == PROGRESS_PASSED ? PROGRESS_PASSED : p.run.progress.step[i].how);
        res->step[i].points = p.best.step[i].points;
        if (res->step[i].how == PROGRESS_PASSED)
            *res->step[i].message = 0;
        else if (!*res->step[i].message)
            snprintf(res->step[i].message, sizeof res->step[i].message, "Not done.");
    }
    run_close(&p.run);
    free(p.text);
}
