/* feed.c: stdin to the guest in focus. */
#include "feed.h"

#include <errno.h>
#include <unistd.h>

#include "script.h"

static size_t room(const struct session *s) { return s->vcpus ? vcpu_input_room(s->vcpu[s->focus]) : 0; }

bool feed_wants(const struct feed *f, const struct session *s) { return !f->end && f->at == f->n && room(s) > 0; }
bool feed_waits(const struct feed *f, const struct session *s) { return f->at < f->n || (!f->end && room(s) == 0); }

void feed_read(struct feed *f)
{
    ssize_t n = read(STDIN_FILENO, f->buf, sizeof f->buf);
    f->at = 0;
    f->n = n > 0 ? (size_t)n : 0;
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        f->end = true; /* an unreadable stdin is one without input */
}

void feed_give(struct feed *f, struct session *s)
{
    struct vcpu *v = s->vcpus ? s->vcpu[s->focus] : NULL;
    if (v && f->at < f->n)
        f->at += vcpu_input(v, f->buf + f->at, f->n - f->at);
    if (!v || f->told || script_active(s) || !f->end || f->at < f->n)
        return;
    f->told = true;
    vcpu_input_eof(v);
}
