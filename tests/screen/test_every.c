/* test_every.c: every key that F1 lists and every command that works on the screen only does what is said of it. The lists are read
 * from the screen itself, so a new key or command without a row fails. */
#include "screen_test.h"

#include <stdio.h>
#include <string.h>

/* On a new screen of hello, counter and spin before their first instruction: `before` is typed, `ready` waited for, `keys` pressed;
 * then `want` comes to stand on the screen and `gone` is not there. */
struct row { const char *name, *before, *ready, *keys, *want, *gone; };

static const struct row keys[] = {
    { "F1", NULL, NULL, "\033OP", "KEYS", "0 hello   " },
    { "F2", NULL, NULL, "\033OQ", "goes to this guest", "[0 hello created] >" },
    { "F3", NULL, NULL, "\033OR", "zoomed", "1 counter" },
    { "F4", NULL, NULL, "\033OS\033OS", "memory at 0x0", NULL },
    { "F5", NULL, NULL, "\033[15~", "Hello, KVM!", NULL },
    { "F6", "focus 2; run", "► running", "\033[17~", "PAUSED", "► running" },
    { "F7", NULL, NULL, "\033[18~", "►0003", NULL },
    { "F8", NULL, NULL, "\033[19~", "next exit: io-out port 0x500", NULL },
    { "F9", NULL, NULL, "\033[20~", "●►0000", NULL },
    { "F10", NULL, NULL, "\033[21~", "►0003", NULL },
    { "F11", NULL, NULL, "\033[23~", "next exit: io-out port 0x500", NULL },
    { "F12", NULL, NULL, "\033[24~", "No lab is open", NULL },
    { "Shift-F5", NULL, NULL, "\033[15;2~", "0123456789", NULL },
    { "Shift-F6", "run @2", "► running", "\033[17;2~", "PAUSED", "► running" },
    { "Shift-F7", NULL, NULL, "\033[18;2~", "3 PAUSED", NULL },
    { "Shift-F8", "run @2", "► running", "\033[19;2~", "2 PAUSED", NULL },
    { "Tab, Shift-Tab", NULL, NULL, "\t\t\033[Z", "[1 counter created] >", NULL },
    { "Left, Right", NULL, NULL, "\033[C\033[C\033[D", "[1 counter created] >", NULL },
    { "Enter", NULL, NULL, "\r", "zoomed", "1 counter" },
    { "Up, Down, Ctrl-R", "step 2", "PAUSED", "\033[A\022ste", "step 2", NULL },
    { "Alt-.", "step 2", "PAUSED", "echo \033.", "> echo 2", NULL },
    { "PgUp, PgDn", "help; echo", "ESC closes", "\033[6~\033[6~\033[6~\033[6~", "';' separates commands", NULL },
    { "Ctrl-PgUp, -PgDn", "layout 1x1", "page 1/3", "\033[6;5~\033[6;5~\033[5;5~", "page 2/3", NULL },
    { "End", "help; echo", "ESC closes", "\033[F", "';' separates commands", NULL },
    { "ESC", "zoom", "zoomed", "\033", "1 counter", "zoomed" },
    { "Ctrl-C", NULL, NULL, "some words\003", "[0 hello created] >", "some words" },
    { "Ctrl-D", NULL, NULL, NULL, NULL, NULL }, /* ctrl_d_leaves in test_terminal.c */
    { "Ctrl-L", NULL, NULL, "\014", "0 hello", NULL },
    { "Ctrl-Z", NULL, NULL, NULL, NULL, NULL }, /* it_can_be_suspended in test_terminal.c */
    { "Ctrl-]", NULL, NULL, "\033OQ\035", "[0 hello created] >", "goes to this guest" },
    { "ESC 1 ... ESC 9", NULL, NULL, "\0337", "►0003", NULL },
    { "mouse", NULL, NULL, "\033[<0;90;5M\033[<0;90;5m", "[1 counter created] >", NULL },
};

