/* options.h: the command line. One row an option: the parser, --help, the manual and the shell completions all read the
 * same table. */
#ifndef TUI_OPTIONS_H
#define TUI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session.h"

struct options {
    const char *guest[SESSION_VCPUS]; /* as typed: a name or a path */
    unsigned guests;

    /* the machine */
    const char *engine;               /* "auto", "kvm", "soft" */
    enum irqchip irqchip;
    const char *boot;                 /* NULL: what the guest wants, real for a flat binary */
    unsigned boot_has;                /* BOOT_HAS_* */
    uint64_t load, entry;
    uint64_t mem;                     /* bytes, 0: the protocol's */
    unsigned smp;                     /* vCPUs of each guest's machine, 1 or more */
    bool share;
    bool deterministic;
    const char *disk;
    uint64_t tick_ns;                 /* 0: as the guest programs it */

    /* how it runs */
    bool headless, json, verbose;
    bool no_sandbox;
    double timeout;                   /* seconds, 0: none */
    const char *trace, *log;
    const char *exec, *commands;      /* --exec FILE, -c COMMANDS */

    /* the screen */
    unsigned cols, rows;              /* of a guest's console */
    const char *theme;                /* NULL: chosen by the terminal */
    bool ascii, mouse, test_clock;

    const char *help;                 /* NULL, "" or a topic: "commands", a command's name */
    bool version;
};

enum option_group { OPTION_MACHINE, OPTION_RUN, OPTION_SCREEN, OPTION_OTHER, OPTION_GROUPS };
extern const char *const option_group_title[OPTION_GROUPS];

struct option_row {
    const char *name;                 /* "engine": --engine */
    char letter;                      /* 'c': -c, or 0 */
    bool optional;                    /* its value may be left out (only --name=VALUE gives one) */
    const char *arg;                  /* what the value is called, NULL: it takes none */
    const char *values;               /* for completion: words, "FILE", "DIR"; NULL: anything */
    enum option_group group;
    const char *help;                 /* sentences without a line break */
    int (*set)(struct options *o, const char *value, struct vm_error *err);
};

/* The i-th row, NULL past the end. */
const struct option_row *option_at(size_t i);

/* Parse argv[1..]. The strings stay argv's. On nonsense -EINVAL and a sentence in *err; exit status 2. */
int options_parse(struct options *o, int argc, char **argv, struct vm_error *err);
/* Are there not more vCPUs than a session holds? Once more after guests were added that nobody named. */
int options_check_count(const struct options *o, struct vm_error *err);

#endif
