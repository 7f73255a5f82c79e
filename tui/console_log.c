/* console_log.c: a ring between a vCPU's thread and the main thread, and the file that keeps every byte.
 *
 * The lock is held for a copy of at most CHUNK bytes, so that neither side waits for more than that. */
#include "console_log.h"

#include "storage.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { RING = 256 << 10, CHUNK = 16 << 10 };

struct console_log {
    pthread_mutex_t lock;
    pthread_cond_t room;      /* the reader read, or lossless was switched off */
    _Atomic uint64_t total;   /* bytes since the start; the ring holds the last RING of them */
    _Atomic uint64_t begun;   /* where the run begins that counts */
    uint64_t read;            /* how far the reader is */
    bool lossless;
    bool told;                /* the reader was woken and has not come yet */
    int wake_fd;              /* eventfd to wake it with, -1: none */
    FILE *file;
    char *path;               /* of the file */
    int file_error;           /* errno of the first write that failed; the file is closed then */
    unsigned char *ring;
};

struct console_log *console_log_new(int wake_fd)
{
    struct console_log *l = calloc(1, sizeof *l);
    if (!l || !(l->ring = malloc(RING))) { /* its pages appear when the guest prints */
        free(l);
        return NULL;
    }
    l->wake_fd = wake_fd;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->room, NULL);
    return l;
}

static void close_file(struct console_log *l)
{
    if (l->file && fclose(l->file) != 0 && !l->file_error)
        l->file_error = errno;
    l->file = NULL;
}

void console_log_free(struct console_log *l)
{
    if (!l)
        return;
    close_file(l);
    pthread_cond_destroy(&l->room);
    pthread_mutex_destroy(&l->lock);
    free(l->path);
    free(l->ring);
    free(l);
}

static void file_failed(struct console_log *l)
{
    l->file_error = errno ? errno : EIO;
    fclose(l->file); /* what it buffered is lost, as the error says */
    l->file = NULL;
}

static void flush_file(struct console_log *l)
{
    if (l->file && fflush(l->file) != 0)
        file_failed(l);
}

static uint64_t total(const struct console_log *l) { return atomic_load_explicit(&l->total, memory_order_acquire); }

/* One chunk into the ring, lock held. */
static void put(struct console_log *l, const unsigned char *bytes, size_t n)
{
    uint64_t at = total(l);
    size_t first = RING - at % RING;
    if (first > n)
        first = n;
    memcpy(l->ring + at % RING, bytes, first);
    memcpy(l->ring, bytes + first, n - first);
    atomic_store_explicit(&l->total, at + n, memory_order_release);
}

static void copy_out(const struct console_log *l, uint64_t pos, unsigned char *out, size_t n)
{
    size_t first = RING - pos % RING;
    if (first > n)
        first = n;
    memcpy(out, l->ring + pos % RING, first);
    memcpy(out + first, l->ring, n - first);
}

void console_log_write(struct console_log *l, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    while (n) {
        pthread_mutex_lock(&l->lock);
        while (l->lossless && total(l) - l->read >= RING)
            pthread_cond_wait(&l->room, &l->lock);
        size_t part = n < CHUNK ? n : CHUNK;
        if (l->lossless && part > RING - (total(l) - l->read))
            part = (size_t)(RING - (total(l) - l->read));
        put(l, p, part);
        if (l->file && fwrite(p, 1, part, l->file) != part)
            file_failed(l);
        /* One wake-up until the reader comes, not one a byte; before we might wait for it to make room. */
        bool tell = !l->told && l->wake_fd >= 0;
        l->told = true;
        pthread_mutex_unlock(&l->lock);
        if (tell)
            eventfd_write(l->wake_fd, 1);
        p += part;
        n -= part;
    }
}

size_t console_log_read(struct console_log *l, uint64_t *pos, void *buf, size_t max, uint64_t *lost)
{
    unsigned char *out = buf;
    size_t got = 0;
    *lost = 0;
    pthread_mutex_lock(&l->lock);
    l->told = false;
    flush_file(l);
    pthread_mutex_unlock(&l->lock);
    while (got < max) {
        pthread_mutex_lock(&l->lock);
        uint64_t end = total(l), oldest = end > RING ? end - RING : 0;
        if (*pos < oldest) {
            *lost += oldest - *pos;
            *pos = oldest;
        }
        size_t n = max - got < CHUNK ? max - got : CHUNK;
        if (n > end - *pos)
            n = (size_t)(end - *pos);
        copy_out(l, *pos, out + got, n);
        *pos += n;
        got += n;
        l->read = *pos;
        pthread_cond_signal(&l->room);
        pthread_mutex_unlock(&l->lock);
        if (n == 0)
            break;
    }
    return got;
}

uint64_t console_log_total(const struct console_log *l) { return total(l); }
void console_log_begin(struct console_log *l) { atomic_store(&l->begun, total(l)); }
uint64_t console_log_begun(const struct console_log *l) { return atomic_load(&l->begun); }

size_t console_log_tail(struct console_log *l, void *buf, size_t max)
{
    /* Chunk by chunk, from a point the writer cannot reach meanwhile; what it overtakes all the same is left out. */
    unsigned char *out = buf;
    uint64_t begun = console_log_begun(l), end = total(l), kept = end - begun < RING - CHUNK ? end - begun : RING - CHUNK;
    uint64_t pos = end - (max < kept ? max : kept);
    size_t got = 0;
    while (pos < end) {
        size_t n = end - pos < CHUNK ? (size_t)(end - pos) : CHUNK;
        pthread_mutex_lock(&l->lock);
        uint64_t now = total(l), oldest = now > RING ? now - RING : 0;
        bool whole = pos >= oldest;
        if (whole)
            copy_out(l, pos, out + got, n);
        pthread_mutex_unlock(&l->lock);
        if (whole)
            got += n;
        else
            got = 0; /* the tail is what follows the hole */
        pos += n;
    }
    return got;
}

void console_log_lossless(struct console_log *l, bool on)
{
    pthread_mutex_lock(&l->lock);
    l->lossless = on;
    pthread_cond_broadcast(&l->room);
    pthread_mutex_unlock(&l->lock);
}

int console_log_save(struct console_log *l, const char *path, struct vm_error *err)
{
    FILE *f = NULL;
    char *name = NULL;
    if (path) {
        /* Not blocking: a pipe that nobody reads must not hold a guest. */
        int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
        if (fd < 0)
            return storage_error(err, errno, "the console log", path);
        if (!(name = strdup(path)) || !(f = fdopen(fd, "a"))) {
            free(name);
            close(fd);
            return err_set(err, ENOMEM, "No memory for the console log '%.200s'.", path);
        }
        setvbuf(f, NULL, _IOFBF, CHUNK);
    }
    pthread_mutex_lock(&l->lock);
    close_file(l);
    l->file = f;
    if (name) {
        free(l->path);
        l->path = name;
    }
    pthread_mutex_unlock(&l->lock);
    return 0;
}

int console_log_check(struct console_log *l, struct vm_error *err)
{
    pthread_mutex_lock(&l->lock);
    flush_file(l);
    int e = l->file_error;
    if (e)
        storage_error(err, e, "the whole console log", l->path ? l->path : "");
    l->file_error = 0;
    pthread_mutex_unlock(&l->lock);
    return -e;
}
