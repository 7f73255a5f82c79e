/* canvas.c: cells, clipped drawing. */
#include "canvas.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

int canvas_resize(struct canvas *cv, int cols, int rows)
{
    struct cell *cell = calloc((size_t)cols * (size_t)rows, sizeof *cell);
    if (!cell)
        return -ENOMEM;
    free(cv->cell);
    cv->cell = cell;
    cv->cols = cols;
    cv->rows = rows;
    canvas_clear(cv);
    return 0;
}

void canvas_free(struct canvas *cv)
{
    free(cv->cell);
    cv->cell = NULL;
    cv->cols = cv->rows = 0;
}

void canvas_clear(struct canvas *cv)
{
    struct cell blank = { ' ', cv->theme->style[ROLE_TEXT], LINE_NONE };
    for (int i = 0; i < cv->cols * cv->rows; i++)
        cv->cell[i] = blank;
    cv->cursor_x = cv->cursor_y = -1;
}

struct area canvas_area(struct canvas *cv) { return (struct area){ cv, 0, 0, cv->cols, cv->rows }; }

struct area area_sub(struct area a, int x, int y, int w, int h)
{
    if (x < 0) { w += x; x = 0; }
    if (y < 0) { h += y; y = 0; }
    if (w > a.w - x) w = a.w - x;
    if (h > a.h - y) h = a.h - y;
    return (struct area){ a.cv, a.x + x, a.y + y, w > 0 ? w : 0, h > 0 ? h : 0 };
}

/* What a terminal could take for a command, or cannot show, is a '?'. */
static uint32_t shown(const struct canvas *cv, uint32_t ch)
{
    if (ch < 0x20 || (ch >= 0x7f && ch < 0xa0))
        return '?';
    if (ch < 0x80)
        return ch;
    if (cv->ascii || ch == 0x2028 || ch == 0x2029 || (ch >= 0x202a && ch <= 0x202e) || (ch >= 0x2066 && ch <= 0x2069))
        return '?';
    return wcwidth((wchar_t)ch) < 0 ? '?' : ch;
}

void area_char(struct area a, int x, int y, struct style st, uint32_t ch, int width)
{
    if (x < 0 || y < 0 || y >= a.h || x >= a.w || width < 1)
        return;
    struct cell *row = a.cv->cell + (size_t)(a.y + y) * (size_t)a.cv->cols;
    int at = a.x + x;
    /* Half a wide character makes no sense: what is overwritten in part becomes blank. */
    if (!row[at].ch && at > 0)
        row[at - 1].ch = ' ';
    if (width == 2 && (x + 1 >= a.w || a.cv->ascii)) {
        ch = a.cv->ascii ? '?' : ' ';
        width = 1;
    }
    ch = shown(a.cv, ch);
    if (width == 1 && char_width(ch) != 1)
        ch = '?'; /* the terminal would draw over the next cell, or the one before */
    row[at] = (struct cell){ ch, st, LINE_NONE };
    int next = at + 1;
    if (width == 2) {
        if (char_width(ch) == 2)
            row[next] = (struct cell){ 0, st, LINE_NONE };
        else
            row[next] = (struct cell){ ' ', st, LINE_NONE };
        next++;
    }
    if (next < a.cv->cols && !row[next].ch)
        row[next].ch = ' ';
}

static int draw(struct area a, int x, int y, int max, enum role role, const char *text, bool dots)
{
    struct style st = a.cv->theme->style[role];
    const char *end = text + strlen(text);
    int limit = x + max < a.w ? x + max : a.w;
    bool cut = dots && x + text_width(text, SIZE_MAX) > limit;
    int room = cut ? limit - 1 : limit;
    for (uint32_t ch; (ch = text_next(&text, end));) {
        int w = char_width(ch);
        if (!w)
            continue;
        if (x + w > room)
            break;
        area_char(a, x, y, st, ch, w);
        x += w;
    }
    if (cut && x < limit && room >= 0) {
        const char *e = a.cv->glyphs->ellipsis;
        area_char(a, x, y, st, text_next(&e, e + strlen(e)), 1);
        x++;
    }
    return x;
}

int area_text(struct area a, int x, int y, enum role role, const char *text)
{
    return draw(a, x, y, a.w, role, text, false);
}

int area_fit(struct area a, int x, int y, int max, enum role role, const char *text)
{
    return max > 0 ? draw(a, x, y, max, role, text, true) : x;
}

