#include "tui/lab/work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tui/lab/paths.h"
#include "tui/storage.h"

enum { QUIET_MS = 150, RECORD_MAX = 1 << 20 };

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* over: also where there is a file already. */
static int copy_starter(const struct lab *l, const char *to, bool over, unsigned *copied, struct vm_error *err)
{
    *copied = 0;
    for (unsigned i = 0; i < l->files; i++) {
        char from[4400], path[4400], *text;
        size_t n;
        snprintf(from, sizeof from, "%s/starter/%s", l->dir, l->file[i]);
        snprintf(path, sizeof path, "%s/%s", to, l->file[i]);
        if (!over && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            continue;
        int r = lab_read_file(from, LAB_LARGEST, &text, &n, err);
        if (r < 0)
            return r;
        r = storage_replace(path, text, n, "the file to edit", err);
        free(text);
        if (r < 0)
            return r;
        ++*copied;
    }
    return 0;
}

int work_open(struct work *w, const struct lab *l, const char *dir, unsigned *fresh, struct vm_error *err)
{
    *w = (struct work){ .record = -1, .watch = -1 };
    snprintf(w->dir, sizeof w->dir, "%s", dir);
    int r = paths_make(dir, err);
    if (r == 0)
        r = copy_starter(l, dir, false, fresh, err);
    if (r < 0)
        return r;
    char path[4400];
    snprintf(path, sizeof path, "%s/session.txt", dir);
    w->record = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (w->record < 0)
        return storage_error(err, errno, "the record of this lab", path);
    w->shared = flock(w->record, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    w->again = lseek(w->record, 0, SEEK_END) > 0;
    w->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    /* Editors write in place or rename a new file over the old one. Without inotify `check` still builds. */
    if (w->watch >= 0 && inotify_add_watch(w->watch, dir, IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
        close(w->watch);
        w->watch = -1;
    }
    return 0;
}

void work_close(struct work *w)
{
    if (w->record >= 0)
        close(w->record);
    if (w->watch >= 0)
        close(w->watch);
    w->record = w->watch = -1;
}

static void notice(struct work *w, const struct lab *l)
{
    _Alignas(struct inotify_event) char buf[4096];
    ssize_t n;
    while (w->watch >= 0 && (n = read(w->watch, buf, sizeof buf)) > 0)
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *e = (const void *)(buf + at);
            for (unsigned i = 0; e->len && i < l->files; i++)
                if (!strcmp(e->name, l->file[i])) {
                    w->saved = now_ms();
                    w->which |= 1u << i;
                }
            at += (ssize_t)(sizeof *e + e->len);
        }
}

int work_restore(struct work *w, const struct lab *l, struct vm_error *err)
{
    unsigned n;
    int r = copy_starter(l, w->dir, true, &n, err);
    notice(w, l);
    w->saved = w->which = 0; /* those were ours */
    return r;
}

void work_record(struct work *w, const char *text, size_t n)
{
    char line[1024];
    if (w->record < 0 || n > sizeof line - 1)
        return;
    memcpy(line, text, n);
    line[n++] = '\n';
    off_t end = lseek(w->record, 0, SEEK_END);
    ssize_t k = end < RECORD_MAX ? write(w->record, line, n) : (ssize_t)n;
    if (k == (ssize_t)n)
        return;
    w->lost = k < 0 ? errno : ENOSPC; /* the lab itself goes on */
    if (k > 0 && ftruncate(w->record, end) < 0) {
        /* then half a line stays, which no command is */
    }
    close(w->record);
    w->record = -1;
}

int work_record_lost(struct work *w, struct vm_error *err)
{
    int e = w->lost;
    char path[4400];
    w->lost = 0;
    snprintf(path, sizeof path, "%s/session.txt", w->dir);
    return e ? storage_error(err, e, "the record of this lab", path) : 0;
}

unsigned work_saved(struct work *w, const struct lab *l)
{
    notice(w, l);
    if (!w->saved || now_ms() - w->saved < QUIET_MS)
        return 0;
    unsigned which = w->which;
    w->saved = w->which = 0;
    return which;
}

/* --- submissions ---------------------------------------------------------------------------------------------------------------- */

static int collect_one(int dirfd, const char *name, const char *to, struct vm_error *err)
{
    struct stat st;
    int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return errno == ELOOP ? err_set(err, ELOOP, "%s is a symbolic link, which is not accepted.", name)
                              : err_set(err, errno, "Reading %s: %s.", name, strerror(errno));
    int r = 0;
    char *text = NULL;
    ssize_t n = 0;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        r = err_set(err, EINVAL, "%s is not a regular file.", name);
    else if (st.st_size > LAB_LARGEST)
        r = err_set(err, EFBIG, "%s is larger than %d KiB.", name, LAB_LARGEST >> 10);
    else if (!(text = malloc(LAB_LARGEST)))
        r = err_set(err, ENOMEM, "Reading %s: out of memory.", name);
    else if ((n = read(fd, text, LAB_LARGEST)) < 0)
        r = err_set(err, errno, "Reading %s: %s.", name, strerror(errno));
    close(fd);
    if (r == 0) {
        char path[4400];
        snprintf(path, sizeof path, "%s/%s", to, name);
        r = storage_replace(path, text, (size_t)n, "a copy of the submission", err);
    }
    free(text);
    return r;
}

int work_collect(const char *from, const char *to, const struct lab *l, struct vm_error *err)
{
    int dirfd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dirfd < 0)
        return errno == ELOOP || errno == ENOTDIR ? err_set(err, ELOOP, "The submission is no directory (a symbolic link is not accepted).")
                                                  : err_set(err, errno, "Opening the submission %.200s: %s.", from, strerror(errno));
    int r = collect_one(dirfd, "session.txt", to, err);
    for (unsigned i = 0; r == 0 && i < l->files; i++)
        r = collect_one(dirfd, l->file[i], to, err);
    close(dirfd);
    return r;
}
