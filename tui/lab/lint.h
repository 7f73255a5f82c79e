/* lint.h: `vmlab lab lint DIR`: is this lab whole, and can it be solved? */
#ifndef TUI_LAB_LINT_H
#define TUI_LAB_LINT_H

/* Prints what is wrong, file:line first; returns how many things are. */
unsigned lint_lab(const char *dir);

#endif
