/* feed.h: stdin to the guest in focus, headless: raw bytes, none lost, never more than the guest's queue takes. */
#ifndef TUI_FEED_H
#define TUI_FEED_H

#include <stdbool.h>
#include <stddef.h>

#include "session.h"

struct feed {
    char buf[64 << 10];
    size_t at, n;   /* read, not yet taken by the guest: buf[at..n) */
    bool end;       /* nothing more comes from stdin */
    bool told;      /* ... and the guest knows */
};

/* Is it worth to poll stdin? Not while the guest has no room. */
bool feed_wants(const struct feed *f, const struct session *s);
/* Bytes wait for room: look again soon. */
bool feed_waits(const struct feed *f, const struct session *s);
void feed_read(struct feed *f); /* stdin is readable */
/* Hand over what fits. The end is told when nothing can come any more: not before a script is through with its `type`s. */
void feed_give(struct feed *f, struct session *s);

#endif
