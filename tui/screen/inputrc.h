/* inputrc.h: is the file that readline is about to read as its settings one that it survives? */
#ifndef TUI_SCREEN_INPUTRC_H
#define TUI_SCREEN_INPUTRC_H

#include <stdbool.h>

/* $INPUTRC, else ~/.inputrc, else /etc/inputrc, and what they include. False: readline would follow them without end (a file that
 * includes itself), or wait for ever (a pipe). A file that is not there is fine. */
bool inputrc_sound(void);

#endif