static const struct row commands[] = {
    { "zoom", NULL, NULL, "zoom @1\r", "zoomed", "0 hello   " },
    { "view", NULL, NULL, "view tables\r", "interrupt vectors", NULL },
    { "layout", NULL, NULL, "layout 1x1\r", "page 1/3", "1 counter" },
    { "theme", NULL, NULL, "theme\r", "mono", NULL },
    { "mouse", "mouse off", NULL, "\033[<0;90;5M\033[<0;90;5mecho clicked\r", "[0 hello created] >", "[1 counter" },
    { "keys", NULL, NULL, "keys\r", "Shift-F8", NULL },
    { "redraw", NULL, NULL, "redraw\r", "0 hello", NULL },
    { "dump-screen", NULL, NULL, NULL, NULL, NULL }, /* below: it needs a place */
};

static void failed(struct vt *v, const char *name, const char *what, const char *text)
{
    vt_show(v);
    fail_msg("%s: %s %s", name, what, text);
}

static struct vt *begin(int rows)
{
    struct vt *v = lab(120, rows, ARGS("--test-clock", "--engine", "soft", "-c", "focus 0", "hello", "counter", "spin"));
    NEED(v, vt_wait(v, "[0 hello created] >"));
    NEED(v, vt_wait(v, "2 spin"));
    return v;
}

static void try(const struct row *r)
{
    struct vt *v = begin(40);
    if (r->before)
        type_line(v, r->before);
    if (r->ready && !vt_wait(v, r->ready))
        failed(v, r->name, "nothing says", r->ready);
    vt_send(v, r->keys);
    if (!vt_wait(v, r->want))
        failed(v, r->name, "nothing says", r->want);
    if (r->gone && !vt_wait_gone(v, r->gone))
        failed(v, r->name, "it still says", r->gone);
    vt_free(v);
}

static bool listed(const struct row *rows, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

/* In the frame "keys": "  F1                this help", and so on; every name has a row. How many there are. */
static unsigned all_listed(struct vt *v, const struct row *rows, size_t n, int height)
{
    unsigned found = 0;
    int y;
    NEED(v, vt_find(v, "─ keys ", NULL, &y));
    while (++y < height) {
        char name[20];
        const char *row = vt_text(v, 2, y, 110, 1);
        if (strncmp(row, "  ", 2) || row[2] == ' ' || strlen(row) < 25 || row[19] != ' ' || row[20] == ' ')
            continue;
        snprintf(name, sizeof name, "%.17s", row + 2);
        for (size_t k = strlen(name); k && name[k - 1] == ' ';)
            name[--k] = '\0';
        if (!listed(rows, n, name))
            failed(v, name, "no row of test_every.c", "tries it");
        found++;
    }
    return found;
}

enum { KEYS = sizeof keys / sizeof *keys, COMMANDS = sizeof commands / sizeof *commands };

static void every_key(void **state)
{
    (void)state;
    struct vt *v = begin(60);
    type_line(v, "keys");
    NEED(v, vt_wait(v, "double click zooms"));
    assert_int_equal(all_listed(v, keys, KEYS, 60), KEYS);
    vt_free(v);
    for (size_t i = 0; i < KEYS; i++)
        if (keys[i].keys)
            try(&keys[i]);
}

static void every_command_of_the_screen(void **state)
{
    char command[200], *path = command + strlen("dump-screen ");
    (void)state;
    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i].keys)
            try(&commands[i]);
    struct vt *v = begin(40);
    snprintf(command, sizeof command, "trace save %s/seen.csv", scratch());
    type_line(v, command);
    NEED(v, vt_wait(v, "/seen.csv written"));
    snprintf(command, sizeof command, "dump-screen %s/seen.txt", scratch());
    type_line(v, command);
    NEED(v, vt_wait(v, "/seen.txt written"));
    char text[4096] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_true(fread(text, 1, sizeof text - 1, f) > 0);
    fclose(f);
    assert_non_null(strstr(text, "0 hello"));
    vt_free(v);
}

SCREEN_TESTS("screen every", cmocka_unit_test(every_key), cmocka_unit_test(every_command_of_the_screen))
