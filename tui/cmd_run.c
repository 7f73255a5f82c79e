/* cmd_run.c: who runs, and for how long. Requests go to the vCPU's thread; a script waits for those that end in a stop. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "exit_log.h"
#include "suggest.h"

/* A request that takes no argument. */
static int plain(struct command_ctx *c, int (*request)(struct vcpu *v, struct vm_error *err), bool wait)
{
    struct vm_error err = { 0 };
    if (c->argc > 1)
        return cmd_usage(c);
    if (request(cmd_vcpu(c), &err) < 0)
        return cmd_fail(c, &err);
    c->wait = wait ? c->sel : 0;
    return 0;
}

static int run_run(struct command_ctx *c) { return plain(c, vcpu_resume, false); }

static int run_pause(struct command_ctx *c)
{
    if (c->argc > 1) /* `p $ax`, as GDB has it */
        return cmd_error(c, "only a selector (@1) comes after it. To see a value: regs ax, or x ADDRESS");
    return plain(c, vcpu_pause, true);
}

/* "next lab", "reset lab": with a lab open these words are said of it, too. */
static bool of_lab(const struct command_ctx *c) { return c->s->lab && c->argc == 2 && strcmp(c->argv[1], "lab") == 0; }

static int ask_lab(struct command_ctx *c)
{
    char name[] = "lab", *argv[] = { name, c->argv[0], NULL };
    struct command_ctx sub = *c;
    sub.argc = 2;
    sub.argv = argv;
    sub.rest = c->argv[0];
    int rc = command_find(name, NULL)->run(&sub);
    c->wait_ms = sub.wait_ms;
    return rc;
}

static int run_next(struct command_ctx *c) { return of_lab(c) ? ask_lab(c) : plain(c, vcpu_next, true); }

static int run_reset(struct command_ctx *c)
{
    if (of_lab(c))
        return ask_lab(c);
    exit_log_pump(c->s->exit_log); /* the trace begins anew */
    int rc = plain(c, vcpu_reset, true);
    for (unsigned i = 0; rc == 0 && i < c->s->vcpus; i++)
        if (vcpu_first(c->s->vcpu[i]) == vcpu_first(cmd_vcpu(c))) { /* the other processors of its guest are reset with it */
            undo_forget(c->s, i);
            c->wait |= 1ull << i;
        }
    return rc;
}

static int run_step(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    uint64_t n = 1;
    if (c->argc > 2)
        return cmd_usage(c);
    if (c->argc == 2 && (!command_number(c->argv[1], &n) || n == 0))
        return cmd_error(c, "'%.60s' is not a number of instructions: write step 10", c->argv[1]);
    if (vcpu_step(cmd_vcpu(c), n, &err) < 0)
        return cmd_fail(c, &err);
    c->wait = c->sel;
    return 0;
}

/* --- until --------------------------------------------------------------------------------------------------------- */

static int bad_reason(struct command_ctx *c, const char *word)
{
    struct suggest near = { .word = word };
    for (int r = 0; r < EXIT_REASONS; r++)
        suggest_offer(&near, exit_name((enum exit_reason)r));
    if (near.best)
        return cmd_error(c, "there is no exit '%.40s'. Did you mean %s?", word, near.best);
    return cmd_error(c, "there is no exit '%.40s': 'help until' lists them", word);
}

static int run_until(struct command_ctx *c)
{
    struct until u = { 0 };
    struct vm_error err = { 0 };
    const char *kind = c->argc > 1 ? c->argv[1] : "";
    if (c->argc == 3 && strcmp(kind, "exit") == 0) {
        u.kind = UNTIL_REASON;
        if (!exit_parse(c->argv[2], &u.reason))
            return bad_reason(c, c->argv[2]);
    } else if (c->argc == 3 && strcmp(kind, "port") == 0) {
        u.kind = UNTIL_PORT;
        if (!command_number(c->argv[2], &u.value) || u.value > 0xffff)
            return cmd_error(c, "'%.40s' is not a port: they go from 0 to 0xffff", c->argv[2]);
    } else if (c->argc == 2 && !strchr(kind, ':') && !cpu_reg_find(kind) && exit_parse(kind, &u.reason)) {
        u.kind = UNTIL_REASON;
    } else if (c->argc == 2 && strcmp(kind, "exit") && strcmp(kind, "port")) {
        u.kind = UNTIL_ADDRESS;
        if (strpbrk(kind, "=<>"))
            return cmd_error(c, "'%.40s' is a condition: it waits for an exit, a port or an address ('watch' waits for memory)", kind);
        if (!cmd_address(c, kind, &u.value))
            return 1;
    } else {
        return cmd_usage(c);
    }
    if (vcpu_until(cmd_vcpu(c), &u, &err) < 0)
        return cmd_fail(c, &err);
    c->wait = c->sel;
    return 0;
}

static void complete_until(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    (void)s;
    if (argc == 2) {
        add(self, "exit");
        add(self, "port");
    }
    if (argc == 2 || (argc == 3 && strcmp(argv[1], "exit") == 0))
        for (int r = 0; r < EXIT_REASONS; r++)
            add(self, exit_name((enum exit_reason)r));
}

/* --- speed, load, wait --------------------------------------------------------------------------------------------- */

static int run_speed(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    uint64_t n = 0;
    bool full = c->argc == 2 && (strcmp(c->argv[1], "full") == 0 || strcmp(c->argv[1], "off") == 0);
    if (c->argc != 2)
        return cmd_usage(c);
    if (!full && (!command_number(c->argv[1], &n) || n > 1000000))
        return cmd_error(c, "'%.40s' is not a speed: write instructions a second up to 1000000, or full", c->argv[1]);
    return vcpu_speed(cmd_vcpu(c), (unsigned)n, &err) < 0 ? cmd_fail(c, &err) : 0;
}

