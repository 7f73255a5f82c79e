/* The command bar: editing, completion, history, and keys that once brought readline down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/readline.h>

#include "tui/screen/bar.h"
#include "tui/screen/history.h"

static char got[256], dir[64];
static unsigned lines;
static size_t shown;

static void on_line(void *self, const char *line)
{
    (void)self;
    lines++;
    snprintf(got, sizeof got, "%s", line ? line : "(end)");
}

static size_t candidates(void *self, const char *line, size_t point, void (*add)(void *ctx, const char *word), void *ctx)
{
    (void)self, (void)line;
    add(ctx, "step");
    add(ctx, "stack");
    return point;
}

static void on_trouble(void *self, const char *sentence) { (void)self, (void)sentence; }
static void on_matches(void *self, char **words, size_t n)
{
    (void)self, (void)words;
    shown = n;
}

static void type(const char *s) { bar_type(s, strlen(s)); }

static void edits(void **state)
{
    (void)state;
    type("stpe\002\002\004\005p"); /* Ctrl-B Ctrl-B Ctrl-D Ctrl-E */
    assert_string_equal(bar_text(), "step");
    assert_false(bar_empty());
    type("\r");
    assert_string_equal(got, "step");
    assert_true(bar_empty());
    type("\033[A");
    assert_string_equal(bar_text(), "step");
    bar_clear();
    assert_true(bar_empty());
    bar_paste("\xe2\x82", 2); /* one character in two pieces; half a one; one that nobody can see */
    bar_paste("\xac\xe2\x82x\xc2\x85", 6);
    assert_string_equal(bar_text(), "\xe2\x82\xac??x??");
    bar_clear();
    bar_paste("a\nb\tc\033d\x01", 8);
    assert_string_equal(bar_text(), "a b cd");
    bar_clear();
    type("\004");
    assert_string_equal(got, "(end)");
}

static void completes(void **state)
{
    (void)state;
    type("st\t");
    assert_int_equal(shown, 2);
    assert_string_equal(bar_text(), "st");
    bar_clear();
}

static void draws(void **state)
{
    struct canvas cv = { .theme = theme_at(0), .glyphs = &glyphs_utf8 };
    (void)state;
    canvas_resize(&cv, 30, 1);
    bar_prompt("[0 hello] > ");
    type("\303\244b");
    bar_draw(canvas_area(&cv), true);
    char *text = canvas_text(&cv);
    assert_string_equal(text, "[0 hello] > \303\244b\n");
    assert_int_equal(cv.cursor_x, 14);
    free(text);
    for (int i = 0; i < 100; i++)
        type("0123456789"); /* longer than the bar: the cursor stays inside */
    canvas_clear(&cv);
    bar_draw(canvas_area(&cv), true);
    assert_true(cv.cursor_x > 12 && cv.cursor_x < 30);
    bar_clear();
    canvas_free(&cv);
}

static void survives(void **state)
{
    static const char *const once[] = { "\x13\x18\x35", "\x12\x18\x2e", "\x13\x18\x11", "\x12\x18\x16", "\x12\x18\x7e" };
    static const unsigned char keys[] = { 27, 27, '[', 'O', 'A', '1', 7, 24, 22, 18, 19, 29, 9, 13, 'a', 'b', ' ', '0', '5', 21, 25, 31, 127, 11, 1, 5, 20, '.', '_', '?', '*', '=', '~', '<', '>', '-', 12, 17, 16, 14 };
    unsigned x = 7;
    (void)state;
    for (size_t i = 0; i < sizeof once / sizeof *once; i++) {
        type(once[i]);
        bar_clear();
    }
    type("s\r\033<o%\x12%"); /* found in the edited line, shown in the history's */
    assert_true(rl_point <= rl_end);
    bar_clear();
    for (int i = 0; i < 40000; i++) {
        x = x * 1664525u + 1013904223u;
        char c = (char)keys[(x >> 8) % sizeof keys];
        if (x >> 27 == 0)
            bar_clear();
        else
            bar_type(&c, 1);
    }
    bar_clear();
    type("\007\007\r");
    bar_clear();
    type("alive\r");
    assert_string_equal(got, "alive");
}

/* Keys that a fuzzer found: given up half-way, they left something behind that ate what was typed next, or they never ended. */
static void survives_vi(void **state)
{
    static const char *const keys[] = { "abc\033d7", "abc\033y2", "abc\033c1", "\xc3\xa4\033%", "(\xc3\xa4\033hh%d%", ".\xc2\x86\033^e", "\x05\xc2\x86\033^w" };
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        rl_variable_bind("editing-mode", "vi");
        type(keys[i]);
        bar_clear();
        rl_variable_bind("editing-mode", "emacs");
        type("alive\r");
        assert_string_equal(got, "alive");
        got[0] = '\0';
    }
}

static void keeps_history_to_itself(void **state)
{
    char path[128];
    struct stat st;
    (void)state;
    snprintf(path, sizeof path, "%s/vmlab/history", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    /* Also when it is written anew because it has grown too long. */
    FILE *f = fopen(path, "a");
    for (unsigned i = 0; i < 3000; i++)
        fprintf(f, "step %u\n", i);
    assert_int_equal(fclose(f), 0);
    off_t all = stat(path, &st) == 0 ? st.st_size : 0;
    history_shorten();
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size < all);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static int setup(void **state)
{
    static const struct bar_ops ops = { NULL, on_line, candidates, on_matches, on_trouble };
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/vmlab-bar-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    setenv("XDG_STATE_HOME", dir, 1);
    setenv("TERM", "xterm-256color", 1);
    setenv("INPUTRC", "/dev/null", 1);
    bar_open(&ops);
    return 0;
}

static int teardown(void **state)
{
    char command[128];
    (void)state;
    bar_close();
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits), cmocka_unit_test(completes), cmocka_unit_test(draws), cmocka_unit_test(survives), cmocka_unit_test(survives_vi),
        cmocka_unit_test(keeps_history_to_itself),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("screen bar", tests, setup, teardown);
}
