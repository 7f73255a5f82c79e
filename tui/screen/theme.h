/* theme.h: how roles look. Drawing code names a role ("changed register"), never a colour; a theme is one row. */
#ifndef TUI_SCREEN_THEME_H
#define TUI_SCREEN_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ATTR_BOLD = 1, ATTR_UNDER = 2, ATTR_REVERSE = 4, ATTR_DIM = 8 };
/* fg, bg: 0-7 the ANSI colours, 8-15 their bright forms, -1 the terminal's own. */
struct style { int8_t fg, bg; uint8_t attr; };

enum role {
    ROLE_TEXT, ROLE_DIM, ROLE_LABEL, ROLE_BORDER,
    ROLE_TITLE, ROLE_TITLE_FOCUS, ROLE_TITLE_INPUT, /* a panel's first row: plain, in focus, taking the keyboard */
    ROLE_RUNNING, ROLE_PAUSED, ROLE_HALTED, ROLE_EXITED, ROLE_FAILED, ROLE_CREATED,
    ROLE_CHANGED, ROLE_CURRENT, ROLE_BREAK, ROLE_COUNT, ROLE_SPARK,
    ROLE_HEAD, ROLE_PROMPT, ROLE_INPUT, ROLE_ERROR, ROLE_GOOD, ROLE_KEY, ROLE_KEYNAME, ROLE_SELECT,
    ROLES
};

struct theme { const char *name, *about; struct style style[ROLES]; };

/* The table: NULL past the end. theme_at(0) is the default. */
const struct theme *theme_at(size_t i);
const struct theme *theme_find(const char *name);
/* Of a terminal without colours: bold, reverse and underline only. */
const struct theme *theme_mono(void);

/* Line drawing and marks, by what the terminal can show. */
struct glyphs {
    const char *h, *v, *tl, *tr, *bl, *br;          /* box */
    const char *run, *pause, *halt, *stop, *fail;   /* before the state word */
    const char *cur, *brk, *here, *more, *ellipsis, *dot, *up, *down; /* marks */
    const char *spark[8];
    const char *join[16];  /* lines that meet: 1 left + 2 right + 4 up + 8 down */
};
extern const struct glyphs glyphs_utf8, glyphs_linux, glyphs_ascii;

#endif
