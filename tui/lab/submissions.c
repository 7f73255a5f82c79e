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

/* The lab that a directory of this name belongs to: 1, or 0 if to none. An error when that cannot be known. */
static int lab_of(const char *dir, char out[PATHS_SIZE], struct vm_error *err)
{
    char path[PATHS_SIZE];
    snprintf(path, sizeof path, "%s", dir);
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        path[--n] = 0;
    char real[PATHS_SIZE];
    if (!strcmp(path, ".") && realpath(".", real))
        snprintf(path, sizeof path, "%s", real);
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    if (name[0] < '0' || name[0] > '9' || !strchr(name, '-'))
        return 0;
    int r = paths_find(name, out, err);
    return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }
static int visible(const struct dirent *e) { return e->d_name[0] != '.'; }

/* Directories, and symbolic links: those are reported, not followed. */
static bool is_candidate(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && (S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode));
}

/* 1, 0 or an error, as above. A lab that is broken is told when it is graded. */
static int has_work(const char *dir, const char *lab_dir, struct vm_error *err)
{
    char path[PATHS_SIZE + 64];
    struct stat st;
    snprintf(path, sizeof path, "%s/session.txt", dir);
    if (lstat(path, &st) == 0)
        return 1;
    struct lab *l;
    bool found = false;
    int r = lab_load(&l, lab_dir, err);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
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
        int known = lab ? 0 : lab_of(path, found, err);
        if (known < 0)
            r = known;
        else if (lab || known)
            r = add(s, path, lab ? lab : found, err);
        else if (depth > 0 && lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
            r = scan(s, path, NULL, depth - 1, err);
    }
    free(list);
    return r;
}

int submissions_add(struct submissions *s, const char *dir, const char *lab, struct vm_error *err)
{
    char found[PATHS_SIZE];
    int known = lab ? has_work(dir, lab, err) : lab_of(dir, found, err);
    if (known < 0)
        return known;
    if (known)
        return add(s, dir, lab ? lab : found, err);
    return scan(s, dir, lab, 1, err);
}

void submissions_free(struct submissions *s)
{
    free(s->e);
    *s = (struct submissions){ 0 };
}
