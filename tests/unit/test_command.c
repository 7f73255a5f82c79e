/* Lines of commands: words, quotes, selectors, completion, help, scripts. What needs a guest is in tests/cli. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tui/command.h"
#include "tui/command_parse.h"
#include "tui/script.h"

/* --- words --------------------------------------------------------------------------------------------------------- */

static void words(const char *line, int argc, const char *const *want)
{
    struct command_words w;
    const char *next, *wrong = command_split(line, command_part(line, &next), &w);
    if (wrong)
        fail_msg("'%s': %s", line, wrong);
    assert_int_equal(w.argc, argc);
    for (int i = 0; i < argc; i++)
        assert_string_equal(w.argv[i], want[i]);
    assert_null(w.argv[argc]);
}
#define WORDS(line, ...) \
    do { static const char *const w_[] = { __VA_ARGS__ }; words(line, (int)(sizeof w_ / sizeof *w_), w_); } while (0)

static void splitting(void **state)
{
    (void)state;
    WORDS("step 3 @1", "step", "3", "@1");
    WORDS("  a\tb \r", "a", "b");
    WORDS("key \"a b;c\" d", "key", "a b;c", "d");
    WORDS("key \"say \\\"hi\\\" \\\\ \\n\"", "key", "say \"hi\" \\ \\n");
    WORDS("echo 'a \"b\" c'", "echo", "a \"b\" c");
    WORDS("echo it's", "echo", "it's");
    WORDS("set al='H'", "set", "al='H'");
    WORDS("poke 0 'H' '; '", "poke", "0", "'H'", "; ");
    WORDS("step # not this", "step");
    WORDS("echo a#b", "echo", "a#b");
    WORDS("echo \"\"", "echo", "");
    words("   ", 0, NULL);
    words("# all comment", 0, NULL);
}

static void splitting_wrong(void **state)
{
    (void)state;
    struct command_words w;
    const char *next, *line = "echo \"open";
    assert_non_null(command_split(line, command_part(line, &next), &w));
    line = "echo \"open\\\""; /* this quote does not close it */
    assert_non_null(command_split(line, command_part(line, &next), &w));
    WORDS("echo \"closed\\\\\"", "echo", "closed\\");
    char many[400] = "";
    for (int i = 0; i < 65; i++)
        strcat(many, "a ");
    assert_non_null(command_split(many, strlen(many), &w));
    char *big = malloc(5000);
    memset(big, 'x', 4999);
    big[4999] = '\0';
    assert_non_null(command_split(big, 4999, &w));
    free(big);
}

static void parts(void **state)
{
    (void)state;
    const char *next, *line = "step; regs";
    assert_int_equal(command_part(line, &next), 4);
    assert_string_equal(next, " regs");
    line = "key \"a;b\" # x; y";
    assert_int_equal(command_part(line, &next), 10);
    assert_null(next);
}

/* Random bytes are valid input everywhere: they end in words or a message, within bounds. */
static void splitting_noise(void **state)
{
    (void)state;
    static const char alphabet[] = "ab \"'\\;#@0-,\t\n\x80\xff";
    unsigned seed = 1;
    for (int i = 0; i < 20000; i++) {
        char line[64];
        size_t n = (seed = seed * 1103515245u + 12345u) >> 16 & 63;
        for (size_t k = 0; k < n; k++)
            line[k] = alphabet[((seed = seed * 1103515245u + 12345u) >> 16) % (sizeof alphabet - 1)];
        line[n] = '\0';
        struct command_words w;
        for (const char *p = line, *next; p; p = next) {
            size_t part = command_part(p, &next);
            assert_true(part <= strlen(p));
            command_split(p, part, &w);
            assert_true(w.argc >= 0 && w.argc <= COMMAND_WORDS);
        }
    }
}

static void selectors(void **state)
{
    (void)state;
    struct session s = { .vcpus = 64 };
    struct vm_error err;
    uint64_t sel;
    assert_true(command_selector(&s, "@all", &sel, &err) && sel == UINT64_MAX);
    assert_true(command_selector(&s, "@1", &sel, &err) && sel == 2);
    assert_true(command_selector(&s, "@0-3", &sel, &err) && sel == 15);
    assert_true(command_selector(&s, "@1,3,62-63", &sel, &err) && sel == (2 | 8 | 3ull << 62));
    assert_true(command_selector(&s, "@0-63", &sel, &err) && sel == UINT64_MAX);
    s.vcpus = 2;
    assert_true(command_selector(&s, "@all", &sel, &err) && sel == 3);
    static const char *const wrong[] = { "@", "@2", "@0-2", "@1-0", "@x", "@1,", "@-1", "@1-", "@99999999999999999999", "@0x1", "@1;2" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(command_selector(&s, wrong[i], &sel, &err));
        assert_true(strlen(err.text) > 10);
    }
    s.vcpus = 0;
    assert_false(command_selector(&s, "@0", &sel, &err));
}

/* --- the table ----------------------------------------------------------------------------------------------------- */

