/* test_panels.c: what the panels show, on real guests, at three sizes. */
#include "screen_test.h"

#include <stdio.h>
#include <string.h>

#define FOUR ARGS("--test-clock", "hello", "counter", "multiplication", "fibonacci")

static const int sizes[3][2] = { { 80, 24 }, { 120, 40 }, { 200, 60 } };

static void four_guests(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct vt *v = lab(sizes[i][0], sizes[i][1], FOUR);
        static const char *const want[] = { "0 hello", "1 counter", "2 multiplication", "3 fibonacci", "Hello, KVM!", "0123456789", "9x9=81", "377", "exited 0", "F1", "Help" };
        for (size_t k = 0; k < sizeof want / sizeof *want; k++)
            NEED(v, vt_wait(v, want[k]));
        NEED(v, vt_wait(v, "[0 hello exited] >"));
        assert_int_equal(leave(v), 0);
    }
}

/* The marked register is the one that the instruction changed, and it is marked by more than colour. */
static void step_marks_what_changed(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct vt *v = lab(sizes[i][0], sizes[i][1], ARGS("--test-clock", "-c", "step", "hello"));
        int x, y;
        NEED(v, vt_wait(v, "PAUSED"));
        NEED(v, vt_wait(v, "DX*0500")); /* mov dx, 0x500 */
        NEED(v, vt_find(v, "DX*0500", &x, &y));
        VTermScreenCell c = vt_cell(v, x + 3, y);
        assert_true(c.attrs.bold);
        assert_true(c.attrs.underline);
        NEED(v, vt_wait(v, "BX 0000"));
        type_line(v, "step");
        NEED(v, vt_wait(v, "DX 0500")); /* no longer the news */
        NEED(v, vt_wait(v, "SI*"));
        assert_int_equal(leave(v), 0);
    }
}

static void the_current_instruction_moves(void **state)
{
    struct vt *v = lab(120, 40, ARGS("--test-clock", "-c", "step", "hello"));
    int x, y, x2, y2;
    (void)state;
    NEED(v, vt_wait(v, "PAUSED"));
    NEED(v, vt_wait(v, "►0003"));
    NEED(v, vt_find(v, "►0003", &x, &y));
    assert_true(vt_cell(v, x + 2, y).attrs.bold);
    NEED(v, vt_wait(v, "0000 ba0005")); /* the window stayed */
    vt_send(v, "\033[18~"); /* F7 */
    NEED(v, vt_wait(v, "►0006"));
    NEED(v, vt_find(v, "►0006", &x2, &y2));
    assert_int_equal(y2, y + 1);
    vt_send(v, "\033[20~"); /* F9: a breakpoint here */
    NEED(v, vt_wait(v, "●►0006"));
    vt_send(v, "\033[20~");
    NEED(v, vt_wait_gone(v, "●"));
    assert_int_equal(leave(v), 0);
}

/* A halted guest is shown with the HLT it sleeps in, in the panel and by disas. */
static void a_sleeper_is_shown_with_its_hlt(void **state)
{
    struct vt *v = lab(120, 30, ARGS("--test-clock", "--engine", "soft", "irq"));
    (void)state;
    NEED(v, vt_wait(v, "1 halted"));
    NEED(v, vt_wait(v, "0041 f4"));
    NEED(v, vt_wait(v, "►0042"));
    type_line(v, "disas");
    NEED(v, vt_wait(v, "00000041  f4"));
    NEED(v, vt_wait(v, "=>  00000042"));
    assert_int_equal(leave(v), 0);
}

static void an_interrupt_reaches_one_guest(void **state)
{
    struct vt *v = lab(80, 24, ARGS("--test-clock", "irq", "irq"));
    (void)state;
    NEED(v, vt_wait(v, "2 halted"));
    type_line(v, "irq 0x20 @1");
    NEED(v, vt_wait(v, "irq 1"));
    int x, y;
    NEED(v, vt_find(v, "irq 1", &x, &y));
    NEED(v, x >= 40); /* the right-hand panel is guest 1 */
    type_line(v, "irq 0x20 @1");
    NEED(v, vt_wait(v, "irq 2"));
    NEED(v, !strstr(vt_text(v, 0, 2, 39, 10), "irq 1"));
    type_line(v, "irq 0x20 @0");
    for (int i = 0; i < 2000 && !strstr(vt_text(v, 0, 2, 39, 10), "irq 1"); i++)
        vt_pump(v, 10);
    NEED(v, strstr(vt_text(v, 0, 2, 39, 10), "irq 1"));
    assert_int_equal(leave(v), 0);
}

