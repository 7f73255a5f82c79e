/* submissions.h: from the directories named on the command line to submissions: one student's directory for one lab. */
#ifndef TUI_LAB_SUBMISSIONS_H
#define TUI_LAB_SUBMISSIONS_H

#include "tui/lab/evaluate.h"

struct submissions { struct eval *e; size_t n, room; };

/* lab: NULL, or the directory of the one lab that all of them are for. Looks two levels deep: DIR may be a submission
 * (NN-name), hold some, or hold students who each hold some; with a lab, DIR is one or holds some. */
int submissions_add(struct submissions *s, const char *dir, const char *lab, struct vm_error *err);
void submissions_free(struct submissions *s);

#endif