static void table(void **state)
{
    (void)state;
    const struct command *c, *d;
    char head[80];
    for (size_t i = 0; (c = command_at(i)); i++) {
        assert_non_null(c->run);
        assert_non_null(c->summary);
        assert_non_null(c->help);
        assert_true(c->summary[strlen(c->summary) - 1] != '.');
        snprintf(head, sizeof head, "%s %s", c->name, c->args ? c->args : "");
        assert_ptr_equal(command_find(c->name, NULL), c);
        for (size_t k = 0; k < i && (d = command_at(k)); k++)
            assert_string_not_equal(c->name, d->name);
    }
}

static void finding(void **state)
{
    (void)state;
    const char *near = NULL;
    assert_string_equal(command_find("s", &near)->name, "step");
    assert_string_equal(command_find("resume", &near)->name, "run");
    assert_string_equal(command_find("disa", &near)->name, "disas");
    assert_null(command_find("setp", &near));
    assert_string_equal(near, "step");
    assert_null(command_find("qwertyuiop", &near));
    assert_string_equal(near, "");
    assert_null(command_find("", &near));
}

/* --- running ------------------------------------------------------------------------------------------------------- */

struct text { struct out out; char buf[16000]; size_t n; };

static void collect(void *self, const char *text, size_t n)
{
    struct text *t = self;
    if (t->n + n < sizeof t->buf) {
        memcpy(t->buf + t->n, text, n);
        t->n += n;
        t->buf[t->n] = '\0';
    }
}

static void start(struct text *t) { *t = (struct text){ .out = { .write = collect, .self = t } }; }

static int run(struct session *s, struct text *t, const char *line)
{
    uint64_t wait;
    int ms;
    const char *rest;
    start(t);
    return command_run(s, line, &t->out, &wait, &ms, &rest);
}

static void running(void **state)
{
    (void)state;
    struct session s = { .wake_fd = -1 };
    struct text t;
    assert_int_equal(run(&s, &t, "echo a  b; echo c # echo d"), 0);
    assert_string_equal(t.buf, "a b\nc\n");
    assert_int_equal(run(&s, &t, "ecko a"), 1);
    assert_string_equal(t.buf, "There is no command 'ecko'. Did you mean 'echo'?\n");
    assert_true(t.out.failed);
    assert_int_equal(run(&s, &t, "step"), 1);
    assert_non_null(strstr(t.buf, "no guest is loaded"));
    assert_int_equal(run(&s, &t, "undo"), 1);
    assert_int_equal(run(&s, &t, "st"), 1);
    assert_non_null(strstr(t.buf, "could be"));
    assert_int_equal(run(&s, &t, ""), 0);
    assert_int_equal(run(&s, &t, ";;;"), 0);
    assert_int_equal(run(&s, &t, "echo \"x"), 1);
    assert_int_equal(run(&s, &t, "help step"), 0);
    assert_non_null(strstr(t.buf, "execute exactly N instructions"));
    assert_int_equal(run(&s, &t, "quit 300"), 1);
    assert_false(s.quit);
    assert_int_equal(run(&s, &t, "quit 3; echo never"), 0);
    assert_true(s.quit);
    assert_int_equal(s.quit_status, 3);
    assert_string_equal(t.buf, "");
}

/* Help of every command fits an 80 column terminal. */
static void help_fits(void **state)
{
    (void)state;
    struct session s = { .wake_fd = -1 };
    struct text t;
    const struct command *c;
    char line[80];
    for (size_t i = 0; (c = command_at(i)); i++) {
        snprintf(line, sizeof line, "help %s", c->name);
        assert_int_equal(run(&s, &t, line), 0);
        for (const char *p = t.buf; *p; p += strcspn(p, "\n"), p += *p == '\n')
            if (strcspn(p, "\n") > 79)
                fail_msg("%s: a line of %zu characters: %.100s", line, strcspn(p, "\n"), p);
    }
    run(&s, &t, "help");
    for (const char *p = t.buf; *p; p += strcspn(p, "\n"), p += *p == '\n')
        if (strcspn(p, "\n") > 79)
            fail_msg("help: a line of %zu characters: %.100s", strcspn(p, "\n"), p);
}

static void repeating(void **state)
{
    (void)state;
    static const char *const again[] = { "step", "s 3", "s @1", "@1 s 3", "next", "n @all", "until exit hlt", " u cs:0x20 ; ", "step # one" };
    static const char *const not[] = { "", "# step", "step; regs", "regs; step", "next lab", "run", "mem 0", "stepp", "echo step", "\"step" };
    for (size_t i = 0; i < sizeof again / sizeof *again; i++)
        if (!command_repeats(again[i]))
            fail_msg("'%s' is not repeated", again[i]);
    for (size_t i = 0; i < sizeof not / sizeof *not; i++)
        if (command_repeats(not[i]))
            fail_msg("'%s' is repeated", not[i]);
}

static void waiting_splits_a_line(void **state)
{
    (void)state;
    struct session s = { .wake_fd = -1 };
    struct text t;
    uint64_t wait;
    int ms;
    const char *rest;
    start(&t);
    assert_int_equal(command_run(&s, "echo a; sleep 0.25; echo b", &t.out, &wait, &ms, &rest), 0);
    assert_int_equal(ms, 250);
    assert_string_equal(rest, " echo b");
    assert_string_equal(t.buf, "a\n");
}

