/* draw.c: one frame: header, panels, side panel, message, bar, function keys, and what lies over them. */
#include <stdio.h>
#include <string.h>

#include "bar.h"
#include "ui.h"

enum { SIDE_BESIDE = 110, SIDE_MIN_H = 6 };

/* The header's left side, in fewer and fewer words. */
static void head_left(const struct ui *u, const char *dot, int level, char *buf, size_t size)
{
    const char *noun = u->panels == 1 ? "guest" : "guests";
    struct machine *m = u->panels ? vcpu_machine(u->panel[u->s->focus].v) : NULL;
    buf[0] = '\0';
    if (!m) {
        snprintf(buf, size, level ? " vmlab" : " vmlab %s no guest is loaded", dot);
    } else if (level <= 1) { /* the whole reason, or "this host has no /dev/kvm" without the causes that may have */
        const char *why = machine_engine_reason(m), *name = machine_engine(m)->name;
        bool named = !strncmp(why, name, strlen(name)); /* "soft: ..." */
        size_t from = named ? strcspn(why, " ") : 0, n = level ? from + strcspn(why + from, ":") : strlen(why);
        snprintf(buf, size, " vmlab %s %u %s %s %s%s%.*s", dot, u->panels, noun, dot, named ? "" : name, named ? "" : ": ", (int)n, why);
    } else if (level == 2) {
        snprintf(buf, size, " vmlab %s %u %s %s %s", dot, u->panels, noun, dot, machine_engine(m)->title);
    } else if (level == 3) {
        snprintf(buf, size, " vmlab %s %u %s", dot, u->panels, noun);
    } else if (level == 4) {
        snprintf(buf, size, " vmlab");
    }
}

static void draw_header(struct ui *u, struct area a)
{
    unsigned count[VCPU_STATES] = { 0 };
    char right[160] = "", left[400] = "", more[48] = "";
    const char *dot = a.cv->glyphs->dot;
    size_t n = 0;
    static const struct { enum vcpu_state st; const char *word; } shown[] = {
        { VCPU_CREATED, "created" }, { VCPU_RUNNING, "running" }, { VCPU_HALTED, "halted" }, { VCPU_PAUSED, "PAUSED" },
        { VCPU_EXITED, "exited" }, { VCPU_FAILED, "FAILED" },
    };
    for (unsigned i = 0; i < u->panels; i++)
        count[u->panel[i].snap.state]++;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (count[shown[i].st])
            n += (size_t)snprintf(right + n, sizeof right - n, "%s%u %s", n ? " " : "", count[shown[i].st], shown[i].word);
    if (u->plan.pages > 1 && !u->zoom)
        snprintf(more, sizeof more, " %s page %u/%d", dot, u->s->focus / (unsigned)u->plan.per_page + 1, u->plan.pages);
    else if (u->zoom && u->s->side && u->side_at.h == 0) /* what it says meanwhile must not be missed */
        snprintf(more, sizeof more, " %s %sF12: the lab%s", dot, u->side_polled == u->side_version ? "zoomed, " : "", u->side_polled == u->side_version ? "" : " has news");
    else if (u->zoom && (u->panels > 1 || u->s->side))
        snprintf(more, sizeof more, " %s zoomed", dot);
    if ((int)n + text_width(more, SIZE_MAX) + 2 <= a.w)
        snprintf(right + n, sizeof right - n, "%s", more);
    area_fill(area_sub(a, 0, 0, a.w, 1), ROLE_HEAD, " ");
    int room = a.w - text_width(right, SIZE_MAX) - 2;
    /* As much as fits whole: a sentence cut off is worth less than the name alone. */
    for (int level = 0; level < 6; level++) {
        head_left(u, dot, level, left, sizeof left);
        if (text_width(left, SIZE_MAX) <= room)
            break;
    }
    area_fit(a, 0, 0, room, ROLE_HEAD, left);
    area_right(a, a.w - 1, 0, ROLE_HEAD, right);
}

static enum panel_focus focus_of(const struct ui *u, unsigned i)
{
    return i != u->s->focus || u->side_focus ? PANEL_PLAIN : u->input ? PANEL_INPUT : PANEL_FOCUS;
}

static void draw_panels(struct ui *u, struct area a)
{
    u->panels_at = a;
    memset(u->panel_at, 0, sizeof u->panel_at);
    u->plan = layout_plan(&u->layout, (int)u->panels, a.w, a.h);
    if (!u->panels) {
        area_text(a, 2, 1, ROLE_DIM, "No guest is loaded. Try:  load hello");
        return;
    }
    if (u->zoom || u->panels == 1) {
        u->panel_at[u->s->focus] = a;
        panel_draw(&u->panel[u->s->focus], a, focus_of(u, u->s->focus));
        return;
    }
    unsigned per = (unsigned)u->plan.per_page, first = u->s->focus / per * per;
    unsigned n = u->panels - first < per ? u->panels - first : per;
    for (unsigned i = 0; i < n; i++) {
        int x, y, w, h;
        layout_place(&u->plan, (int)n, (int)i, a.w, a.h, &x, &y, &w, &h);
        struct area p = area_sub(a, x, y, w, h);
        u->panel_at[first + i] = p;
        bool line = x + w < a.w;
        panel_draw(&u->panel[first + i], area_sub(p, 0, 0, p.w - line, p.h), focus_of(u, first + i));
        if (line)
            area_vline(p, p.w - 1);
    }
}

