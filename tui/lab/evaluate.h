/* evaluate.h: grade one directory against one lab, in a process of its own that nothing the student wrote can get out of:
 * limits on time, memory, files and output; only the named files are read, out of a private copy. */
#ifndef TUI_LAB_EVALUATE_H
#define TUI_LAB_EVALUATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "tui/lab/def.h"

struct eval_step { int how; unsigned points, most; bool builds; char heading[80], message[400]; };
/* Plain bytes: it comes through a pipe. */
struct eval_result {
    bool graded;
    char error[400];    /* why not, when not graded */
    unsigned steps, points, most;
    struct eval_step step[LAB_STEPS];
};

struct eval {
    char lab[4096], from[4096];
    double seconds;     /* wall-clock limit */
    /* while it runs */
    pid_t pid;
    int fd;
    size_t got;
    long long deadline;
    char temp[4096];
    struct eval_result result;
};

int eval_start(struct eval *e, struct vm_error *err);
bool eval_poll(struct eval *e);   /* true: finished, e->result is final */
void eval_stop(struct eval *e);
/* Start, wait, finish. */
void eval_run(struct eval *e);

#endif
