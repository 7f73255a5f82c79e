/* The console model: ordinary output, scrolling back, and output that means harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/screen/console.h"
#include "tui/screen/panel.h"

static void put(struct console *c, const char *s) { console_write(c, s, strlen(s)); }

static void row_is(struct console *c, int y, const char *want)
{
    char got[512] = "";
    for (int x = 0; x < console_cols(c) && x < 500; x++)
        got[x] = (char)console_cell(c, x, y)->ch;
    for (size_t n = strlen(got); n && got[n - 1] == ' ';)
        got[--n] = '\0';
    assert_string_equal(got, want);
}

static void prints(void **s)
{
    struct console *c = console_new(80, 25);
    int x, y;
    bool visible;
    (void)s;
    put(c, "Hello, KVM!\nsecond\033[1;31mred");
    row_is(c, 0, "Hello, KVM!");
    row_is(c, 1, "secondred");
    assert_int_equal(console_used(c), 2);
    console_cursor(c, &x, &y, &visible);
    assert_int_equal(x, 9);
    assert_int_equal(y, 1);
    assert_true(visible);
    assert_int_equal(console_cell(c, 6, 1)->st.attr & ATTR_BOLD, ATTR_BOLD);
    assert_true(console_cell(c, 6, 1)->st.fg == 1 || console_cell(c, 6, 1)->st.fg == 9);
    assert_int_equal(console_cell(c, 0, 0)->st.fg, -1);
    console_reset(c);
    row_is(c, 0, "");
    console_free(c);
}

static void newlines_begin_a_line(void **s)
{
    (void)s;
    struct console *c = console_new(20, 5);
    put(c, "one\ntwo\r\nthree");
    row_is(c, 0, "one");
    row_is(c, 1, "two");
    row_is(c, 2, "three");
    console_free(c);
}

static void scrolls_back(void **s)
{
    struct console *c = console_new(20, 4);
    char line[32];
    (void)s;
    for (int i = 0; i < 50; i++) {
        snprintf(line, sizeof line, "line %d\r\n", i);
        put(c, line);
    }
    row_is(c, 0, "line 47");
    assert_int_equal(console_scroll(c, 2), 2);
    row_is(c, 0, "line 45");
    assert_int_equal(console_scroll(c, 1000), 47);
    row_is(c, 0, "line 0");
    assert_int_equal(console_scroll(c, -7), 40);
    row_is(c, 0, "line 7");
    console_live(c);
    row_is(c, 0, "line 47");
    console_free(c);
}

static void no_back_tab(void **s)
{
    /* In every disguise: 7-bit, 8-bit, as UTF-8, with parameters, controls and bad UTF-8 inside, split over writes. */
    static const char *const forms[] = { "\033[Z", "\033[999Z", "\x9bZ", "\xc2\x9bZ", "\033[1\n2Z", "\033[?5Z", "\033[\xc3Z", "\033\033[Z", "\033[1;1;1;1Z" };
    struct console *c = console_new(20, 4);
    (void)s;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        int x, y;
        put(c, "\r12345678901");
        put(c, forms[i]);
        console_cursor(c, &x, &y, NULL); /* it did not go back */
        assert_true(x >= 11 || strchr(forms[i], '\n'));
        put(c, "\r12345678901234567890"); /* the cursor is past the last column */
        put(c, forms[i]);
        for (const char *p = forms[i]; *p; p++)
            console_write(c, p, 1);
        put(c, "\033[2J\033[H");
    }
    put(c, "still Z here");
    row_is(c, 0, "still Z here");
    console_free(c);
}

static void survives(void **s)
{
    struct console *c = console_new(80, 25);
    unsigned x = 1;
    char buf[8192];
    (void)s;
    for (int round = 0; round < 400; round++) {
        for (size_t i = 0; i < sizeof buf; i++) {
            static const char spice[] = "\033\033[[;;?0123456789hlmHJKLMPSTZ@ABCDEFGrsu\x9b\x90\x9d\x18\x1a\x0e\x0f\xc2\xe4\xb8\xad\xcc\x81\xf0\x9f\x98\x80";
            x = x * 1664525u + 1013904223u;
            buf[i] = x >> 28 ? spice[(x >> 8) % (sizeof spice - 1)] : (char)(x >> 16);
        }
        console_write(c, buf, sizeof buf);
        console_cell(c, 0, 0);
        console_used(c);
        console_scroll(c, 3);
        if (round % 7 == 0)
            console_live(c);
    }
    console_reset(c);
    put(c, "alive");
    row_is(c, 0, "alive");
    console_free(c);
}

static void wide_characters(void **s)
{
    struct console *c = console_new(20, 4);
    (void)s;
    put(c, "a\xe4\xb8\xad" "b");
    assert_int_equal(console_cell(c, 1, 0)->ch, 0x4e2d);
    assert_int_equal(console_cell(c, 1, 0)->width, 2);
    assert_int_equal(console_cell(c, 3, 0)->ch, 'b');
    console_free(c);
}

/* A console as large as they come in a panel as small as they come: what was printed last is what is seen. */
static void the_end_of_a_large_console(void **s)
{
    struct canvas cv = { .theme = theme_at(0), .glyphs = &glyphs_ascii, .ascii = true };
    struct panel p = { .con = console_new(400, 200) };
    char line[400];
    (void)s;
    assert_non_null(p.con);
    assert_int_equal(canvas_resize(&cv, 20, 4), 0);
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    for (int i = 0; i < 199; i++) {
        put(p.con, line);
        put(p.con, "\n");
    }
    put(p.con, "the end");
    part_console(&p, canvas_area(&cv), true);
    char *text = canvas_text(&cv);
    assert_non_null(strstr(text, "the end"));
    assert_int_equal(cv.cursor_x, 7);
    free(text);
    canvas_free(&cv);
    console_free(p.con);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints), cmocka_unit_test(newlines_begin_a_line), cmocka_unit_test(scrolls_back), cmocka_unit_test(no_back_tab), cmocka_unit_test(survives), cmocka_unit_test(wide_characters), cmocka_unit_test(the_end_of_a_large_console),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("screen console", tests, NULL, NULL);
}
