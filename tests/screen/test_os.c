/* test_os.c: 1K OS on the screen, typed into key by key, on each of its consoles. */
#include "screen_test.h"

#include <stdio.h>
#include <string.h>

/* Wait until text is somewhere below the first row that has mark in it. */
static bool wait_below(struct vt *v, const char *mark, const char *text)
{
    int x, y;
    for (int i = 0; i < 100 * VT_SECONDS; i++) {
        if (vt_find(v, mark, &x, &y) && strstr(vt_text(v, 0, y + 1, v->cols, v->rows - y - 1), text))
            return true;
        vt_pump(v, 10);
    }
    return false;
}

static void keys_reach_the_programs(const char *const *args)
{
    struct vt *v = lab(100, 40, args);
    NEED(v, vt_wait(v, "Select: "));
    vt_send(v, "\033OQ"); /* F2 */
    NEED(v, vt_wait(v, "[keyboard]"));
    vt_send(v, "7\r");
    NEED(v, vt_wait(v, "12! = 479001600"));
    vt_send(v, "3\r");
    NEED(v, vt_wait(v, "=== Echo Program"));
    vt_send(v, "Wrogn");
    NEED(v, vt_wait(v, "$ Wrogn"));
    vt_send(v, "\177\177ng, {it}=@1!");      /* Backspace */
    vt_send(v, "\033[A\033[D\033[C\033[B"); /* arrows: nothing to go to */
    NEED(v, vt_wait(v, "$ Wrong, {it}=@1!"));
    vt_send(v, "\r");
    NEED(v, vt_wait(v, "Echo: Wrong, {it}=@1!"));
    vt_send(v, "\003"); /* Ctrl-C is the guest's: echo ends, the shell lives */
    NEED(v, wait_below(v, "Echo: Wrong", "Select: "));
    vt_send(v, "6\r2*(3+4)\r");
    NEED(v, vt_wait(v, "Result: 14"));
    vt_send(v, "q\r");
    NEED(v, vt_wait(v, "Exiting calculator"));
    vt_send(v, "\035"); /* Ctrl-] gives the keyboard back */
    NEED(v, vt_wait(v, "The keyboard is the command bar's."));
    type_line(v, "type 0");
    NEED(v, vt_wait(v, "exited 0"));
    NEED(v, vt_wait(v, "Thank you for using 1K OS!"));
    assert_int_equal(leave(v), 0);
}

static void by_hypercall(void **state)
{
    (void)state;
    keys_reach_the_programs(ARGS("--engine", "soft", "1k-os"));
}

static const char *kernel(const char *name)
{
    static char path[4200];
    snprintf(path, sizeof path, "%.*s/os-1k/%s", (int)(strlen(vmlab()) - strlen("/vmlab")), vmlab(), name);
    return path;
}

static void by_keyboard(void **state)
{
    (void)state;
    keys_reach_the_programs(ARGS("--engine", "soft", "--boot", "paging", kernel("kernel-kbd.bin")));
}

static void by_serial_port(void **state)
{
    (void)state;
    keys_reach_the_programs(ARGS("--engine", "soft", "--boot", "paging", kernel("kernel-uart.bin")));
}

SCREEN_TESTS("screen 1K OS",
    cmocka_unit_test(by_hypercall), cmocka_unit_test(by_keyboard), cmocka_unit_test(by_serial_port))
