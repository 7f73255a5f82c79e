/* pager.c: see pager.h. */
#include "pager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pager_show(struct pager *p, const char *title, const char *text, bool failed)
{
    char *copy = strdup(text);
    pager_close(p);
    if (!copy)
        return;
    p->text = copy;
    p->open = true;
    p->failed = failed;
    p->top = 0;
    snprintf(p->title, sizeof p->title, "%s", title);
}

void pager_close(struct pager *p)
{
    free(p->text);
    *p = (struct pager){ 0 };
}

/* The bytes of the row that begins at text, folded at a space if there is one. */
static size_t row_bytes(const char *text, int w)
{
    size_t n = strcspn(text, "\n");
    if (n <= (size_t)w || text_width(text, n) <= w)
        return n;
    const char *p = text, *end = text + n, *space = NULL;
    int col = 0;
    while (p < end) {
        const char *q = p;
        int cw = char_width(text_next(&q, end));
        if (col + cw > w)
            break;
        if (*p == ' ' && col > w / 2)
            space = q;
        col += cw;
        p = q;
    }
    if (space)
        p = space;
    return p > text ? (size_t)(p - text) : 1;
}

static const char *next_row(const char *text, int w)
{
    text += row_bytes(text, w);
    return *text == '\n' ? text + 1 : text;
}

int pager_rows(const struct pager *p, int w)
{
    int n = 0;
    for (const char *t = p->text; t && *t && w > 0; t = next_row(t, w))
        n++;
    return n;
}

void pager_draw(struct pager *p, struct area a, const char *hint)
{
    char line[1024];
    struct area in = area_sub(a, 2, 1, a.w - 4, a.h - 2);
    area_fill(a, ROLE_TEXT, " ");
    area_box(a, ROLE_BORDER, p->title, p->failed ? ROLE_ERROR : ROLE_TITLE_FOCUS);
    p->total = pager_rows(p, in.w);
    p->rows = in.h;
    if (p->top > p->total - in.h)
        p->top = p->total - in.h;
    if (p->top < 0)
        p->top = 0;
    const char *t = p->text;
    for (int i = 0; i < p->top; i++)
        t = next_row(t, in.w);
    for (int y = 0; y < in.h && *t; y++, t = next_row(t, in.w)) {
        snprintf(line, sizeof line, "%.*s", (int)row_bytes(t, in.w), t);
        for (char *c = line; *c; c++)
            if (*c == '\t')
                *c = ' ';
        area_text(in, 0, y, p->failed ? ROLE_ERROR : ROLE_TEXT, line);
    }
    if (p->total > in.h)
        snprintf(line, sizeof line, " %d-%d of %d %s PgUp/PgDn %s %s ", p->top + 1, p->top + in.h < p->total ? p->top + in.h : p->total, p->total,
                 a.cv->glyphs->dot, a.cv->glyphs->dot, hint);
    else
        snprintf(line, sizeof line, " %s ", hint);
    area_right(a, a.w - 2, a.h - 1, ROLE_LABEL, line);
}

void pager_scroll(struct pager *p, int rows)
{
    p->top += rows;
    if (p->top > p->total - p->rows)
        p->top = p->total - p->rows;
    if (p->top < 0)
        p->top = 0;
}

void pager_home(struct pager *p) { p->top = 0; }
void pager_end(struct pager *p) { p->top = p->total; }
