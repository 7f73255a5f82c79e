/* layout.c: the grid of panels. */
#include "layout.h"

#include <stdio.h>
#include <string.h>

bool layout_parse(const char *name, struct layout *out)
{
    struct layout l = { LAYOUT_GRID, 0, 0 };
    int end = -1;
    if (!strcmp(name, "auto"))
        l.kind = LAYOUT_AUTO;
    else if (!strcmp(name, "rows"))
        l.kind = LAYOUT_ROWS;
    else if (!strcmp(name, "columns"))
        l.kind = LAYOUT_COLUMNS;
    else if (sscanf(name, "%2dx%2d%n", &l.cols, &l.rows, &end) != 2 || end < 0 || name[end] || l.cols < 1 || l.rows < 1 || l.cols > 8 || l.rows > 16)
        return false;
    *out = l;
    return true;
}

int layout_name(const struct layout *l, char *buf, int size)
{
    static const char *const names[] = { "auto", "rows", "columns" };
    if (l->kind == LAYOUT_GRID)
        return snprintf(buf, (size_t)size, "%dx%d", l->cols, l->rows);
    return snprintf(buf, (size_t)size, "%s", names[l->kind]);
}

static int at_least_1(int v) { return v > 1 ? v : 1; }
static int min(int a, int b) { return a < b ? a : b; }
static int ceil_div(int a, int b) { return (a + b - 1) / b; }

/* How well a panel of w x h serves, 0..10000: a full console beside it is all that one could want. */
static int score(int w, int h)
{
    return min(w, 80) * 100 / 80 * (min(h, 25) * 100 / 25);
}

static struct layout_plan best_grid(int n, int w, int h)
{
    int max_cols = at_least_1(w / PANEL_MIN_W), max_rows = at_least_1(h / PANEL_MIN_H);
    int shown = min(n, max_cols * max_rows), best = -1;
    struct layout_plan p = { 1, 1, 1, n };
    /* Of equal grids the one with more columns: consoles of different guests are read side by side. */
    for (int cols = 1; cols <= max_cols; cols++) {
        int rows = ceil_div(shown, cols);
        if (rows > max_rows)
            continue;
        int s = score(w / cols, h / rows);
        if (s >= best) {
            best = s;
            p = (struct layout_plan){ cols, rows, cols * rows, 0 };
        }
    }
    return p;
}

struct layout_plan layout_plan(const struct layout *l, int n, int w, int h)
{
    int max_cols = at_least_1(w / PANEL_MIN_W), max_rows = at_least_1(h / PANEL_MIN_H);
    struct layout_plan p;
    n = at_least_1(n);
    switch (l->kind) {
    case LAYOUT_ROWS: p = (struct layout_plan){ 1, min(n, max_rows), 0, 0 }; break;
    case LAYOUT_COLUMNS: p = (struct layout_plan){ min(n, max_cols), 1, 0, 0 }; break;
    case LAYOUT_GRID: p = (struct layout_plan){ min(l->cols, max_cols), min(l->rows, max_rows), 0, 0 }; break;
    case LAYOUT_AUTO:
    default: p = best_grid(n, w, h); break;
    }
    p.per_page = p.cols * p.rows;
    p.pages = ceil_div(n, p.per_page);
    return p;
}

void layout_place(const struct layout_plan *p, int n, int i, int w, int h, int *x, int *y, int *pw, int *ph)
{
    int rows = ceil_div(at_least_1(n), p->cols), row = i / p->cols;
    /* One page keeps the grid that fills it; the last of several pages keeps the size of the others. */
    if (p->pages > 1)
        rows = p->rows;
    int in_row = row == n / p->cols && p->pages == 1 ? n - row * p->cols : p->cols, col = i % p->cols;
    *x = col * w / in_row;
    *pw = (col + 1) * w / in_row - *x;
    *y = row * h / rows;
    *ph = (row + 1) * h / rows - *y;
}
