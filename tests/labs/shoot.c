/* shoot.c: each lab's first screen, as text, for docs/labs/. shoot PROGRAM LABS DIRECTORY SCRATCH [COLSxROWS]
 *
 * It goes into SCRATCH, so that the screens name no place of this machine. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/screen/vt.h"

static int shoot(const char *vmlab, const char *labs, const char *name, const char *to, int cols, int rows)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", labs, name);
    struct vt *v = vt_start(cols, rows, (const char *const[]){ "XDG_STATE_HOME=state", NULL },
                            (const char *const[]){ vmlab, "lab", path, "--work", name, "--engine", "soft", "--test-clock", "--forgetful", NULL });
    bool ok = vt_wait(v, "Lab ") && vt_wait(v, " created] >");
    while (ok && vt_pump(v, 300))
        ;
    char out[4200];
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
    char *vmlab = realpath(argv[1], NULL), *labs = realpath(argv[2], NULL), *to = realpath(argv[3], NULL);
    if (!vmlab || !labs || !to || chdir(argv[4]) < 0)
        return perror("shoot"), 1;
    int n = scandir(labs, &list, is_lab, alphasort);
    for (int i = 0; i < n; i++) {
        failed |= shoot(vmlab, labs, list[i]->d_name, to, cols, rows);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    free(vmlab);
    free(labs);
    free(to);
    return n < 1 || failed;
}
