/* test_mouse.c: the mouse: focus, wheel, the last row; and more panels than fit. */
#include "screen_test.h"

#include <stdio.h>
#include <string.h>

static void the_mouse_moves_the_focus(void **state)
{
    struct vt *v = lab(80, 24, ARGS("--test-clock", "hello", "counter", "multiplication", "fibonacci"));
    (void)state;
    NEED(v, vt_wait(v, "377"));
    vt_send(v, "\033[<0;60;5M\033[<0;60;5m");
    NEED(v, vt_wait(v, "[1 counter"));
    vt_send(v, "\033[<0;10;18M\033[<0;10;18m");
    NEED(v, vt_wait(v, "[2 multiplication"));
    vt_send(v, "\033[<0;2;24M\033[<0;2;24m"); /* F1 on the bottom row */
    NEED(v, vt_wait(v, "q or ESC leaves"));
    vt_send(v, "q");
    type_line(v, "mouse off");
    NEED(v, vt_wait_gone(v, "q or ESC leaves"));
    assert_int_equal(leave(v), 0);
}

enum { WHEEL_UP = 64, WHEEL_DOWN = 65 };

static void wheel(struct vt *v, int button, int x, int y, int times)
{
    char event[32];
    snprintf(event, sizeof event, "\033[<%d;%d;%dM", button, x + 1, y + 1);
    while (times--)
        vt_send(v, event);
}

/* The wheel scrolls what is under it: this guest's console, and no other's. */
static void the_wheel_scrolls_a_console(void **state)
{
    struct vt *v = lab(80, 24, ARGS("--test-clock", "primes", "multiplication"));
    int x, y;
    (void)state;
    NEED(v, vt_wait(v, "2 exited"));
    NEED(v, vt_wait(v, "9x9=81"));
    NEED(v, vt_find(v, "9x9=81", &x, &y));
    NEED(v, x >= 40);
    wheel(v, WHEEL_UP, x, y, 60);
    NEED(v, vt_wait(v, "2x1=2"));
    NEED(v, vt_wait(v, "997")); /* the last prime stays in the other panel */
    NEED(v, vt_find(v, "[0 primes", NULL, NULL));
    wheel(v, WHEEL_DOWN, x, y, 80);
    NEED(v, vt_wait(v, "9x9=81"));
    assert_int_equal(leave(v), 0);
}

static void the_wheel_scrolls_the_lab(void **state)
{
    struct vt *v = lab(80, 24, ARGS("lab", "7", "--work", scratch(), "--engine", "soft", "--forgetful"));
    (void)state;
    NEED(v, vt_wait(v, "With paging the processor translates"));
    wheel(v, WHEEL_DOWN, 20, 5, 40);
    NEED(v, vt_wait(v, "[ ] 4. Page fault"));
    wheel(v, WHEEL_UP, 20, 5, 40);
    NEED(v, vt_wait(v, "With paging the processor translates"));
    NEED(v, vt_wait(v, "[0 flat32")); /* the bar has the keyboard all the while */
    vt_send(v, "\033[<0;20;5M\033[<0;20;5m");
    NEED(v, vt_wait(v, "arrows scroll, ESC leaves"));
    type_line(v, "echo typing goes on in the bar");
    NEED(v, vt_wait(v, "F12, then arrows"));
    assert_int_equal(leave(v), 0);
}

/* 64 guests at 80x24: sixteen pages, each reached by key, by focus and by walking; a click means the panel one sees. */
static void sixty_four_guests(void **state)
{
    const char *args[70] = { "--test-clock" };
    (void)state;
    for (int i = 1; i <= 64; i++)
        args[i] = "hello";
    struct vt *v = lab(80, 24, args);
    NEED(v, vt_wait(v, "64 exited"));
    NEED(v, vt_wait(v, "page 1/16"));
    vt_send(v, "\033[6;5~\033[6;5~"); /* Ctrl-PgDn */
    NEED(v, vt_wait(v, "page 3/16"));
    NEED(v, vt_wait(v, "11 hello"));
    vt_send(v, "\033[<0;60;16M\033[<0;60;16m");
    NEED(v, vt_wait(v, "[11 hello exited] >"));
    vt_send(v, "\t"); /* from the last panel of a page to the next page */
    NEED(v, vt_wait(v, "page 4/16"));
    NEED(v, vt_wait(v, "[12 hello exited] >"));
    type_line(v, "focus 63");
    NEED(v, vt_wait(v, "page 16/16"));
    NEED(v, vt_wait(v, "[63 hello exited] >"));
    vt_send(v, "\t");
    NEED(v, vt_wait(v, "page 1/16"));
    vt_send(v, "\033[5;5~"); /* Ctrl-PgUp */
    type_line(v, "info @63");
    NEED(v, vt_wait(v, "63 hello  exited"));
    assert_int_equal(leave(v), 0);
}

SCREEN_TESTS("screen mouse and pages",
    cmocka_unit_test(the_mouse_moves_the_focus), cmocka_unit_test(the_wheel_scrolls_a_console), cmocka_unit_test(the_wheel_scrolls_the_lab),
    cmocka_unit_test(sixty_four_guests))
