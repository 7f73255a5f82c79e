/* outstream.h: what headless prints on stdout: guests' bytes and the text of commands, in order, without ever blocking
 * the loop that must also hear signals and time-outs. */
#ifndef TUI_OUTSTREAM_H
#define TUI_OUTSTREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "session.h"

struct outstream {
    int fd;
    bool prefix;          /* several guests: "[1 counter] " before each line */
    bool colour;
    bool small_writes;    /* a pipe or terminal: never more than it is sure to take at once */
    int error;            /* errno of the write that failed; nothing is written after it */
    char *buf;
    size_t len, at, room;
    int open_line;        /* the vCPU whose line is not ended yet, -1: at the start of a line */
    bool text_open;       /* ... or the text of a command */
    struct { char *bytes; size_t n; char name[64]; } held[SESSION_VCPUS]; /* begun lines, so that guests do not cut each other's */
};

void outstream_open(struct outstream *o, int fd, bool prefix);
void outstream_close(struct outstream *o);
/* Bytes of vCPU i. Alone they pass as they are. */
void outstream_guest(struct outstream *o, unsigned i, const char *name, const char *bytes, size_t n);
/* Let go of begun lines: nothing came for a while, or nothing will. */
void outstream_release(struct outstream *o);
/* Text of vmlab's own, on its own line. */
void outstream_text(struct outstream *o, const char *text, size_t n);
size_t outstream_pending(const struct outstream *o);
/* Write what fits now (the descriptor polled writable). False when the stream failed. */
bool outstream_flush(struct outstream *o);

#endif
