/* session.h: what one run of vmlab holds: its machines, their vCPUs in the order a person counts them, and the one in
 * focus. Owned by the main thread. */
#ifndef TUI_SESSION_H
#define TUI_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/machine.h"
#include "vmm/vcpu.h"

enum { SESSION_VCPUS = 64 };

struct command_ctx; /* command.h */
struct options;     /* options.h: the parsed command line */
struct side_panel;  /* screen/side.h */
struct console_log; /* console_log.h: what a guest printed */
struct exit_log;    /* exit_log.h: -v */

struct session {
    const struct options *opt;
    struct machine *machine[SESSION_VCPUS];
    unsigned machines;
    struct vcpu *vcpu[SESSION_VCPUS];
    struct console_log *console[SESSION_VCPUS]; /* same index as vcpu[] */
    unsigned vcpus;
    unsigned focus;    /* index into vcpu[] */
    int wake_fd;       /* eventfd: written when a guest printed, stopped, or anything else needs the main loop */
    bool quit;         /* `quit` was given */
    int quit_status;
    const struct ui_ops *ui; /* the screen, NULL when headless */
    void *ui_self;
    struct script *script;   /* lines that wait to be run: --exec, -c, source; script.h */
    struct command_state *commands; /* what commands remember: undo; owned by command_state.c */
    struct exit_log *exit_log; /* -v; NULL: nobody listens */
    void *lab;         /* the lab runner's state, NULL when no lab is open */
    /* Told of every command that was carried out, as it was written: text[0..n). NULL: nobody listens. */
    void (*command_hook)(struct session *s, const struct command_ctx *c, const char *text, size_t n);
    /* Likewise of what was typed to the guest in focus itself. */
    void (*typed_hook)(struct session *s, const char *bytes, size_t n);
    const struct side_panel *side; /* screen/side.h: the text beside the panels, NULL: none */
};

/* Build machines and vCPUs from the options: isolated real-mode guests are a machine each, --share and --smp put several
 * vCPUs into one. Guest names are looked up (guests.h). Errors name file and cause; nothing is left behind. */
int session_open(struct session *s, const struct options *opt, struct vm_error *err);
void session_close(struct session *s);
/* Throw away the machine of vCPU i and build it anew with another guest. Only where the machine has no other vCPU. On failure
 * the old one is still there. vcpu[i] is another pointer afterwards. */
int session_load(struct session *s, unsigned i, const char *guest, struct vm_error *err);
/* Has vCPU i carried out what was asked and come to rest: stopped, or halted where nothing of the machine's own can wake it? */
bool session_at_rest(const struct session *s, unsigned i);

#endif
