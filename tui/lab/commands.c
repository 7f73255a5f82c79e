/* commands.c: what a student says to the lab, in the bar or in a script. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/lab/lab.h"
#include "tui/lab/panel.h"
#include "tui/lab/paths.h"
#include "tui/lab/run.h"

static struct run *run_of(struct command_ctx *c)
{
    if (!c->s->lab)
        out_error(c->out, "%s: no lab is open. `vmlab lab` lists them, `vmlab lab 1` opens the first.\n", c->argv[0]);
    return c->s->lab;
}

/* For a command without words of its own. `skip 3` would skip the step that it is at. */
static struct run *run_alone(struct command_ctx *c)
{
    struct run *r = run_of(c);
    if (r && c->argc > 1)
        out_error(c->out, "%s: it is about the step that you are at, and nothing comes after it.\n", c->argv[0]);
    return r && c->argc == 1 ? r : NULL;
}

static int told(struct command_ctx *c, int rc, const struct vm_error *err)
{
    if (rc < 0)
        out_error(c->out, "%s: %s.\n", c->argv[0], err->text);
    return rc < 0;
}

/* In a script the next line must see the outcome; on the screen the panel shows it when it comes. */
static void settle(struct command_ctx *c, struct run *r)
{
    if (!c->s->ui)
        for (run_poll(r); r->job_for != JOB_IDLE; run_poll(r))
            vcpu_wait_stopped(c->s->vcpu[0], 2);
}

static int cmd_hint(struct command_ctx *c)
{
    struct run *r = run_alone(c);
    struct vm_error err = { 0 };
    return r ? told(c, run_hint(r, &err), &err) : 1;
}

static int cmd_skip(struct command_ctx *c)
{
    struct run *r = run_alone(c);
    struct vm_error err = { 0 };
    return r ? told(c, run_skip(r, &err), &err) : 1;
}

static int cmd_answer(struct command_ctx *c)
{
    struct run *r = run_of(c);
    struct vm_error err = { 0 };
    if (!r)
        return 1;
    int rc = run_answer(r, c->rest, &err);
    if (rc == 0)
        settle(c, r);
    return told(c, rc, &err);
}

static int cmd_check(struct command_ctx *c)
{
    struct run *r = run_alone(c);
    struct vm_error err = { 0 };
    if (!r)
        return 1;
    int rc = run_check(r, &err);
    if (rc == 0)
        settle(c, r);
    return told(c, rc, &err);
}

/* --- lab WORD ------------------------------------------------------------------------------------------------------------------------ */

/* The machine changes: leave the loop that runs now; lab_main opens the other one. */
static int go_to(struct command_ctx *c, struct run *r, enum run_want want)
{
    r->want = want;
    c->s->quit = true;
    c->wait_ms = 1; /* nothing more of this line on the old machine */
    return 0;
}

static int leave(struct command_ctx *c, struct run *r, enum run_want want)
{
    run_poll(r); /* what was just done still counts */
    return go_to(c, r, want);
}

static int word_machine(struct command_ctx *c, struct run *r)
{
    if (run_words_now(r) != run_words(r))
        return out_error(c->out, "lab machine: its guest is your own, and that was not built here. `skip` leaves this step out, too.\n"), 1;
    return leave(c, r, WANT_MACHINE);
}

static int word_next(struct command_ctx *c, struct run *r)
{
    char dir[PATHS_SIZE];
    if (!paths_next(r->lab->number, dir))
        return out_error(c->out, "lab next: lab %u is the last one. `vmlab lab` lists them all, with your points.\n", r->lab->number), 1;
    return leave(c, r, WANT_NEXT);
}

static int word_try(struct command_ctx *c, struct run *r)
{
    if (!run_words_try(r))
        return out_error(c->out, "lab try: no guest of yours is built yet.\n"), 1;
    return leave(c, r, WANT_TRY);
}

struct printer { struct out *out; };
static void print_part(void *self, enum side_style style, const char *text) { (void)style; out_printf(((struct printer *)self)->out, "%s", text); }
static void print_end(void *self) { out_printf(((struct printer *)self)->out, "\n"); }

static int print_lab(struct command_ctx *c, struct run *r, struct out *out)
{
    (void)c;
    struct printer p = { out };
    struct md_sink sink = { &p, 76, 0, print_part, print_end };
    char status[64];
    panel_status(r, status, sizeof status);
    out_printf(out, "%s\n\n", status);
    panel_text(r, &sink);
    out_printf(out, "\n");
    panel_now(r, &sink);
    return 0;
}

struct page { char text[32 << 10]; size_t n; };

static void add_to_page(void *self, const char *text, size_t n)
{
    struct page *p = self;
    size_t room = sizeof p->text - 1 - p->n;
    memcpy(p->text + p->n, text, n < room ? n : room);
    p->n += n < room ? n : room;
}