static void draw_middle(struct ui *u, struct area a)
{
    u->side_at = (struct area){ 0 };
    if (!u->s->side || (u->zoom && a.w < SIDE_BESIDE)) {
        draw_panels(u, a);
    } else if (a.w >= SIDE_BESIDE) {
        int w = a.w * 2 / 5 > 64 ? 64 : a.w * 2 / 5;
        draw_panels(u, area_sub(a, 0, 0, a.w - w, a.h));
        side_draw(u, area_sub(a, a.w - w, 0, w, a.h));
    } else {
        /* The text is what is read: the guests get what one row of panels needs, and a third at least. */
        int panels = PANEL_MIN_H + 1 > a.h / 3 ? PANEL_MIN_H + 1 : a.h / 3, h = a.h - panels;
        bool both = h >= SIDE_MIN_H; /* else one at a time: zoom changes over */
        memset(u->panel_at, 0, sizeof u->panel_at);
        if (both)
            draw_panels(u, area_sub(a, 0, h, a.w, a.h - h));
        side_draw(u, both ? area_sub(a, 0, 0, a.w, h) : a);
    }
}

static void draw_bar(struct ui *u, struct area a)
{
    char prompt[160];
    if (!u->panels) {
        bar_prompt("> ");
        bar_draw(a, true);
        return;
    }
    const struct panel *p = &u->panel[u->s->focus];
    if (u->input) {
        snprintf(prompt, sizeof prompt, "[%u %s] ", p->index, vcpu_name(p->v));
        int x = area_text(a, 0, 0, ROLE_PROMPT, prompt);
        area_fit(a, x, 0, a.w - x, ROLE_TEXT, "what you type goes to this guest; F2 brings you back here");
        return;
    }
    snprintf(prompt, sizeof prompt, "[%u %.24s %s] > ", p->index, vcpu_name(p->v), vcpu_state_name(p->snap.state));
    bar_prompt(prompt);
    bar_draw(a, !u->page.open && !u->side_focus);
}

static void draw_keys(struct ui *u, struct area a)
{
    const struct action *k;
    unsigned n = 0;
    int need = 0, x = 0;
    area_fill(a, ROLE_TEXT, " ");
    for (size_t i = 0; (k = action_at(i)); i++)
        if (k->label && !(k->ch == 12 && !u->s->side))
            need += (int)(strlen(k->name) + strlen(k->label)) + 1;
    bool tight = need > a.w; /* then without the F */
    for (size_t i = 0; (k = action_at(i)) && n < UI_KEYS; i++) {
        if (!k->label || (k->ch == 12 && !u->s->side))
            continue;
        const char *name = tight ? k->name + 1 : k->name;
        int w = (int)(strlen(name) + strlen(k->label));
        if (x + w > a.w)
            break;
        u->key_at[n].x = x;
        u->key_at[n].w = w;
        u->key_at[n++].action = k;
        int at = area_text(a, x, 0, ROLE_KEY, name);
        area_text(a, at, 0, ROLE_KEYNAME, k->label);
        x += w + 1;
    }
    u->keys_shown = n;
    u->key_row = a.y;
}

static void draw_matches(struct ui *u, struct area a)
{
    int widest = 0, n = (int)u->matches;
    for (int i = 0; i < n; i++)
        widest = text_width(u->match[i], SIZE_MAX) > widest ? text_width(u->match[i], SIZE_MAX) : widest;
    int w = widest + 2, cols = (a.w - 4) / w > 0 ? (a.w - 4) / w : 1, rows = (n + cols - 1) / cols;
    if (rows > a.h - 2)
        rows = a.h - 2;
    if (n < cols)
        cols = n;
    struct area box = area_sub(a, 0, a.h - rows - 2, cols * w + 4 > 24 ? cols * w + 4 : 24, rows + 2);
    area_fill(box, ROLE_TEXT, " ");
    area_box(box, ROLE_BORDER, "completions", ROLE_TITLE);
    for (int i = 0; i < n && i < rows * cols; i++)
        area_text(box, 2 + i / rows * w, 1 + i % rows, ROLE_TEXT, u->match[i]);
    if (n > rows * cols)
        area_printf(box, 2, box.h - 1, ROLE_LABEL, " and %d more ", n - rows * cols);
}

static void draw_over(struct ui *u, struct area middle)
{
    if (u->output.open) {
        /* Over the panels, not over a text beside them that the command may be from; one above them is covered if need be. */
        bool beside = u->panels_at.w < middle.w;
        struct area on = beside ? u->panels_at : middle;
        int most = beside ? on.h : on.h * 2 / 3, rows = pager_rows(&u->output, on.w - 4), h = rows + 2 < most ? rows + 2 : most;
        pager_draw(&u->output, area_sub(on, 0, on.h - h, on.w, h), "ESC closes");
    }
    if (u->matches)
        draw_matches(u, middle);
    if (u->page.open)
        pager_draw(&u->page, middle, "q or ESC leaves");
}

static void too_small(struct area a, int need_cols, int need_rows)
{
    char text[160];
    snprintf(text, sizeof text, "This terminal is %dx%d. vmlab needs %dx%d: make it larger, or the font smaller.", a.w, a.h, need_cols, need_rows);
    part_wrap(a, 0, ROLE_TEXT, text);
}

void ui_draw(struct ui *u)
{
    struct area a = canvas_area(&u->cv);
    canvas_clear(&u->cv);
    u->keys_shown = 0;
    if (a.w < UI_MIN_COLS || a.h < UI_MIN_ROWS) {
        too_small(a, UI_MIN_COLS, UI_MIN_ROWS);
        return;
    }
    struct area middle = area_sub(a, 0, 1, a.w, a.h - 4);
    draw_middle(u, middle); /* before the header, which names the page */
    draw_header(u, a);
    area_fit(a, 0, a.h - 3, a.w, u->message_role, u->message);
    draw_bar(u, area_sub(a, 0, a.h - 2, a.w, 1));
    draw_keys(u, area_sub(a, 0, a.h - 1, a.w, 1));
    canvas_join(&u->cv);
    draw_over(u, middle);
}
