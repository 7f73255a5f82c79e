/* Grade reports: names in any language come through, and nothing in a name spoils the format or steers a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/lab/grade_report.h"
#include "tui/utf8.h"

static int json(FILE *f, const struct submissions *s) { return grade_report_json(f, s); }
static int junit(FILE *f, const struct submissions *s) { return grade_report_junit(f, s), 0; }
static int plain(FILE *f, const struct submissions *s) { return grade_report_plain(f, s), 0; }
static int tap(FILE *f, const struct submissions *s) { return grade_report_tap(f, s), 0; }
static int (*const formats[])(FILE *, const struct submissions *) = { json, junit, plain, tap };
enum { FORMATS = sizeof formats / sizeof *formats };

/* A submission whose directory, step and message are all called `name`, as a report. */
static char *report(int (*format)(FILE *, const struct submissions *), const char *name)
{
    struct eval *e = calloc(1, sizeof *e);
    struct submissions s = { .e = e, .n = 1 };
    char *text;
    size_t n;
    assert_non_null(e);
    strcpy(e->lab, "labs/03-hypercalls");
    snprintf(e->from, sizeof e->from, "%s", name);
    e->result.graded = true;
    e->result.steps = 1;
    e->result.step[0].most = 1;
    snprintf(e->result.step[0].heading, sizeof e->result.step[0].heading, "%s", name);
    snprintf(e->result.step[0].message, sizeof e->result.step[0].message, "%s", name);
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    assert_int_equal(format(f, &s), 0);
    fclose(f);
    free(e);
    return text;
}

static void shows(const char *name, const char *want)
{
    for (int i = 0; i < FORMATS; i++) {
        char *text = report(formats[i], name), *at = text;
        for (int k = 0; k < 3; k++, at++)
            if (!(at = strstr(at, want)))
                fail_msg("format %d has '%s' not three times:\n%s", i, want, text);
        free(text);
    }
}

static void lacks(const char *name, const char *what)
{
    for (int i = 0; i < FORMATS; i++) {
        char *text = report(formats[i], name);
        if (strstr(text, what))
            fail_msg("format %d has '%s':\n%s", i, what, text);
        free(text);
    }
}

static void names_in_any_language(void **state)
{
    (void)state;
    shows("Zoë Müller", "Zoë Müller");
    shows("李小龙", "李小龙");
    shows("🐧", "🐧");
}

static void what_is_no_utf8_is_replaced(void **state)
{
    (void)state;
    shows("M\xfcller", "M\xef\xbf\xbdller");              /* Latin-1 */
    shows("\xed\xa0\x80.", "\xef\xbf\xbd.");              /* half of a surrogate pair */
    shows("\xef\xbf\xbe.", "\xef\xbf\xbd.");              /* U+FFFE: no character of XML */
    lacks("\xc0\xbc" "b", "\xc0");                        /* '<' the long way */
}

static void nothing_steers_a_terminal(void **state)
{
    (void)state;
    shows("a\33[31m", "a?[31m");
    lacks("\x9b" "31m", "\x9b" "31m");
    lacks("\xc2\x9b" "31m", "\xc2\x9b");
}

/* Headings and messages are kept in fields of fixed size. */
static void cut_between_characters(void **state)
{
    (void)state;
    char room[6];
    text_copy(room, sizeof room, "äöü");
    assert_string_equal(room, "äö");
    text_copy(room, sizeof room, "aöüß");
    assert_string_equal(room, "aöü");
    text_copy(room, sizeof room, "\xff\xff");
    assert_string_equal(room, "\xff\xff");
    text_copy(room, 1, "ö");
    assert_string_equal(room, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_in_any_language), cmocka_unit_test(what_is_no_utf8_is_replaced),
        cmocka_unit_test(nothing_steers_a_terminal), cmocka_unit_test(cut_between_characters),
    };
    return cmocka_run_group_tests_name("grade_report", tests, NULL, NULL);
}
