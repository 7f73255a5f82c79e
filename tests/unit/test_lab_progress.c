/* The progress file, the student's directory, and what is taken out of a directory that nobody trusts. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tui/lab/paths.h"
#include "tui/lab/progress.h"
#include "tui/lab/work.h"

static char top[64];

static const char *path(const char *name)
{
    static char out[4][200];
    static unsigned i;
    i = (i + 1) % 4;
    snprintf(out[i], sizeof out[i], "%s/%s", top, name);
    return out[i];
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(path(name), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static const char *get(const char *name)
{
    static char buf[4096];
    FILE *f = fopen(path(name), "r");
    if (!f)
        return NULL;
    buf[fread(buf, 1, sizeof buf - 1, f)] = 0;
    fclose(f);
    return buf;
}

static int set_up(void **state)
{
    (void)state;
    snprintf(top, sizeof top, "/tmp/vmlab-test-work-XXXXXX");
    if (!mkdtemp(top))
        return -1;
    setenv("XDG_STATE_HOME", path("state"), 1);
    setenv("HOME", top, 1);
    unsetenv("VMLAB_WORK");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char cmd[128];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", top);
    return system(cmd);
}

static void progress_is_kept(void **state)
{
    (void)state;
    struct progress p;
    struct vm_error err;
    assert_int_equal(progress_load("01-a", &p, &err), 0);
    assert_int_equal(progress_done(&p, 5), 0);
    assert_int_equal(progress_set("01-a", 0, (struct progress_step){ PROGRESS_PASSED, 3 }, &err), 0);
    assert_int_equal(progress_set("01-a", 2, (struct progress_step){ PROGRESS_SKIPPED, 0 }, &err), 0);
    assert_int_equal(progress_set("02-b", 0, (struct progress_step){ PROGRESS_PASSED, 5 }, &err), 0);
    assert_int_equal(progress_set("01-a", 2, (struct progress_step){ PROGRESS_PASSED, 2 }, &err), 0);
    assert_int_equal(progress_load("01-a", &p, &err), 0);
    assert_int_equal(progress_done(&p, 5), 2);
    assert_int_equal(progress_points(&p), 5);
    assert_int_equal(progress_forget("01-a", &err), 0);
    assert_int_equal(progress_load("01-a", &p, &err), 0);
    assert_int_equal(progress_points(&p), 0);
    assert_int_equal(progress_load("02-b", &p, &err), 0);
    assert_int_equal(progress_points(&p), 5);
}

/* A lab may be in any directory: "./my labs/13 my lab". */
static void any_name_is_kept(void **state)
{
    (void)state;
    static const char *const names[] = { "13 my lab", "a\tb\nc", "", "12345678901234567890123456789012345678901234567890123456789012345678901234567890" };
    struct progress p;
    struct vm_error err;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (unsigned step = 0; step < 2; step++)
            assert_int_equal(progress_set(names[i], step, (struct progress_step){ PROGRESS_PASSED, 3 }, &err), 0);
        assert_int_equal(progress_load(names[i], &p, &err), 0);
        assert_int_equal(progress_points(&p), 6);
        assert_int_equal(progress_forget(names[i], &err), 0);
        assert_string_equal(get("state/vmlab/progress"), "");
    }
}

/* The name of a lab is the last word of its path, however the path was written. */
static void a_lab_is_found_by_its_path(void **state)
{
    (void)state;
    char out[PATHS_SIZE], here[PATHS_SIZE], lab[PATHS_SIZE];
    struct vm_error err;
    mkdir(path("13-my"), 0700);
    put("13-my/lab.lua", "");
    assert_int_equal(symlink("13-my", path("link")), 0);
    assert_non_null(realpath(path("13-my"), lab));
    const char *const words[] = { path("13-my"), path("13-my//"), path("13-my/."), path("link/") };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_int_equal(paths_find(words[i], out, &err), 0);
        assert_string_equal(out, lab);
    }
    mkdir(path("01-one-byte"), 0700);
    put("01-one-byte/lab.lua", "");
    assert_int_equal(symlink("13-my", path("07-link")), 0);
    setenv("VMLAB_LABS", top, 1);
    assert_int_equal(paths_find("7", out, &err), 0);
    unsetenv("VMLAB_LABS");
    assert_string_equal(out, lab);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(lab), 0);
    assert_int_equal(paths_find(".", out, &err), 0);
    assert_int_equal(chdir(here), 0);
    assert_string_equal(out, lab);
}

static void odd_lines_are_left_alone(void **state)
{
    (void)state;
    struct progress p;
    struct vm_error err;
    mkdir(path("state"), 0700);
    mkdir(path("state/vmlab"), 0700);
    put("state/vmlab/progress", "# a note of mine\n01-a 1 passed 2 x\n01-a 99 passed 2\n01-a 2 passed 99999999\n01-a two passed 2\n\n01-a 3 passed");
    assert_int_equal(progress_load("01-a", &p, &err), 0);
    assert_int_equal(progress_points(&p), 2);
    assert_int_equal(progress_set("01-a", 1, (struct progress_step){ PROGRESS_PASSED, 1 }, &err), 0);
    assert_non_null(strstr(get("state/vmlab/progress"), "# a note of mine\n01-a 1 passed 2 x\n01-a 99 passed 2\n"));
    assert_null(get("state/vmlab/progress.new"));
}