static void complete_speed(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    static const char *const words[] = { "1", "5", "25", "100", "1000", "full" };
    (void)s, (void)argv;
    for (size_t i = 0; argc == 2 && i < sizeof words / sizeof *words; i++)
        add(self, words[i]);
}

static int run_load(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    if (c->argc != 2)
        return cmd_usage(c);
    if (session_load(c->s, cmd_index(c), c->argv[1], &err) < 0)
        return cmd_fail(c, &err);
    undo_forget(c->s, cmd_index(c));
    out_printf(c->out, "vCPU %u holds %s now: 'run' starts it\n", cmd_index(c), vcpu_name(cmd_vcpu(c)));
    return 0;
}

static int run_wait(struct command_ctx *c)
{
    char *end;
    double seconds = 0;
    if (c->argc > 2)
        return cmd_usage(c);
    if (c->argc == 2) {
        seconds = strtod(c->argv[1], &end);
        if (end == c->argv[1] || (*end && strcmp(end, "s") != 0) || !(seconds > 0 && seconds <= 86400))
            return cmd_error(c, "'%.40s' is not a number of seconds above 0", c->argv[1]);
    }
    c->wait = c->sel_given ? c->sel : c->s->vcpus == 64 ? UINT64_MAX : (1ull << c->s->vcpus) - 1;
    c->wait_ms = seconds > 0 && seconds < 0.001 ? 1 : (int)(seconds * 1000);
    return 0;
}

static int run_sleep(struct command_ctx *c)
{
    char *end;
    double seconds = c->argc == 2 ? strtod(c->argv[1], &end) : 0;
    if (c->argc != 2)
        return cmd_usage(c);
    if (end == c->argv[1] || (*end && strcmp(end, "s") != 0) || !(seconds > 0 && seconds <= 86400))
        return cmd_error(c, "'%.40s' is not a number of seconds above 0", c->argv[1]);
    c->wait_ms = seconds < 0.001 ? 1 : (int)(seconds * 1000);
    return 0;
}

const struct command run_commands[] = {
    { "run", "r, c, resume, continue", NULL, "let the guest run",
      "Starts a created guest, or lets a paused one go on where it stopped.\n\n"
      "    run          the focused guest\n"
      "    run @all     every guest", CMD_EACH, run_run, NULL },
    { "pause", "p", NULL, "stop the guest between two instructions",
      "The guest stops at the next instruction boundary; its registers and memory can then be read and\n"
      "changed. A guest that is stopped already stays as it is.\n\n"
      "    pause @all   everybody", CMD_EACH, run_pause, NULL },
    { "step", "s", "[N]", "execute exactly N instructions (1)",
      "Executes N instructions and pauses again. A REP prefix counts one instruction for each repetition,\n"
      "as it does on the hardware. In the bar, Enter on an empty line repeats a step, next or\n"
      "until.\n\n"
      "    step         one instruction\n"
      "    step 100 @1  a hundred on vCPU 1", CMD_EACH | CMD_AGAIN, run_step, NULL },
    { "next", "n", NULL, "run to the next exit, then pause",
      "Lets the guest run until it next leaves guest mode (an I/O port, HLT, memory that is not there),\n"
      "handles that exit, and pauses. `next lab` goes to the next lab.", CMD_EACH | CMD_AGAIN, run_next, NULL },
    { "until", "u", "exit REASON | port PORT | ADDRESS", "run until something happens, then pause",
      "Runs until the guest exits for a reason, touches a port, or is about to execute the instruction at\n"
      "an address; then it pauses. The reasons: io-in, io-out, mmio-read, mmio-write, hlt, irq-window,\n"
      "shutdown and so on, as 'exits' names them.\n\n"
      "    until exit hlt\n"
      "    until port 0x3f8\n"
      "    until cs:0x20", CMD_EACH | CMD_AGAIN, run_until, complete_until },
    { "speed", NULL, "N | full", "slow motion: N instructions a second",
      "The guest executes N instructions a second, each shown as it happens. 'speed full' (or 0) lets it go\n"
      "again.\n\n"
      "    speed 5 @all", CMD_EACH, run_speed, complete_speed },
    { "wait", NULL, "[SECONDS]", "in a script: wait until the guests have stopped",
      "The next line of the script runs when every guest (or the selected ones) has stopped: paused, exited,\n"
      "failed or halted for good; or after SECONDS, whatever comes first.\n\n"
      "    run @all; wait 2; pause @all; regs @all", 0, run_wait, NULL },
    { "sleep", NULL, "SECONDS", "in a script: let SECONDS pass", "The guests go on meanwhile.\n\n    run; sleep 0.5; irq 0x20", 0, run_sleep, NULL },
    { "load", NULL, "NAME", "put another guest into the vCPU",
      "The machine of the vCPU is thrown away and built anew with the guest NAME (a name or a path). It\n"
      "does not run until you say so.\n\n"
      "    load primes @2", CMD_EACH, run_load, complete_guest },
    { "reset", NULL, NULL, "back to the guest's first instruction",
      "Image and registers are again as when the guest was created, counters are 0; 'run' starts it. With\n"
      "--smp all vCPUs of the guest are reset together: they have one memory, and one image in it.", CMD_EACH, run_reset, NULL },
    { 0 },
};
