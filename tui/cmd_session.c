/* cmd_session.c: help, echo, quit and the like. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "script.h"

static int run_help(struct command_ctx *c)
{
    return c->argc > 2 ? cmd_usage(c) : command_help(c->out, c->argc > 1 ? c->argv[1] : NULL);
}

static void complete_command(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    const struct command *c;
    (void)s;
    (void)argv;
    for (size_t i = 0; argc == 2 && (c = command_at(i)); i++)
        add(self, c->name);
}

static int run_echo(struct command_ctx *c)
{
    for (int i = 1; i < c->argc; i++)
        out_printf(c->out, "%s%s", i > 1 ? " " : "", c->argv[i]);
    out_printf(c->out, "\n");
    return 0;
}

static int run_quit(struct command_ctx *c)
{
    uint64_t status = 0;
    if (c->argc > 2 || (c->argc == 2 && (!command_number(c->argv[1], &status) || status > 255)))
        return cmd_error(c, "takes an exit status from 0 to 255");
    c->s->quit = true;
    c->s->quit_status = (int)status;
    return 0;
}

static int run_focus(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    uint64_t sel = c->sel;
    if (c->argc > 2 || (c->argc == 1 && !c->sel_given))
        return cmd_usage(c);
    if (c->argc == 2 && isalpha((unsigned char)*c->argv[1]) && strcmp(c->argv[1], "all") != 0)
        return cmd_error(c, "'%.40s' is not the number of a vCPU: 'info' lists them", c->argv[1]);
    if (c->argc == 2 && !command_selector(c->s, c->argv[1], &sel, &err))
        return cmd_fail(c, &err);
    if (!sel || (sel & (sel - 1)))
        return cmd_error(c, "one vCPU at a time has the focus");
    c->s->focus = (unsigned)__builtin_ctzll(sel);
    if (c->s->ui)
        c->s->ui->redraw(c->s->ui_self);
    return 0;
}

static void complete_focus(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    char word[16];
    (void)argv;
    for (unsigned i = 0; argc == 2 && i < s->vcpus; i++) {
        snprintf(word, sizeof word, "%u", i);
        add(self, word);
    }
}

static int run_sync(struct command_ctx *c)
{
    if (c->argc > 1)
        return cmd_usage(c);
    for (unsigned i = 0; i < c->s->vcpus; i++)
        vcpu_wait_idle(c->s->vcpu[i], 1000);
    if (c->s->ui)
        c->s->ui->redraw(c->s->ui_self);
    c->wait_ms = 50; /* more than a frame: what follows sees the screen painted */
    return 0;
}

static int run_source(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    if (c->argc != 2)
        return cmd_usage(c);
    c->wait_ms = 1; /* what follows on this line comes after the file's lines */
    return script_push_file(c->s, c->argv[1], &err) < 0 ? cmd_fail(c, &err) : 0;
}

const struct command session_commands[] = {
    { "echo", NULL, "TEXT...", "print a line", "Prints its words, for scripts that say what they do.\n\n    echo now comes the interrupt", 0, run_echo, NULL },
    { "focus", "f", "N", "the vCPU that commands mean", "Commands without a selector are for vCPU N from now on, and what is typed goes to it. On the screen: as clicking on\nits panel, or Tab on an empty line.\n\n    focus 2", 0, run_focus, complete_focus },
    { "sync", NULL, NULL, "wait until every request has been carried out",
      "Returns when the vCPUs have taken note of everything asked of them so far and the screen is painted:\nfor scripts that look at the result.", 0, run_sync, NULL },
    { "help", "?, h", "[COMMAND]", "list the commands, or explain one",
      "Without a name the list of commands, with a name what the command does, its forms and examples.", 0, run_help, complete_command },
    { "quit", "q, exit", "[STATUS]", "stop every guest and leave",
      "Leaves vmlab at once, with exit status STATUS (0 if not given).", 0, run_quit, NULL },
    { "source", ".", "FILE", "run the commands of a file",
      "Runs FILE line by line; '#' begins a comment. A line that steps waits until the guest has stopped before the next one runs;\n'run' does not wait, 'wait' does. The first error ends it, with file and line.\n\n    source demo.vmlab", 0, run_source, complete_file },
    { 0 },
};
