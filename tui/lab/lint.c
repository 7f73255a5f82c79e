#include "tui/lab/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/command.h"
#include "tui/lab/evaluate.h"
#include "tui/lab/job.h"
#include "tui/lab/progress.h"

enum { CODE_COLUMNS = 74, HEADING_COLUMNS = 60 };

struct lint { const struct lab *l; unsigned wrong; char *session; /* solution/session.txt, what is left of it */ };

__attribute__((format(printf, 4, 5))) static void wrong(struct lint *t, const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    printf("%s/%s:%d: ", t->l->dir, file, line);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
    t->wrong++;
}

/* A ```vmlab block is what the student types into the bar: each command in it must exist. */
static void command_line(void *self, const char *line, int at)
{
    struct lint *t = self;
    for (const char *p = line; *p;) {
        size_t n = strcspn(p, ";#");
        char word[64] = "";
        const char *w = p + strspn(p, " \t");
        if (*w == '@') {
            w += strcspn(w, " \t");
            w += strspn(w, " \t");
        }
        if (w < p + n)
            snprintf(word, sizeof word, "%.*s", (int)strcspn(w, " \t;#"), w);
        const char *near = "";
        if (*word && !command_find(word, &near))
            wrong(t, "lab.md", at, "there is no command '%s'%s%s", word, *near ? "; did you mean " : "", near);
        if (p[n] != ';')
            break;
        p += n + 1;
    }
}

/* The solution must do what the text says, in its order: students will. */
static void in_session(void *self, const char *line, int at)
{
    struct lint *t = self;
    size_t n = strlen(line);
    if (!t->session || !n)
        return;
    for (char *s = t->session; *s;) {
        size_t len = strcspn(s, "\n");
        char *next = s + len + (s[len] == '\n');
        if (len == n && !memcmp(s, line, n)) {
            t->session = next;
            return;
        }
        s = next;
    }
    wrong(t, "lab.md", at, "solution/session.txt does not give the command '%s' here", line);
}

/* A ```sh block is for a terminal: what begins with vmlab must be options that exist. */
static void shell_line(void *self, const char *line, int at)
{
    struct lint *t = self;
    struct job_words w;
    struct options o;
    struct vm_error err;
    if (strncmp(line, "vmlab ", 6) || !strncmp(line, "vmlab lab", 9) || !strncmp(line, "vmlab grade", 11) || !strncmp(line, "vmlab engines", 13))
        return;
    if (job_split(&w, line + 6, ".", &err) < 0 || options_parse(&o, w.argc, w.argv, &err) < 0)
        wrong(t, "lab.md", at, "%s", err.text);
}

static void code_line(void *self, const char *line, int at)
{
    if (strlen(line) > CODE_COLUMNS)
        wrong(self, "lab.md", at, "this line of code is %zu characters long: more than %d do not fit an 80-column terminal", strlen(line), CODE_COLUMNS);
}

static void check_words(struct lint *t, const char *words, int line)
{
    struct job_words w;
    struct options o;
    struct vm_error err;
    if (words && (job_split(&w, words, ".", &err) < 0 || options_parse(&o, w.argc, w.argv, &err) < 0))
        wrong(t, "lab.lua", line, "machine \"%s\": %s", words, err.text);
}

static void check_texts(struct lint *t)
{
    static const char *const infos[] = { "vmlab", "sh", "asm", "" };
    const struct lab *l = t->l;
    check_words(t, l->machine, 1);
    for (int i = -1; i < (int)l->steps; i++) {
        markdown_blocks(l->md, i, "vmlab", command_line, t);
        markdown_blocks(l->md, i, "sh", shell_line, t);
        for (size_t k = 0; k < sizeof infos / sizeof *infos; k++)
            markdown_blocks(l->md, i, infos[k], code_line, t);
        if (i < 0)
            continue;
        const struct lab_step *s = &l->step[i];
        check_words(t, s->machine, s->line);
        check_words(t, s->run.words, s->line);
        check_words(t, s->ask.run.words, s->line);
        if (!s->hints)
            wrong(t, "lab.lua", s->line, "the step \"%s\" has no hint", s->heading);
        if (strlen(s->heading) > HEADING_COLUMNS)
            wrong(t, "lab.md", markdown_line(l->md, (unsigned)i), "this heading is longer than %d characters", HEADING_COLUMNS);
    }
    if (strcmp(markdown_title(l->md), l->title))
        wrong(t, "lab.md", 1, "the title is \"%s\", but lab.lua says \"%s\"", markdown_title(l->md), l->title);
}

static void check_files(struct lint *t)
{
    static const char *const dirs[] = { "starter", "solution" };
    char path[4400];
    for (unsigned i = 0; i < t->l->files; i++)
        for (int d = 0; d < 2; d++) {
            snprintf(path, sizeof path, "%s/%s/%s", t->l->dir, dirs[d], t->l->file[i]);
            if (access(path, R_OK) < 0)
                wrong(t, "lab.lua", 1, "files: there is no %s/%s", dirs[d], t->l->file[i]);
        }
    snprintf(path, sizeof path, "%s/solution/session.txt", t->l->dir);
    char *text;
    size_t n;
    struct vm_error err;
    if (lab_read_file(path, LAB_LARGEST, &text, &n, &err) < 0) {
        wrong(t, "lab.lua", 1, "there is no solution/session.txt: the commands and answers that pass the lab");
        return;
    }
    t->session = text;
    for (int i = -1; i < (int)t->l->steps; i++)
        markdown_blocks(t->l->md, i, "vmlab", in_session, t);
    t->session = NULL;
    free(text);
}

/* The solution must have every point; no step may pass by itself, and none that builds may pass with the starter. */
static void check_solvable(struct lint *t)
{
    struct eval *e = calloc(1, sizeof *e);
    if (!e)
        return;
    e->seconds = 120;
    snprintf(e->lab, sizeof e->lab, "%s", t->l->dir);
    snprintf(e->from, sizeof e->from, "%.4000s/solution", t->l->dir);
    eval_run(e);
    if (*e->result.error)
        wrong(t, "lab.lua", 1, "the solution cannot be graded: %s", e->result.error);
    for (unsigned i = 0; i < e->result.steps; i++)
        if (e->result.step[i].how != PROGRESS_PASSED || e->result.step[i].points < e->result.step[i].most)
            wrong(t, "lab.lua", t->l->step[i].line, "the solution does not pass the step \"%s\" (%u of %u points): %s", e->result.step[i].heading,
                  e->result.step[i].points, e->result.step[i].most, e->result.step[i].message);
    snprintf(e->from, sizeof e->from, "%.4000s/starter", t->l->dir);
    if (access(e->from, F_OK) < 0)
        snprintf(e->from, sizeof e->from, "/");
    eval_run(e);
    for (unsigned i = 0; i < e->result.steps; i++)
        if (e->result.step[i].how == PROGRESS_PASSED)
            wrong(t, "lab.lua", t->l->step[i].line, "the step \"%s\" passes with nothing done (the starter)", e->result.step[i].heading);
    free(e);
}

unsigned lint_lab(const char *dir)
{
    struct lab *l;
    struct vm_error err;
    if (lab_load(&l, dir, &err) < 0) {
        printf("%s: %s\n", dir, err.text);
        return 1;
    }
    struct lint t = { .l = l };
    check_texts(&t);
    check_files(&t);
    if (!t.wrong)
        check_solvable(&t);
    if (!t.wrong)
        printf("%s: good: %u steps, %u points, %u minutes\n", l->name, l->steps, lab_points(l), l->minutes);
    lab_free(l);
    return t.wrong;
}
