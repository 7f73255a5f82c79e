#include "tui/lab/panel.h"

#include <stdio.h>
#include <string.h>

/* Counts the lines that go by. */
struct counted { const struct md_sink *to; int lines; };

static void count_part(void *self, enum side_style style, const char *text)
{
    const struct counted *c = self;
    c->to->part(c->to->self, style, text);
}

static void count_end(void *self)
{
    struct counted *c = self;
    c->to->end(c->to->self);
    c->lines++;
}

static void line(const struct md_sink *k, enum side_style style, const char *text)
{
    if (*text)
        markdown_wrap(k, style, "", text);
    else {
        k->part(k->self, style, "");
        k->end(k->self);
    }
}

static const struct lab_step *step_at(const struct run *r, unsigned i) { return &r->lab->step[i]; }

/* "--irqchip user $build/tick.bin": "--irqchip user, your tick.S". */
static void machine_in_words(const struct run *r, char *out, size_t size)
{
    static const char mark[] = "$build/";
    const char *words = run_words(r), *at;
    size_t n = 0;
    while ((at = strstr(words, mark)) && n < size) {
        const char *name = at + sizeof mark - 1;
        int len = (int)strcspn(name, ". ");
        n += (size_t)snprintf(out + n, size - n, "%.*syour %.*s.S", (int)(at - words), words, len, name);
        words = name + strcspn(name, " ");
    }
    if (n < size)
        snprintf(out + n, size - n, "%s", words);
}

static void demands(const struct run *r, const struct md_sink *k)
{
    const struct lab_step *st = step_at(r, r->step);
    if (st->build && *r->work.dir) {
        char text[4400];
        snprintf(text, sizeof text, "Your file (a save checks it, or `check`): %s/%s", r->work.dir, st->build);
        line(k, SIDE_TEXT, text);
    }
    if (run_wrong_machine(r)) {
        char text[512], words[300];
        machine_in_words(r, words, sizeof words);
        snprintf(text, sizeof text, "This step has a machine of its own (%s): type `lab machine`.", words);
        markdown_wrap(k, SIDE_EMPHASIS, "! ", text);
    }
    if (r->asking) {
        markdown_wrap(k, SIDE_EMPHASIS, "? ", st->ask.text);
        markdown_wrap(k, SIDE_DIM, "  ", "Type: `answer ...`");
    }
}

void panel_step(const struct run *r, const struct md_sink *k)
{
    char head[160];
    if (run_finished(r))
        return;
    snprintf(head, sizeof head, "Step %u of %u: %s", r->step + 1, r->lab->steps, step_at(r, r->step)->heading);
    line(k, SIDE_HEADING, head);
    line(k, SIDE_TEXT, "");
    markdown_render(r->lab->md, (int)r->step, k);
    line(k, SIDE_TEXT, "");
    demands(r, k);
    line(k, SIDE_TEXT, "");
}

void panel_now(const struct run *r, const struct md_sink *k)
{
    if (run_finished(r)) {
        char text[200];
        snprintf(text, sizeof text, "The lab is finished: %u of %u points. %s`quit` leaves.", run_points(r), lab_points(r->lab),
                 r->last ? "It was the last one. " : "`lab next` opens the next one, ");
        markdown_wrap(k, SIDE_GOOD, "", text);
        return;
    }
    demands(r, k);
    for (unsigned n = 0; n < r->messages; n++)
        markdown_wrap(k, r->message[n].style, r->message[n].style == SIDE_GOOD ? "+ " : "> ", r->message[n].text);
    if (r->job_for != JOB_IDLE)
        line(k, SIDE_DIM, "Building and running...");
}

void panel_status(const struct run *r, char *out, size_t size)
{
    char step[40] = "finished";
    if (!run_finished(r))
        snprintf(step, sizeof step, "step %u of %u", r->step + 1, r->lab->steps);
    snprintf(out, size, "%s, %u of %u points", step, run_points(r), lab_points(r->lab));
}

int panel_text(const struct run *r, const struct md_sink *sink)
{
    struct counted c = { sink, 0 };
    struct md_sink k = { &c, sink->cols, sink->indent, count_part, count_end };
    int task = 0, last = 0;
    char text[64];
    if (r->step == 0) {
        markdown_render(r->lab->md, -1, &k);
        line(&k, SIDE_TEXT, "");
    }
    for (unsigned i = 0; i < r->lab->steps; i++) {
        enum progress_how how = r->progress.step[i].how;
        bool now = i == r->step;
        if (i > 0 && i <= r->step + 1)
            line(&k, SIDE_TEXT, "");
        if (now && i > 0) /* of the first step: the top, with the introduction */
            task = r->messages ? c.lines : last; /* what was just achieved stays in sight */
        last = c.lines;
        snprintf(text, sizeof text, "%s %u. ", how == PROGRESS_PASSED ? "[x]" : how == PROGRESS_SKIPPED ? "[-]" : now ? "[>]" : "[ ]", i + 1);
        markdown_wrap(&k, now ? SIDE_HEADING : how == PROGRESS_PASSED ? SIDE_GOOD : SIDE_DIM, text, step_at(r, i)->heading);
        if (how == PROGRESS_PASSED && *r->achieved[i])
            markdown_wrap(&k, SIDE_TEXT, "    ", r->achieved[i]);
        if (!now)
            continue;
        line(&k, SIDE_TEXT, "");
        markdown_render(r->lab->md, (int)i, &k);
    }
    return run_finished(r) ? c.lines : task;
}
