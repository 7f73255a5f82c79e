/* trace_save.h: the trace as a file: CSV, or the JSON of Chrome's trace viewer and Perfetto. */
#ifndef TUI_TRACE_SAVE_H
#define TUI_TRACE_SAVE_H

#include <stdint.h>
#include <stdio.h>

#include "session.h"

enum trace_format { TRACE_CSV, TRACE_JSON };
enum trace_format trace_format_of(const char *path); /* by its ending */

/* Write what the rings of the selected vCPUs hold. 0 or -errno; the caller closes the file and checks that too. */
int trace_write(const struct session *s, uint64_t sel, enum trace_format format, FILE *f);
/* The same into a file of its own. */
int trace_save(const struct session *s, uint64_t sel, const char *path, struct vm_error *err);

#endif
