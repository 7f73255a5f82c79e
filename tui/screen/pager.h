/* pager.h: a text that can be scrolled and left: a command's output above the bar, help over everything. */
#ifndef TUI_SCREEN_PAGER_H
#define TUI_SCREEN_PAGER_H

#include <stdbool.h>
#include <stddef.h>

#include "canvas.h"

/* A place in a text that is folded between words; a folded line goes on below where its text began. */
struct fold { const char *p; int indent; };
size_t fold_bytes(struct fold at, int w);        /* of the row that begins there, w columns with its indent */
struct fold fold_next(struct fold at, int w);    /* the next row; *p is 0 at the end */

struct pager {
    bool open, failed;
    char title[96];
    char *text;
    int top;            /* first row shown */
    int rows, total;    /* shown and there are, when last drawn */
};

/* Takes a copy; out of memory closes it. */
void pager_show(struct pager *p, const char *title, const char *text, bool failed);
void pager_close(struct pager *p);
/* Rows that the text takes at this width. */
int pager_rows(const struct pager *p, int w);
void pager_draw(struct pager *p, struct area a, const char *hint);
void pager_scroll(struct pager *p, int rows); /* > 0: towards the end */
void pager_home(struct pager *p);
void pager_end(struct pager *p);

#endif
