/* layout.h: how many panels fit, and where. Pure arithmetic. */
#ifndef TUI_SCREEN_LAYOUT_H
#define TUI_SCREEN_LAYOUT_H

#include <stdbool.h>

enum { PANEL_MIN_W = 38, PANEL_MIN_H = 7 };
enum layout_kind { LAYOUT_AUTO, LAYOUT_ROWS, LAYOUT_COLUMNS, LAYOUT_GRID };
/* GRID: exactly cols x rows panels a page. */
struct layout { enum layout_kind kind; int cols, rows; };

/* "auto", "rows", "columns", "3x2". */
bool layout_parse(const char *name, struct layout *out);
int layout_name(const struct layout *l, char *buf, int size);

struct layout_plan { int cols, rows, per_page, pages; };
/* n panels in w x h cells. At least one fits a page, whatever the size. */
struct layout_plan layout_plan(const struct layout *l, int n, int w, int h);
/* The rectangle of the i-th panel of a page that shows n (<= per_page). A last row that is not full is stretched. */
void layout_place(const struct layout_plan *p, int n, int i, int w, int h, int *x, int *y, int *pw, int *ph);

#endif
