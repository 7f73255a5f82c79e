/* history.h: the lines of the bar, kept across runs in the state directory ($XDG_STATE_HOME/vmlab/history). A file that cannot be
 * written means a history that is not kept, no more; it is never left half written. Main thread only. */
#ifndef TUI_SCREEN_HISTORY_H
#define TUI_SCREEN_HISTORY_H

#include "vmm/error.h"

void history_load(void);                                     /* into readline's, which it also limits */
int history_remember(const char *line, struct vm_error *err); /* fails once: from then on nothing is written */
void history_shorten(void);                                  /* at the end: only the last lines stay in the file */

#endif
