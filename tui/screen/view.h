/* view.h: what a panel can show on demand instead of the overview. One row a view. */
#ifndef TUI_SCREEN_VIEW_H
#define TUI_SCREEN_VIEW_H

#include "panel.h"
#include "vmm/error.h"

struct view {
    const char *name, *args, *about;
    /* "view NAME ARGS": argv[0] is the name. May be NULL: no arguments. */
    int (*open)(struct panel *p, int argc, char **argv, struct vm_error *err);
    void (*draw)(struct panel *p, struct area a);
    bool keep_console;   /* there is room for the console above it */
    int page;            /* lines that panel_scroll moves by for one wheel tick */
    void (*scroll)(struct panel *p, int lines); /* NULL: p->scroll is clamped by draw */
};

/* The table, NULL past the end. Row 0 is the overview: its draw is NULL. */
const struct view *view_at(size_t i);
const struct view *view_find(const char *name);

#endif
