/* engines.c: `vmlab engines`, what each engine can run on this host, and `vmlab guests`. */
#include "engines.h"

#include <stdio.h>
#include <string.h>

#include "guests.h"
#include "lab/fence.h"
#include "sandbox.h"
#include "vmm/engine.h"

static const struct { uint32_t can; const char *words; } abilities[] = {
    { CAN_REAL, "real mode" }, { CAN_PROT32, "32-bit protected mode" }, { CAN_PAGING32, "32-bit paging" }, { CAN_LONG, "64-bit long mode" },
    { CAN_LINUX, "Linux guests" }, { CAN_STEP, "single step" }, { CAN_BREAK, "breakpoints" }, { CAN_WATCH, "watchpoints" },
    { CAN_IRQCHIP, "in-kernel interrupt controller" }, { CAN_COUNT, "exact instruction count" }, { CAN_EVENTS, "reports exceptions and interrupts" },
    { CAN_DETERMINISTIC, "deterministic runs" },
};

void engines_print(void (*line)(void *self, const char *text), void *self)
{
    const struct engine_ops *e;
    for (size_t i = 0; (e = engine_at(i)); i++) {
        const struct engine_probe *p;
        struct vm_error err = { 0 };
        char text[640];
        if (engine_probe(e, &p, &err) < 0) {
            snprintf(text, sizeof text, "%-5s %s: cannot be used here. %s", e->name, e->title, err.text);
            line(self, text);
            continue;
        }
        snprintf(text, sizeof text, "%-5s %s: %s", e->name, e->title, p->about);
        line(self, text);
        for (size_t k = 0; k < sizeof abilities / sizeof *abilities; k++) {
            snprintf(text, sizeof text, "        %s %s", p->can & abilities[k].can ? "yes" : "no ", abilities[k].words);
            line(self, text);
        }
        if (*p->limits) {
            snprintf(text, sizeof text, "        limits: %s", p->limits);
            line(self, text);
        }
    }
}

static void to_stdout(void *self, const char *text)
{
    (void)self;
    puts(text);
}

static int done(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    perror("vmlab: cannot write to stdout");
    return 1;
}

/* A subcommand that is called by its name alone. 0: go on; 2: usage; -1: its help was printed. */
static int no_arguments(int argc, char **argv, const char *what)
{
    if (argc <= 1)
        return 0;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        printf("usage: vmlab %s\n\n%s\n", argv[0], what);
        return -1;
    }
    fprintf(stderr, "vmlab: '%s' takes no arguments, but was given '%s'.\n", argv[0], argv[1]);
    return 2;
}

static const char *about_labs(void)
{
    if (!sandbox_on())
        return "the assembler reads any file that you may: the sandbox is off";
    return fence_available() ? "the assembler reads only the lab's directory and the system's programs"
                             : "the assembler reads any file that you may: this kernel has no Landlock";
}

int engines_main(int argc, char **argv)
{
    struct vm_error err = { 0 };
    int rc = no_arguments(argc, argv, "What can execute guests on this machine, what it cannot run and why.");
    if (rc)
        return rc < 0 ? done() : rc;
    engines_print(to_stdout, NULL);
    if (sandbox_init(false, false, &err) < 0)
        printf("sandbox: off: %s\n", err.text);
    else
        printf("sandbox: %s\n", sandbox_describe());
    printf("labs: %s\n", about_labs());
    return done();
}

int guests_main(int argc, char **argv)
{
    int rc = no_arguments(argc, argv, "The guests that can be named by a word: any other is named by its path.");
    if (rc)
        return rc < 0 ? done() : rc;
    guest_names(to_stdout, NULL);
    return done();
}
