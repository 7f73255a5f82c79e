/* command.h: one row a command. The bar, scripts, -c, headless and labs all run these; help, completion and the manual
 * are generated from the rows. */
#ifndef TUI_COMMAND_H
#define TUI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session.h"

/* Where a command's text goes: lines of plain text; the screen shows them in its output pane, headless prints them. */
struct out { void (*write)(void *self, const char *text, size_t n); void *self; bool failed; /* set by out_error */ };
void out_printf(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Same, marked as an error (headless: stderr and exit status 1; the screen: error style). */
void out_error(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct command_ctx {
    struct session *s;
    struct out *out;
    uint64_t sel;          /* bit i: vCPU i is meant (selector, or the focused one) */
    bool sel_given;        /* a selector was written */
    int argc;              /* argv[0] is the command's full name */
    char **argv;
    const bool *quoted;    /* of each word: it was written in quotes */
    const char *rest;      /* the text after the command word and selector, unsplit */
    uint64_t wait;         /* out: vCPUs that must have stopped before the next command of a script runs */
    int wait_ms;           /* out: and no longer than this; 0: no limit */
};

enum {
    CMD_SCREEN = 1, /* needs the screen */
    CMD_EACH = 2,   /* run once per selected vCPU, sel has one bit */
    CMD_TEXT = 4,   /* takes the line as it is: quotes are not special, a selector only comes right after the command */
    CMD_AGAIN = 8,  /* an empty line in the bar does it once more */
};

struct command {
    const char *name, *alias;   /* alias: "r, c" or NULL */
    const char *args;           /* "[N]", "REG=VALUE" */
    const char *summary;        /* one line, no full stop */
    const char *help;           /* paragraphs with examples; what it means for a guest */
    unsigned flags;
    int (*run)(struct command_ctx *c); /* 0, or 1 after out_error */
    /* Candidates for the word being completed: call add() with each; prefix filtering is done by the caller. */
    void (*complete)(struct session *s, int argc, char **argv, void (*add)(void *self, const char *word), void *self);
};

/* All tables: core, screen, lab... NULL past the end. In help's order. */
const struct command *command_at(size_t i);
/* By name, alias or unambiguous prefix; NULL and a suggestion ("" if none is near) otherwise. */
const struct command *command_find(const char *name, const char **suggestion);

/* Candidates for the word that ends at line[point]: commands, selectors, what the command's row offers. Calls add() with
 * whole words that begin with what is there; returns where in line that word begins. */
size_t command_complete(struct session *s, const char *line, size_t point, void (*add)(void *self, const char *word), void *self);

/* The help of one command, or of all (name NULL or ""), as text. 1 if there is no such command. */
int command_help(struct out *out, const char *name);

/* Run one line: "step 3 @1", "irq 0x20 @all", several separated by ';'. '#' starts a comment. Returns 0 or 1. *wait and *wait_ms: what
 * the caller must wait for before it runs the next line. A line with ';' stops before the first part that must wait: *rest
 * then points into line at what is left, else NULL. */
int command_run(struct session *s, const char *line, struct out *out, uint64_t *wait, int *wait_ms, const char **rest);

/* Is the line one command, and one that an empty line repeats? */
bool command_repeats(const char *line);

/* Parse "@1", "@0-3", "@1,3", "@all". False with *err on nonsense. */
bool command_selector(struct session *s, const char *word, uint64_t *sel, struct vm_error *err);
/* Numbers as people write them: 42, 0x2a, 2Ah, 0b101, 'H'; and expressions reg, reg+n, seg:off for addresses. */
bool command_number(const char *word, uint64_t *out);
bool command_address(struct session *s, struct vcpu *v, const char *word, uint64_t *linear, struct vm_error *err);

/* The instruction to show as the current one: the next; of an ended guest the one that ended it (HLT, the OUT of a hypercall). */
uint64_t command_here(struct vcpu *v, enum vcpu_state state, const struct cpu_state *s);
/* Where a listing begins that shows it: there, or of a halted guest the HLT that it sleeps in. */
uint64_t command_listing(struct vcpu *v, enum vcpu_state state, const struct cpu_state *s);

/* What screen-only commands call; implemented by tui/screen. */
struct ui_ops {
    void (*redraw)(void *self);
    int (*layout)(void *self, const char *name, struct vm_error *err);
    int (*theme)(void *self, const char *name, struct vm_error *err);
    int (*zoom)(void *self, int on);                   /* -1: toggle */
    int (*mouse)(void *self, int on);
    int (*view)(void *self, const char *name, struct vm_error *err); /* what a panel shows: regs, mem, stack, walk, trace, devices... */
    int (*dump)(void *self, const char *path, struct vm_error *err); /* the screen's cells as text */
    int (*page)(void *self, const char *title, const char *text);    /* show a long text one can leave with q/ESC */
};

#endif
