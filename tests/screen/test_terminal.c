/* test_terminal.c: the terminal: keys, bar, resize, every way out, poor terminals, hostile guests. */
#include "screen_test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void the_bar_edits_and_completes(void **state)
{
    struct vt *v = lab(80, 24, ARGS("--test-clock", "hello"));
    (void)state;
    NEED(v, vt_wait(v, "exited 0"));
    vt_send(v, "dump\t");
    NEED(v, vt_wait(v, "> dump-screen"));
    vt_send(v, "\003");
    NEED(v, vt_wait_gone(v, "> dump-screen"));
    vt_send(v, "s\t");
    NEED(v, vt_wait(v, "completions"));
    NEED(v, vt_wait(v, "step"));
    vt_send(v, "tep\002\002\002\002X");      /* Ctrl-B: cursor motion is readline's */
    NEED(v, vt_wait(v, "> Xstep"));
    vt_send(v, "\003stpe\r");
    NEED(v, vt_wait(v, "Did you mean 'step'"));
    vt_send(v, "\033[A");                    /* history */
    NEED(v, vt_wait(v, "> stpe"));
    vt_send(v, "\003\022stp");               /* Ctrl-R */
    NEED(v, vt_wait(v, "reverse-i-search"));
    vt_send(v, "\003");
    NEED(v, vt_wait_gone(v, "reverse-i-search"));
    vt_send(v, "\303\244\344\270\255x");     /* UTF-8, wide too */
    NEED(v, vt_wait(v, "> \303\244\344\270\255x"));
    assert_int_equal(leave(v), 0);
}

/* Alt-. is the bar's own: the last word of the line before; again: of the one before that. */
static void alt_dot_brings_the_last_word(void **state)
{
    struct vt *v = lab(80, 24, ARGS("--test-clock", "hello"));
    (void)state;
    NEED(v, vt_wait(v, "exited 0"));
    type_line(v, "echo one two");
    NEED(v, vt_wait(v, "one two"));
    type_line(v, "echo three");
    NEED(v, vt_wait(v, "three"));
    vt_send(v, "regs \033.");
    NEED(v, vt_wait(v, "> regs three"));
    vt_send(v, "\033.");
    NEED(v, vt_wait(v, "> regs two"));
    vt_send(v, "!");
    NEED(v, vt_wait(v, "> regs two!"));
    assert_int_equal(leave(v), 0);
}

/* What Tab makes of a beginning: the row of the command knows its arguments. */
static void arguments_are_completed(void **state)
{
    static const struct { const char *typed, *whole; } lines[] = {
        { "load mini\t", "> load minimal" }, { "view hist\t", "> view histogram" }, { "layout r\t", "> layout rows" },
        { "theme li\t", "> theme light" }, { "help unt\t", "> help until" }, { "zoom of\t", "> zoom off" }, { "lab sol\t", "> lab solution" },
        { "devices u\t", "> devices uart" }, { "timer g\t", "> timer guest" }, { "exits r\t", "> exits reset" },
    };
    struct vt *v = lab(80, 24, ARGS("--test-clock", "hello", "counter"));
    (void)state;
    NEED(v, vt_wait(v, "exited 0"));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        vt_send(v, lines[i].typed);
        NEED(v, vt_wait(v, lines[i].whole));
        vt_send(v, "\003");
        NEED(v, vt_wait_gone(v, lines[i].whole));
    }
    vt_send(v, "step @\t");
    NEED(v, vt_wait(v, "completions"));
    NEED(v, vt_wait(v, "@all"));
    assert_int_equal(leave(v), 0);
}

/* A message of one line is in the message row as long as all of it fits there, its mark included; else above the bar. */
static void no_message_is_cut(void **state)
{
    (void)state;
    for (int cols = 78; cols <= 84; cols++) {
        struct vt *v = lab(cols, 24, ARGS("--test-clock", "hello"));
        NEED(v, vt_wait(v, "exited 0"));
        type_line(v, "step");
        NEED(v, vt_wait(v, "Cannot step vCPU 0 (hello)"));
        NEED(v, vt_wait(v, "again."));
        assert_int_equal(leave(v), 0);
    }
}