static void zoom_and_back(void **state)
{
    struct vt *v = lab(80, 24, FOUR);
    (void)state;
    NEED(v, vt_wait(v, "377"));
    vt_send(v, "\t"); /* the next panel */
    NEED(v, vt_wait(v, "[1 counter"));
    vt_send(v, "\r");
    NEED(v, vt_wait(v, "zoomed"));
    NEED(v, vt_wait_gone(v, "0 hello"));
    NEED(v, vt_wait(v, "1 counter"));
    NEED(v, vt_wait(v, "registers"));
    NEED(v, vt_wait(v, "code"));
    NEED(v, vt_wait(v, "io-out"));
    vt_send(v, "\033"); /* alone: ESC */
    NEED(v, vt_wait(v, "0 hello"));
    type_line(v, "zoom @3");
    NEED(v, vt_wait(v, "[3 fibonacci"));
    NEED(v, vt_wait_gone(v, "0 hello"));
    assert_int_equal(leave(v), 0);
}

/* Enter on an empty line: as in GDB after step, next and until; otherwise, and with another guest in focus, it zooms. */
static void enter_does_it_again(void **state)
{
    struct vt *v = lab(120, 40, ARGS("--test-clock", "-c", "focus 0", "hello", "counter"));
    (void)state;
    NEED(v, vt_wait(v, "[0 hello created] >"));
    type_line(v, "step");
    NEED(v, vt_wait(v, "►0003"));
    vt_send(v, "\r");
    NEED(v, vt_wait(v, "►0006"));
    vt_send(v, "\r");
    NEED(v, vt_wait(v, "►0007"));
    vt_send(v, "\033"); /* ESC, F3: not of the bar */
    vt_send(v, "\033OR");
    NEED(v, vt_wait(v, "zoomed"));
    vt_send(v, "\033OR");
    NEED(v, vt_wait_gone(v, "zoomed"));
    vt_send(v, "\r");
    NEED(v, vt_wait(v, "►0009"));
    type_line(v, "next");
    NEED(v, vt_wait(v, "io-out                 1"));
    vt_send(v, "\r");
    NEED(v, vt_wait(v, "io-out                 2"));
    vt_send(v, "\t\r"); /* another panel */
    NEED(v, vt_wait(v, "zoomed"));
    NEED(v, vt_wait(v, "[1 counter created] >"));
    vt_send(v, "\033\033[Z");
    NEED(v, vt_wait(v, "[0 hello paused] >"));
    type_line(v, "until exit io-out");
    NEED(v, vt_wait(v, "io-out                 3"));
    type_line(v, "regs");
    vt_send(v, "\r");
    NEED(v, vt_wait(v, "zoomed"));
    assert_int_equal(leave(v), 0);
}

static void many_guests_are_paged(void **state)
{
    const char *args[40] = { "--test-clock" };
    (void)state;
    for (int i = 1; i <= 9; i++)
        args[i] = "minimal";
    struct vt *v = lab(80, 24, args);
    NEED(v, vt_wait(v, "page 1/3"));
    NEED(v, vt_wait(v, "3 minimal"));
    NEED(v, !vt_find(v, "4 minimal", NULL, NULL));
    vt_send(v, "\033[6;5~"); /* Ctrl-PgDn */
    NEED(v, vt_wait(v, "page 2/3"));
    NEED(v, vt_wait(v, "7 minimal"));
    type_line(v, "focus 8");
    NEED(v, vt_wait(v, "page 3/3"));
    vt_resize(v, 200, 60);
    NEED(v, vt_wait(v, "0 minimal"));
    NEED(v, vt_wait(v, "8 minimal"));
    assert_int_equal(leave(v), 0);
}

static void every_view_opens(void **state)
{
    static const struct { const char *command, *want; } views[] = {
        { "view console", "Hello, KVM!" }, { "view mem 0", "00000" }, { "view stack", "SS:SP" }, { "view trace", "io-out" }, { "view trace hlt", "only 'hlt'" }, { "view code", "out dx, al" }, { "view exits", "by port, page and vector" },
        { "view histogram", "in the guest" }, { "view walk 0x10", "paging is off" }, { "view tables", "interrupt vectors" }, { "view devices", "i8042" }, { "view regs", "segments" }, { "view overview", "exits" },
    };
    struct vt *v = lab(120, 40, ARGS("--test-clock", "hello"));
    (void)state;
    NEED(v, vt_wait(v, "exited 0"));
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        type_line(v, views[i].command);
        NEED(v, vt_wait(v, views[i].want));
    }
    for (int i = 0; i < 12; i++)
        vt_send(v, "\033OS"); /* F4, all the way round */
    type_line(v, "view nonsense");
    NEED(v, vt_wait(v, "There is no view 'nonsense'"));
    assert_int_equal(leave(v), 0);
}

