/* Behind the fence a program reads what it was given and where programs are, and writes into one directory. Each case in a child. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tui/lab/fence.h"

static char top[] = "/tmp/vmlab-fence-XXXXXX";

static void put(const char *name)
{
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fputs("text", f);
    fclose(f);
}

/* top/work is the source's directory, with .build in it; top/include the other one; top/secret is nobody's business. */
static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(top) || chdir(top) < 0 || mkdir("work", 0777) < 0 || mkdir("work/.build", 0777) < 0 || mkdir("include", 0777) < 0)
        return -1;
    put("secret"), put("work/a.S"), put("work/.build/old.o"), put("include/h.inc");
    return 0;
}

static int take_down(void **state)
{
    char command[200];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", top);
    return system(command);
}

/* The errno of an attempt behind the fence. */
static int behind(const char *path, int flags)
{
    char include[100];
    snprintf(include, sizeof include, "%s/include", top);
    pid_t pid = fork();
    if (pid == 0) {
        if (chdir(top) < 0 || chdir("work") < 0 || fence_enter(".build", include) < 0)
            _exit(250);
        if (flags < 0) {
            execl(path, path, (char *)NULL);
            _exit(errno);
        }
        _exit(open(path, flags, 0666) < 0 ? errno : 0);
    }
    int status = 0;
    assert_true(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void need_fence(void)
{
    if (!fence_available()) {
        fprintf(stderr, "test_fence: left out: this kernel has no Landlock\n");
        skip();
    }
}

static void it_reads_what_it_was_given(void **state)
{
    (void)state;
    need_fence();
    assert_int_equal(behind("a.S", O_RDONLY), 0);
    assert_int_equal(behind("../include/h.inc", O_RDONLY), 0);
    assert_int_equal(behind("/bin/true", -1), 0);
    assert_int_equal(behind("/usr", O_RDONLY | O_DIRECTORY), 0);
}

static void it_reads_nothing_else(void **state)
{
    (void)state;
    need_fence();
    assert_int_equal(behind("../secret", O_RDONLY), EACCES);
    assert_int_equal(behind("/etc/passwd", O_RDONLY), EACCES);
    assert_int_equal(behind("/proc/self/environ", O_RDONLY), EACCES);
    assert_int_equal(behind("..", O_RDONLY | O_DIRECTORY), EACCES);
}

static void it_writes_its_output_only(void **state)
{
    (void)state;
    need_fence();
    assert_int_equal(behind(".build/new.o", O_WRONLY | O_CREAT), 0);
    assert_int_equal(behind(".build/old.o", O_WRONLY | O_TRUNC), 0);
    assert_int_equal(behind("a.S", O_WRONLY), EACCES);
    assert_int_equal(behind("b.S", O_WRONLY | O_CREAT), EACCES);
    assert_int_equal(behind("../include/h.inc", O_WRONLY), EACCES);
    assert_int_equal(behind("/dev/null", O_WRONLY), EACCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_reads_what_it_was_given), cmocka_unit_test(it_reads_nothing_else), cmocka_unit_test(it_writes_its_output_only),
    };
    return cmocka_run_group_tests(tests, set_up, take_down);
}
