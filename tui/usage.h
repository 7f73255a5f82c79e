/* usage.h: --help, from the options' table. */
#ifndef TUI_USAGE_H
#define TUI_USAGE_H

#include <stdio.h>

void usage_print(FILE *to);
/* text broken at blanks into lines of at most width columns, each begun with indent spaces (the first one too if `first`). */
void usage_wrap(FILE *to, const char *text, int indent, int width, int first);

/* What stands beside guests on the command line: `vmlab engines`. */
struct subcommand { const char *name, *args, *summary; int (*run)(int argc, char **argv); };
const struct subcommand *subcommand_at(size_t i);

#endif
