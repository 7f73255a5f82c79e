/* script.h: lines of commands from --exec, -c and `source`, run one after the other without ever blocking: after a line
 * that must wait (step, next, until, wait...) script_run() returns and is called again when something has happened. */
#ifndef TUI_SCRIPT_H
#define TUI_SCRIPT_H

#include "command.h"

enum script_state {
    SCRIPT_DONE,    /* nothing left to run */
    SCRIPT_WAIT,    /* call again after a wake-up, or after script_wait_ms() at the latest */
    SCRIPT_FAILED,  /* a line failed: its error is out, the rest is forgotten */
};

/* Put lines in front of those that are left. `where` names them in errors: a path, "-c". */
int script_push_file(struct session *s, const char *path, struct vm_error *err);
int script_push_text(struct session *s, const char *where, const char *text, struct vm_error *err);

enum script_state script_run(struct session *s, struct out *out);
int script_wait_ms(const struct session *s); /* -1: until something happens */
bool script_active(const struct session *s);
void script_stop(struct session *s);         /* forget what is left; session_close() calls it */

#endif
