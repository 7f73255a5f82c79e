/* lab.h: labs that teach, watch and check themselves. What main() and the command table need of them. */
#ifndef TUI_LAB_LAB_H
#define TUI_LAB_LAB_H

#include "tui/command.h"

/* `vmlab lab ...`: the list of labs; NUMBER: open one; lint DIR: check one; reset NUMBER. argv[0] is "lab". */
int lab_main(int argc, char **argv);
/* `vmlab grade [DIR...] ...`. argv[0] is "grade". */
int grade_main(int argc, char **argv);

/* lab, hint, skip, answer, check. Ends with a row whose name is NULL. */
extern const struct command lab_commands[];

#endif
