/* job.h: build a source if there is one, then a fresh machine, run to its end or through a script. Never blocks: poll it. */
#ifndef TUI_LAB_JOB_H
#define TUI_LAB_JOB_H

#include "tui/lab/build.h"
#include "tui/lab/def.h"
#include "tui/options.h"
#include "tui/session.h"

/* A lab's seconds are those of an ordinary build; an instrumented one needs more for the same work. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { LAB_PATIENCE = 4 };
#else
enum { LAB_PATIENCE = 1 };
#endif

enum job_state { JOB_NONE, JOB_BUILDING, JOB_RUNNING, JOB_READY, JOB_FAILED };

/* Words to options: "$build" in a word is the directory of what was built. The strings live in `words`. */
enum { JOB_WORDS = 32 };
struct job_words { char text[8192]; char *argv[JOB_WORDS + 8]; int argc; };
int job_split(struct job_words *w, const char *words, const char *build_dir, struct vm_error *err);

struct job {
    enum job_state state;
    const struct lab_spec *spec;
    struct build build;
    struct job_words words;
    struct options opt;
    struct session s;      /* open in JOB_RUNNING and JOB_READY */
    bool open, scripted, timed_out;
    size_t fed;            /* bytes of spec->input typed */
    bool ended;            /* the end of the input was told */
    int64_t deadline;
    struct vm_error err;   /* JOB_FAILED: what went wrong */
};

/* source: NULL, or what to build in work_dir first if it is code (.S). Whatever ran before is closed. */
void job_start(struct job *j, const struct lab_spec *spec, const char *work_dir, const char *source, uint64_t base, const char *include);
enum job_state job_poll(struct job *j);
void job_close(struct job *j);

#endif
