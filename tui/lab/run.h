/* run.h: a lab in progress: which step, what was answered, what was said. Knows neither screen nor terminal: panel.c shows
 * it, commands.c acts on it, lab_main.c and grade.c drive it. */
#ifndef TUI_LAB_RUN_H
#define TUI_LAB_RUN_H

#include "tui/lab/api.h"
#include "tui/lab/def.h"
#include "tui/lab/job.h"
#include "tui/lab/progress.h"
#include "tui/lab/work.h"
#include "tui/screen/side.h"

enum { RUN_MESSAGES = 12, RUN_TEXT = 1024 };

/* What the driver shall do when the commands have ended this machine's time. */
enum run_want { WANT_NOTHING, WANT_MACHINE, WANT_TRY, WANT_NEXT };

struct run_message { enum side_style style; char text[RUN_TEXT]; };

struct run {
    struct lab *lab;
    struct session *s;          /* the machine on the screen; NULL between two machines */
    struct work work;
    char include[4200];         /* where hypercall.inc is */
    bool last;                  /* there is no lab after this one */
    bool remember;              /* progress goes to the progress file */
    struct progress progress;
    unsigned step;              /* the current one; == lab->steps: finished */
    char achieved[LAB_STEPS][RUN_TEXT / 2];
    const char *machine;        /* the words of the machine that is open */
    bool trying;                /* it is the student's own guest */
    enum run_want want;

    bool asking;                /* the step's question is still to be answered */
    bool reminded;              /* ... which was said when all else was done, or a file was saved */
    unsigned saved;             /* bit i: file i of the lab was, and waits to be checked: for its step, the answer, or the check that runs */
    unsigned wrong;             /* wrong answers so far */
    unsigned hints;             /* shown */
    uint32_t mistakes;          /* bit i: told */
    unsigned focus;             /* what commands without a selector are for, as far as the record knows */
    char typed[256];            /* to the guest itself, not recorded yet: the text of a `key` */
    struct lab_events events;
    uint64_t seen;              /* what the last look saw: nothing new, nothing to check */
    struct run_message message[RUN_MESSAGES]; /* of this step, oldest first */
    unsigned messages;

    struct job job;
    enum { JOB_IDLE, JOB_ANSWER, JOB_CHECK } job_for;
    char answer[128];

    uint64_t version;           /* rises when anything shown changes */
    /* Told of every message as well; NULL: nobody (the panel reads them). */
    void (*say)(void *self, enum side_style style, const char *text);
    void *say_self;
};

/* lab is taken over, also on failure. work_dir: NULL: none (a lab that builds nothing can do without). */
int run_open(struct run *r, struct lab *lab, const char *work_dir, bool remember, unsigned *fresh, struct vm_error *err);
void run_close(struct run *r);

/* The machine that the current step wants: words for the command line. */
const char *run_words(const struct run *r);
/* That one, or while its guest (the student's own) is not built yet the one before. */
const char *run_words_now(const struct run *r);
/* The machine with the student's own guest, as it was built last; NULL: nothing is built yet. */
const char *run_words_try(const struct run *r);
/* A session on those words was opened / is about to be closed. */
void run_attach(struct run *r, struct session *s, const char *words, bool trying);
void run_detach(struct run *r);

/* Look at the machine, the saved files and the running job; true when something that is shown changed. Cheap. */
bool run_poll(struct run *r);
bool run_busy(const struct run *r);  /* a build or a fresh machine is under way: poll soon */
bool run_finished(const struct run *r);
bool run_wrong_machine(const struct run *r); /* the step's own machine is not open yet */

void run_command(struct run *r, const char *line);     /* the student gave a command */
void run_record(struct run *r, const char *line, size_t n); /* ... which belongs into session.txt */
void run_typed(struct run *r, const char *bytes, size_t n); /* the student typed this to the guest in focus */
int run_answer(struct run *r, const char *text, struct vm_error *err);
int run_check(struct run *r, struct vm_error *err);    /* build and check now */
int run_hint(struct run *r, struct vm_error *err);
int run_skip(struct run *r, struct vm_error *err);
int run_restart(struct run *r, bool files, struct vm_error *err); /* forget the progress; files: the starter again */
unsigned run_points(const struct run *r);
void run_say(struct run *r, enum side_style style, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
