/* shells.h: completions for three shells. Each prints a script and returns 0. */
#ifndef TOOLS_SHELLS_H
#define TOOLS_SHELLS_H

int shells_bash(void);
int shells_zsh(void);
int shells_fish(void);

#endif