static void a_state_directory_that_cannot_be_written(void **state)
{
    (void)state;
    struct progress p;
    struct vm_error err;
    put("state", "a file, not a directory");
    assert_true(progress_set("01-a", 0, (struct progress_step){ PROGRESS_PASSED, 1 }, &err) < 0);
    assert_non_null(strstr(err.text, "state"));
    assert_int_equal(progress_load("01-a", &p, &err), 0);
}

/* Twenty programs at once: no step is lost, the file is whole. */
static void two_programs_take_turns(void **state)
{
    (void)state;
    struct vm_error err;
    struct progress p;
    for (unsigned i = 0; i < 20; i++)
        if (fork() == 0)
            _exit(progress_set("01-a", i, (struct progress_step){ PROGRESS_PASSED, 1 }, &err) == 0 ? 0 : 1);
    for (unsigned i = 0; i < 20; i++) {
        int status;
        wait(&status);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(progress_load("01-a", &p, &err), 0);
    assert_int_equal(progress_points(&p), 20);
}

/* --- the student's directory ------------------------------------------------------------------------------------------ */

static struct lab *make_lab(void)
{
    struct lab *l;
    struct vm_error err;
    mkdir(path("03-t"), 0700);
    mkdir(path("03-t/starter"), 0700);
    put("03-t/lab.md", "# T\n\n## One\n\nx\n");
    put("03-t/lab.lua", "lab { title = 'T', machine = 'hello', files = { 'a.S' } }\nstep { 'One', check = function() end, achieved = 'x' }");
    put("03-t/starter/a.S", "hlt\n");
    if (lab_load(&l, path("03-t"), &err) < 0)
        fail_msg("%s", err.text);
    return l;
}

static void the_starter_is_copied_once(void **state)
{
    (void)state;
    struct lab *l = make_lab();
    struct work w;
    struct vm_error err;
    unsigned fresh;
    assert_int_equal(work_open(&w, l, path("work/deep"), &fresh, &err), 0);
    assert_int_equal(fresh, 1);
    work_record(&w, "step 3", 6);
    work_close(&w);
    put("work/deep/a.S", "mine\n");
    assert_int_equal(work_open(&w, l, path("work/deep"), &fresh, &err), 0);
    assert_int_equal(fresh, 0);
    assert_string_equal(get("work/deep/a.S"), "mine\n");
    assert_string_equal(get("work/deep/session.txt"), "step 3\n");
    assert_int_equal(work_restore(&w, l, &err), 0);
    assert_string_equal(get("work/deep/a.S"), "hlt\n");
    work_close(&w);
    lab_free(l);
}

static bool saved_within(struct work *w, const struct lab *l, int ms)
{
    for (int i = 0; i < ms; i += 5) {
        if (work_saved(w, l))
            return true;
        usleep(5000);
    }
    return false;
}

static void a_save_is_noticed_once(void **state)
{
    (void)state;
    struct lab *l = make_lab();
    struct work w;
    struct vm_error err;
    unsigned fresh;
    assert_int_equal(work_open(&w, l, path("work"), &fresh, &err), 0);
    work_saved(&w, l);
    put("work/other.txt", "x");
    assert_false(saved_within(&w, l, 300)); /* not one of the lab's files */
    put("work/a.S", "one");
    put("work/a.S", "two");
    assert_true(saved_within(&w, l, 10000));
    assert_false(saved_within(&w, l, 300)); /* both writes were one save */
    put("work/.a.S.swp", "three");
    assert_int_equal(rename(path("work/.a.S.swp"), path("work/a.S")), 0); /* how most editors save */
    assert_true(saved_within(&w, l, 10000));
    work_close(&w);
    lab_free(l);
}

/* --- submissions --------------------------------------------------------------------------------------------------------- */

static void only_plain_files_are_collected(void **state)
{
    (void)state;
    struct lab *l = make_lab();
    struct vm_error err;
    mkdir(path("sub"), 0700);
    mkdir(path("to"), 0700);
    put("secret", "secret");
    assert_int_equal(work_collect(path("sub"), path("to"), l, &err), 0); /* nothing there: nothing copied */
    put("sub/a.S", "hlt");
    put("sub/lab.lua", "evil");
    assert_int_equal(work_collect(path("sub"), path("to"), l, &err), 0);
    assert_string_equal(get("to/a.S"), "hlt");
    assert_null(get("to/lab.lua"));

    unlink(path("sub/a.S"));
    assert_int_equal(symlink(path("secret"), path("sub/a.S")), 0);
    assert_true(work_collect(path("sub"), path("to"), l, &err) < 0);
    assert_non_null(strstr(err.text, "symbolic link"));
    unlink(path("sub/a.S"));

    assert_int_equal(mkfifo(path("sub/a.S"), 0600), 0);
    assert_true(work_collect(path("sub"), path("to"), l, &err) < 0);
    assert_non_null(strstr(err.text, "not a regular file"));
    unlink(path("sub/a.S"));

    put("sub/a.S", "x");
    assert_int_equal(truncate(path("sub/a.S"), 10ll << 30), 0); /* ten gigabytes, sparse */
    assert_true(work_collect(path("sub"), path("to"), l, &err) < 0);
    assert_non_null(strstr(err.text, "larger than"));

    assert_int_equal(symlink(path("sub"), path("link")), 0);
    assert_true(work_collect(path("link"), path("to"), l, &err) < 0);
    lab_free(l);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(progress_is_kept), T(any_name_is_kept), T(a_lab_is_found_by_its_path), T(odd_lines_are_left_alone), T(a_state_directory_that_cannot_be_written), T(two_programs_take_turns),
        T(the_starter_is_copied_once), T(a_save_is_noticed_once), T(only_plain_files_are_collected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
