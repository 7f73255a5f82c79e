/* run_impl.h: what run.c (where a lab stands) and judge.c (what passes a step) share. */
#ifndef TUI_LAB_RUN_IMPL_H
#define TUI_LAB_RUN_IMPL_H

#include "tui/lab/run.h"

const struct lab_step *run_current(const struct run *r); /* not of a lab that is finished */
/* The files (bits of run.saved) whose save has the current step checked: all but those of steps to come; 0: it builds nothing. */
unsigned run_files_now(const struct run *r);
/* On to the next step; the points are those of this one beside its question's. */
void run_finish_step(struct run *r, enum progress_how how, unsigned points);

#endif