int area_printf(struct area a, int x, int y, enum role role, const char *fmt, ...)
{
    char buf[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(buf, sizeof buf, fmt, ap);
    va_end(ap);
    return area_text(a, x, y, role, buf);
}

void area_right(struct area a, int right, int y, enum role role, const char *text)
{
    int x = right - text_width(text, SIZE_MAX);
    area_text(a, x > 0 ? x : 0, y, role, text);
}

void area_fill(struct area a, enum role role, const char *glyph)
{
    const char *p = glyph;
    uint32_t ch = text_next(&p, glyph + strlen(glyph));
    for (int y = 0; y < a.h; y++)
        for (int x = 0; x < a.w; x++)
            area_char(a, x, y, a.cv->theme->style[role], ch, 1);
}

void area_style(struct area a, int x, int y, int w, enum role role)
{
    if (y < 0 || y >= a.h)
        return;
    for (int i = x < 0 ? 0 : x; i < x + w && i < a.w; i++)
        a.cv->cell[(size_t)(a.y + y) * (size_t)a.cv->cols + (size_t)(a.x + i)].st = a.cv->theme->style[role];
}

static void mark(struct area a, uint8_t line)
{
    for (int y = 0; y < a.h; y++)
        for (int x = 0; x < a.w; x++)
            a.cv->cell[(size_t)(a.y + y) * (size_t)a.cv->cols + (size_t)(a.x + x)].line = line;
}

void area_hline(struct area a, int y)
{
    struct area l = area_sub(a, 0, y, a.w, 1);
    area_fill(l, ROLE_BORDER, a.cv->glyphs->h);
    mark(l, LINE_H);
}

void area_vline(struct area a, int x)
{
    struct area l = area_sub(a, x, 0, 1, a.h);
    area_fill(l, ROLE_BORDER, a.cv->glyphs->v);
    mark(l, LINE_V);
}

static uint8_t line_at(const struct canvas *cv, int x, int y)
{
    return x < 0 || y < 0 || x >= cv->cols || y >= cv->rows ? LINE_NONE : cv->cell[y * cv->cols + x].line;
}

void canvas_join(struct canvas *cv)
{
    for (int y = 0; y < cv->rows; y++)
        for (int x = 0; x < cv->cols; x++) {
            uint8_t line = line_at(cv, x, y);
            if (line == LINE_NONE)
                continue;
            bool left = line == LINE_H ? line_at(cv, x - 1, y) != LINE_NONE : line_at(cv, x - 1, y) == LINE_H;
            bool right = line == LINE_H ? line_at(cv, x + 1, y) != LINE_NONE : line_at(cv, x + 1, y) == LINE_H;
            bool up = line == LINE_V ? line_at(cv, x, y - 1) != LINE_NONE : line_at(cv, x, y - 1) == LINE_V;
            bool down = line == LINE_V ? line_at(cv, x, y + 1) != LINE_NONE : line_at(cv, x, y + 1) == LINE_V;
            const char *g = (left || right) && (up || down) ? cv->glyphs->join[(left ? 1 : 0) + (right ? 2 : 0) + (up ? 4 : 0) + (down ? 8 : 0)] : NULL;
            if (g)
                cv->cell[y * cv->cols + x].ch = text_next(&g, g + strlen(g));
        }
}

void area_box(struct area a, enum role role, const char *title, enum role title_role)
{
    if (a.w < 2 || a.h < 2)
        return;
    const struct glyphs *g = a.cv->glyphs;
    area_fill(area_sub(a, 0, 0, a.w, 1), role, g->h);
    area_fill(area_sub(a, 0, a.h - 1, a.w, 1), role, g->h);
    area_fill(area_sub(a, 0, 0, 1, a.h), role, g->v);
    area_fill(area_sub(a, a.w - 1, 0, 1, a.h), role, g->v);
    area_text(a, 0, 0, role, g->tl);
    area_text(a, a.w - 1, 0, role, g->tr);
    area_text(a, 0, a.h - 1, role, g->bl);
    area_text(a, a.w - 1, a.h - 1, role, g->br);
    if (title && *title && a.w > 6) {
        area_text(a, 2, 0, title_role, " ");
        int x = area_fit(a, 3, 0, a.w - 6, title_role, title);
        area_text(a, x, 0, title_role, " ");
    }
}

char *canvas_text(const struct canvas *cv)
{
    char *out = malloc((size_t)cv->rows * ((size_t)cv->cols * 4 + 1) + 1), *p = out;
    if (!out)
        return NULL;
    for (int y = 0; y < cv->rows; y++) {
        char *last = p;
        for (int x = 0; x < cv->cols; x++) {
            uint32_t ch = cv->cell[y * cv->cols + x].ch;
            if (!ch)
                continue;
            char u[5];
            int n = text_encode(ch, u);
            memcpy(p, u, (size_t)n);
            p += n;
            if (ch != ' ')
                last = p;
        }
        p = last;
        *p++ = '\n';
    }
    *p = '\0';
    return out;
}
