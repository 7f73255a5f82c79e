/* The ring between a guest and its reader, and stdout's buffer with a prefix for each guest. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "tui/console_log.h"
#include "tui/outstream.h"

static unsigned char pattern(uint64_t i) { return (unsigned char)(i * 7 + i / 251); }

static void put(struct console_log *l, uint64_t from, size_t n)
{
    unsigned char *b = malloc(n);
    for (size_t i = 0; i < n; i++)
        b[i] = pattern(from + i);
    console_log_write(l, b, n);
    free(b);
}

static void reads_back(void **state)
{
    (void)state;
    struct console_log *l = console_log_new(-1);
    char buf[64];
    uint64_t pos = 0, lost;
    assert_int_equal(console_log_read(l, &pos, buf, sizeof buf, &lost), 0);
    console_log_write(l, "hello", 5);
    assert_int_equal(console_log_read(l, &pos, buf, 2, &lost), 2);
    assert_memory_equal(buf, "he", 2);
    assert_int_equal(console_log_read(l, &pos, buf, sizeof buf, &lost), 3);
    assert_memory_equal(buf, "llo", 3);
    assert_int_equal(lost, 0);
    assert_int_equal(pos, 5);
    assert_int_equal(console_log_total(l), 5);
    assert_int_equal(console_log_tail(l, buf, 3), 3);
    assert_memory_equal(buf, "llo", 3);
    assert_int_equal(console_log_tail(l, buf, sizeof buf), 5);
    console_log_free(l);
    console_log_free(NULL);
}

/* After a reset only what was printed since then counts; a reader can tell where that begins. */
static void begins_again(void **state)
{
    (void)state;
    struct console_log *l = console_log_new(-1);
    char buf[64];
    console_log_write(l, "before", 6);
    assert_int_equal(console_log_begun(l), 0);
    console_log_begin(l);
    assert_int_equal(console_log_begun(l), 6);
    assert_int_equal(console_log_tail(l, buf, sizeof buf), 0);
    console_log_write(l, "after", 5);
    assert_int_equal(console_log_tail(l, buf, sizeof buf), 5);
    assert_memory_equal(buf, "after", 5);
    assert_int_equal(console_log_total(l), 11);
    console_log_free(l);
}

/* A reader that falls behind is told how much it lost, and what it gets is right. */
static void overwrites(void **state)
{
    (void)state;
    struct console_log *l = console_log_new(-1);
    unsigned char *buf = malloc(1 << 20);
    uint64_t pos = 0, lost;
    put(l, 0, 1000003);
    size_t n = console_log_read(l, &pos, buf, 1 << 20, &lost);
    assert_true(lost > 0 && n > 0);
    assert_int_equal(lost + n, 1000003);
    assert_int_equal(pos, 1000003);
    for (size_t i = 0; i < n; i++)
        if (buf[i] != pattern(lost + i))
            fail_msg("byte %zu is wrong", i);
    n = console_log_tail(l, buf, 1 << 20);
    assert_true(n >= 200000);
    for (size_t i = 0; i < n; i++)
        if (buf[i] != pattern(1000003 - n + i))
            fail_msg("tail byte %zu is wrong", i);
    free(buf);
    console_log_free(l);
}

enum { FLOOD = 3000000 };

static void *writer(void *arg)
{
    for (uint64_t at = 0; at < FLOOD;) {
        size_t n = 1 + (size_t)(at % 40000);
        if (n > FLOOD - at)
            n = (size_t)(FLOOD - at);
        put(arg, at, n);
        at += n;
    }
    return NULL;
}

/* Lossless: every byte arrives, the writer waits for the reader, the reader is woken. */
static void lossless(void **state)
{
    (void)state;
    int fd = eventfd(0, 0);
    struct console_log *l = console_log_new(fd);
    pthread_t t;
    uint64_t pos = 0, lost;
    unsigned char buf[5000];
    console_log_lossless(l, true);
    pthread_create(&t, NULL, writer, l);
    while (pos < FLOOD) {
        eventfd_t count;
        eventfd_read(fd, &count); /* blocks until told */
        size_t n;
        uint64_t at = pos;
        while ((n = console_log_read(l, &pos, buf, sizeof buf, &lost)) > 0) {
            assert_int_equal(lost, 0);
            for (size_t i = 0; i < n; i++)
                if (buf[i] != pattern(at + i))
                    fail_msg("byte %llu is wrong", (unsigned long long)(at + i));
            at = pos;
        }
    }
    pthread_join(t, NULL);
    console_log_free(l);
    close(fd);
}

