/* term.h: the real terminal: entering and leaving it, its size, its signals, and getting a canvas onto it.
 *
 * ncurses only paints here. There is one terminal in a process (signal handlers must find it); term.c owns it. */
#ifndef TUI_SCREEN_TERM_H
#define TUI_SCREEN_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "canvas.h"
#include "vmm/error.h"

struct term_config { bool ascii, mouse; };

/* Take the terminal. Fails (nothing changed) when stdin or stdout is no terminal, or TERM is unknown or too poor. */
int term_open(const struct term_config *c, struct vm_error *err);
/* Give it back as it was; what libraries printed meanwhile goes to stderr now. Safe to call twice. */
void term_close(void);

int term_fd(void);        /* keyboard */
int term_signal_fd(void); /* readable: call term_signals() */
int term_stray_fd(void);  /* readable: call term_stray() */

enum { TERM_RESIZED = 1, TERM_STOP = 2, TERM_CONTINUED = 4, TERM_END = 8 };
/* What happened since the last call. *end_signal: which signal asked for the end. */
unsigned term_signals(int *end_signal);
/* What a library printed: up to size - 1 bytes. */
size_t term_stray(char *buf, size_t size);

void term_size(int *cols, int *rows);
void term_resized(void);                 /* tell curses the new size */
void term_ending(void);                   /* a signal ends us: further ones must not cut short what is still saved after term_close */
void term_continued(void);                /* SIGCONT came: take the terminal again */
void term_suspend(bool whole_job);       /* stop, as Ctrl-Z does; returns when continued, the terminal set up again */
void term_mouse(bool on);
bool term_has_mouse(void);
bool term_colours(void);
const struct glyphs *term_glyphs(bool *ascii);

/* Paint what differs from what is there. all: paint everything. */
void term_paint(const struct canvas *cv, bool all);

#endif
