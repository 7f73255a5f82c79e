/* test_lab.c: a lab on the screen: its text beside or above the panels, its question always in sight. */
#include "screen_test.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void a_lab_is_beside_the_panels(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 80, 24 }, { 140, 40 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct vt *v = lab(sizes[i][0], sizes[i][1], ARGS("lab", "01"));
        NEED(v, vt_wait(v, "Lab 1: A machine in one byte"));
        NEED(v, vt_wait(v, "0 minimal"));
        NEED(v, vt_wait(v, "F12"));
        vt_send(v, "\033[24~"); /* F12 */
        NEED(v, vt_wait(v, "arrows scroll"));
        vt_send(v, "\033[B\033[B\033[6~\033[F");
        vt_send(v, "\033");
        NEED(v, vt_wait(v, "F12 scrolls"));
        type_line(v, "disas");
        NEED(v, vt_wait(v, "hlt"));
        NEED(v, vt_wait(v, "Lab 1: A machine in one byte"));
        assert_int_equal(leave(v), 0);
    }
}

/* At 80x24 the text scrolls; the question and the word about the last answer do not. */
static void the_question_stays_in_sight(void **state)
{
    struct vt *v = lab(80, 24, ARGS("lab", "7", "--work", scratch(), "--engine", "soft", "--forgetful"));
    (void)state;
    NEED(v, vt_wait(v, "? Which physical address is linear 0x80001234?"));
    NEED(v, vt_wait(v, "step 1 of 4, 0 of 13 points"));
    NEED(v, vt_wait(v, "more below: F12, then arrows"));
    NEED(v, vt_wait(v, "With paging the processor translates"));
    vt_send(v, "\033[24~\033[F"); /* F12, End */
    NEED(v, vt_wait(v, "[ ] 4. Page fault"));
    NEED(v, vt_find(v, "? Which physical address is linear 0x80001234?", NULL, NULL));
    vt_send(v, "\033");
    NEED(v, vt_wait(v, "F12 scrolls"));
    type_line(v, "answer 0x80001234");
    NEED(v, vt_wait(v, "> That is the linear address itself."));
    NEED(v, vt_find(v, "[ ] 4. Page fault", NULL, NULL)); /* who has scrolled stays there */
    type_line(v, "answer 0x234");
    NEED(v, vt_wait(v, "> That is the offset in its page only"));
    NEED(v, vt_wait_gone(v, "> That is the linear address itself.")); /* one word at a time */
    assert_int_equal(leave(v), 0);
}

/* Who acts before answering is told what is still missing, and has not to act again. */
static void what_is_done_waits_for_the_answer(void **state)
{
    struct vt *v = lab(80, 24, ARGS("lab", "4", "--engine", "soft", "--forgetful"));
    (void)state;
    NEED(v, vt_wait(v, "? What will DX hold after it?"));
    type_line(v, "step");
    NEED(v, vt_wait(v, "> Done. Only the question above is still open."));
    type_line(v, "answer 0x500");
    NEED(v, vt_wait(v, "[x] 1. One instruction"));
    NEED(v, vt_wait(v, "[>] 2. Predict AX"));
    NEED(v, vt_wait(v, "? What will AX hold after five more instructions?"));
    type_line(v, "hint");
    NEED(v, vt_wait(v, "> Hint 1 of 2: "));
    type_line(v, "hint");
    NEED(v, vt_wait(v, "> Hint 2 of 2: "));
    type_line(v, "skip");
    NEED(v, vt_wait(v, "[-] 2. Predict AX"));
    NEED(v, vt_wait(v, "step 3 of 5, 2 of 14 points"));
    assert_int_equal(leave(v), 0);
}

