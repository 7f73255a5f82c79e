/* canvas.h: the screen as a grid of cells in memory. Everything that draws draws here, clipped to its area; the terminal
 * (term.c), dump-screen and the screenshots read the cells. */
#ifndef TUI_SCREEN_CANVAS_H
#define TUI_SCREEN_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "theme.h"
#include "tui/utf8.h"

struct cell { uint32_t ch; /* 0: the right half of a wide character */ struct style st; uint8_t line; /* LINE_*: ours, and may be joined */ };
enum { LINE_NONE, LINE_H, LINE_V };

struct canvas {
    int cols, rows;
    struct cell *cell;
    const struct theme *theme;
    const struct glyphs *glyphs;
    bool ascii;             /* the terminal shows nothing but ASCII */
    int cursor_x, cursor_y; /* -1: hidden */
};

int canvas_resize(struct canvas *cv, int cols, int rows); /* 0 or -ENOMEM; clears */
void canvas_free(struct canvas *cv);
void canvas_clear(struct canvas *cv);

/* A rectangle of a canvas: coordinates are relative to it, nothing is drawn outside. */
struct area { struct canvas *cv; int x, y, w, h; };
struct area canvas_area(struct canvas *cv);
/* The part of a that starts at x, y; shrunk to what fits. */
struct area area_sub(struct area a, int x, int y, int w, int h);

void area_fill(struct area a, enum role role, const char *glyph);
/* One character that takes width columns. */
void area_char(struct area a, int x, int y, struct style st, uint32_t ch, int width);
/* Text from x on, UTF-8, control characters as '?'. Returns the column after it; text that does not fit is cut. */
int area_text(struct area a, int x, int y, enum role role, const char *text);
int area_printf(struct area a, int x, int y, enum role role, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Same, but text wider than max columns ends in an ellipsis. */
int area_fit(struct area a, int x, int y, int max, enum role role, const char *text);
/* Right-aligned to end before column right. */
void area_right(struct area a, int right, int y, enum role role, const char *text);
void area_style(struct area a, int x, int y, int w, enum role role); /* restyle cells */
/* A line of the frame, across the area's first row or down its first column. */
void area_hline(struct area a, int y);
void area_vline(struct area a, int x);
/* Where lines of the frame meet, make them meet. */
void canvas_join(struct canvas *cv);
void area_box(struct area a, enum role role, const char *title, enum role title_role);

/* The cells as UTF-8 text, one line a row, trailing blanks removed. Caller frees. */
char *canvas_text(const struct canvas *cv);

#endif
