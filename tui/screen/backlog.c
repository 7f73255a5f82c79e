/* backlog.c: see backlog.h. */
#include "backlog.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/vcpu.h"

static bool make_room(struct backlog *b, size_t n)
{
    if (b->from) {
        memmove(b->bytes, b->bytes + b->from, b->n);
        b->from = 0;
    }
    if (b->room - b->n >= n)
        return true;
    size_t room = (b->n + n) * 2;
    char *more = realloc(b->bytes, room);
    if (!more)
        return false;
    b->bytes = more;
    b->room = room;
    return true;
}

bool backlog_send(struct backlog *b, struct vcpu *v, const char *bytes, size_t n, size_t limit)
{
    size_t taken = b->n ? 0 : vcpu_input(v, bytes, n), rest = n - taken;
    if (!rest)
        return true;
    if (b->n + rest > limit)
        return false;
    if (b->room - b->from - b->n < rest && !make_room(b, rest))
        return false;
    memcpy(b->bytes + b->from + b->n, bytes + taken, rest);
    b->n += rest;
    return true;
}

void backlog_flush(struct backlog *b, struct vcpu *v)
{
    size_t taken = b->n ? vcpu_input(v, b->bytes + b->from, b->n) : 0;
    b->from += taken;
    b->n -= taken;
    if (!b->n)
        backlog_drop(b);
}

void backlog_drop(struct backlog *b)
{
    free(b->bytes);
    *b = (struct backlog){ 0 };
}
