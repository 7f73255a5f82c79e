/* replay.h: a student's session.txt and files against a lab, without anybody there. Runs in evaluate.c's child. */
#ifndef TUI_LAB_REPLAY_H
#define TUI_LAB_REPLAY_H

#include "tui/lab/evaluate.h"

/* l is taken over. dir: the private copy of the submission. After so many seconds no more of session.txt is read. */
void replay_lab(struct lab *l, const char *dir, double seconds, struct eval_result *res);

/* May a submission's session.txt contain this line? What reads or writes files of the host may not be there. */
bool replay_allowed(const char *line);

#endif
