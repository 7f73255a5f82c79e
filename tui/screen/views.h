/* views.h: the functions behind the rows of view.c. */
#ifndef TUI_SCREEN_VIEWS_H
#define TUI_SCREEN_VIEWS_H

#include "view.h"

void console_draw(struct panel *p, struct area a);
void console_back(struct panel *p, int lines);
int mem_open(struct panel *p, int argc, char **argv, struct vm_error *err);
void mem_draw(struct panel *p, struct area a);
void mem_scroll(struct panel *p, int lines);
int stack_open(struct panel *p, int argc, char **argv, struct vm_error *err);
void stack_draw(struct panel *p, struct area a);
int trace_open(struct panel *p, int argc, char **argv, struct vm_error *err);
void trace_draw(struct panel *p, struct area a);
void trace_scroll(struct panel *p, int lines);
int code_open(struct panel *p, int argc, char **argv, struct vm_error *err);
void code_draw(struct panel *p, struct area a);
void places_draw(struct panel *p, struct area a);
void histogram_draw(struct panel *p, struct area a);
int walk_open(struct panel *p, int argc, char **argv, struct vm_error *err);
void walk_draw(struct panel *p, struct area a);
void tables_draw(struct panel *p, struct area a);
void devices_draw(struct panel *p, struct area a);
void allregs_draw(struct panel *p, struct area a);

/* For views that draw line by line and are scrolled by p->scroll: begin, a call a line, end clamps and marks. */
struct sheet { struct panel *p; struct area a; int line; };
struct sheet sheet_begin(struct panel *p, struct area a);
/* The row this line is drawn on, or -1 when it is scrolled out. */
int sheet_row(struct sheet *s);
void sheet_printf(struct sheet *s, enum role role, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void sheet_end(struct sheet *s);
/* "0x1000", a register: sets p->addr, or follows the register (p->filter holds its name). */
int view_address(struct panel *p, int argc, char **argv, struct vm_error *err);
uint64_t view_where(const struct panel *p, uint64_t otherwise);

#endif
