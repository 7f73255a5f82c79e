#include "tui/lab/submissions.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tui/lab/paths.h"

static int add(struct submissions *s, const char *from, const char *lab, struct vm_error *err)
{
    if (s->n == s->room) {
        size_t room = s->room ? s->room * 2 : 64;
        struct eval *e = realloc(s->e, room * sizeof *e);
        if (!e)
            return err_set(err, ENOMEM, "Listing the submissions: out of memory.");
        s->e = e;
        s->room = room;
    }
    struct eval *e = &s->e[s->n++];
    memset(e, 0, sizeof *e);
    snprintf(e->lab, sizeof e->lab, "%s", lab);
    snprintf(e->from, sizeof e->from, "%s", from);
    return 0;
}

/* The lab that a directory of this name belongs to. */
static bool lab_of(const char *dir, char out[PATHS_SIZE])
{
    char path[PATHS_SIZE];
    struct vm_error err;
    snprintf(path, sizeof path, "%s", dir);
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        path[--n] = 0;
    char real[PATHS_SIZE];
    if (!strcmp(path, ".") && realpath(".", real))
        snprintf(path, sizeof path, "%s", real);
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    return name[0] >= '0' && name[0] <= '9' && strchr(name, '-') && paths_find(name, out, &err) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }
static int visible(const struct dirent *e) { return e->d_name[0] != '.'; }

/* Directories, and symbolic links: those are reported, not followed. */
static bool is_candidate(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && (S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode));
}

static bool has_work(const char *dir, const char *lab_dir)
{
    char path[PATHS_SIZE + 64];
    struct stat st;
    snprintf(path, sizeof path, "%s/session.txt", dir);
    if (lstat(path, &st) == 0)
        return true;
    struct lab *l;
    struct vm_error err;
    bool found = false;
    if (lab_load(&l, lab_dir, &err) < 0)
        return false;
    for (unsigned i = 0; i < l->files && !found; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, l->file[i]);
        found = lstat(path, &st) == 0;
    }
    lab_free(l);
    return found;
}

static int scan(struct submissions *s, const char *dir, const char *lab, int depth, struct vm_error *err)
{
    struct dirent **list;
    int n = scandir(dir, &list, visible, by_name), r = 0;
    if (n < 0)
        return err_set(err, errno, "Reading the directory %.300s: %s.", dir, strerror(errno));
    for (int i = 0; i < n; i++) {
        char path[PATHS_SIZE], found[PATHS_SIZE];
        bool fits = snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name) < (int)sizeof path;
        free(list[i]);
        if (r < 0 || !fits || !is_candidate(path))
            continue;
        struct stat st;
        if (lab)
            r = add(s, path, lab, err);
        else if (lab_of(path, found))
            r = add(s, path, found, err);
        else if (depth > 0 && lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
            r = scan(s, path, NULL, depth - 1, err);
    }
    free(list);
    return r;
}

int submissions_add(struct submissions *s, const char *dir, const char *lab, struct vm_error *err)
{
    char found[PATHS_SIZE];
    if (!lab && lab_of(dir, found))
        return add(s, dir, found, err);
    if (lab && has_work(dir, lab))
        return add(s, dir, lab, err);
    return scan(s, dir, lab, 1, err);
}

void submissions_free(struct submissions *s)
{
    free(s->e);
    *s = (struct submissions){ 0 };
}
