/* drive_screen.c: one lab from its first step to its last on the real screen, as a student would: commands and answers are
 * typed (solution/session.txt), files are saved into the work directory. drive_screen PROGRAM LAB-DIRECTORY SCRATCH
 *
 * In session.txt `#see TEXT` waits until TEXT is on the screen; `check` stands for a save, unless the text says to type it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/screen/vt.h"

enum { COLS = 160, ROWS = 60 };

static struct vt *v;
static const char *lab;

__attribute__((noreturn)) static void fail(const char *what, const char *line)
{
    vt_show(v);
    fprintf(stderr, "%s: %s (at: %s)\n", lab, what, line);
    vt_free(v);
    exit(1);
}

static void see(const char *text, const char *line)
{
    char what[256];
    for (int again = 0; again < 2; again++) /* a step of the operating system's labs may take a while on a busy machine */
        if (vt_wait(v, text))
            return;
    snprintf(what, sizeof what, "there is no \"%.200s\" on the screen", text);
    fail(what, line);
}

static void type(const char *line)
{
    vt_send(v, line);
    vt_send(v, "\r");
}

static char *slurp(const char *dir, const char *name)
{
    static char path[4096];
    char *text = calloc(1, 1 << 16);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "r");
    if (!f || !text || !fread(text, 1, (1 << 16) - 1, f)) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    fclose(f);
    return text;
}

/* The solution of the next step that builds something. */
static void save(const char *work)
{
    static const char *next;
    static char *def;
    char name[128], path[4400];
    if (!def)
        next = def = slurp(lab, "lab.lua");
    next = strstr(next, "build = \"");
    if (!next || sscanf(next, "build = \"%127[^\"]\"", name) != 1)
        fail("more is saved than is built", "check");
    next++;
    snprintf(path, sizeof path, "solution/%s", name);
    char *text = slurp(lab, path);
    snprintf(path, sizeof path, "%s/%s", work, name);
    FILE *f = fopen(path, "w");
    if (!f || fputs(text, f) < 0 || fclose(f))
        fail("cannot save", path);
    free(text);
}

/* Which step is lit; 0 when none is. */
static int lit(void)
{
    int x, y, step = 0;
    if (vt_find(v, "[>] ", &x, &y))
        sscanf(vt_text(v, x, y, 12, 1), "[>] %d", &step);
    return step;
}

/* How often to look, every 10 ms, before a step is given up. */
static int deadline(void)
{
    const char *seconds = getenv("TEST_SECONDS");
    return 100 * (seconds ? atoi(seconds) : 2 * VT_SECONDS);
}

/* A step is over when a later one is lit, or none is left. */
static void passed(int step, const char *line)
{
    int x, y;
    for (int i = 0; i < deadline(); i++) {
        if (lit() > step || vt_find(v, "The lab is finished: ", &x, &y))
            return;
        vt_pump(v, 10);
    }
    fail("the step did not pass", line);
}

/* An answer is taken when the panel says so, or when its step is over at once. */
static void answer(const char *line)
{
    see("Type: answer", line);
    if (!vt_wait_gone(v, "+ Right: ")) /* of the step before: half a frame may be painted */
        fail("the last answer is still shown", line);
    int step = lit(), x, y;
    type(line);
    for (int i = 0; i < deadline(); i++) {
        if (vt_find(v, "+ Right: ", &x, &y) || lit() > step)
            return;
        vt_pump(v, 10);
    }
    fail("the answer was not taken", line);
}

int main(int argc, char **argv)
{
    char state[4200], work[4200], env_state[4300], line[512];
    if (argc != 4)
        return 2;
    lab = argv[2];
    snprintf(state, sizeof state, "%s/state", argv[3]);
    snprintf(work, sizeof work, "%s/work", argv[3]);
    snprintf(env_state, sizeof env_state, "XDG_STATE_HOME=%s", state);
    char *session = slurp(lab, "solution/session.txt"), *text = slurp(lab, "lab.md");
    bool typed_check = strstr(text, "```vmlab\ncheck\n") != NULL;
    unsigned saves = 0, checks = 0, answers = 0;
    for (const char *c = session; (c = strstr(c, "\ncheck")); c++)
        checks++;
    v = vt_start(COLS, ROWS, (const char *const[]){ env_state, NULL },
                 (const char *const[]){ argv[1], "lab", lab, "--work", work, "--engine", "soft", NULL });
    see("[>] 1. ", "start");
    for (char *at = session; *at;) {
        size_t n = strcspn(at, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, at);
        at += n + (at[n] == '\n');
        if (!strncmp(line, "#see ", 5)) {
            see(line + 5, line);
        } else if (!strncmp(line, "answer ", 7)) {
            answer(line);
            answers++;
        } else if (!strcmp(line, "check")) {
            int step = lit();
            if (typed_check && ++saves == checks)
                type("check");
            else
                save(work);
            passed(step, line);
        } else {
            bool opens = !strcmp(line, "lab machine");
            if (opens && !vt_wait_gone(v, "A fresh machine"))
                fail("the machine before is still announced", line);
            type(line);
            if (opens)
                see("A fresh machine", line);
        }
    }
    see("The lab is finished: ", "end");
    int x, y;
    unsigned points, most;
    vt_find(v, "The lab is finished: ", &x, &y);
    if (sscanf(vt_text(v, x, y, COLS - x, 1), "The lab is finished: %u of %u points", &points, &most) != 2 || points != most)
        fail("not all points", "end");
    type("quit");
    if (!vt_wait_exit(v) || !vt_restored(v) || !WIFEXITED(v->status) || WEXITSTATUS(v->status))
        fail("it did not leave as it should", "quit");
    vt_free(v);
    free(session);
    free(text);
    printf("%s: finished on the screen, %u answers, %u points\n", lab, answers, points);
    return 0;
}
