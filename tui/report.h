/* report.h: what a run came to, in words (stderr) and as JSON (docs/json.md). */
#ifndef TUI_REPORT_H
#define TUI_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "session.h"

/* How a run ended, beyond what the guests say. */
struct outcome {
    int status;            /* the program's exit status */
    const char *reason;    /* "ended", "timeout", "signal", "quit", "script-failed", "output-failed" */
    int signal;            /* when the reason is one */
    uint64_t elapsed_ns;   /* from the first instruction to the end, by the wall */
};

/* What one guest printed, kept for the report. */
struct transcript { char *bytes; size_t n, room; uint64_t total; };
enum { TRANSCRIPT_MAX = 16 << 20 };
void transcript_add(struct transcript *t, const char *bytes, size_t n);

/* A paragraph for each vCPU. */
void report_text(const struct session *s, FILE *to);
/* The whole document as a string of its own, or NULL (no memory). */
char *report_json(const struct session *s, const struct outcome *o, const struct transcript *consoles, const struct transcript *commands);

/* The exit status a guest gives the program: its own, 255 if it does not fit, 1 if the guest failed. */
int report_status(const struct session *s);

#endif