/* Tab in the name of a file; a directory's goes on. */
static void files_are_completed(void **state)
{
    char name[200], line[300];
    (void)state;
    snprintf(name, sizeof name, "%s/inner", scratch());
    mkdir(name, 0777);
    snprintf(name, sizeof name, "%s/inner/demo script.vmlab", scratch()); /* the bar would take it for two words */
    fclose(fopen(name, "w"));
    snprintf(name, sizeof name, "%s/inner/demo.vmlab", scratch());
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fputs("echo from the file\n", f);
    fclose(f);
    struct vt *v = lab(120, 24, ARGS("--test-clock", "hello"));
    NEED(v, vt_wait(v, "exited 0"));
    snprintf(line, sizeof line, "source %s/inn\td\t", scratch());
    vt_send(v, line);
    NEED(v, vt_wait(v, "/inner/demo.vmlab"));
    vt_send(v, "\r");
    NEED(v, vt_wait(v, "from the file"));
    static const char *const begun[] = { "load", "log", "trace save", "dump-screen" };
    for (size_t i = 0; i < sizeof begun / sizeof *begun; i++) {
        snprintf(line, sizeof line, "%s %s/inn\t", begun[i], scratch());
        vt_send(v, line);
        NEED(v, vt_wait(v, "/inner/"));
        vt_send(v, "\003");
        NEED(v, vt_wait_gone(v, "/inner/"));
    }
    assert_int_equal(leave(v), 0);
}

static void a_paste_is_one_line(void **state)
{
    struct vt *v = lab(80, 24, ARGS("--test-clock", "hello"));
    (void)state;
    NEED(v, vt_wait(v, "exited 0"));
    vt_send(v, "\033[200~echo one\ntwo\tthree\033[31m\033[201~");
    NEED(v, vt_wait(v, "> echo one two three"));
    assert_int_equal(leave(v), 0);
}

static void history_is_kept(void **state)
{
    (void)state;
    struct vt *v = lab(80, 24, ARGS("--test-clock", "hello"));
    NEED(v, vt_wait(v, "exited 0"));
    type_line(v, "echo remembered");
    NEED(v, vt_wait(v, "remembered"));
    assert_int_equal(leave(v), 0);
    v = lab(80, 24, ARGS("--test-clock", "hello"));
    NEED(v, vt_wait(v, "exited 0"));
    vt_send(v, "\022ememb");
    NEED(v, vt_wait(v, "echo remembered"));
    assert_int_equal(leave(v), 0);
}

static void help_opens_scrolls_and_closes(void **state)
{
    struct vt *v = lab(80, 24, ARGS("--test-clock", "hello", "counter"));
    (void)state;
    NEED(v, vt_wait(v, "exited 0"));
    vt_send(v, "?");
    NEED(v, vt_wait(v, "Each panel is one virtual CPU"));
    vt_send(v, "\033[6~");
    NEED(v, vt_wait_gone(v, "Each panel is one virtual CPU"));
    vt_send(v, "q");
    NEED(v, vt_wait_gone(v, "q or ESC leaves"));
    NEED(v, vt_wait(v, "0 hello"));
    vt_send(v, "\033OP"); /* F1 */
    NEED(v, vt_wait(v, "q or ESC leaves"));
    vt_send(v, "\033");
    NEED(v, vt_wait_gone(v, "q or ESC leaves"));
    type_line(v, "help step");
    NEED(v, vt_wait(v, "ESC closes"));
    NEED(v, vt_wait(v, "[0 hello exited] >")); /* the bar is never hidden */
    vt_send(v, "\033");
    NEED(v, vt_wait_gone(v, "ESC closes"));
    assert_int_equal(leave(v), 0);
}

