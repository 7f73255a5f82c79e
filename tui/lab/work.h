/* work.h: the directory in which a student works on a lab: the starter's files, copied once, and session.txt, the record of
 * what they typed, which is what an instructor grades. */
#ifndef TUI_LAB_WORK_H
#define TUI_LAB_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/lab/def.h"

struct work {
    char dir[4096];
    int record;     /* session.txt, open for appending; -1: nothing is recorded */
    bool shared;    /* another vmlab has it open */
    bool again;     /* it holds an earlier visit, and nothing of this one yet */
    int lost;       /* errno of writing it, not told yet */
    int watch;      /* inotify, -1: saves are not noticed */
    int64_t saved;  /* monotonic ms of the last save that was noticed, 0: none pending */
    unsigned which; /* bit i: of file i of the lab */
};

/* Make the directory and copy what is missing of the starter; *fresh: how many files were copied. */
int work_open(struct work *w, const struct lab *l, const char *dir, unsigned *fresh, struct vm_error *err);
void work_close(struct work *w);
/* Copy the starter again over what is there. Only after asking. */
int work_restore(struct work *w, const struct lab *l, struct vm_error *err);
void work_record(struct work *w, const char *text, size_t n);
/* Has recording ended because it failed? Told once. */
int work_record_lost(struct work *w, struct vm_error *err);
/* Which of the lab's files (bit i: file i) did the student save, once it was quiet for a moment (an editor writes in several steps)? */
unsigned work_saved(struct work *w, const struct lab *l);

/* Copy the lab's files (and session.txt) out of a directory that is not trusted: regular files only, nothing behind a symbolic
 * link, none too large. What is missing is left out. */
int work_collect(const char *from, const char *to, const struct lab *l, struct vm_error *err);

#endif
