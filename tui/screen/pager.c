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

/* The column that the folded rest of the line beginning at p is put at: that of its text after "  name   ". */
static int hanging(const char *p, int w)
{
    int lead = (int)strspn(p, " "), col = lead;
    for (const char *q = p + lead; *q && *q != '\n' && col < w / 2; q++, col++)
        if (q[0] == ' ' && q[1] == ' ')
            return col + (int)strspn(q, " ") < w / 2 ? col + (int)strspn(q, " ") : lead;
    return lead < w / 2 ? lead : 0;
}

/* The bytes of the row that begins at text, at most w columns. */
static size_t row_bytes(const char *text, int w)
{
    size_t n = strcspn(text, "\n");
    if (text_width(text, n) <= w)
        return n;
    const char *p = text, *end = text + n, *space = NULL;
    int col = 0;
    while (p < end) {
        const char *q = p;
        int cw = char_width(text_next(&q, end));
        if (col + cw > w)
            break;
        if (*p == ' ' && col > w / 3)
            space = q;
        col += cw;
        p = q;
    }
    if (space && *p != ' ')
        p = space;
    return p > text ? (size_t)(p - text) : 1;
}

size_t fold_bytes(struct fold at, int w) { return row_bytes(at.p, w - at.indent); }

struct fold fold_next(struct fold at, int w)
{
    const char *p = at.p + fold_bytes(at, w);
    if (*p == '\n' || !*p)
        return (struct fold){ *p ? p + 1 : p, 0 };
    int indent = at.indent ? at.indent : hanging(at.p, w);
    while (*p == ' ')
        p++;
    return (struct fold){ p, indent };
}

int pager_rows(const struct pager *p, int w)
{
    int n = 0;
    if (w < 2 || !p->text)
        return 0;
    for (struct fold t = { p->text, 0 }; *t.p; t = fold_next(t, w))
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
    if (in.w < 2)
        return;
    struct fold t = { p->text, 0 };
    for (int i = 0; i < p->top; i++)
        t = fold_next(t, in.w);
    for (int y = 0; y < in.h && *t.p; y++, t = fold_next(t, in.w)) {
        snprintf(line, sizeof line, "%.*s", (int)fold_bytes(t, in.w), t.p);
        for (char *c = line; *c; c++)
            if (*c == '\t')
                *c = ' ';
        area_text(in, t.indent, y, p->failed ? ROLE_ERROR : ROLE_TEXT, line);
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
