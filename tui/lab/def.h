/* def.h: one lab as its directory describes it: lab.md (the text, markdown.h) and lab.lua (what the machine is, how each step
 * is checked). Loaded once, then constant. docs/writing-a-lab.md is the manual of the format. */
#ifndef TUI_LAB_DEF_H
#define TUI_LAB_DEF_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/lab/markdown.h"
#include "tui/lab/luabox.h"

enum { LAB_STEPS = 32, LAB_HINTS = 8, LAB_MISTAKES = 16, LAB_FILES = 8, LAB_LARGEST = 1 << 20 /* bytes of any one file, and of the texts kept of it */ };

/* A Lua function or a fixed text; neither: none. */
struct lab_say { int fn; char *text; };

/* "If when() is true, the student made this mistake." */
struct lab_mistake { int when; char *say; };

/* A fresh machine for a check or an answer: the words after `vmlab`, what is typed into it, which commands drive it. */
struct lab_spec {
    bool on;
    char *words;
    char *input;
    char *commands; /* lines; NULL: run until everything stops */
    double seconds; /* it is stopped after this */
};

struct lab_ask {
    bool on;
    char *text;
    int answer;           /* Lua function of the fresh machine: the right answer */
    unsigned points;
    struct lab_spec run;
    struct lab_mistake mistake[LAB_MISTAKES];
    unsigned mistakes;
};

struct lab_step {
    char *heading;
    int line;             /* of step{} in lab.lua */
    unsigned points;
    char *machine;        /* this step's own machine, NULL: the one before */
    char *hint[LAB_HINTS];
    unsigned hints;
    struct lab_ask ask;
    int check;
    struct lab_say achieved;
    char *build;          /* the source that is built, NULL: a step on the live machine */
    uint64_t base;        /* the address it is linked for */
    struct lab_spec run;
    struct lab_mistake mistake[LAB_MISTAKES];
    unsigned mistakes;
};

struct lab {
    char dir[4096];
    char name[64];        /* "03-hypercalls" */
    unsigned number;
    char *title;
    unsigned minutes;
    char *machine;
    char *start;          /* commands that bring the machine into its first state, NULL: none */
    char *file[LAB_FILES];
    unsigned files;       /* what the student edits */
    struct lab_step step[LAB_STEPS];
    unsigned steps;
    size_t kept;          /* bytes of all these texts, which are not in Lua's memory */
    struct luabox *sb;
    struct markdown *md;
};

/* Load a lab from its directory. Errors say file and line. */
int lab_load(struct lab **out, const char *dir, struct vm_error *err);
void lab_free(struct lab *l);
unsigned lab_points(const struct lab *l); /* the most one can have */
unsigned lab_step_points(const struct lab_step *s);

/* Read a whole regular file of at most max bytes (a symbolic link is followed); the caller frees. */
int lab_read_file(const char *path, size_t max, char **out, size_t *n, struct vm_error *err);

#endif