static void what_is_typed_goes_to_the_guest(void **state)
{
    struct vt *v = lab(80, 24, ARGS("--test-clock", "echo"));
    (void)state;
    NEED(v, vt_wait(v, "0 echo"));
    vt_send(v, "\033OQ"); /* F2 */
    NEED(v, vt_wait(v, "goes to this guest"));
    vt_send(v, "quit now\r");
    NEED(v, vt_wait(v, "quit now"));
    int y;
    NEED(v, vt_find(v, "quit now", NULL, &y));
    NEED(v, y < 18); /* in the panel, not in the bar */
    vt_send(v, "\035"); /* Ctrl-] */
    NEED(v, vt_wait(v, "] >"));
    type_line(v, "help step");
    NEED(v, vt_wait(v, "ESC closes"));
    vt_send(v, "\033OQ");
    NEED(v, vt_wait_gone(v, "ESC closes")); /* it would not: ESC is the guest's now */
    vt_send(v, "\033OQ");
    NEED(v, vt_wait(v, "] >"));
    assert_int_equal(leave(v), 0);
}

static void it_resizes(void **state)
{
    struct vt *v = lab(80, 24, ARGS("--test-clock", "hello", "counter", "multiplication", "fibonacci"));
    static const int sizes[][2] = { { 120, 40 }, { 41, 13 }, { 200, 60 }, { 80, 24 }, { 100, 12 }, { 40, 50 } };
    (void)state;
    NEED(v, vt_wait(v, "377"));
    vt_send(v, "half a line");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        vt_resize(v, sizes[i][0], sizes[i][1]);
        NEED(v, vt_wait_row(v, sizes[i][1] - 2, "half a line"));
        NEED(v, vt_wait_row(v, sizes[i][1] - 1, "Help"));
    }
    vt_resize(v, 30, 8);
    NEED(v, vt_wait(v, "40x12"));
    vt_resize(v, 1, 1);
    vt_pump(v, 100);
    vt_resize(v, 80, 24);
    NEED(v, vt_wait(v, "0 hello"));
    NEED(v, vt_wait_row(v, 22, "half a line"));
    for (int i = 0; i < 200; i++) { /* and in haste */
        vt_resize(v, 20 + i * 7 % 160, 5 + i * 5 % 60);
        vt_pump(v, 0);
    }
    vt_resize(v, 80, 24);
    NEED(v, vt_wait_row(v, 22, "half a line"));
    assert_int_equal(leave(v), 0);
}

static void ctrl_c_clears_the_line(void **state)
{
    struct vt *v = lab(80, 24, ARGS("--test-clock", "spin"));
    (void)state;
    NEED(v, vt_wait(v, "running"));
    vt_send(v, "some words\003");
    NEED(v, vt_wait_gone(v, "some words"));
    vt_send(v, "\003");
    NEED(v, vt_wait(v, "To leave, type quit"));
    assert_int_equal(leave(v), 0);
}

static void ctrl_d_leaves(void **state)
{
    struct vt *v = lab(80, 24, ARGS("--test-clock", "spin"));
    (void)state;
    NEED(v, vt_wait(v, "running"));
    vt_send(v, "\004");
    NEED(v, vt_wait_exit(v));
    NEED(v, vt_restored(v));
    assert_int_equal(WEXITSTATUS(v->status), 0);
    vt_free(v);
}