/* --- completion ---------------------------------------------------------------------------------------------------- */

static void found(void *self, const char *word)
{
    strcat(self, word);
    strcat(self, " ");
}

static void completes(struct session *s, const char *line, size_t at, const char *want)
{
    static char got[20000];
    *got = '\0';
    assert_int_equal(command_complete(s, line, strlen(line), found, got), at);
    assert_string_equal(got, want);
}

static void completion(void **state)
{
    (void)state;
    struct session s = { .vcpus = 2, .wake_fd = -1 };
    completes(&s, "unt", 0, "until ");
    completes(&s, "step 1; unt", 8, "until ");
    completes(&s, "until exit io-", 11, "io-in io-out ");
    completes(&s, "until @1 exit io-", 14, "io-in io-out ");
    completes(&s, "step @", 5, "@all @0 @1 ");
    completes(&s, "exits re", 6, "reset ");
    completes(&s, "nonsense x", 9, "");
    completes(&s, "focus ", 6, "0 1 ");
    completes(&s, "help unt", 5, "until ");
}

/* --- scripts ------------------------------------------------------------------------------------------------------- */

static void script_text(void **state)
{
    (void)state;
    struct session s = { .wake_fd = -1 };
    struct vm_error err;
    struct text t;
    start(&t);
    assert_int_equal(script_push_text(&s, "-c", "echo 1; echo 2\necho 3", &err), 0);
    assert_true(script_active(&s));
    assert_int_equal(script_run(&s, &t.out), SCRIPT_DONE);
    assert_string_equal(t.buf, "1\n2\n3\n");
    assert_false(script_active(&s));
}

static char *temporary(const char *text)
{
    static char path[2][64];
    static int k;
    k = !k;
    snprintf(path[k], sizeof path[k], "/tmp/vmlab-test-XXXXXX");
    int fd = mkstemp(path[k]);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path[k];
}

/* A sourced file runs in the place of its command, also with more on the line; errors name file and line. */
static void script_nested(void **state)
{
    (void)state;
    struct session s = { .wake_fd = -1 };
    struct vm_error err;
    struct text t;
    char *path = temporary("# a comment\necho in\nbogus\necho never\n"), line[200], want[200];
    start(&t);
    snprintf(line, sizeof line, "echo before; source %s; echo after", path);
    assert_int_equal(script_push_text(&s, "-c", line, &err), 0);
    enum script_state st;
    for (int i = 0; (st = script_run(&s, &t.out)) == SCRIPT_WAIT && i < 1000; i++)
        usleep(1000);
    assert_int_equal(st, SCRIPT_FAILED);
    snprintf(want, sizeof want, "before\nin\n%s:3: There is no command 'bogus'. 'help' lists them.\n", path);
    assert_string_equal(t.buf, want);
    assert_true(t.out.failed);
    assert_false(script_active(&s));
    unlink(path);

    path = temporary("echo in\n");
    start(&t);
    snprintf(line, sizeof line, "source %s; echo after\necho last", path);
    assert_int_equal(script_push_text(&s, "-c", line, &err), 0);
    for (int i = 0; (st = script_run(&s, &t.out)) == SCRIPT_WAIT && i < 1000; i++)
        usleep(1000);
    assert_int_equal(st, SCRIPT_DONE);
    assert_string_equal(t.buf, "in\nafter\nlast\n");
    unlink(path);
}

static void script_errors(void **state)
{
    (void)state;
    struct session s = { .wake_fd = -1 };
    struct vm_error err;
    struct text t;
    assert_true(script_push_file(&s, "/dev/null/x", &err) < 0);
    assert_non_null(strstr(err.text, "/dev/null/x"));
    assert_true(script_push_file(&s, "/", &err) < 0);
    assert_non_null(strstr(err.text, "directory"));
    assert_true(script_push_file(&s, "/proc/self/exe", &err) < 0); /* zero bytes */
    char *path = temporary(""), line[100];
    FILE *f = fopen(path, "w");
    fprintf(f, "source %s\n", path); /* itself */
    fclose(f);
    snprintf(line, sizeof line, "source %s", path);
    assert_int_equal(script_push_text(&s, "", line, &err), 0);
    start(&t);
    enum script_state st;
    for (int i = 0; (st = script_run(&s, &t.out)) == SCRIPT_WAIT && i < 5000; i++)
        usleep(1000);
    assert_int_equal(st, SCRIPT_FAILED);
    assert_non_null(strstr(t.buf, "nested"));
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splitting), cmocka_unit_test(splitting_wrong), cmocka_unit_test(splitting_noise), cmocka_unit_test(parts),
        cmocka_unit_test(selectors), cmocka_unit_test(table), cmocka_unit_test(finding), cmocka_unit_test(running),
        cmocka_unit_test(help_fits), cmocka_unit_test(repeating), cmocka_unit_test(waiting_splits_a_line), cmocka_unit_test(completion), cmocka_unit_test(script_text), cmocka_unit_test(script_nested),
        cmocka_unit_test(script_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
