/* side.c: the text beside the panels (side.h), drawn and scrolled. */
#include "side.h"

#include <string.h>

#include "ui.h"

/* Lines are drawn as they are emitted; those above the scroll position are counted only. */
struct side_out { struct area a; int top, line, x; };

static const enum role look[] = {
    [SIDE_TEXT] = ROLE_TEXT, [SIDE_HEADING] = ROLE_KEY, [SIDE_CODE] = ROLE_LABEL, [SIDE_DIM] = ROLE_DIM,
    [SIDE_GOOD] = ROLE_GOOD, [SIDE_BAD] = ROLE_ERROR, [SIDE_EMPHASIS] = ROLE_CHANGED,
};

void side_part(struct side_out *o, enum side_style style, const char *text)
{
    int y = o->line - o->top;
    if (o->a.cv && y >= 0 && y < o->a.h)
        area_text(o->a, o->x, y, (size_t)style < sizeof look / sizeof *look ? look[style] : ROLE_TEXT, text);
    o->x += text_width(text, SIZE_MAX);
}

void side_end(struct side_out *o)
{
    o->line++;
    o->x = 0;
}

void side_line(struct side_out *o, enum side_style style, const char *text)
{
    side_part(o, style, text);
    side_end(o);
}

int side_width(const char *text, size_t bytes) { return text_width(text, bytes); }

static void clamp(struct ui *u)
{
    if (u->side_top > u->side_rows - u->side_at.h + 2)
        u->side_top = u->side_rows - u->side_at.h + 2;
    if (u->side_top < 0)
        u->side_top = 0;
}

void side_draw(struct ui *u, struct area a)
{
    const struct side_panel *p = u->s->side;
    const struct glyphs *g = a.cv->glyphs;
    enum role title = u->side_focus ? ROLE_TITLE_FOCUS : ROLE_TITLE;
    if (a.w < 8 || a.h < 3)
        return;
    struct area in = area_sub(a, 2, 1, a.w - 4, a.h - 2);
    struct side_out count = { .line = 0 };
    p->lines(p->self, in.w, &count);
    u->side_rows = count.line;
    uint64_t version = p->version(p->self);
    int anchor = version != u->side_version && p->anchor ? p->anchor(p->self, in.w) : -1;
    u->side_version = version;
    u->side_at = a;
    if (anchor >= 0 && (anchor < u->side_top || anchor >= u->side_top + in.h))
        u->side_top = anchor - in.h / 4;
    clamp(u);
    area_box(a, u->side_focus ? ROLE_LABEL : ROLE_BORDER, p->title(p->self), title);
    struct side_out o = { .a = in, .top = u->side_top };
    p->lines(p->self, in.w, &o);
    if (u->side_top > 0)
        area_text(a, a.w - 1, 1, ROLE_KEY, g->up);
    if (u->side_top + in.h < u->side_rows)
        area_text(a, a.w - 1, a.h - 2, ROLE_KEY, g->down);
    area_right(a, a.w - 2, a.h - 1, ROLE_LABEL, u->side_focus ? " arrows scroll, ESC leaves " : u->side_top + in.h < u->side_rows ? " more below: F12, then arrows " : " F12 scrolls ");
}

void side_scroll(struct ui *u, int rows)
{
    u->side_top += rows;
    clamp(u);
}

bool side_key(struct ui *u, const struct key_event *e)
{
    int page = u->side_at.h > 4 ? u->side_at.h - 3 : 1;
    switch (e->key) {
    case KEY_ESC: u->side_focus = false; return true;
    case KEY_UP: side_scroll(u, -1); return true;
    case KEY_DOWN: side_scroll(u, 1); return true;
    case KEY_PGUP: side_scroll(u, -page); return true;
    case KEY_PGDN: side_scroll(u, page); return true;
    case KEY_HOME: side_scroll(u, -u->side_rows); return true;
    case KEY_END: side_scroll(u, u->side_rows); return true;
    case KEY_CHAR:
        if (!e->mods && u->s->side->key && (e->ch == '\r' || e->ch >= 0x20) && u->s->side->key(u->s->side->self, e->ch))
            return true;
        if (e->ch == ' ') {
            side_scroll(u, page);
            return true;
        }
        u->side_focus = false; /* typing goes on in the bar */
        return false;
    default: return false;
    }
}
