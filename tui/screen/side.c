/* side.c: the text beside the panels (side.h), drawn and scrolled. */
#include "side.h"

#include <stdio.h>
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

int side_width(const char *text, size_t bytes) { return text_width(text, bytes); }

static void clamp(struct ui *u)
{
    if (u->side_top > u->side_rows - u->side_seen)
        u->side_top = u->side_rows - u->side_seen;
    if (u->side_top < 0)
        u->side_top = 0;
}

static int rows_of(const struct side_panel *p, void (*lines)(void *self, int cols, struct side_out *o), int cols)
{
    struct side_out count = { .line = 0 };
    if (lines)
        lines(p->self, cols, &count);
    return count.line;
}

/* The lower frame: how far it is at the left, how to see the rest at the right, in the most words that fit. */
static void draw_frame(struct ui *u, struct area a)
{
    enum { SCROLLS, MORE, FOCUS, ALONE };
    static const char *const words[][2] = {
        [SCROLLS] = { " F12 scrolls ", " F12 " }, [MORE] = { " more below: F12, then arrows ", " more: F12 " },
        [FOCUS] = { " arrows scroll, ESC leaves ", " ESC leaves " }, [ALONE] = { " F12 scrolls, F3: the guest ", " F3: the guest " },
    };
    const struct side_panel *p = u->s->side;
    bool more = u->side_top + u->side_seen < u->side_rows, alone = u->panels && u->panel_at[u->s->focus].h == 0;
    const char *const *hint = words[u->side_focus ? FOCUS : alone ? ALONE : more ? MORE : SCROLLS];
    char status[64] = "";
    if (p->status && !u->side_focus && !alone)
        snprintf(status, sizeof status, " %s ", p->status(p->self));
    int room = a.w - 5 - text_width(status, SIZE_MAX);
    area_box(a, u->side_focus ? ROLE_LABEL : ROLE_BORDER, p->title(p->self), u->side_focus ? ROLE_TITLE_FOCUS : ROLE_TITLE);
    area_text(a, 2, a.h - 1, ROLE_LABEL, status);
    for (int i = 0; i < 2; i++)
        if (text_width(hint[i], SIZE_MAX) <= room) {
            area_right(a, a.w - 2, a.h - 1, ROLE_LABEL, hint[i]);
            break;
        }
    if (u->side_top > 0)
        area_text(a, a.w - 1, 1, ROLE_KEY, a.cv->glyphs->up);
    if (more)
        area_text(a, a.w - 1, u->side_seen, ROLE_KEY, a.cv->glyphs->down);
}

void side_draw(struct ui *u, struct area a)
{
    const struct side_panel *p = u->s->side;
    if (a.w < 8 || a.h < 3)
        return;
    struct area in = area_sub(a, 2, 1, a.w - 4, a.h - 2);
    uint64_t version = p->version(p->self); /* first of all: the panel looks at its subject here */
    int body = rows_of(p, p->lines, in.w), foot = rows_of(p, p->foot, in.w);
    bool pinned = foot && foot <= in.h / 2;
    u->side_seen = pinned ? in.h - foot - 1 : in.h;
    u->side_rows = foot && !pinned ? body + 1 + foot : body;
    u->side_at = a;
    if (version != u->side_version) {
        int anchor = foot && !pinned ? body + 1 : p->anchor ? p->anchor(p->self, in.w) : 0;
        if (anchor != u->side_anchor)
            u->side_top = anchor;
        u->side_anchor = anchor;
        u->side_version = version;
    }
    clamp(u);
    draw_frame(u, a);
    struct side_out o = { .a = area_sub(in, 0, 0, in.w, u->side_seen), .top = u->side_top };
    p->lines(p->self, in.w, &o);
    if (foot && !pinned) {
        side_end(&o);
        p->foot(p->self, in.w, &o);
    } else if (foot) {
        struct side_out f = { .a = area_sub(in, 0, u->side_seen + 1, in.w, foot) };
        area_fill(area_sub(in, 0, u->side_seen, in.w, 1), ROLE_BORDER, a.cv->glyphs->h);
        p->foot(p->self, in.w, &f);
    }
}

void side_scroll(struct ui *u, int rows)
{
    u->side_top += rows;
    clamp(u);
}

bool side_key(struct ui *u, const struct key_event *e)
{
    int page = u->side_seen > 1 ? u->side_seen - 1 : 1;
    switch (e->key) {
    case KEY_ESC: u->side_focus = false; return true;
    case KEY_UP: side_scroll(u, -1); return true;
    case KEY_DOWN: side_scroll(u, 1); return true;
    case KEY_PGUP: side_scroll(u, -page); return true;
    case KEY_PGDN: side_scroll(u, page); return true;
    case KEY_HOME: side_scroll(u, -u->side_rows); return true;
    case KEY_END: side_scroll(u, u->side_rows); return true;
    case KEY_CHAR:
        if (e->ch == ' ') {
            side_scroll(u, page);
            return true;
        }
        u->side_focus = false; /* typing goes on in the bar */
        return false;
    default: return false;
    }
}
