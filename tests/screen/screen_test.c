/* screen_test.c: see screen_test.h. */
#include "screen_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];

const char *scratch(void)
{
    if (!*dir) {
        snprintf(dir, sizeof dir, "/tmp/vmlab-screen-XXXXXX");
        if (!mkdtemp(dir))
            exit(1);
    }
    return dir;
}

int scratch_remove(void **state)
{
    char command[128];
    (void)state;
    if (!*dir)
        return 0;
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command) != 0)
        fprintf(stderr, "cannot remove %s\n", dir);
    *dir = '\0';
    return 0;
}

const char *vmlab(void)
{
    static char path[4096];
    const char *v = getenv("VMLAB"), *b = getenv("VMLAB_BUILD");
    snprintf(path, sizeof path, "%s%s", v ? v : b ? b : "build", v ? "" : "/vmlab");
    return path;
}

struct vt *lab_env(int cols, int rows, const char *const *env, const char *const *args)
{
    static char state[128], home[128];
    const char *argv[80] = { vmlab() }, *all[16] = { state, home };
    int n = 1, e = 2;
    snprintf(state, sizeof state, "XDG_STATE_HOME=%s", scratch());
    snprintf(home, sizeof home, "HOME=%s", scratch()); /* where a lab's files are copied to */
    while (*args)
        argv[n++] = *args++;
    while (env && *env)
        all[e++] = *env++;
    return vt_start(cols, rows, all, argv);
}

struct vt *lab(int cols, int rows, const char *const *args) { return lab_env(cols, rows, NULL, args); }

void type_line(struct vt *v, const char *line)
{
    vt_send(v, line);
    vt_send(v, "\r");
}

int leave(struct vt *v)
{
    vt_send(v, "\003");
    type_line(v, "quit");
    NEED(v, vt_wait_exit(v));
    NEED(v, vt_restored(v));
    assert_int_equal(vt_left(v), 0);
    int status = WIFEXITED(v->status) ? WEXITSTATUS(v->status) : 256 + WTERMSIG(v->status);
    vt_free(v);
    return status;
}