/* A long text: on the screen it gets a page of its own. */
static int show(struct command_ctx *c, struct run *r, const char *title, int (*print)(struct command_ctx *c, struct run *r, struct out *out))
{
    if (!c->s->ui)
        return print(c, r, c->out);
    struct page *p = calloc(1, sizeof *p);
    struct out out = { .write = add_to_page, .self = p };
    if (!p)
        return out_error(c->out, "lab: no memory for the text.\n"), 1;
    int rc = print(c, r, &out);
    if (rc == 0)
        rc = c->s->ui->page(c->s->ui_self, title, p->text);
    free(p);
    return rc;
}

static int word_text(struct command_ctx *c, struct run *r) { return show(c, r, r->lab->title, print_lab); }

static int word_reset(struct command_ctx *c, struct run *r)
{
    struct vm_error err = { 0 };
    bool yes = c->argc > 2 && !strcmp(c->argv[2], "yes"), files = c->argc > 2 && !strcmp(c->argv[2], "files");
    if (!yes && !files)
        return out_printf(c->out, "This forgets your %u points in lab %u. Sure? Type `lab reset yes`; or `lab reset files`, which also puts the starter over the files in %s.\n",
                          run_points(r), r->lab->number, *r->work.dir ? r->work.dir : "your directory"), 0;
    if (run_restart(r, files, &err) < 0)
        return told(c, -1, &err);
    run_detach(r); /* what this machine has done is forgotten, too */
    return go_to(c, r, WANT_MACHINE);
}

static int print_solution(struct command_ctx *c, struct run *r, struct out *out)
{
    for (unsigned i = 0; i < r->lab->files; i++) {
        char path[4400], *text;
        size_t n;
        struct vm_error err;
        snprintf(path, sizeof path, "%s/solution/%s", r->lab->dir, r->lab->file[i]);
        if (lab_read_file(path, LAB_LARGEST, &text, &n, &err) < 0)
            return told(c, -1, &err);
        out_printf(out, "--- %s\n%s", r->lab->file[i], text);
        free(text);
    }
    return 0;
}

static int word_solution(struct command_ctx *c, struct run *r)
{
    if (!r->lab->files)
        return out_error(c->out, "lab solution: this lab has no file to write.\n"), 1;
    for (unsigned i = 0; i < r->lab->steps; i++)
        if (r->lab->step[i].build && r->progress.step[i].how == PROGRESS_NONE)
            return out_error(c->out, "lab solution: it is shown when every step that builds a file is passed or skipped.\n"), 1;
    return show(c, r, "Solution", print_solution);
}

static const struct { const char *name; int (*run)(struct command_ctx *c, struct run *r); } words[] = {
    { "text", word_text }, { "machine", word_machine }, { "try", word_try }, { "next", word_next }, { "reset", word_reset }, { "solution", word_solution },
};

static int cmd_lab(struct command_ctx *c)
{
    struct run *r = run_of(c);
    if (!r)
        return 1;
    const char *word = c->argc > 1 ? c->argv[1] : "text";
    if (c->argc > (strcmp(word, "reset") == 0 ? 3 : 2))
        return out_error(c->out, "lab: it takes one word, not '%.40s' as well: `help lab` lists them.\n", c->argv[c->argc - 1]), 1;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i].name, word))
            return words[i].run(c, r);
    if (isdigit((unsigned char)*word))
        return out_error(c->out, "lab: `lab next` opens the next one; for another `quit`, then `vmlab lab %s`.\n", word), 1;
    out_error(c->out, "lab: there is no `lab %s`: `help lab` lists the words.\n", word);
    return 1;
}

static void complete_lab(struct session *s, int argc, char **argv, void (*add)(void *self, const char *word), void *self)
{
    (void)s;
    if (argc == 3 && !strcmp(argv[1], "reset")) {
        add(self, "yes");
        add(self, "files");
    }
    for (size_t i = 0; argc == 2 && i < sizeof words / sizeof *words; i++)
        add(self, words[i].name);
}

const struct command lab_commands[] = {
    { "answer", NULL, "TEXT", "answer the lab's question",
      "Numbers in any base: 10, 0xA, 0Ah and 0b1010 are the same. A wrong answer costs one of the question's points; `answer ?` tells the\n"
      "answer for none.\n\n    answer 13\n    answer 0x7c00\n    answer ?", CMD_TEXT, cmd_answer, NULL },
    { "check", NULL, NULL, "build your file and check the lab's step now",
      "A save does the same by itself. What is checked is your file on disk, in a fresh machine.", 0, cmd_check, NULL },
    { "hint", NULL, NULL, "a hint for this step of the lab", "Each further `hint` says more. Hints cost nothing.", 0, cmd_hint, NULL },
    { "lab", NULL, "[text|machine|try|next|reset|solution]", "the lab's text, machine and progress",
      "    lab            the whole text again\n    lab machine    open the machine that this step is about, fresh\n"
      "    lab try        open a machine with the guest that you built last\n    lab next       go to the next lab\n"
      "    lab reset      forget your progress in this lab (asks first)\n    lab solution   how it could be written, once your own version passed", 0, cmd_lab, complete_lab },
    { "skip", NULL, NULL, "leave this step of the lab out", "The step counts no points; the next one begins.", 0, cmd_skip, NULL },
    { 0 },
};
