/* test_storage.c: disks that are full while the screen is up: it says so, goes on, and what was there before is there still. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "screen_test.h"

static const char *in_state(const char *name)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/vmlab", scratch());
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/vmlab/%s", scratch(), name);
    return path;
}

static void put(const char *path, const char *line, unsigned lines)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (unsigned i = 0; i < lines; i++)
        fprintf(f, line, i);
    fclose(f);
}

static char *all(const char *path)
{
    static char text[1 << 17];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

/* The program under `ulimit -f`: no file may grow beyond so many KiB. */
static struct vt *limited(const char *kib, const char *words)
{
    char command[5000], state[128];
    snprintf(command, sizeof command, "ulimit -f %s; exec '%s' %s", kib, vmlab(), words);
    snprintf(state, sizeof state, "XDG_STATE_HOME=%s", scratch());
    return vt_start(100, 40, ARGS(state), ARGS("bash", "-c", command));
}

static void the_history_is_as_it_was(void **state)
{
    (void)state;
    char *before;
    put(in_state("history"), "echo line number %04u\n", 46); /* 1012 bytes: half a line would fit */
    before = strdup(all(in_state("history")));
    struct vt *v = limited("1", "--test-clock hello");
    NEED(v, vt_wait(v, "[0 hello exited] >"));
    type_line(v, "echo more than twelve bytes");
    NEED(v, vt_wait(v, "Cannot write the history of the bar"));
    NEED(v, vt_wait(v, "File too large"));
    type_line(v, "echo it goes on");
    NEED(v, vt_wait_row(v, 37, "it goes on"));
    vt_send(v, "\022twelve"); /* and what could not be written is known until the end */
    NEED(v, vt_wait(v, "echo more than twelve bytes"));
    assert_int_equal(leave(v), 0);
    assert_string_equal(all(in_state("history")), before);
    free(before);
}

static void a_long_history_is_shortened_whole(void **state)
{
    (void)state;
    for (int full = 1; full >= 0; full--) {
        put(in_state("history"), "echo %05u\n", 2500);
        struct vt *v = full ? limited("10", "--test-clock hello") : lab(80, 24, ARGS("--test-clock", "hello"));
        NEED(v, vt_wait(v, "[0 hello exited] >"));
        assert_int_equal(leave(v), 0);
        const char *text = all(in_state("history"));
        unsigned lines = 0;
        for (const char *p = text; *p; p++)
            lines += *p == '\n';
        if (full) { /* all of it is there, and nothing beside it */
            assert_int_equal(lines, 2500);
        } else {
            assert_int_equal(lines, 2000);
            assert_non_null(strstr(text, "echo 02499\n"));
        }
        assert_int_not_equal(access(in_state("history.new"), F_OK), 0);
    }
    remove(in_state("history"));
}

static void files_that_commands_write(void **state)
{
    (void)state;
    static const char *const lines[] = { "trace save /dev/full", "dump-screen /dev/full", "dump-screen /proc/no/such.svg" };
    struct vt *v = lab(80, 24, ARGS("--test-clock", "hello"));
    NEED(v, vt_wait(v, "[0 hello exited] >"));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        type_line(v, lines[i]);
        NEED(v, vt_wait(v, "Cannot write the"));
        type_line(v, "echo it goes on");
        NEED(v, vt_wait_row(v, 21, "it goes on"));
    }
    assert_int_equal(leave(v), 0);
}

static void files_of_the_command_line(void **state)
{
    (void)state;
    static const char *const options[] = { "--trace=/dev/full", "--log=/dev/full" };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct vt *v = lab(80, 24, ARGS("--test-clock", options[i], "hello"));
        NEED(v, vt_wait(v, "[0 hello exited] >"));
        type_line(v, "quit");
        NEED(v, vt_wait_exit(v));
        NEED(v, vt_restored(v));
        NEED(v, vt_wait(v, "No space left on device"));
        NEED(v, vt_wait(v, "/dev/full"));
        assert_int_equal(WEXITSTATUS(v->status), 1);
        vt_free(v);
    }
}

static void a_lab_goes_on(void **state)
{
    char words[200], *before;
    (void)state;
    put(in_state("progress"), "02-talking %u passed 1 2026-01-01T00:00:00Z ##############\n", 30);
    before = strdup(all(in_state("progress")));
    snprintf(words, sizeof words, "lab 01 --work %s/work", scratch());
    struct vt *v = limited("1", words);
    NEED(v, vt_wait(v, "step 1 of 4"));
    type_line(v, "skip");
    NEED(v, vt_wait(v, "Cannot write your progress"));
    NEED(v, vt_wait(v, "step 2 of 4"));
    type_line(v, "skip");
    NEED(v, vt_wait(v, "step 3 of 4"));
    assert_int_equal(leave(v), 0);
    assert_string_equal(all(in_state("progress")), before);
    assert_int_not_equal(access(in_state("progress.new"), F_OK), 0);
    free(before);
}

SCREEN_TESTS("screen storage", cmocka_unit_test(the_history_is_as_it_was), cmocka_unit_test(a_long_history_is_shortened_whole),
             cmocka_unit_test(files_that_commands_write), cmocka_unit_test(files_of_the_command_line), cmocka_unit_test(a_lab_goes_on))
