/* console.c: libtsm behind a fence.
 *
 * libtsm 4.0 survives hostile bytes with two exceptions: CSI Z (back-tab) with the cursor past the last column reads one
 * byte out of bounds, and a resize in insert mode overflows. So back-tab never reaches it, it is never resized, and no
 * write is larger than 4 KB. What it answers (cursor reports, device attributes) is dropped: a guest's input comes from
 * the keyboard alone, on the screen as headless. */
#include "console.h"

#include <libtsm.h>
#include <stdlib.h>
#include <string.h>

enum { WRITE_MAX = 4096 };

/* Where we are in an escape sequence, as far as back-tab matters. */
enum fence { FENCE_TEXT, FENCE_ESC, FENCE_CSI };

struct console {
    struct tsm_screen *screen;
    struct tsm_vte *vte;
    int cols, rows, back;
    enum fence fence;
    unsigned char last;
    bool stale;                 /* cell[] is older than the screen */
    struct console_cell *cell;
};

static void ignore_answer(struct tsm_vte *vte, const char *u8, size_t len, void *data)
{
    (void)vte, (void)u8, (void)len, (void)data;
}

struct console *console_new(int cols, int rows)
{
    struct console *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->cols = cols;
    c->rows = rows;
    c->stale = true;
    c->cell = calloc((size_t)cols * (size_t)rows, sizeof *c->cell);
    if (!c->cell || tsm_screen_new(&c->screen, NULL, NULL) || tsm_vte_new(&c->vte, c->screen, ignore_answer, NULL, NULL, NULL) ||
        tsm_screen_resize(c->screen, (unsigned)cols, (unsigned)rows)) {
        console_free(c);
        return NULL;
    }
    tsm_screen_set_max_sb(c->screen, CONSOLE_HISTORY);
    return c;
}

void console_free(struct console *c)
{
    if (!c)
        return;
    if (c->vte)
        tsm_vte_unref(c->vte);
    if (c->screen) {
        tsm_screen_clear_sb(c->screen); /* unref forgets the history */
        tsm_screen_unref(c->screen);
    }
    free(c->cell);
    free(c);
}

void console_reset(struct console *c)
{
    tsm_vte_hard_reset(c->vte);
    tsm_screen_clear_sb(c->screen);
    tsm_screen_sb_reset(c->screen);
    c->fence = FENCE_TEXT;
    c->back = 0;
    c->stale = true;
}

/* The byte to hand on. A guest may hide CSI in ill-formed UTF-8, so the fence errs on the side of "this may be a
 * sequence": the final Z of such a thing becomes CAN, which ends a sequence and prints nothing. */
static unsigned char guard(struct console *c, unsigned char b)
{
    bool doubt = c->last >= 0x80;
    unsigned char out = b;
    if (b == 0x1b)
        c->fence = FENCE_ESC;
    else if (b == 0x9b)
        c->fence = FENCE_CSI;
    else if (c->fence == FENCE_CSI && b == 'Z')
        out = 0x18;
    else if (c->fence == FENCE_ESC && b == '[')
        c->fence = FENCE_CSI;
    if (out == 0x18 || b == 0x18 || b == 0x1a) {
        if (!doubt)
            c->fence = FENCE_TEXT;
    } else if (c->fence != FENCE_TEXT && b >= 0x30 && b <= 0x7e && !doubt &&
               (c->fence == FENCE_ESC ? b != '[' : b >= 0x40 && !(b == '[' && c->last == 0x1b))) {
        c->fence = FENCE_TEXT;
    }
    c->last = b;
    return out;
}

void console_write(struct console *c, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    char buf[WRITE_MAX];
    while (n) {
        size_t part = n < sizeof buf / 2 ? n : sizeof buf / 2, out = 0;
        for (size_t i = 0; i < part; i++) {
            if (p[i] == '\n') /* a guest's newline begins a line, as it does on the terminal of a headless run (ONLCR) */
                buf[out++] = '\r';
            buf[out++] = (char)guard(c, p[i]);
        }
        tsm_vte_input(c->vte, buf, out);
        p += part;
        n -= part;
        c->stale = true;
    }
}

int console_cols(const struct console *c) { return c->cols; }
int console_rows(const struct console *c) { return c->rows; }

static int to_colour(int8_t code)
{
    return code >= 0 && code < 16 ? code : -1; /* a palette of 256 is reduced to the terminal's own colour */
}

/* 24-bit and 256-colour text: the nearest of the eight colours; near grey stays the default. */
static int from_rgb(uint8_t r, uint8_t g, uint8_t b)
{
    int hi = r > g ? r : g, lo = r < g ? r : g;
    hi = b > hi ? b : hi;
    lo = b < lo ? b : lo;
    if (hi - lo < 48)
        return hi > 200 ? 15 : hi > 96 ? 7 : hi > 48 ? 8 : 0;
    int cut = (hi + lo) / 2, c = (r > cut ? 1 : 0) | (g > cut ? 2 : 0) | (b > cut ? 4 : 0);
    return hi > 180 ? c + 8 : c;
}