/* Where the text is above the panels, zoom takes its place, too, and gives it back. */
static void zoom_shows_the_guest_alone(void **state)
{
    struct vt *v = lab(80, 24, ARGS("lab", "1", "--engine", "soft", "--forgetful"));
    (void)state;
    NEED(v, vt_wait(v, "Lab 1: A machine in one byte"));
    vt_send(v, "\033OR"); /* F3 */
    NEED(v, vt_wait_gone(v, "Lab 1: A machine in one byte"));
    NEED(v, vt_wait(v, "zoomed"));
    NEED(v, vt_wait(v, "registers"));
    type_line(v, "disas"); /* the lab looks on */
    NEED(v, vt_wait(v, "ESC closes"));
    vt_send(v, "\033");
    NEED(v, vt_wait_gone(v, "ESC closes"));
    vt_send(v, "\033");
    NEED(v, vt_wait(v, "Lab 1: A machine in one byte"));
    NEED(v, vt_wait(v, "[x] 1. Look before you run"));
    type_line(v, "zoom");
    NEED(v, vt_wait_gone(v, "Lab 1: A machine in one byte"));
    vt_send(v, "\033[24~"); /* F12 */
    NEED(v, vt_wait(v, "arrows scroll, ESC leaves"));
    assert_int_equal(leave(v), 0);
}

/* What the lab says meanwhile is not missed. */
static void what_zoom_hides_is_announced(void **state)
{
    struct vt *v = lab(80, 24, ARGS("lab", "1", "--engine", "soft", "--forgetful"));
    (void)state;
    NEED(v, vt_wait(v, "Lab 1: A machine in one byte"));
    vt_send(v, "\r"); /* zooms */
    NEED(v, vt_wait(v, "zoomed, F12: the lab "));
    type_line(v, "hint");
    NEED(v, vt_wait(v, "F12: the lab has news "));
    vt_send(v, "\033[24~"); /* F12 */
    NEED(v, vt_wait(v, "> Hint 1 of 1: "));
    NEED(v, vt_wait_gone(v, "zoomed"));
    vt_send(v, "\033\033OR"); /* ESC, F3 */
    NEED(v, vt_wait(v, "zoomed, F12: the lab "));
    type_line(v, "disas"); /* a step passes */
    NEED(v, vt_wait(v, "F12: the lab has news "));
    assert_int_equal(leave(v), 0);
}

/* Where only one of them fits, the text comes first and zoom changes over. */
static void the_smallest_terminal_shows_one_at_a_time(void **state)
{
    struct vt *v = lab(40, 12, ARGS("lab", "4", "--engine", "soft", "--forgetful"));
    (void)state;
    NEED(v, vt_wait(v, "A program is a list of small changes"));
    NEED(v, vt_wait(v, "F3: the guest"));
    NEED(v, vt_wait(v, "? What will DX hold after it?"));
    vt_send(v, "\033OR"); /* F3 */
    NEED(v, vt_wait(v, "0 fibonacci"));
    type_line(v, "step");
    NEED(v, vt_wait(v, "DX*0500"));
    vt_send(v, "\033OR");
    NEED(v, vt_wait(v, "Only the question above"));
    assert_int_equal(leave(v), 0);
}

/* The whole text, for whom ten lines are too few. */
static void lab_opens_the_whole_text(void **state)
{
    struct vt *v = lab(80, 24, ARGS("lab", "1", "--engine", "soft", "--forgetful"));
    (void)state;
    NEED(v, vt_wait(v, "0 minimal"));
    type_line(v, "lab");
    NEED(v, vt_wait(v, "q or ESC leaves"));
    NEED(v, vt_wait(v, "Have a look at the program"));
    NEED(v, vt_wait_gone(v, "soft real"));
    vt_send(v, "q");
    NEED(v, vt_wait(v, "soft real"));
    assert_int_equal(leave(v), 0);
}

static void let_pass(struct vt *v, int ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    for (int64_t now, end = t.tv_sec * 1000 + t.tv_nsec / 1000000 + ms;; vt_pump(v, (int)(end - now))) {
        clock_gettime(CLOCK_MONOTONIC, &t);
        if ((now = t.tv_sec * 1000 + t.tv_nsec / 1000000) >= end)
            return;
    }
}

static void save(const char *name, const char *code)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", scratch(), name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, ".intel_syntax noprefix\n.code16\n%s", code);
    fclose(f);
}

#define SAYS_OK "mov dx, 0x500\nmov bl, 'O'\nmov al, 1\nout dx, al\nmov bl, 'K'\nmov al, 1\nout dx, al\nmov al, 3\nout dx, al\nhlt\n"