/* A command of the screen that fails leaves what is there as it was. */
static void what_fails_changes_nothing(void **state)
{
    struct vt *v = lab(100, 40, ARGS("--test-clock", "hello"));
    (void)state;
    NEED(v, vt_wait(v, "exited 0"));
    type_line(v, "view mem 0x320");
    NEED(v, vt_wait(v, "memory at 0x320"));
    static const struct { const char *command, *want; } wrong[] = {
        { "view mem zz", "'zz' is neither a number nor a register" }, { "view mem 0 0x10", "takes one address" },
        { "layout 2x2 3x3", "write: layout" }, { "theme light dark", "write: theme" }, { "zoom on off", "write: zoom" }, { "mouse on off", "write: mouse" },
        { "view stack 5", "takes nothing after its name" }, { "view walk qq", "'qq' is neither" }, { "view code 1 2", "takes one address" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        type_line(v, wrong[i].command);
        NEED(v, vt_wait(v, wrong[i].want));
        NEED(v, vt_find(v, "memory at 0x320", NULL, NULL));
    }
    assert_int_equal(leave(v), 0);
}

/* Taller panels show more of the registers and the exits, but never at the cost of what the guest prints. */
static void every_height_shows_the_console(void **state)
{
    struct vt *v = lab(60, 24, ARGS("--test-clock", "--engine", "soft", "1k-os"));
    (void)state;
    NEED(v, vt_wait(v, "Select:"));
    for (int rows = 12; rows <= 48; rows++) {
        vt_resize(v, 60, rows);
        NEED(v, vt_wait_row(v, rows - 1, "4View"));
        NEED(v, vt_wait(v, "Select:"));
        NEED(v, vt_wait(v, rows < 21 ? "EAX" : " registers ─"));
    }
    assert_int_equal(leave(v), 0);
}

/* F9 is about the instruction that the panel marks, also when the counter is already behind it. */
static void a_breakpoint_is_set_at_the_mark(void **state)
{
    struct vt *v = lab(80, 24, ARGS("--test-clock", "hello"));
    (void)state;
    NEED(v, vt_wait(v, "exited 0"));
    NEED(v, vt_wait(v, "►0015 f4"));
    vt_send(v, "\033[20~"); /* F9 */
    NEED(v, vt_wait(v, "●►0015 f4"));
    vt_send(v, "\033[20~");
    NEED(v, vt_wait_gone(v, "●"));
    assert_int_equal(leave(v), 0);
}

/* A quarter of a small terminal is narrow; what the view is for is seen all the same. */
static void the_counts_of_a_narrow_panel(void **state)
{
    struct vt *v = lab(80, 24, FOUR);
    (void)state;
    NEED(v, vt_wait(v, "4 exited"));
    type_line(v, "view exits @2");
    NEED(v, vt_wait(v, " 432  io-out"));
    NEED(v, vt_wait(v, " 432  io-out port 0x500"));
    assert_int_equal(leave(v), 0);
}

static void a_crash_is_told_in_words(void **state)
{
    struct vt *v = lab(80, 24, ARGS("--test-clock", "crash"));
    (void)state;
    NEED(v, vt_wait(v, "FAILED"));
    int x, y;
    NEED(v, vt_find(v, "FAILED", &x, &y));
    NEED(v, vt_wait(v, "riple fault"));
    assert_int_equal(leave(v), 0);
}

static void slow_motion_is_seen(void **state)
{
    struct vt *v = lab(80, 24, ARGS("-c", "speed 40; run", "hello"));
    (void)state;
    NEED(v, vt_wait(v, "running"));
    NEED(v, vt_wait(v, "H"));
    NEED(v, vt_wait(v, "Hello, KVM!"));
    NEED(v, vt_wait(v, "exited 0"));
    assert_int_equal(leave(v), 0);
}

SCREEN_TESTS("screen panels",
    cmocka_unit_test(four_guests), cmocka_unit_test(step_marks_what_changed), cmocka_unit_test(the_current_instruction_moves),
    cmocka_unit_test(a_sleeper_is_shown_with_its_hlt), cmocka_unit_test(an_interrupt_reaches_one_guest), cmocka_unit_test(zoom_and_back), cmocka_unit_test(enter_does_it_again), cmocka_unit_test(many_guests_are_paged),
    cmocka_unit_test(every_view_opens), cmocka_unit_test(what_fails_changes_nothing), cmocka_unit_test(the_counts_of_a_narrow_panel),
    cmocka_unit_test(a_breakpoint_is_set_at_the_mark), cmocka_unit_test(every_height_shows_the_console), cmocka_unit_test(a_crash_is_told_in_words), cmocka_unit_test(slow_motion_is_seen))
