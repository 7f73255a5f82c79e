/* shoot.c: the pictures of README.md and docs/. Each is the real screen, run in a pseudo-terminal of a given size on real guests,
 * and saved by its own `dump-screen`, as text or in colour; on the software CPU, whose time is the number of instructions, so that they are the same
 * everywhere. shoot DIRECTORY [FILE...] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "vt.h"

static const struct shot { const char *file; int cols, rows; const char *commands; const char *args[8]; } shots[] = {
    { "screen.txt", 80, 24, "run @all; wait; irq 0x20 @3; wait", { "hello", "counter", "fibonacci", "irq" } },
    { "four.svg", 110, 36, "run @all; wait", { "hello", "counter", "multiplication", "fibonacci" } },
    { "step.svg", 100, 30, "step 9", { "hello" } },
    { "break.svg", 80, 24, "break 0x7; run; wait", { "counter" } },
    { "fault.svg", 80, 24, "run @all; wait", { "crash" } },
    { "trace.svg", 100, 30, "run; wait; view trace", { "hello" } },
    { "interrupt.svg", 80, 24, "run @all; wait; irq 0x20 @1; wait; irq 0x20 @1; wait", { "irq", "irq" } },
};

static const char *vmlab(void)
{
    static char path[4096];
    const char *b = getenv("VMLAB_BUILD");
    snprintf(path, sizeof path, "%s/vmlab", b ? b : "build");
    return path;
}

static int shoot(const struct shot *s, const char *dir)
{
    char commands[4096];
    const char *argv[16] = { vmlab(), "--test-clock", "--engine", "soft", "--deterministic", "-c", commands };
    snprintf(commands, sizeof commands, "%s; sync; dump-screen %s/%s; quit", s->commands, dir, s->file);
    for (int i = 0; s->args[i]; i++)
        argv[7 + i] = s->args[i];
    struct vt *v = vt_start(s->cols, s->rows, (const char *const[]){ "XDG_STATE_HOME=/dev/null/none", NULL }, argv);
    bool ok = vt_wait_exit(v) && WIFEXITED(v->status) && WEXITSTATUS(v->status) == 0;
    if (!ok)
        vt_show(v);
    vt_free(v);
    printf("%s %s/%s\n", ok ? "made" : "FAILED", dir, s->file);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc < 2)
        return fprintf(stderr, "usage: shoot DIRECTORY [FILE...]\n"), 2;
    for (size_t i = 0; i < sizeof shots / sizeof *shots; i++) {
        bool wanted = argc == 2;
        for (int k = 2; k < argc; k++)
            wanted |= !strcmp(argv[k], shots[i].file);
        if (wanted)
            failed |= shoot(&shots[i], argv[1]);
    }
    return failed;
}
