#include "tui/lab/list.h"

#include <stdio.h>
#include <stdlib.h>

#include "tui/lab/def.h"
#include "tui/lab/paths.h"
#include "tui/lab/progress.h"

static int one(const char *labs, const char *name)
{
    char dir[PATHS_SIZE + 64];
    struct lab *l;
    struct progress p;
    struct vm_error err;
    snprintf(dir, sizeof dir, "%s/%s", labs, name);
    if (lab_load(&l, dir, &err) < 0) {
        printf("  %-4.2s  cannot be opened: %s\n", name, err.text);
        return 1;
    }
    if (progress_load(l->name, &p, &err) < 0) {
        fprintf(stderr, "vmlab lab: %s\n", err.text);
        p = (struct progress){ 0 };
    }
    unsigned done = progress_done(&p, l->steps);
    printf("  %2u  %-34.34s %s %u/%u steps  %2u/%2u points  %2u min\n", l->number, l->title, done == l->steps ? "[x]" : done ? "[>]" : "[ ]",
           done, l->steps, progress_points(&p), lab_points(l), l->minutes);
    lab_free(l);
    return 0;
}

int list_labs(void)
{
    char labs[PATHS_SIZE], *name[PATHS_LABS];
    struct vm_error err;
    int status = 0;
    int n = paths_labs(labs, &err) < 0 ? -1 : paths_list(labs, name, &err);
    if (n < 0) {
        fprintf(stderr, "vmlab lab: %s\n", err.text);
        return 1;
    }
    printf("Labs: `vmlab lab NUMBER` opens one.\n\n");
    for (int i = 0; i < n; i++) {
        status |= one(labs, name[i]);
        free(name[i]);
    }
    return status;
}