/* Under a shell with job control, as a person has it. */
static void it_can_be_suspended(void **state)
{
    char command[4200];
    (void)state;
    struct vt *v = vt_start(80, 24, (const char *const[]){ "PS1=ready$ ", "ENV=", NULL }, ARGS("bash", "--norc", "--noprofile", "-i"));
    NEED(v, vt_wait(v, "ready$"));
    snprintf(command, sizeof command, "XDG_STATE_HOME=%s %s --test-clock hello", scratch(), vmlab());
    type_line(v, command);
    NEED(v, vt_wait(v, "exited 0"));
    vt_send(v, "\032"); /* Ctrl-Z */
    NEED(v, vt_wait_alternate(v, false));
    NEED(v, vt_wait(v, "Stopped"));
    type_line(v, "fg");
    NEED(v, vt_wait_alternate(v, true));
    NEED(v, vt_wait(v, "[0 hello exited] >"));
    vt_send(v, "?");
    NEED(v, vt_wait(v, "q or ESC leaves"));
    vt_send(v, "\032"); /* with the help open, too */
    NEED(v, vt_wait_alternate(v, false));
    type_line(v, "fg");
    NEED(v, vt_wait(v, "q or ESC leaves"));
    vt_send(v, "q");
    vt_send(v, "echo still here\r");
    NEED(v, vt_wait(v, "still here"));
    type_line(v, "quit 3");
    NEED(v, vt_wait_alternate(v, false));
    type_line(v, "echo status=$?");
    NEED(v, vt_wait(v, "status=3"));
    vt_free(v);
}

static void signals_restore_the_terminal(void **state)
{
    static const struct { int sig, status; } ends[] = { { SIGTERM, 128 + SIGTERM }, { SIGHUP, 128 + SIGHUP }, { SIGINT, 128 + SIGINT } };
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct vt *v = lab(80, 24, ARGS("--test-clock", "spin"));
        NEED(v, vt_wait(v, "running"));
        kill(v->pid, ends[i].sig);
        NEED(v, vt_wait_exit(v));
        NEED(v, vt_restored(v));
        NEED(v, !v->alternate);
        assert_true(WIFEXITED(v->status));
        assert_int_equal(WEXITSTATUS(v->status), ends[i].status);
        vt_free(v);
    }
}

static void a_crash_restores_the_terminal(void **state)
{
    static const int fatal[] = { SIGSEGV, SIGABRT, SIGQUIT };
    (void)state;
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
        struct vt *v = lab_env(80, 24, ARGS("ASAN_OPTIONS=handle_segv=0:handle_abort=0"), ARGS("--test-clock", "spin"));
        NEED(v, vt_wait(v, "running"));
        kill(v->pid, fatal[i]);
        NEED(v, vt_wait_exit(v));
        NEED(v, vt_restored(v));
        NEED(v, !v->alternate);
        NEED(v, v->cursor);
        assert_true(WIFSIGNALED(v->status));
        assert_int_equal(WTERMSIG(v->status), fatal[i]);
        vt_free(v);
    }
}

static void unknown_terminals_are_refused(void **state)
{
    static const char *const terms[] = { "TERM=no-such-terminal", "TERM=", "TERM=dumb" };
    (void)state;
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        struct vt *v = lab_env(80, 24, ARGS(terms[i]), ARGS("hello"));
        NEED(v, vt_wait_exit(v));
        NEED(v, vt_wait(v, "TERM"));
        NEED(v, vt_wait(v, "--headless"));
        NEED(v, vt_restored(v));
        assert_int_equal(WEXITSTATUS(v->status), 1);
        vt_free(v);
    }
}

static void no_colour_means_none(void **state)
{
    (void)state;
    struct vt *v = lab_env(80, 24, ARGS("NO_COLOR=1"), ARGS("--test-clock", "-c", "step", "hello"));
    NEED(v, vt_wait(v, "DX*0500"));
    NEED(v, vt_wait(v, "PAUSED"));
    NEED(v, !vt_any_colour(v));
    int x, y;
    NEED(v, vt_find(v, "PAUSED", &x, &y));
    assert_true(vt_cell(v, x, y).attrs.reverse); /* unmistakable without colour */
    assert_int_equal(leave(v), 0);
    v = lab(80, 24, ARGS("--test-clock", "hello"));
    NEED(v, vt_wait(v, "exited 0"));
    NEED(v, vt_any_colour(v)); /* the check above can fail */
    assert_int_equal(leave(v), 0);
}

