/* side.h: a text beside the vCPU panels: what a lab (or anything else that explains) puts on the screen.
 *
 * How to use it: fill one struct side_panel that lives as long as it is shown and set `session->side` to it (before
 * screen_run, or later from the main thread); set it back to NULL to take it away. The screen places it right of the
 * panels from 110 columns on and above them on narrower terminals, draws border and title, wraps nothing: lines() gets
 * the width and emits lines that fit it. Scrolling (mouse wheel; F12, then arrows, PgUp/PgDn, Home/End; ESC back) is the
 * screen's. All calls come from the main thread. */
#ifndef TUI_SCREEN_SIDE_H
#define TUI_SCREEN_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a line (or a part of it) looks; the theme decides the rest. Never carries meaning alone: write "[x]", "error:". */
enum side_style { SIDE_TEXT, SIDE_HEADING, SIDE_CODE, SIDE_DIM, SIDE_GOOD, SIDE_BAD, SIDE_EMPHASIS };

/* Where lines() puts its lines. text is UTF-8 of any bytes; what is no printable character is shown as '?'. */
struct side_out;
/* A line: its parts, with styles of their own, then side_end(). */
void side_part(struct side_out *o, enum side_style style, const char *text);
void side_end(struct side_out *o);
/* Columns that a text takes on the screen: for wrapping. */
int side_width(const char *text, size_t bytes);

struct side_panel {
    void *self;
    const char *(*title)(void *self);                       /* "Lab 01: the exit" */
    /* A number that changes whenever lines() would say something else: nothing is painted while it stays. */
    uint64_t (*version)(void *self);
    void (*lines)(void *self, int cols, struct side_out *o); /* every line, top to bottom */
    /* What must be seen whatever the scroll position: it stays below the lines while it takes half of the room at most, and
     * follows them otherwise. No lines: there is nothing now. May be NULL. */
    void (*foot)(void *self, int cols, struct side_out *o);
    /* How far it is, in a few words for the frame. May be NULL. */
    const char *(*status)(void *self);
    /* The line where the current task begins: when it becomes another, it is scrolled to. May be NULL. */
    int (*anchor)(void *self, int cols);
};

#endif
