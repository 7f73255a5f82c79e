/* part_console.c: a window onto the guest's console. In a window narrower than the console long rows are folded between
 * words, so that nothing a guest prints is cut off. */
#include "panel.h"

#include <stdlib.h>

/* Cells [from, to) of the console, counted row after row: a line that the console wrapped is one line here. */
struct piece { int from, to; };
enum { PIECES = 8192 }; /* of the largest console (400x200) in half of the narrowest panel, folded after short words */

static const struct console_cell *at(struct console *c, int i) { return console_cell(c, i % console_cols(c), i / console_cols(c)); }

static bool blank(const struct console_cell *cell)
{
    return (cell->ch == ' ' || !cell->width) && cell->st.bg < 0 && !(cell->st.attr & ATTR_REVERSE);
}

/* Where to fold [from, end) to at most w columns: after a blank, if there is one. */
static int fold(struct console *c, int from, int end, int w)
{
    if (end - from <= w)
        return end;
    for (int i = from + w; i > from + w / 2; i--)
        if (at(c, i - 1)->ch == ' ')
            return i;
    return from + w;
}

/* The first row after those that make one line with this one: rows filled to the last column go on in the next. */
static int line_end(struct console *c, int row, int rows, int w)
{
    int cols = console_cols(c);
    while (w < cols && row + 1 < rows && !blank(console_cell(c, cols - 1, row)))
        row++;
    return row + 1;
}

static int split(struct console *c, int w, struct piece out[PIECES])
{
    int n = 0, rows = console_scrolled(c) ? console_rows(c) : console_used(c), cols = console_cols(c), cx, cy;
    console_cursor(c, &cx, &cy, NULL);
    for (int row = 0, next; row < rows; row = next) {
        next = line_end(c, row, rows, w);
        int from = row * cols, end = next * cols, cursor = cy * cols + cx;
        while (end > from && blank(at(c, end - 1)))
            end--;
        if (cursor >= end && cursor < next * cols - 1 && cursor >= from)
            end = cursor;
        do {
            int to = fold(c, from, end, w);
            if (n < PIECES)
                out[n++] = (struct piece){ from, to };
            from = to;
        } while (from < end);
    }
    return n;
}

void part_console(struct panel *p, struct area a, bool cursor)
{
    struct piece piece[PIECES];
    struct console *c = p->con;
    if (a.w < 1 || a.h < 1)
        return;
    int n = split(c, a.w, piece), cx, cy, top = n > a.h ? n - a.h : 0;
    bool visible;
    console_cursor(c, &cx, &cy, &visible);
    int here = cy * console_cols(c) + cx;
    /* Follow the cursor, not the last row: a full-screen program may write at the top. */
    for (int i = 0; i < n && !console_scrolled(c); i++)
        if (here >= piece[i].from && here <= piece[i].to && i < top)
            top = i;
    p->con_pieces = top;
    if (p->con_up > top)
        p->con_up = top;
    top -= p->con_up;
    struct style base = a.cv->theme->style[ROLE_TEXT];
    for (int y = 0; y < a.h && top + y < n; y++) {
        const struct piece *q = &piece[top + y];
        for (int i = q->from; i < q->to; i++) {
            const struct console_cell *cell = at(c, i);
            struct style st = { cell->st.fg < 0 ? base.fg : cell->st.fg, cell->st.bg < 0 ? base.bg : cell->st.bg, cell->st.attr };
            if (cell->width)
                area_char(a, i - q->from, y, st, cell->ch, cell->width);
        }
        bool last = top + y == n - 1 || piece[top + y + 1].from != q->to;
        if (cursor && visible && here >= q->from && (here < q->to || (last && here / console_cols(c) == (q->to ? q->to - (q->to > q->from) : 0) / console_cols(c)))) {
            int x = here - q->from;
            a.cv->cursor_x = a.x + (x < a.w ? x : a.w - 1);
            a.cv->cursor_y = a.y + y;
        }
    }
    if (p->con_up || console_scrolled(c))
        area_right(a, a.w, 0, ROLE_KEYNAME, " scrolled back ");
}
