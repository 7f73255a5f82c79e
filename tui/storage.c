/* storage.c: see storage.h. */
#include "storage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct { int e; const char *try; } hints[] = {
    { ENOSPC, " Make room there, or name another place." },
    { EDQUOT, " Your quota is used up: make room, or name another place." },
    { EROFS, " That file system is read-only: name another place." },
    { EACCES, " You may not write there: name another place." },
    { EPERM, " You may not write there: name another place." },
    { EFBIG, " A limit on the size of files is in the way (ulimit -f)." },
    { EIO, " The disk itself has a fault: name another place." },
    { ENOENT, " Is its directory there?" },
    { ENXIO, " It is a pipe, and nobody reads from it." },
};

int storage_error(struct vm_error *err, int e, const char *what, const char *path)
{
    const char *try = "";
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (hints[i].e == e)
            try = hints[i].try;
    return err_set(err, e, "Cannot write %s '%.200s': %s.%s", what, path, strerror(e), try);
}

FILE *storage_create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666);
    if (fd < 0)
        return NULL;
    fcntl(fd, F_SETFL, O_WRONLY); /* once somebody reads, he may take his time */
    FILE *f = fdopen(fd, "w");
    if (!f)
        close(fd);
    return f;
}

static int write_whole(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return k < 0 ? errno : ENOSPC;
        p += k;
        n -= (size_t)k;
    }
    return 0;
}

int storage_replace(const char *path, const char *bytes, size_t n, const char *what, struct vm_error *err)
{
    char beside[4400];
    struct stat old;
    mode_t mode = lstat(path, &old) == 0 && S_ISREG(old.st_mode) ? (old.st_mode & 0777) | S_IWUSR : 0666; /* what is private stays so */
    if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside)
        return storage_error(err, ENAMETOOLONG, what, path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode);
    if (fd < 0)
        return storage_error(err, errno, what, path);
    int e = write_whole(fd, bytes, n);
    if (!e && fsync(fd) < 0 && errno != EINVAL) /* EINVAL: a file system that knows of no such thing */
        e = errno;
    if (close(fd) < 0 && !e)
        e = errno;
    if (!e && rename(beside, path) < 0)
        e = errno;
    if (!e)
        return 0;
    unlink(beside);
    return storage_error(err, e, what, path);
}

int storage_append(const char *path, const char *bytes, size_t n, const char *what, struct vm_error *err)
{
    struct stat st;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0)
        return storage_error(err, errno, what, path);
    int e = fstat(fd, &st) < 0 ? errno : 0;
    if (!e && (e = write_whole(fd, bytes, n)) != 0 && ftruncate(fd, st.st_size) < 0) {
        /* then half of it stays: the error says that something is wrong */
    }
    if (close(fd) < 0 && !e)
        e = errno;
    return e ? storage_error(err, e, what, path) : 0;
}
