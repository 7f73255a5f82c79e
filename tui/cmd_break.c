/* cmd_break.c: the four hardware slots. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static const char *type_name(uint8_t type)
{
    return type == DEBUG_EXEC ? "execute" : type == DEBUG_WRITE ? "write" : "access";
}

static int list(struct command_ctx *c)
{
    struct vcpu_break b[4];
    unsigned n = 0;
    vcpu_breaks(cmd_vcpu(c), b);
    for (unsigned i = 0; i < 4; i++) {
        if (!b[i].on)
            continue;
        n++;
        out_printf(c->out, "%u  %-7s at 0x%llx", i, type_name(b[i].type), (unsigned long long)b[i].addr);
        if (b[i].type != DEBUG_EXEC)
            out_printf(c->out, ", %u byte%s", b[i].len, b[i].len == 1 ? "" : "s");
        out_printf(c->out, ", %llu hit%s\n", (unsigned long long)b[i].hits, b[i].hits == 1 ? "" : "s");
    }
    if (!n)
        out_printf(c->out, "no breakpoints or watchpoints: 4 can be set\n");
    return 0;
}

/* Is the very same there already? Four slots are too few for twins. */
static bool find_twin(struct vcpu *v, uint64_t at, uint8_t type, uint8_t len, unsigned *slot)
{
    struct vcpu_break b[4];
    vcpu_breaks(v, b);
    for (*slot = 0; *slot < 4; ++*slot)
        if (b[*slot].on && b[*slot].addr == at && b[*slot].type == type && b[*slot].len == len)
            return true;
    return false;
}

static int set(struct command_ctx *c, uint64_t at, uint8_t type, uint8_t len)
{
    struct vm_error err = { 0 };
    unsigned slot;
    bool twin = find_twin(cmd_vcpu(c), at, type, len, &slot);
    if (!twin && vcpu_break_set(cmd_vcpu(c), at, type, len, &slot, &err) < 0)
        return cmd_fail(c, &err);
    out_printf(c->out, "%s %u %sat 0x%llx\n", type == DEBUG_EXEC ? "breakpoint" : "watchpoint", slot, twin ? "is already " : "", (unsigned long long)at);
    return 0;
}

static int run_break(struct command_ctx *c)
{
    uint64_t at;
    if (c->argc > 2)
        return cmd_usage(c);
    if (c->argc == 1)
        return list(c);
    return cmd_address(c, c->argv[1], &at) ? set(c, at, DEBUG_EXEC, 1) : 1;
}

static int run_watch(struct command_ctx *c)
{
    uint64_t at, len = 1;
    uint8_t type = DEBUG_WRITE;
    int n = c->argc;
    if (n == 1)
        return list(c);
    if (n > 2 && (strcmp(c->argv[n - 1], "w") == 0 || strcmp(c->argv[n - 1], "rw") == 0)) {
        type = strcmp(c->argv[n - 1], "w") == 0 ? DEBUG_WRITE : DEBUG_ACCESS;
        n--;
    }
    if (n > 3)
        return cmd_usage(c);
    if (n == 3 && (!command_number(c->argv[2], &len) || (len != 1 && len != 2 && len != 4 && len != 8)))
        return cmd_error(c, "'%.40s' is not a length: the processor watches 1, 2, 4 or 8 bytes", c->argv[2]);
    if (!cmd_address(c, c->argv[1], &at))
        return 1;
    if (at % len)
        return cmd_error(c, "0x%llx is not a multiple of %llu: the processor only watches aligned addresses", (unsigned long long)at, (unsigned long long)len);
    return set(c, at, type, (uint8_t)len);
}

static int run_delete(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    struct vcpu_break b[4];
    uint64_t slot;
    if (c->argc != 2)
        return cmd_usage(c);
    vcpu_breaks(cmd_vcpu(c), b);
    if (strcmp(c->argv[1], "all") == 0) {
        for (unsigned i = 0; i < 4; i++)
            if (b[i].on && vcpu_break_clear(cmd_vcpu(c), i, &err) < 0)
                return cmd_fail(c, &err);
        return 0;
    }
    if (!command_number(c->argv[1], &slot) || slot > 3 || !b[slot].on)
        return cmd_error(c, "there is no breakpoint '%.40s': 'break' lists them", c->argv[1]);
    return vcpu_break_clear(cmd_vcpu(c), (unsigned)slot, &err) < 0 ? cmd_fail(c, &err) : 0;
}

static void complete_delete(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    static const char *const words[] = { "all", "0", "1", "2", "3" };
    (void)s, (void)argv;
    for (size_t i = 0; argc == 2 && i < 5; i++)
        add(self, words[i]);
}

const struct command break_commands[] = {
    { "break", "b", "[ADDRESS]", "stop before the instruction at ADDRESS",
      "Sets a breakpoint in one of the processor's four debug slots; the guest is not changed. Without an\n"
      "address: the list, with hits. A number is a linear address; cs:OFFSET counts from the code segment.\n\n"
      "    break cs:0x20\n"
      "    break 0x80001000", CMD_EACH, run_break, complete_register },
    { "watch", NULL, "[ADDRESS [LEN] [w|rw]]", "stop after data at ADDRESS was written or touched",
      "A watchpoint on 1, 2, 4 or 8 bytes: w (the default) stops after a write, rw after a read too. It\n"
      "shares the four slots with breakpoints.\n\n"
      "    watch ds:0x100 2\n"
      "    watch ss:sp-2 2 rw", CMD_EACH, run_watch, complete_register },
    { "delete", "d", "N | all", "remove a breakpoint or watchpoint", "N is the number that 'break' shows.\n\n    delete all", CMD_EACH, run_delete, complete_delete },
    { 0 },
};
