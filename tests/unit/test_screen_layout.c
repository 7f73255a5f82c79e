/* Grids of panels, rates and sparklines, clipped drawing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tui/screen/canvas.h"
#include "tui/screen/layout.h"
#include "tui/screen/meter.h"
#include "tui/screen/pager.h"

static void four_guests_fit_everywhere(void **s)
{
    static const struct { int w, h, cols, rows; } size[] = { { 80, 20, 2, 2 }, { 120, 36, 2, 2 }, { 200, 56, 2, 2 } };
    struct layout l = { LAYOUT_AUTO, 0, 0 };
    (void)s;
    for (size_t i = 0; i < 3; i++) {
        struct layout_plan p = layout_plan(&l, 4, size[i].w, size[i].h);
        assert_int_equal(p.cols, size[i].cols);
        assert_int_equal(p.rows, size[i].rows);
        assert_int_equal(p.pages, 1);
    }
}

/* Panels of a page never overlap, cover the area, and are no smaller than the minimum when there is room for it. */
static void grids_tile(void **s)
{
    struct layout l = { LAYOUT_AUTO, 0, 0 };
    (void)s;
    for (int n = 1; n <= 64; n++)
        for (int w = 40; w <= 220; w += 12)
            for (int h = 8; h <= 60; h += 4) {
                struct layout_plan p = layout_plan(&l, n, w, h);
                char hit[60][220] = { { 0 } };
                int on_page = n < p.per_page ? n : p.per_page, area = 0;
                assert_true(p.per_page >= 1 && p.pages >= 1 && p.pages * p.per_page >= n);
                for (int i = 0; i < on_page; i++) {
                    int x, y, pw, ph;
                    layout_place(&p, on_page, i, w, h, &x, &y, &pw, &ph);
                    assert_true(x >= 0 && y >= 0 && x + pw <= w && y + ph <= h);
                    assert_true(pw >= PANEL_MIN_W && ph >= PANEL_MIN_H);
                    for (int r = y; r < y + ph; r++)
                        for (int c = x; c < x + pw; c++)
                            assert_int_equal(hit[r][c]++, 0);
                    area += pw * ph;
                }
                if (p.pages == 1)
                    assert_int_equal(area, w * h);
            }
}

static void named_layouts(void **s)
{
    struct layout l;
    char name[16];
    (void)s;
    assert_true(layout_parse("3x2", &l));
    struct layout_plan p = layout_plan(&l, 7, 120, 40);
    assert_int_equal(p.cols, 3);
    assert_int_equal(p.rows, 2);
    assert_int_equal(p.pages, 2);
    layout_name(&l, name, sizeof name);
    assert_string_equal(name, "3x2");
    assert_true(layout_parse("rows", &l));
    assert_int_equal(layout_plan(&l, 3, 80, 30).cols, 1);
    assert_true(layout_parse("columns", &l));
    assert_int_equal(layout_plan(&l, 2, 80, 30).rows, 1);
    assert_false(layout_parse("0x2", &l));
    assert_false(layout_parse("2x2x2", &l));
    assert_false(layout_parse("diagonal", &l));
}

static void rates(void **s)
{
    struct meter m = { 0 };
    char text[64], spark[64];
    (void)s;
    meter_add(&m, 100, 1000);
    assert_true(meter_quiet(&m, 10));
    assert_false(meter_add(&m, 150, 1100)); /* a period is not over */
    assert_true(meter_add(&m, 600, 2000));
    assert_true(m.rate > 499 && m.rate < 501);
    assert_true(meter_add(&m, 850, 2500));
    meter_spark(&m, &glyphs_ascii, 4, spark, sizeof spark);
    assert_string_equal(spark, "  ##");
    for (int i = 0; i < METER_HISTORY; i++)
        meter_add(&m, 850, 3000 + (uint64_t)i * 500);
    assert_true(meter_quiet(&m, METER_HISTORY));
    meter_add(&m, 3, 100000); /* reset: no huge rate */
    assert_true(m.rate < 1);
    assert_string_equal(si_number(0, text, sizeof text), "0");
    assert_string_equal(si_number(999, text, sizeof text), "999");
    assert_string_equal(si_number(1234, text, sizeof text), "1.23k");
    assert_string_equal(si_number(45678, text, sizeof text), "45.7k");
    assert_string_equal(si_number(999999, text, sizeof text), "1.00M");
}

