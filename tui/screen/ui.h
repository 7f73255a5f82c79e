/* ui.h: the screen's own state, shared by the files that make it up. Main thread only. */
#ifndef TUI_SCREEN_UI_H
#define TUI_SCREEN_UI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backlog.h"
#include "canvas.h"
#include "keys.h"
#include "layout.h"
#include "pager.h"
#include "panel.h"
#include "screen.h"
#include "side.h"

enum { UI_MIN_COLS = 40, UI_MIN_ROWS = 12, UI_FRAME_MS = 33, UI_MATCHES = 200, UI_KEYS = 16 };

struct ui_text { char *bytes; size_t n, room; bool failed; };

struct ui {
    struct session *s;
    struct canvas cv;
    struct panel panel[SESSION_VCPUS];
    unsigned panels;

    struct layout layout;
    struct layout_plan plan;
    bool zoom;
    bool input;               /* the keyboard belongs to the focused guest */
    bool side_focus;          /* ... to the side panel */
    int side_top, side_rows, side_seen, side_anchor; /* scrolling of the side panel: first row, all, those that are seen */
    uint64_t side_version, side_polled; /* what was drawn, what was last asked for */

    struct pager output, page; /* a command's output; help and long texts */
    char message[512];
    enum role message_role;
    char again[256];          /* what Enter on an empty line does once more; "": it zooms */
    char *match[UI_MATCHES];  /* completion candidates that are shown */
    size_t matches;
    struct ui_text stray;     /* what libraries printed */

    struct keys keys;
    struct out out;           /* collects a command's output */
    struct ui_text text;
    struct backlog backlog[SESSION_VCPUS]; /* keys and pastes that did not fit into a guest's queue yet */

    bool dirty, repaint, frozen;
    uint64_t frame_ms, sample_ms;

    /* Where things are on the screen now, for the mouse. */
    struct area panels_at, side_at, panel_at[SESSION_VCPUS];
    struct { int x, w; const struct action *action; } key_at[UI_KEYS];
    int key_row;
    unsigned keys_shown;
    int click_panel;
    uint64_t click_ms;
};

/* --- ui.c: what happens ------------------------------------------------------------------------------------------------- */
void ui_say(struct ui *u, enum role role, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void ui_focus(struct ui *u, unsigned index);
void ui_input(struct ui *u, bool on);         /* give the keyboard to the focused guest or take it back */
void ui_command(struct ui *u, const char *line);
void ui_script(struct ui *u);                 /* go on with --exec, -c, source */
void ui_send(struct ui *u, const char *bytes, size_t n); /* to the focused guest */
void ui_flush(struct ui *u);                  /* what did not fit into a guest's queue before */
bool ui_update(struct ui *u, bool all);       /* fetch snapshots and console output; all: every byte there is. True: something changed */
void ui_collect(void *u, const char *bytes, size_t n); /* the write of u->out */
void ui_quit(struct ui *u);
void text_add(struct ui_text *t, const char *bytes, size_t n);
uint64_t ui_now_ms(void);
extern const struct ui_ops screen_ui_ops;

/* --- draw.c ------------------------------------------------------------------------------------------------------------ */
void ui_draw(struct ui *u);

/* --- actions.c: keys ----------------------------------------------------------------------------------------------------- */
struct action {
    enum key key;
    uint32_t ch;
    unsigned mods;
    const char *name, *label; /* "F5", "Run"; label NULL: not on the bottom row */
    const char *help;
    const char *command;      /* runs this command, or... */
    void (*run)(struct ui *u);
};
const struct action *action_at(size_t i); /* NULL past the end */
void ui_key(struct ui *u, const struct key_event *e);
void ui_help(struct ui *u);
void ui_keys_text(struct ui_text *t);

/* --- side.c -------------------------------------------------------------------------------------------------------------- */
void side_draw(struct ui *u, struct area a);
bool side_key(struct ui *u, const struct key_event *e);
void side_scroll(struct ui *u, int rows);

/* --- dump.c: the cells, as text or as a picture ----------------------------------------------------------------------------- */
int dump_text(const struct canvas *cv, const char *path, struct vm_error *err);
int dump_svg(const struct canvas *cv, const char *path, struct vm_error *err);

#endif
