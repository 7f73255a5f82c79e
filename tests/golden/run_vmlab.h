/* run_vmlab.h: run the real program and keep what it printed. */
#ifndef RUN_VMLAB_H
#define RUN_VMLAB_H

#include <stddef.h>

struct run { int status; /* 128 + signal if it was killed */ char *out, *err; size_t out_n, err_n; };

/* Run $VMLAB (default build/vmlab), under $TEST_WRAP if that is set, with these arguments (NULL ends them). It gets two minutes
 * ($TEST_SECONDS). out and err end with a 0 that is not counted. */
struct run run_vmlab(char *const args[], const char *input, size_t n);
void run_free(struct run *r);

#endif
