/* What headless prints of several guests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "tui/outstream.h"

/* The name of a guest goes with it when another takes its place; its begun line is still its own. */
static void a_begun_line_keeps_the_name_of_who_began_it(void **state)
{
    struct outstream o;
    char name[] = "old", text[64] = "";
    int fd[2];
    (void)state;
    assert_int_equal(pipe(fd), 0);
    outstream_open(&o, fd[1], true);
    outstream_guest(&o, 0, name, "abc", 3);
    memset(name, '?', strlen(name));
    outstream_release(&o);
    outstream_guest(&o, 0, "new", "\n", 1);
    while (outstream_pending(&o))
        assert_true(outstream_flush(&o));
    outstream_close(&o);
    assert_true(read(fd[0], text, sizeof text - 1) > 0);
    assert_string_equal(text, "[0 old] abc\n");
    close(fd[0]);
    close(fd[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_begun_line_keeps_the_name_of_who_began_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
