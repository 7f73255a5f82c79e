/* shoot.c: each lab's first screen, as text, for docs/labs/. shoot PROGRAM LABS DIRECTORY SCRATCH [COLSxROWS] */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/screen/vt.h"

static int shoot(const char *vmlab, const char *labs, const char *name, const char *to, const char *scratch, int cols, int rows)
{
    char path[4096], work[4096], state[4096], env[4200];
    snprintf(path, sizeof path, "%s/%s", labs, name);
    snprintf(work, sizeof work, "%s/%s", scratch, name);
    snprintf(state, sizeof state, "%s/state", scratch);
    snprintf(env, sizeof env, "XDG_STATE_HOME=%s", state);
    struct vt *v = vt_start(cols, rows, (const char *const[]){ env, NULL },
                            (const char *const[]){ vmlab, "lab", path, "--work", work, "--engine", "soft", "--test-clock", "--forgetful", NULL });
    bool ok = vt_wait(v, "Lab ") && vt_wait(v, " created] >");
    while (ok && vt_pump(v, 300))
        ;
    char out[4096];
    snprintf(out, sizeof out, "%s/%s.txt", to, name);
    FILE *f = ok ? fopen(out, "w") : NULL;
    for (int y = 0; f && y < rows; y++) {
        const char *row = vt_text(v, 0, y, cols, 1);
        size_t n = strlen(row);
        while (n && row[n - 1] == ' ')
            n--;
        fprintf(f, "%.*s\n", (int)n, row);
    }
    ok = f && fclose(f) == 0;
    vt_send(v, "quit\r");
    ok &= vt_wait_exit(v);
    if (!ok)
        vt_show(v);
    vt_free(v);
    printf("%s %s\n", ok ? "made" : "FAILED", out);
    return ok ? 0 : 1;
}

static int is_lab(const struct dirent *e) { return e->d_name[0] >= '0' && e->d_name[0] <= '9'; }

int main(int argc, char **argv)
{
    struct dirent **list;
    int failed = 0, cols = 80, rows = 24;
    if (argc < 5 || (argc == 6 && sscanf(argv[5], "%dx%d", &cols, &rows) != 2))
        return fprintf(stderr, "usage: shoot PROGRAM LABS DIRECTORY SCRATCH [COLSxROWS]\n"), 2;
    int n = scandir(argv[2], &list, is_lab, alphasort);
    for (int i = 0; i < n; i++) {
        failed |= shoot(argv[1], argv[2], list[i]->d_name, argv[3], argv[4], cols, rows);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    return n < 1 || failed;
}
