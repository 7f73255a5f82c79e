/* drive.h: run a lab on commands instead of a person: for `--headless`, for grading and for tests. */
#ifndef TUI_LAB_DRIVE_H
#define TUI_LAB_DRIVE_H

#include "tui/lab/run.h"

/* Where the next command comes from; NULL: no more. The text stays valid until the next call. */
struct drive {
    const char *(*next)(void *self);
    void *self;
    /* Is this command allowed? NULL: every one is. */
    bool (*allow)(void *self, const char *line);
    bool go_on;            /* after a command that failed */
    bool failed;           /* one did */
    struct out *out;       /* what commands print */
    long long waited_ms;   /* in all, for steps that took their time */
    const char *extra[16]; /* further words for the command line of each machine: "--engine=soft" */
    unsigned extras;
};

/* A machine on these words with the lab attached, for a screen or not. */
int drive_open(struct run *r, struct session *s, struct options *o, struct job_words *w, const char *words, bool trying,
               const char *const *extra, unsigned extras, bool headless, struct vm_error *err);
void drive_close(struct run *r, struct session *s);

/* Until the commands are used up, `quit` or `lab next`. 0, or a negative errno when a machine could not be opened. */
int drive_run(struct drive *d, struct run *r, struct vm_error *err);

#endif