static void poor_terminals_work(void **state)
{
    static const char *const terms[] = { "TERM=vt100", "TERM=linux", "TERM=screen-256color", "TERM=xterm", "TERM=vt220" };
    (void)state;
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        struct vt *v = lab_env(80, 24, ARGS(terms[i]), ARGS("--test-clock", "hello", "counter"));
        NEED(v, vt_wait(v, "Hello, KVM!"));
        NEED(v, vt_wait(v, "exited 0"));
        type_line(v, "echo works on it");
        NEED(v, vt_wait(v, "works on it"));
        vt_send(v, "\033" "3"); /* ESC 3: F3 */
        NEED(v, vt_wait(v, "zoomed"));
        assert_int_equal(leave(v), 0);
    }
}

static void ascii_where_there_is_no_utf8(void **state)
{
    (void)state;
    struct vt *v = lab_env(80, 24, ARGS("LC_ALL=C"), ARGS("--test-clock", "hello", "counter"));
    NEED(v, vt_wait(v, "exited 0"));
    vt_send(v, "?");
    NEED(v, vt_wait(v, "q or ESC leaves"));
    for (int y = 0; y < 24; y++)
        for (int x = 0; x < 80; x++)
            NEED(v, vt_cell(v, x, y).chars[0] < 0x80);
    vt_send(v, "q");
    assert_int_equal(leave(v), 0);
}

static void write_guest(const char *path, const unsigned char *code, size_t n)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(code, 1, n, f), n);
    fclose(f);
}

/* A guest that prints all bytes of a table for ever, as fast as it can. */
static const char *printer(const char *name, const char *text, size_t n)
{
    static char path[128];
    unsigned char code[1024] = { 0xbe, 0x00, 0x01,       /* again: mov si, 0x100 */
                                 0xb9, (unsigned char)n, (unsigned char)(n >> 8), /* mov cx, n */
                                 0xba, 0x00, 0x05,       /* mov dx, 0x500 */
                                 0xac,                   /* next: lodsb */
                                 0x88, 0xc3,             /* mov bl, al */
                                 0xb0, 0x01, 0xee,       /* mov al, 1; out dx, al */
                                 0xe2, 0xf8,             /* loop next */
                                 0xeb, 0xed };           /* jmp again */
    assert_true(n + 0x100 <= sizeof code);
    memcpy(code + 0x100, text, n);
    snprintf(path, sizeof path, "%s/%s.bin", scratch(), name);
    write_guest(path, code, sizeof code);
    return path;
}

static void a_flood_does_not_stop_the_bar(void **state)
{
    const char *path = printer("flood", "all work and no play ", 21);
    struct vt *v = lab(80, 24, ARGS(path, path, path, "hello"));
    (void)state;
    NEED(v, vt_wait(v, "all work and no play"));
    for (int i = 0; i < 5; i++) {
        char line[32], want[32];
        snprintf(line, sizeof line, "echo round%d", i);
        snprintf(want, sizeof want, "round%d", i);
        type_line(v, line);
        NEED(v, vt_wait_row(v, 21, want));
    }
    type_line(v, "pause @all");
    NEED(v, vt_wait(v, "3 PAUSED"));
    assert_int_equal(leave(v), 0);
}

static void escape_bombs_stay_in_their_panel(void **state)
{
    static const char bomb[] = "\033[?1049l\033c\033[2J\033[999;999H\033]0;title\007\033[31;7m\033[Z\033[6n\033[?1000l\033[r\033[5;2r\033(0qqq\016\033[!p\302\233Z\033P1$r\033\\\033[4h\033[3J";
    const char *path = printer("bomb", bomb, sizeof bomb - 1);
    struct vt *v = lab(80, 24, ARGS(path, "hello"));
    (void)state;
    NEED(v, vt_wait(v, "Hello, KVM!"));
    type_line(v, "echo the bar lives");
    NEED(v, vt_wait_row(v, 21, "the bar lives"));
    NEED(v, vt_wait(v, "1 hello"));
    NEED(v, v->alternate);
    type_line(v, "pause");
    NEED(v, vt_wait(v, "PAUSED"));
    NEED(v, vt_wait(v, "F1"));
    assert_int_equal(leave(v), 0);
}

