/* screen_test.h: what the screen's tests share. */
#ifndef TESTS_SCREEN_SCREEN_TEST_H
#define TESTS_SCREEN_SCREEN_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vt.h"

/* The program: $VMLAB, else $VMLAB_BUILD/vmlab. */
const char *vmlab(void);
/* Start it with a state directory of its own; args end with NULL. */
struct vt *lab(int cols, int rows, const char *const *args);
struct vt *lab_env(int cols, int rows, const char *const *env, const char *const *args);
#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })
/* A directory that is made for this run and removed at its end. */
const char *scratch(void);
int scratch_remove(void **state); /* a group's teardown */

/* Fail with the screen printed. */
#define NEED(v, condition) do { if (!(condition)) { vt_show(v); fail_msg("%s", #condition); } } while (0)
/* main(), of these tests. */
#define SCREEN_TESTS(name, ...)                                                     \
    int main(void)                                                                  \
    {                                                                               \
        const struct CMUnitTest tests[] = { __VA_ARGS__ };                          \
        return cmocka_run_group_tests_name(name, tests, NULL, scratch_remove);      \
    }
/* Type a command and Enter. */
void type_line(struct vt *v, const char *line);
/* Leave by `quit`: the exit status. */
int leave(struct vt *v);

#endif
