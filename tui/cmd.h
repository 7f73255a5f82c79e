/* cmd.h: the tables of the cmd_*.c files, each ended by a row without a name, and what those files share. */
#ifndef TUI_CMD_H
#define TUI_CMD_H

#include "command.h"

extern const struct command run_commands[], break_commands[], inject_commands[], state_commands[], memory_commands[],
    exit_commands[], system_commands[], session_commands[];

/* The one vCPU of a CMD_EACH command, or the first selected. */
struct vcpu *cmd_vcpu(const struct command_ctx *c);
unsigned cmd_index(const struct command_ctx *c);
/* out_error with "NAME: " and what *err says; always 1, so that a command can return it. */
int cmd_fail(struct command_ctx *c, const struct vm_error *err);
int cmd_error(struct command_ctx *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "usage: step [N]"; 1. */
int cmd_usage(struct command_ctx *c);

/* Completions that several rows share. */
typedef void cmd_add(void *self, const char *word);
void complete_register(struct session *s, int argc, char **argv, cmd_add *add, void *self);
void complete_guest(struct session *s, int argc, char **argv, cmd_add *add, void *self);

#endif