static char *row_text(struct canvas *cv, int y)
{
    static char line[300];
    char *all = canvas_text(cv), *p = all;
    while (y--)
        p = strchr(p, '\n') + 1;
    strncpy(line, p, sizeof line - 1);
    line[strcspn(line, "\n")] = '\0';
    free(all);
    return line;
}

static void drawing_is_clipped(void **s)
{
    struct canvas cv = { .theme = theme_at(0), .glyphs = &glyphs_utf8 };
    (void)s;
    assert_int_equal(canvas_resize(&cv, 20, 3), 0);
    struct area a = area_sub(canvas_area(&cv), 5, 1, 8, 1);
    area_text(a, 0, 0, ROLE_TEXT, "0123456789abc");
    assert_string_equal(row_text(&cv, 1), "     01234567");
    area_fit(a, 0, 0, 6, ROLE_TEXT, "a long name");
    assert_string_equal(row_text(&cv, 1), "     a lon…67");
    area_text(a, 0, 0, ROLE_TEXT, "\033[31mx\x01");
    assert_string_equal(row_text(&cv, 1), "     ?[31mx?7");
    /* Half a wide character is never left behind. */
    area_text(a, 0, 0, ROLE_TEXT, "\xe4\xb8\xad\xe4\xb8\xad");
    area_text(a, 1, 0, ROLE_TEXT, "x");
    assert_string_equal(row_text(&cv, 1), "      x\xe4\xb8\xadmx?7");
    /* A guest's console is of another mind than the terminal about how wide some are: the cell is what there is room for. */
    area_char(a, 2, 0, (struct style){ -1, -1, 0 }, 0x1f600, 1);
    area_char(a, 3, 0, (struct style){ -1, -1, 0 }, 0x61c, 1);
    assert_string_equal(row_text(&cv, 1), "      x??mx?7");
    area_char(a, 2, 0, (struct style){ -1, -1, 0 }, 'n', 2);
    assert_string_equal(row_text(&cv, 1), "      xn mx?7");
    area_text(a, -3, 0, ROLE_TEXT, "abcdef");
    area_text(a, 0, 7, ROLE_TEXT, "nowhere");
    canvas_free(&cv);
}

static void a_pager_folds_and_scrolls(void **s)
{
    struct canvas cv = { .theme = theme_at(0), .glyphs = &glyphs_ascii, .ascii = true };
    struct pager p = { 0 };
    (void)s;
    canvas_resize(&cv, 24, 6);
    pager_show(&p, "title", "one two three four five six\nseven\n\neight\n", false);
    assert_int_equal(pager_rows(&p, 20), 5);
    pager_draw(&p, canvas_area(&cv), "ESC");
    assert_string_equal(row_text(&cv, 1), "| one two three four   |");
    assert_string_equal(row_text(&cv, 2), "| five six             |");
    pager_scroll(&p, 100);
    pager_draw(&p, canvas_area(&cv), "ESC");
    assert_string_equal(row_text(&cv, 4), "| eight                |");
    pager_close(&p);
    canvas_free(&cv);
}

static void text_is_decoded_strictly(void **s)
{
    static const char bad[] = "\xc0\xaf\xed\xa0\x80\xf5z\xe2\x82";
    const char *p = bad, *end = bad + sizeof bad - 1;
    (void)s;
    int replaced = 0, plain = 0;
    for (uint32_t ch; (ch = text_next(&p, end));)
        *(ch == 0xfffd ? &replaced : &plain) += 1;
    assert_int_equal(plain, 1);
    assert_true(replaced >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_guests_fit_everywhere), cmocka_unit_test(grids_tile), cmocka_unit_test(named_layouts), cmocka_unit_test(rates),
        cmocka_unit_test(drawing_is_clipped), cmocka_unit_test(a_pager_folds_and_scrolls), cmocka_unit_test(text_is_decoded_strictly),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("screen layout", tests, NULL, NULL);
}
