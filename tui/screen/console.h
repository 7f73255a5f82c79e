/* console.h: the terminal that a guest believes to write to. Fixed size, hostile input expected; the one file that knows
 * libtsm (see docs/screen.md for what it is kept from doing, and why). */
#ifndef TUI_SCREEN_CONSOLE_H
#define TUI_SCREEN_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "theme.h"

struct console;

enum { CONSOLE_COLS = 80, CONSOLE_ROWS = 25, CONSOLE_HISTORY = 1000 };

struct console *console_new(int cols, int rows); /* NULL: out of memory */
void console_free(struct console *c);
void console_reset(struct console *c);
void console_write(struct console *c, const void *bytes, size_t n);

int console_cols(const struct console *c);
int console_rows(const struct console *c);
/* Rows that hold anything or are above the cursor: what a small window must show. */
int console_used(struct console *c);
void console_cursor(struct console *c, int *x, int *y, bool *visible);
/* Scroll back (delta > 0) or forward; 0 lines back is live. Returns how many lines back the view is. */
int console_scroll(struct console *c, int delta);
int console_scrolled(const struct console *c);
void console_live(struct console *c);

struct console_cell { uint32_t ch; uint8_t width; struct style st; };
/* The cell at column x, row y of the current view. */
const struct console_cell *console_cell(struct console *c, int x, int y);

#endif
