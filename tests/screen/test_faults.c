/* test_faults.c: what a terminal and a guest can do to the screen in a hurry; afterwards it still works and leaves as it came. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "screen_test.h"

static void a_thousand_resizes(void **state)
{
    (void)state;
    struct vt *v = lab(80, 24, ARGS("--test-clock", "spin", "hello"));
    NEED(v, vt_wait(v, "running"));
    for (int i = 0; i < 1000; i++) {
        vt_resize(v, i % 7 ? 1 + i * 37 % 250 : 1, i % 5 ? 1 + i * 13 % 90 : 1);
        vt_pump(v, 0);
    }
    vt_resize(v, 1, 1);
    vt_pump(v, 20);
    vt_resize(v, 100, 30);
    NEED(v, vt_wait(v, "[0 spin running] >"));
    assert_int_equal(leave(v), 0);
}

static void stopped_and_continued_at_any_time(void **state)
{
    (void)state;
    struct vt *v = lab(80, 24, ARGS("--test-clock", "spin"));
    NEED(v, vt_wait(v, "running"));
    for (int i = 0; i < 30; i++) {
        kill(v->pid, SIGSTOP);
        vt_resize(v, 80 + i, 24);
        kill(v->pid, SIGCONT);
        vt_pump(v, 5);
    }
    type_line(v, "pause");
    NEED(v, vt_wait(v, "[0 spin paused] >"));
    assert_int_equal(leave(v), 0);
}

static void a_huge_paste_into_the_bar(void **state)
{
    static char text[2 << 20];
    (void)state;
    struct vt *v = lab(80, 24, ARGS("--test-clock", "hello"));
    NEED(v, vt_wait(v, "[0 hello exited] >"));
    memset(text, 'x', sizeof text - 1);
    for (size_t i = 79; i < sizeof text; i += 80)
        text[i - 1] = '\n';
    vt_send(v, "\033[200~");
    vt_send(v, text);
    vt_send(v, "\033[201~");
    vt_send(v, "\003");
    type_line(v, "reset");
    NEED(v, vt_wait(v, "[0 hello created] >"));
    assert_int_equal(leave(v), 0);
}

static void many_guests_end_at_once(void **state)
{
    const char *args[66] = { "--test-clock" };
    (void)state;
    for (int i = 1; i <= 64; i++)
        args[i] = "hello";
    struct vt *v = lab(160, 50, args);
    NEED(v, vt_wait(v, "64 exited"));
    assert_int_equal(leave(v), 0);
}

/* `wait` ends when a guest sleeps for good, though nothing else happens on the screen from then on. */
static void a_sleeping_guest_ends_the_wait(void **state)
{
    (void)state;
    struct vt *v = lab(80, 24, ARGS("--test-clock", "--engine", "soft", "irq", "irq"));
    char line[64], done[64];
    NEED(v, vt_wait(v, "2 halted"));
    for (int i = 1; i <= 20; i++) {
        snprintf(line, sizeof line, "irq 0x20 @1; wait; echo woken %d times", i);
        snprintf(done, sizeof done, "woken %d times", i);
        type_line(v, line);
        NEED(v, vt_wait_row(v, 21, done));
    }
    assert_int_equal(leave(v), 0);
}

static void reset_clears_the_console(void **state)
{
    (void)state;
    struct vt *v = lab(80, 24, ARGS("--test-clock", "hello"));
    NEED(v, vt_wait(v, "Hello, KVM!"));
    type_line(v, "reset");
    NEED(v, vt_wait(v, "[0 hello created] >"));
    NEED(v, vt_wait_gone(v, "Hello, KVM!"));
    type_line(v, "run");
    NEED(v, vt_wait(v, "Hello, KVM!"));
    for (int i = 0; i < 10; i++) { /* too quick for a frame to show it created */
        type_line(v, "reset; run; wait");
        type_line(v, "echo done");
        NEED(v, vt_wait(v, "done"));
        type_line(v, "sync");
        NEED(v, vt_wait_gone(v, "done"));
        NEED(v, vt_wait(v, "exited 0"));
        int x, y;
        NEED(v, vt_wait(v, "Hello, KVM!")); /* maybe only in the next frame */
        NEED(v, vt_find(v, "Hello, KVM!", &x, &y));
        NEED(v, !strstr(vt_text(v, 0, y + 1, 79, 20 - y), "Hello, KVM!"));
    }
    assert_int_equal(leave(v), 0);
}

/* readline would read it until its stack ends. */
static void an_inputrc_that_includes_itself(void **state)
{
    char path[128], env[160];
    (void)state;
    snprintf(path, sizeof path, "%s/inputrc", scratch());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "set editing-mode vi\n $ Include %s\n", path);
    fclose(f);
    snprintf(env, sizeof env, "INPUTRC=%s", path);
    struct vt *v = lab_env(80, 24, ARGS(env), ARGS("--test-clock", "spin"));
    NEED(v, vt_wait(v, "goes without the settings in ~/.inputrc"));
    assert_int_equal(leave(v), 0);
}

SCREEN_TESTS("screen faults",
    cmocka_unit_test(an_inputrc_that_includes_itself),
    cmocka_unit_test(a_thousand_resizes), cmocka_unit_test(stopped_and_continued_at_any_time), cmocka_unit_test(a_huge_paste_into_the_bar),
    cmocka_unit_test(many_guests_end_at_once), cmocka_unit_test(reset_clears_the_console), cmocka_unit_test(a_sleeping_guest_ends_the_wait))
