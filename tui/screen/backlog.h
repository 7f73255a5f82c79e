/* backlog.h: what was typed or pasted for a guest and did not fit into its input queue yet. Main thread. */
#ifndef TUI_SCREEN_BACKLOG_H
#define TUI_SCREEN_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>

struct vcpu;

struct backlog { char *bytes; size_t from, n, room; }; /* bytes[from..from+n) wait */

/* Put these after what waits already, most of it at once into the guest's queue. False: more than `limit` bytes would wait, or no memory. */
bool backlog_send(struct backlog *b, struct vcpu *v, const char *bytes, size_t n, size_t limit);
void backlog_flush(struct backlog *b, struct vcpu *v); /* as much as the guest's queue takes now */
void backlog_drop(struct backlog *b);

#endif