/* A file that is saved before the question is answered is checked when it is. */
static void a_save_waits_for_the_answer(void **state)
{
    struct vt *v = lab(80, 24, ARGS("lab", "5", "--work", scratch(), "--engine", "soft", "--forgetful"));
    (void)state;
    type_line(v, "skip; skip");
    NEED(v, vt_wait(v, "[>] 3. Walls"));
    NEED(v, vt_wait(v, "Your file (a save checks it, or check): "));
    save("trample.S", "mov ax, 0x4000\nmov es, ax\nmov byte ptr es:[0], 0xF4\nhlt\n");
    NEED(v, vt_wait(v, "> Saved. It is checked when the question above is answered."));
    type_line(v, "answer 10");
    NEED(v, vt_wait(v, "[x] 3. Walls"));
    assert_int_equal(leave(v), 0);
}

/* A file that was saved before its step began was checked by nobody: it is when the step begins. A file of the starter is not. */
static void a_save_waits_for_its_step(void **state)
{
    struct vt *v = lab(100, 60, ARGS("lab", "3", "--work", scratch(), "--engine", "soft", "--forgetful"));
    (void)state;
    NEED(v, vt_wait(v, "[>] 1."));
    save("ok.S", SAYS_OK);
    save("sum.S", "jmp .\n");
    let_pass(v, 500);
    type_line(v, "skip");
    NEED(v, vt_wait(v, "[x] 2. Say OK"));
    NEED(v, vt_wait(v, "> Checked: not right yet."));
    type_line(v, "lab reset files");
    NEED(v, vt_wait(v, "[>] 1."));
    type_line(v, "skip");
    NEED(v, vt_wait(v, "[>] 2. Say OK"));
    let_pass(v, 1000);
    NEED(v, !vt_find(v, "> Checked:", NULL, NULL) && !vt_find(v, "Building and running", NULL, NULL));
    assert_int_equal(leave(v), 0);
}

/* Who sees the mistake while the check still runs, and saves again, gets that file checked, too. */
static void a_save_waits_for_the_check(void **state)
{
    struct vt *v = lab(80, 24, ARGS("lab", "3", "--work", scratch(), "--engine", "soft", "--forgetful"));
    (void)state;
    type_line(v, "skip");
    NEED(v, vt_wait(v, "[>] 2. Say OK"));
    save("ok.S", "mov dx, 0x500\njmp .\n");
    NEED(v, vt_wait(v, "Building and running"));
    let_pass(v, 500); /* it is built */
    save("ok.S", SAYS_OK);
    NEED(v, vt_wait(v, "[x] 2. Say OK"));
    assert_int_equal(leave(v), 0);
}

/* Who begins anew is not told what the machine had done before. */
static void begun_anew_is_a_fresh_machine(void **state)
{
    struct vt *v = lab(80, 24, ARGS("lab", "8", "--engine", "soft", "--forgetful"));
    (void)state;
    type_line(v, "run");
    NEED(v, vt_wait(v, "waiting for interrupt"));
    type_line(v, "irq 0x20");
    NEED(v, vt_wait(v, "irq 1"));
    type_line(v, "irq 0x20");
    NEED(v, vt_wait(v, "irq 2"));
    type_line(v, "irq 0x20");
    NEED(v, vt_wait(v, "> Done. Only the question above is still open."));
    type_line(v, "lab reset yes");
    NEED(v, vt_wait(v, "> A fresh machine"));
    NEED(v, !vt_find(v, "> Done.", NULL, NULL));
    assert_int_equal(leave(v), 0);
}

/* Does session.txt hold these lines? */
static bool recorded(const char *lines)
{
    char path[200], text[2000] = "";
    snprintf(path, sizeof path, "%s/session.txt", scratch());
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_true(fread(text, 1, sizeof text - 1, f) > 0);
    fclose(f);
    if (!strstr(text, lines))
        fprintf(stderr, "session.txt is\n%s", text);
    return strstr(text, lines);
}

