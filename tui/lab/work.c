#include "tui/lab/work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tui/lab/paths.h"

enum { QUIET_MS = 150, RECORD_MAX = 1 << 20 };

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return k < 0 ? -errno : -EIO;
        p += k;
        n -= (size_t)k;
    }
    return 0;
}

/* flags: O_EXCL leaves a file that is there alone (-EEXIST). */
static int put_file(const char *path, const char *text, size_t n, int flags, struct vm_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0666);
    if (fd < 0 && errno == EEXIST)
        return -EEXIST;
    int r = fd < 0 ? -errno : write_all(fd, text, n);
    if (fd >= 0 && close(fd) < 0 && r == 0)
        r = -errno;
    return r < 0 ? err_set(err, -r, "Writing %.300s: %s.", path, strerror(-r)) : 0;
}

static int copy_starter(const struct lab *l, const char *to, int flags, unsigned *copied, struct vm_error *err)
{
    *copied = 0;
    for (unsigned i = 0; i < l->files; i++) {
        char from[4400], path[4400], *text;
        size_t n;
        snprintf(from, sizeof from, "%s/starter/%s", l->dir, l->file[i]);
        snprintf(path, sizeof path, "%s/%s", to, l->file[i]);
        int r = lab_read_file(from, LAB_LARGEST, &text, &n, err);
        if (r < 0)
            return r;
        r = put_file(path, text, n, flags, err);
        free(text);
        if (r < 0 && r != -EEXIST)
            return r;
        *copied += r == 0;
    }
    return 0;
}

int work_open(struct work *w, const struct lab *l, const char *dir, unsigned *fresh, struct vm_error *err)
{
    *w = (struct work){ .record = -1, .watch = -1 };
    snprintf(w->dir, sizeof w->dir, "%s", dir);
    int r = paths_make(dir, err);
    if (r == 0)
        r = copy_starter(l, dir, O_EXCL, fresh, err);
    if (r < 0)
        return r;
    char path[4400];
    snprintf(path, sizeof path, "%s/session.txt", dir);
    w->record = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (w->record < 0)
        return err_set(err, errno, "Opening %.300s, the record of this lab: %s.", path, strerror(errno));
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

int work_restore(const struct work *w, const struct lab *l, struct vm_error *err)
{
    unsigned n;
    return copy_starter(l, w->dir, O_TRUNC, &n, err);
}

void work_record(struct work *w, const char *text, size_t n)
{
    char line[1024];
    if (w->record < 0 || n > sizeof line - 1)
        return;
    memcpy(line, text, n);
    line[n++] = '\n';
    if (lseek(w->record, 0, SEEK_END) < RECORD_MAX && write_all(w->record, line, n) < 0) {
        close(w->record); /* a full disk: the lab itself goes on */
        w->record = -1;
    }
}

bool work_saved(struct work *w, const struct lab *l)
{
    _Alignas(struct inotify_event) char buf[4096];
    ssize_t n;
    while (w->watch >= 0 && (n = read(w->watch, buf, sizeof buf)) > 0)
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *e = (const void *)(buf + at);
            for (unsigned i = 0; e->len && i < l->files; i++)
                if (!strcmp(e->name, l->file[i]))
                    w->saved = now_ms();
            at += (ssize_t)(sizeof *e + e->len);
        }
    if (!w->saved || now_ms() - w->saved < QUIET_MS)
        return false;
    w->saved = 0;
    return true;
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
        r = put_file(path, text, (size_t)n, O_TRUNC, err);
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
