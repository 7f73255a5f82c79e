/* list.h: `vmlab lab` without a number. */
#ifndef TUI_LAB_LIST_H
#define TUI_LAB_LIST_H
int list_labs(void);
#endif
