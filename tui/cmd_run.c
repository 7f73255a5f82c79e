/* cmd_run.c: who runs. Requests go to the vCPU's thread; a script waits for those that end in a stop. */
#include <string.h>

#include "cmd.h"

static int run_run(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    if (c->argc > 1)
        return cmd_usage(c);
    return vcpu_resume(cmd_vcpu(c), &err) < 0 ? cmd_fail(c, &err) : 0;
}

static int run_pause(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    if (c->argc > 1)
        return cmd_usage(c);
    c->wait = c->sel;
    return vcpu_pause(cmd_vcpu(c), &err) < 0 ? cmd_fail(c, &err) : 0;
}

static int run_step(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    uint64_t n = 1;
    if (c->argc > 2)
        return cmd_usage(c);
    if (c->argc == 2 && (!command_number(c->argv[1], &n) || n == 0))
        return cmd_error(c, "'%.60s' is not a number of instructions: write step 10", c->argv[1]);
    c->wait = c->sel;
    return vcpu_step(cmd_vcpu(c), n, &err) < 0 ? cmd_fail(c, &err) : 0;
}

static int run_next(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    if (c->argc > 1)
        return cmd_usage(c);
    c->wait = c->sel;
    return vcpu_next(cmd_vcpu(c), &err) < 0 ? cmd_fail(c, &err) : 0;
}

const struct command run_commands[] = {
    { "run", "r, c, resume, continue", NULL, "let the guest run",
      "Starts a created guest, or lets a paused one go on where it stopped.\n\n    run          the focused guest\n    run @all     every guest",
      CMD_EACH, run_run, NULL },
    { "pause", "p", NULL, "stop the guest between two instructions",
      "The guest stops at the next instruction boundary; its registers and memory can then be read and changed. A guest that\nis stopped already stays as it is.",
      CMD_EACH, run_pause, NULL },
    { "step", "s", "[N]", "execute exactly N instructions (1)",
      "Executes N instructions and pauses again. A REP prefix counts one instruction for each repetition, as on the hardware.\n\n    step         one instruction\n    step 100 @1  a hundred on vCPU 1",
      CMD_EACH, run_step, NULL },
    { "next", "n", NULL, "run to the next exit, then pause",
      "Lets the guest run until it next leaves guest mode (an I/O port, HLT, memory that is not there), handles that exit, and pauses.",
      CMD_EACH, run_next, NULL },
    { 0 },
};
