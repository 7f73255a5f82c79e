/* progress.h: what a student has done so far, one line a step, in a text file they may read, copy or delete:
 *     01-one-byte 2 passed 3 2026-11-21T10:02:03Z     (lab, step, how, points, when)
 * Written whole to a temporary file that then replaces the old one; two programs at once take turns. */
#ifndef TUI_LAB_PROGRESS_H
#define TUI_LAB_PROGRESS_H

#include <stdbool.h>

#include "vmm/error.h"

enum progress_how { PROGRESS_NONE, PROGRESS_PASSED, PROGRESS_SKIPPED };
enum { PROGRESS_STEPS = 32 };
struct progress_step { enum progress_how how; unsigned points; };
struct progress { struct progress_step step[PROGRESS_STEPS]; };

/* No file: nothing done. Lines that make no sense are left out (and kept in the file). */
int progress_load(const char *lab, struct progress *p, struct vm_error *err);
int progress_set(const char *lab, unsigned step, struct progress_step what, struct vm_error *err);
int progress_forget(const char *lab, struct vm_error *err);
unsigned progress_done(const struct progress *p, unsigned steps); /* steps that are passed or skipped */
unsigned progress_points(const struct progress *p);

#endif
