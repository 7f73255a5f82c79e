/* part_console.c: a window onto the guest's console. In a window narrower than the console long rows are folded between
 * words, so that nothing a guest prints is cut off. */
#include "panel.h"

#include <stdlib.h>

struct piece { int row, from, to; };
enum { PIECES = 512 };

static int row_length(struct console *c, int row)
{
    int n = console_cols(c);
    for (; n > 0; n--) {
        const struct console_cell *cell = console_cell(c, n - 1, row);
        if ((cell->ch != ' ' && cell->width) || cell->st.bg >= 0 || cell->st.attr & ATTR_REVERSE)
            break;
    }
    return n;
}

/* Where to fold [from, len) to at most w columns. */
static int fold(struct console *c, int row, int from, int len, int w)
{
    if (len - from <= w)
        return len;
    for (int x = from + w; x > from + w / 2; x--)
        if (console_cell(c, x - 1, row)->ch == ' ')
            return x;
    return from + w;
}

static int split(struct console *c, int w, struct piece out[PIECES])
{
    int n = 0, rows = console_scrolled(c) ? console_rows(c) : console_used(c), cx, cy;
    console_cursor(c, &cx, &cy, NULL);
    for (int row = 0; row < rows; row++) {
        int len = row_length(c, row), from = 0;
        if (row == cy && cx >= len)
            len = cx + 1 < console_cols(c) ? cx : len;
        do {
            int to = fold(c, row, from, len, w);
            if (n < PIECES)
                out[n++] = (struct piece){ row, from, to };
            from = to;
        } while (from < len);
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
    /* Follow the cursor, not the last row: a full-screen program may write at the top. */
    for (int i = 0; i < n && !console_scrolled(c); i++)
        if (piece[i].row == cy && cx >= piece[i].from && (cx <= piece[i].to || i == n - 1) && i < top)
            top = i;
    p->con_pieces = top;
    if (p->con_up > top)
        p->con_up = top;
    top -= p->con_up;
    struct style base = a.cv->theme->style[ROLE_TEXT];
    for (int y = 0; y < a.h && top + y < n; y++) {
        const struct piece *q = &piece[top + y];
        for (int x = q->from; x < q->to; x++) {
            const struct console_cell *cell = console_cell(c, x, q->row);
            struct style st = { cell->st.fg < 0 ? base.fg : cell->st.fg, cell->st.bg < 0 ? base.bg : cell->st.bg, cell->st.attr };
            if (cell->width)
                area_char(a, x - q->from, y, st, cell->ch, cell->width);
        }
        bool last = top + y == n - 1 || piece[top + y + 1].row != q->row;
        if (cursor && visible && q->row == cy && cx >= q->from && (cx < q->to || last)) {
            int x = cx - q->from;
            a.cv->cursor_x = a.x + (x < a.w ? x : a.w - 1);
            a.cv->cursor_y = a.y + y;
        }
    }
    if (p->con_up || console_scrolled(c))
        area_right(a, a.w, 0, ROLE_KEYNAME, " scrolled back ");
}