static int copy_cell(struct tsm_screen *con, uint64_t id, const uint32_t *ch, size_t len, unsigned width, unsigned x, unsigned y,
                     const struct tsm_screen_attr *attr, tsm_age_t age, void *data)
{
    (void)con, (void)id, (void)age;
    struct console *c = data;
    if (x >= (unsigned)c->cols || y >= (unsigned)c->rows)
        return 0;
    int fg = attr->fccode < 0 ? from_rgb(attr->fr, attr->fg, attr->fb) : to_colour(attr->fccode);
    int bg = attr->bccode < 0 ? from_rgb(attr->br, attr->bg, attr->bb) : to_colour(attr->bccode);
    c->cell[y * (unsigned)c->cols + x] = (struct console_cell){
        .ch = len && ch[0] >= 0x20 ? ch[0] : ' ',
        .width = width > 2 ? 2 : (uint8_t)width,
        .st = { (int8_t)fg, (int8_t)bg,
                (uint8_t)((attr->bold ? ATTR_BOLD : 0) | (attr->underline ? ATTR_UNDER : 0) | (attr->inverse ? ATTR_REVERSE : 0)) },
    };
    return 0;
}

static void refresh_cells(struct console *c)
{
    if (!c->stale)
        return;
    /* libtsm would paint its cursor as an inverted cell; ours is the terminal's. */
    bool hidden = tsm_screen_get_flags(c->screen) & TSM_SCREEN_HIDE_CURSOR;
    tsm_screen_set_flags(c->screen, TSM_SCREEN_HIDE_CURSOR);
    tsm_screen_draw(c->screen, copy_cell, c);
    if (!hidden)
        tsm_screen_reset_flags(c->screen, TSM_SCREEN_HIDE_CURSOR);
    c->stale = false;
}

const struct console_cell *console_cell(struct console *c, int x, int y)
{
    static const struct console_cell blank = { ' ', 1, { -1, -1, 0 } };
    refresh_cells(c);
    return x < 0 || y < 0 || x >= c->cols || y >= c->rows ? &blank : &c->cell[y * c->cols + x];
}

int console_used(struct console *c)
{
    refresh_cells(c);
    int x, y;
    console_cursor(c, &x, &y, NULL);
    for (int row = c->rows - 1; row > y; row--)
        for (int i = 0; i < c->cols; i++)
            if (c->cell[row * c->cols + i].ch != ' ')
                return row + 1;
    return y + 1;
}

void console_cursor(struct console *c, int *x, int *y, bool *visible)
{
    *x = (int)tsm_screen_get_cursor_x(c->screen);
    *y = (int)tsm_screen_get_cursor_y(c->screen);
    if (*x >= c->cols)
        *x = c->cols - 1;
    if (visible)
        *visible = !c->back && !(tsm_screen_get_flags(c->screen) & TSM_SCREEN_HIDE_CURSOR);
}

static uint64_t view_hash(struct console *c)
{
    c->stale = true;
    refresh_cells(c);
    uint64_t h = 14695981039346656037u;
    for (int i = 0; i < c->cols * c->rows; i++)
        h = (h ^ c->cell[i].ch) * 1099511628211u;
    return h;
}

/* libtsm does not tell where its view is, nor how long its history is: a view that moving up does not change, not even
 * all the way, is at the top. */
static bool up_one(struct console *c)
{
    uint64_t before = view_hash(c);
    tsm_screen_sb_up(c->screen, 1);
    if (view_hash(c) == before) {
        tsm_screen_sb_up(c->screen, CONSOLE_HISTORY);
        bool top = view_hash(c) == before;
        tsm_screen_sb_reset(c->screen);
        tsm_screen_sb_up(c->screen, (unsigned)(c->back + (top ? 0 : 1)));
        if (top)
            return false;
    }
    c->back++;
    return true;
}

int console_scroll(struct console *c, int delta)
{
    for (; delta > 0 && c->back < CONSOLE_HISTORY && up_one(c); delta--)
        ;
    if (delta < 0) {
        c->back = c->back + delta > 0 ? c->back + delta : 0;
        tsm_screen_sb_reset(c->screen);
        tsm_screen_sb_up(c->screen, (unsigned)c->back);
    }
    c->stale = true;
    return c->back;
}

int console_scrolled(const struct console *c) { return c->back; }

void console_live(struct console *c)
{
    tsm_screen_sb_reset(c->screen);
    c->back = 0;
    c->stale = true;
}
