/* outstream.c: a growing buffer in front of stdout, with a prefix on each guest's lines. */
#include "outstream.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HELD = 4096 };

static const char *const colours[] = { "\033[36m", "\033[33m", "\033[32m", "\033[35m", "\033[34m", "\033[31m" };

void outstream_open(struct outstream *o, int fd, bool prefix)
{
    struct stat st;
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    *o = (struct outstream){ .fd = fd, .prefix = prefix, .open_line = -1 };
    o->small_writes = fstat(fd, &st) < 0 || !S_ISREG(st.st_mode);
    o->colour = prefix && isatty(fd) && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

void outstream_close(struct outstream *o)
{
    for (unsigned i = 0; i < SESSION_VCPUS; i++)
        free(o->held[i].bytes);
    free(o->buf);
    o->buf = NULL;
    o->len = o->at = o->room = 0;
}

static void add(struct outstream *o, const char *bytes, size_t n)
{
    if (o->error || !n)
        return;
    if (o->at == o->len)
        o->at = o->len = 0;
    if (o->room - o->len < n && o->at) {
        memmove(o->buf, o->buf + o->at, o->len - o->at);
        o->len -= o->at;
        o->at = 0;
    }
    if (o->room - o->len < n) {
        size_t room = (o->room + n) * 2;
        char *more = realloc(o->buf, room);
        if (!more) {
            o->error = ENOMEM;
            return;
        }
        o->buf = more;
        o->room = room;
    }
    memcpy(o->buf + o->len, bytes, n);
    o->len += n;
}

static void end_line(struct outstream *o)
{
    if (o->open_line >= 0 || o->text_open)
        add(o, "\n", 1);
    o->open_line = -1;
    o->text_open = false;
}

static void begin_line(struct outstream *o, unsigned i, const char *name)
{
    char head[128];
    int n = snprintf(head, sizeof head, "%s[%u %s]%s ", o->colour ? colours[i % (sizeof colours / sizeof *colours)] : "", i, name,
                     o->colour ? "\033[0m" : "");
    add(o, head, (size_t)n);
}

/* Whole lines, or a begun one that continues what is on the current line. */
static void guest_lines(struct outstream *o, unsigned i, const char *name, const char *bytes, size_t n)
{
    while (n) {
        const char *nl = memchr(bytes, '\n', n);
        size_t part = nl ? (size_t)(nl - bytes) + 1 : n;
        if (o->open_line != (int)i) {
            end_line(o);
            begin_line(o, i, name);
        }
        add(o, bytes, part);
        o->open_line = nl ? -1 : (int)i;
        bytes += part;
        n -= part;
    }
}

static void release(struct outstream *o, unsigned i)
{
    guest_lines(o, i, o->held[i].name, o->held[i].bytes, o->held[i].n);
    o->held[i].n = 0;
}

void outstream_release(struct outstream *o)
{
    for (unsigned i = 0; i < SESSION_VCPUS; i++)
        release(o, i);
}

void outstream_guest(struct outstream *o, unsigned i, const char *name, const char *bytes, size_t n)
{
    if (!n)
        return;
    if (!o->prefix) {
        add(o, bytes, n);
        o->open_line = bytes[n - 1] == '\n' ? -1 : (int)i;
        return;
    }
    const char *nl = memrchr(bytes, '\n', n);
    size_t whole = nl ? (size_t)(nl - bytes) + 1 : 0;
    if (whole) {
        release(o, i);
        guest_lines(o, i, name, bytes, whole);
    }
    if (n - whole + o->held[i].n > HELD || (!o->held[i].bytes && !(o->held[i].bytes = malloc(HELD)))) {
        release(o, i); /* a line this long is not worth keeping together */
        guest_lines(o, i, name, bytes + whole, n - whole);
        return;
    }
    memcpy(o->held[i].bytes + o->held[i].n, bytes + whole, n - whole);
    o->held[i].n += n - whole;
    snprintf(o->held[i].name, sizeof o->held[i].name, "%s", name); /* `load` may take the guest away before its line is whole */
}

void outstream_text(struct outstream *o, const char *text, size_t n)
{
    if (!n)
        return;
    if (o->open_line >= 0)
        end_line(o);
    add(o, text, n);
    o->text_open = text[n - 1] != '\n';
}

size_t outstream_pending(const struct outstream *o) { return o->error ? 0 : o->len - o->at; }

bool outstream_flush(struct outstream *o)
{
    /* A pipe that polls writable takes PIPE_BUF bytes without blocking (pipe(7)); a file takes all. */
    while (outstream_pending(o)) {
        size_t n = o->len - o->at;
        if (o->small_writes && n > PIPE_BUF)
            n = PIPE_BUF;
        ssize_t done = write(o->fd, o->buf + o->at, n);
        if (done < 0 && (errno == EINTR || errno == EAGAIN))
            return true;
        if (done < 0) {
            o->error = errno;
            return false;
        }
        o->at += (size_t)done;
        if (o->small_writes)
            break;
    }
    return !o->error;
}
