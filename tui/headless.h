/* headless.h: run the guests without a screen. */
#ifndef TUI_HEADLESS_H
#define TUI_HEADLESS_H

#include "session.h"

enum { STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_TIMEOUT = 124 /* as timeout(1) */, STATUS_SIGNAL = 128 };

/* Block the signals that headless hears through a descriptor. Before the session is opened, so that every thread
 * inherits it. */
void headless_block_signals(void);

/* Run until every guest has ended, or a script said quit. The exit status of the program. */
int headless_run(struct session *s);

#endif