/* What a command did to some of several guests is done, though one refused: it is in the record. */
static void what_some_guests_did_is_recorded(void **state)
{
    struct vt *v = lab(80, 24, ARGS("lab", "5", "--work", scratch(), "--engine", "soft", "--forgetful"));
    (void)state;
    type_line(v, "run");
    NEED(v, vt_wait(v, "1 exited"));
    type_line(v, "run @all");
    NEED(v, vt_wait(v, "4 exited"));
    assert_int_equal(leave(v), 0);
    assert_true(recorded("run @all\n"));
}

/* The guest that a key, or a command without a selector, was for: it may have been chosen by a key as well. */
static void the_focus_is_recorded(void **state)
{
    struct vt *v = lab(80, 24, ARGS("lab", "5", "--work", scratch(), "--engine", "soft", "--forgetful"));
    (void)state;
    type_line(v, "skip");
    NEED(v, vt_wait(v, "[>] 2."));
    type_line(v, "lab machine");
    NEED(v, vt_wait(v, "1 spin"));
    type_line(v, "run @all");
    NEED(v, vt_wait(v, "2 running"));
    vt_send(v, "\t");
    NEED(v, vt_wait(v, "[1 spin running]"));
    vt_send(v, "\033[17~"); /* F6 */
    NEED(v, vt_wait(v, "[x] 2."));
    assert_int_equal(leave(v), 0);
    assert_true(recorded("lab machine\nrun @all\nfocus 1\npause\n"));
}

/* What was typed to the guest itself is as much a deed as a command. */
static void what_the_guest_was_typed_is_recorded(void **state)
{
    struct vt *v = lab(80, 24, ARGS("lab", "10", "--work", scratch(), "--forgetful"));
    (void)state;
    type_line(v, "run");
    NEED(v, vt_wait(v, "Select:"));
    vt_send(v, "\033OQ"); /* F2 */
    NEED(v, vt_wait(v, "goes to this guest"));
    type_line(v, "cat a;b\"");
    vt_send(v, "ps");
    NEED(v, vt_wait(v, "Select: ps"));
    vt_send(v, "\033OQ");
    NEED(v, vt_wait(v, "The keyboard is the command bar's."));
    type_line(v, "type");
    NEED(v, vt_wait(v, "PID"));
    assert_int_equal(leave(v), 0);
    assert_true(recorded("run\nkey \"cat a\\x3bb\\x22\\n\"\nkey \"ps\"\ntype\n"));
}

/* Two windows write into one record, which is then of neither: told before it happens. */
static void a_second_window_is_told(void **state)
{
    struct vt *one = lab(80, 24, ARGS("lab", "1", "--work", scratch(), "--engine", "soft", "--forgetful"));
    (void)state;
    NEED(one, vt_wait(one, "0 minimal"));
    NEED(one, !vt_find(one, "another window", NULL, NULL));
    struct vt *two = lab(120, 40, ARGS("lab", "1", "--work", scratch(), "--engine", "soft", "--forgetful"));
    NEED(two, vt_wait(two, "> This lab is open in another window"));
    assert_int_equal(leave(two), 0);
    assert_int_equal(leave(one), 0);
}

SCREEN_TESTS("screen lab",
    cmocka_unit_test(a_lab_is_beside_the_panels), cmocka_unit_test(the_question_stays_in_sight),
    cmocka_unit_test(what_is_done_waits_for_the_answer), cmocka_unit_test(zoom_shows_the_guest_alone), cmocka_unit_test(the_smallest_terminal_shows_one_at_a_time),
    cmocka_unit_test(lab_opens_the_whole_text), cmocka_unit_test(a_save_waits_for_the_answer), cmocka_unit_test(a_save_waits_for_its_step), cmocka_unit_test(a_save_waits_for_the_check),
    cmocka_unit_test(what_zoom_hides_is_announced), cmocka_unit_test(begun_anew_is_a_fresh_machine), cmocka_unit_test(what_some_guests_did_is_recorded),
    cmocka_unit_test(a_second_window_is_told), cmocka_unit_test(the_focus_is_recorded), cmocka_unit_test(what_the_guest_was_typed_is_recorded))