static void scripts_run_in_the_screen(void **state)
{
    char command[256], path[128], line[256] = "";
    (void)state;
    snprintf(path, sizeof path, "%s/shot.txt", scratch());
    snprintf(command, sizeof command, "step 3; dump-screen %s; quit 7", path);
    struct vt *v = lab(80, 24, ARGS("--test-clock", "-c", command, "hello"));
    NEED(v, vt_wait_exit(v));
    NEED(v, vt_restored(v));
    assert_int_equal(WEXITSTATUS(v->status), 7);
    vt_free(v);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    bool found = false;
    while (fgets(line, sizeof line, f))
        found |= strstr(line, "PAUSED") != NULL;
    fclose(f);
    assert_true(found);
}

static void it_rests_when_nothing_happens(void **state)
{
    struct vt *v = lab(80, 24, ARGS("hello", "counter", "irq"));
    (void)state;
    NEED(v, vt_wait(v, "halted"));
    for (int i = 0; i < 500 && vt_pump(v, 1500); i++) /* until rates and sparklines have run out */
        ;
    size_t before = v->bytes;
    vt_pump(v, 1500);
    assert_int_equal(v->bytes, before); /* and then not a byte is painted */
    assert_int_equal(leave(v), 0);
}

/* Who closes the terminal's window ends the program, not leaves it behind. */
static void it_ends_with_its_terminal(void **state)
{
    (void)state;
    struct vt *v = lab(80, 24, ARGS("spin"));
    NEED(v, vt_wait(v, "running"));
    close(v->master);
    v->master = open("/dev/null", O_RDWR);
    assert_true(vt_wait_exit(v));
    vt_free(v);
}

static void a_large_paste_reaches_the_guest_whole(void **state)
{
    (void)state;
    struct vt *v = lab(80, 24, ARGS("--test-clock", "echo"));
    NEED(v, vt_wait(v, "0 echo"));
    vt_send(v, "\033OQ");
    NEED(v, vt_wait(v, "goes to this guest"));
    vt_send(v, "\033[200~");
    for (int i = 0; i < 3000; i++)
        vt_send(v, "0123456789 and so on\n");
    vt_send(v, "the last line\033[201~");
    NEED(v, vt_wait(v, "the last line"));
    vt_send(v, "\035");
    NEED(v, vt_wait(v, "] >"));
    assert_int_equal(leave(v), 0);
}

SCREEN_TESTS("screen terminal",
    cmocka_unit_test(the_bar_edits_and_completes), cmocka_unit_test(alt_dot_brings_the_last_word), cmocka_unit_test(arguments_are_completed), cmocka_unit_test(files_are_completed), cmocka_unit_test(no_message_is_cut), cmocka_unit_test(a_paste_is_one_line), cmocka_unit_test(history_is_kept),
    cmocka_unit_test(help_opens_scrolls_and_closes), cmocka_unit_test(what_is_typed_goes_to_the_guest),
    cmocka_unit_test(it_resizes), cmocka_unit_test(ctrl_c_clears_the_line), cmocka_unit_test(ctrl_d_leaves), cmocka_unit_test(it_can_be_suspended),
    cmocka_unit_test(signals_restore_the_terminal), cmocka_unit_test(a_crash_restores_the_terminal), cmocka_unit_test(unknown_terminals_are_refused),
    cmocka_unit_test(no_colour_means_none), cmocka_unit_test(poor_terminals_work), cmocka_unit_test(ascii_where_there_is_no_utf8),
    cmocka_unit_test(a_flood_does_not_stop_the_bar), cmocka_unit_test(escape_bombs_stay_in_their_panel), cmocka_unit_test(scripts_run_in_the_screen),
    cmocka_unit_test(it_rests_when_nothing_happens), cmocka_unit_test(it_ends_with_its_terminal),
    cmocka_unit_test(a_large_paste_reaches_the_guest_whole))
