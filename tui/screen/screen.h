/* screen.h: the full-screen front end. */
#ifndef TUI_SCREEN_SCREEN_H
#define TUI_SCREEN_SCREEN_H

#include "tui/command.h"
#include "tui/session.h"

/* Run the lab on the terminal until `quit`; returns the exit status of the program. Failures (no terminal, TERM unknown)
 * are told on stderr with what to try, and return 1. The vCPUs are in whatever state the caller left them in. */
int screen_run(struct session *s);

/* The commands that only a screen has: layout, theme, zoom, view, mouse... Ends with a row whose name is NULL. */
extern const struct command screen_commands[];

#endif
