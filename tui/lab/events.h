/* events.h: what happened since a step began: which commands the student gave, which states the vCPUs went through, what was
 * injected. Read from the traces when polled, so that nothing is missed between two polls (unless a ring overflowed). */
#ifndef TUI_LAB_EVENTS_H
#define TUI_LAB_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/session.h"

enum { EVENTS_COMMANDS = 256 };

struct lab_events {
    char *command[EVENTS_COMMANDS]; /* a ring: the last ones */
    uint64_t commands;
    uint64_t seq[SESSION_VCPUS];    /* the next trace entry to look at */
    uint32_t state[SESSION_VCPUS][VCPU_STATES]; /* how often each state was entered */
    uint32_t injected[SESSION_VCPUS][256];
    uint32_t nmis[SESSION_VCPUS];
    uint64_t changes;               /* rises with everything noticed */
};

void events_clear(struct lab_events *e, struct session *s); /* a step begins: forget everything, look at nothing older */
void events_free(struct lab_events *e);
void events_command(struct lab_events *e, const char *line);
void events_poll(struct lab_events *e, struct session *s);
/* How many commands began with these words. */
unsigned events_did(const struct lab_events *e, const char *words);

#endif
