/* engines.h: what this host can run. */
#ifndef TUI_ENGINES_H
#define TUI_ENGINES_H

/* Line by line, for the subcommand and the command. */
void engines_print(void (*line)(void *self, const char *text), void *self);
int engines_main(int argc, char **argv); /* vmlab engines */
int guests_main(int argc, char **argv);  /* vmlab guests */

#endif
