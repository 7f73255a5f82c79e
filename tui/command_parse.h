/* command_parse.h: from a line to words. */
#ifndef TUI_COMMAND_PARSE_H
#define TUI_COMMAND_PARSE_H

#include <stdbool.h>
#include <stddef.h>

enum { COMMAND_WORDS = 64, COMMAND_LINE = 4096 };

struct command_words {
    int argc;
    char *argv[COMMAND_WORDS + 1];
    size_t at[COMMAND_WORDS];     /* where in the part each word began */
    bool quoted[COMMAND_WORDS];   /* there are quotes in it (but 'H', which is a number) */
    char buf[COMMAND_LINE + COMMAND_WORDS];
};

/* How long the first command of a line is: up to an unquoted ';' or comment. *next is what follows the ';', or NULL. */
size_t command_part(const char *line, const char **next);
/* Split [part, part+n) into words: "..." with \" and \\, '...' as it is. NULL, or what is wrong with it. */
const char *command_split(const char *part, size_t n, struct command_words *w);

#endif