/* A writer that waits is let go when lossless ends: nobody hangs at exit. */
static void let_go(void **state)
{
    (void)state;
    struct console_log *l = console_log_new(-1);
    pthread_t t;
    console_log_lossless(l, true);
    pthread_create(&t, NULL, writer, l);
    while (console_log_total(l) < 256 << 10)
        usleep(1000);
    console_log_lossless(l, false);
    pthread_join(t, NULL);
    assert_int_equal(console_log_total(l), FLOOD);
    console_log_free(l);
}

static void saves(void **state)
{
    (void)state;
    char path[] = "/tmp/vmlab-test-XXXXXX", buf[32] = "";
    struct vm_error err;
    int fd = mkstemp(path);
    struct console_log *l = console_log_new(-1);
    console_log_write(l, "before ", 7);
    assert_int_equal(console_log_save(l, path, &err), 0);
    console_log_write(l, "kept", 4);
    assert_int_equal(console_log_save(l, NULL, &err), 0);
    console_log_write(l, " after", 6);
    assert_int_equal(read(fd, buf, sizeof buf), 4);
    assert_string_equal(buf, "kept");
    assert_int_equal(console_log_check(l, &err), 0);
    assert_true(console_log_save(l, "/dev/null/x", &err) < 0);
    assert_non_null(strstr(err.text, "/dev/null/x"));
    assert_int_equal(console_log_save(l, "/dev/full", &err), 0);
    put(l, 0, 100000);
    assert_true(console_log_check(l, &err) < 0);
    assert_int_equal(console_log_check(l, &err), 0); /* told once */
    console_log_free(l);
    close(fd);
    unlink(path);
}

/* --- outstream ----------------------------------------------------------------------------------------------------- */

struct pipe_end { struct outstream o; int fd[2]; };

static void open_out(struct pipe_end *p, bool prefix)
{
    assert_int_equal(pipe(p->fd), 0);
    outstream_open(&p->o, p->fd[1], prefix);
}

static void shows(struct pipe_end *p, const char *want)
{
    char buf[1000];
    while (outstream_pending(&p->o))
        assert_true(outstream_flush(&p->o));
    close(p->fd[1]);
    ssize_t n = read(p->fd[0], buf, sizeof buf - 1);
    buf[n > 0 ? n : 0] = '\0';
    assert_string_equal(buf, want);
    close(p->fd[0]);
    outstream_close(&p->o);
}

static void say(struct pipe_end *p, unsigned i, const char *text) { outstream_guest(&p->o, i, i ? "b" : "a", text, strlen(text)); }

static void alone_untouched(void **state)
{
    (void)state;
    struct pipe_end p;
    open_out(&p, false);
    say(&p, 0, "a\r\n\001\033[1mb");
    shows(&p, "a\r\n\001\033[1mb");
}

static void text_on_its_own_line(void **state)
{
    (void)state;
    struct pipe_end p;
    open_out(&p, false);
    say(&p, 0, "prompt> ");
    outstream_text(&p.o, "regs\n", 5);
    outstream_text(&p.o, "more\n", 5);
    shows(&p, "prompt> \nregs\nmore\n");
}

static void prefixes(void **state)
{
    (void)state;
    struct pipe_end p;
    open_out(&p, true);
    say(&p, 0, "one\ntw");
    say(&p, 1, "x\n");
    say(&p, 0, "o\n\n");
    say(&p, 1, "begun");
    say(&p, 0, "also");
    outstream_release(&p.o);
    say(&p, 1, " and on\n");
    say(&p, 0, "end\n");
    shows(&p, "[0 a] one\n[1 b] x\n[0 a] two\n[0 a] \n[0 a] also\n[1 b] begun and on\n[0 a] end\n");
}

static void closed_pipe(void **state)
{
    (void)state;
    struct pipe_end p;
    open_out(&p, false);
    close(p.fd[0]);
    say(&p, 0, "lost");
    assert_false(outstream_flush(&p.o));
    assert_true(p.o.error != 0);
    assert_int_equal(outstream_pending(&p.o), 0);
    outstream_close(&p.o);
    close(p.fd[1]);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back), cmocka_unit_test(begins_again), cmocka_unit_test(overwrites), cmocka_unit_test(lossless), cmocka_unit_test(let_go), cmocka_unit_test(saves),
        cmocka_unit_test(alone_untouched), cmocka_unit_test(text_on_its_own_line), cmocka_unit_test(prefixes), cmocka_unit_test(closed_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
