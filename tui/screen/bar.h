/* bar.h: the command bar: GNU readline, whole, drawn by us.
 *
 * readline keeps its state in globals, so there is one bar in a process; bar.c owns it. Main thread only. */
#ifndef TUI_SCREEN_BAR_H
#define TUI_SCREEN_BAR_H

#include <stdbool.h>
#include <stddef.h>

#include "canvas.h"

struct bar_ops {
    void *self;
    void (*line)(void *self, const char *line);  /* Enter; NULL: Ctrl-D on an empty line */
    /* Candidates for the word that ends at point; returns where it begins. */
    size_t (*complete)(void *self, const char *line, size_t point, void (*add)(void *ctx, const char *word), void *ctx);
    /* Several candidates: show them. words[0..n). */
    void (*matches)(void *self, char **words, size_t n);
    /* The history is not kept any more, or ~/.inputrc cannot be read: a sentence. Said once. */
    void (*trouble)(void *self, const char *sentence);
};

/* Start readline. The history comes from the state directory (history.h). Before curses starts: both look up the terminal. */
void bar_open(const struct bar_ops *ops);
void bar_close(void);

void bar_prompt(const char *prompt);          /* plain text */
void bar_type(const void *bytes, size_t n);   /* keys as the terminal sent them */
/* Into the line: newlines and tabs become spaces, controls vanish. False: this piece did not fit and was left out. */
bool bar_paste(const char *bytes, size_t n);
void bar_clear(void);                         /* Ctrl-C */
bool bar_empty(void);                         /* no text, and not in a search */
bool bar_vi(void);                            /* editing mode vi: ESC belongs to the line */
void bar_size(int rows, int cols);
const char *bar_text(void);

/* Draw prompt and line; sets the canvas cursor when has_focus. */
void bar_draw(struct area a, bool has_focus);

#endif
