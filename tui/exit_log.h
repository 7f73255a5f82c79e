/* exit_log.h: -v, every trace entry as a line of words while the guests run. */
#ifndef TUI_EXIT_LOG_H
#define TUI_EXIT_LOG_H

#include "session.h"

struct exit_log;
struct exit_log *exit_log_new(const struct session *s);
void exit_log_free(struct exit_log *l);
/* Print on stderr what is new; says how many entries the ring lost when the guest was faster than this. Whoever throws a trace away asks
 * for it before. NULL: nothing. */
void exit_log_pump(struct exit_log *l);

#endif
