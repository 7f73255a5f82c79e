/* cmd.h: the tables of the cmd_*.c files, each ended by a row without a name, and what those files share. */
#ifndef TUI_CMD_H
#define TUI_CMD_H

#include "command.h"

extern const struct command run_commands[], break_commands[], inject_commands[], state_commands[], memory_commands[],
    exit_commands[], table_commands[], system_commands[], expect_commands[],
    session_commands[];

/* The one vCPU of a CMD_EACH command, or the first selected. */
struct vcpu *cmd_vcpu(const struct command_ctx *c);
unsigned cmd_index(const struct command_ctx *c);
/* out_error with "NAME: " and what *err says; always 1, so that a command can return it. */
int cmd_fail(struct command_ctx *c, const struct vm_error *err);
int cmd_error(struct command_ctx *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "usage: step [N]"; 1. */
int cmd_usage(struct command_ctx *c);

/* "There is no command ...", or what an abbreviation could mean; 1. */
int command_unknown(struct out *out, const char *name, const char *suggestion);

/* Registers: of a stopped vCPU as they are, of a running one as last published. */
void cmd_cpu(struct vcpu *v, struct cpu_state *cpu);
/* An address argument, or the default when the word is missing. False after an error was printed. */
bool cmd_address(struct command_ctx *c, const char *word, uint64_t *linear);

/* The register that is meant by a word that names none: $ax, %eax, axx; NULL. */
const char *cmd_register_near(const char *word);

/* What could steer the terminal it is printed on becomes so many of `with`: control characters but newline and tab, C1 too. */
void cmd_defang(char *text, size_t n, char with);

/* What `undo` takes back. */
void undo_register(struct session *s, unsigned vcpu, const struct cpu_reg *r, uint64_t old);
void undo_memory(struct session *s, unsigned vcpu, uint64_t linear, const uint8_t *old, size_t n);

void undo_forget(struct session *s, unsigned vcpu); /* its guest, or its run, is another now */
void command_state_free(struct session *s);

/* Completions that several rows share. */
typedef void cmd_add(void *self, const char *word);
void complete_register(struct session *s, int argc, char **argv, cmd_add *add, void *self);
void complete_guest(struct session *s, int argc, char **argv, cmd_add *add, void *self); /* or a file, once there is a slash */
void complete_file(struct session *s, int argc, char **argv, cmd_add *add, void *self);

#endif
