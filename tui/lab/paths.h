/* paths.h: where labs, the student's work and the progress file are. */
#ifndef TUI_LAB_PATHS_H
#define TUI_LAB_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "vmm/error.h"

enum { PATHS_LABS = 64, PATHS_SIZE = 4096 };

/* The directory that holds NN-name/: $VMLAB_LABS, the source tree of this program, or where it is installed. */
int paths_labs(char out[PATHS_SIZE], struct vm_error *err);
/* The names in it, sorted; returns how many. Free each. An error when not all could be read: one that is missing would be said not to exist. */
int paths_list(const char *labs, char *name[PATHS_LABS], struct vm_error *err);
/* "3", "03", "hypercalls", "03-hypercalls" or a path: the lab's directory. */
int paths_find(const char *word, char out[PATHS_SIZE], struct vm_error *err);
bool paths_next(unsigned number, char out[PATHS_SIZE]); /* the lab after that; false: there is none */
/* Where the student works on a lab: $VMLAB_WORK/NAME, else ~/vmlab-labs/NAME. */
int paths_work(const char *name, char out[PATHS_SIZE], struct vm_error *err);
/* $XDG_STATE_HOME/vmlab, else ~/.local/state/vmlab. */
int paths_state(char out[PATHS_SIZE], struct vm_error *err);
/* mkdir -p. */
int paths_make(const char *dir, struct vm_error *err);

#endif
