/* cmd_expect.c: `expect`, the assertion of scripts. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "console_log.h"

enum { TAIL = 240 << 10 };

/* Which relation stands at text, and how long it is. */
static const char *const relations[] = { "==", "!=", "<=", ">=", "=", "<", ">" };

static bool holds(const char *rel, uint64_t a, uint64_t b)
{
    switch (*rel) {
    case '=': return a == b;
    case '!': return a != b;
    case '<': return rel[1] ? a <= b : a < b;
    default: return rel[1] ? a >= b : a > b;
    }
}

/* What stands left of the relation, as a number. 0, or 1 after an error. */
static int quantity(struct command_ctx *c, const char *what, uint64_t *value)
{
    struct vcpu *v = cmd_vcpu(c);
    const struct cpu_reg *r = cpu_reg_find(what);
    struct vcpu_snapshot n;
    struct account_view a;
    enum exit_reason reason;
    size_t len = strlen(what);
    vcpu_snapshot(v, &n);
    vcpu_account(v, &a);
    if (r) {
        struct cpu_state cpu;
        cmd_cpu(v, &cpu);
        *value = cpu_reg_get(&cpu, r);
    } else if (strcmp(what, "status") == 0) {
        if (n.state != VCPU_EXITED)
            return cmd_error(c, "there is no status: the guest is %s", vcpu_state_name(n.state));
        *value = (uint64_t)(int64_t)n.status;
    } else if (strcmp(what, "exits") == 0) {
        *value = a.total;
    } else if (strcmp(what, "instructions") == 0) {
        if (n.count == UINT64_MAX)
            return cmd_error(c, "this engine does not count instructions");
        *value = n.count;
    } else if (strncmp(what, "exits.", 6) == 0 && exit_parse(what + 6, &reason)) {
        *value = a.reason[reason];
    } else if (len > 2 && strchr(what, '[') && what[len - 1] == ']') {
        char address[64] = "";
        const char *open = strchr(what, '[');
        unsigned size = open == what || *what == 'b' ? 1 : *what == 'w' ? 2 : *what == 'd' ? 4 : *what == 'q' ? 8 : 0;
        uint64_t at, fault;
        if (!size || open - what > 1 || len - 2 - (size_t)(open - what) >= sizeof address)
            return cmd_error(c, "'%.60s' is no memory: write [0x500], w[0x500], d[ds:si] or q[...]", what);
        memcpy(address, open + 1, len - 2 - (size_t)(open - what));
        if (!cmd_address(c, address, &at))
            return 1;
        *value = 0;
        if (vcpu_mem_read(v, at, value, size, &fault) != size)
            return cmd_error(c, "there is no memory at 0x%llx", (unsigned long long)fault);
    } else {
        return cmd_error(c, "'%.60s' is nothing to expect: 'help expect' lists what is", what);
    }
    return 0;
}

static int expect_text(struct command_ctx *c, const char *text)
{
    char *tail = malloc(TAIL);
    if (!tail)
        return cmd_error(c, "no memory to read the console");
    size_t n = console_log_tail(c->s->console[cmd_index(c)], tail, TAIL);
    bool found = memmem(tail, n, text, strlen(text)) != NULL;
    if (!found)
        cmd_error(c, "the console of vCPU %u does not show \"%.100s\"; its last characters are: %.*s", cmd_index(c), text,
                  (int)(n > 200 ? 200 : n), tail + (n > 200 ? n - 200 : 0));
    free(tail);
    return !found;
}

static int expect_state(struct command_ctx *c, const char *rel, const char *want)
{
    struct vcpu_snapshot n;
    vcpu_snapshot(cmd_vcpu(c), &n);
    const char *is = vcpu_state_name(n.state);
    bool known = false;
    for (int i = 0; i < VCPU_STATES; i++)
        known |= strcmp(want, vcpu_state_name((enum vcpu_state)i)) == 0;
    if (!known)
        return cmd_error(c, "there is no state '%.40s': created, running, paused, halted, exited and failed are what there is", want);
    if (*rel != '=' && *rel != '!')
        return cmd_error(c, "a state is compared with = or !=");
    if ((strcmp(is, want) == 0) == (*rel == '='))
        return 0;
    return cmd_error(c, "vCPU %u is %s%s%s%s, expected state%s%s", cmd_index(c), is, *n.why ? " (" : "", n.why, *n.why ? ")" : "", rel, want);
}

/* Without a relation: what is likelier to have been meant than a text. */
static bool is_quantity(const char *word)
{
    return cpu_reg_find(word) || !strcmp(word, "state") || !strcmp(word, "status") || !strcmp(word, "exits") || !strcmp(word, "instructions") ||
           !strncmp(word, "exits.", 6);
}

static int expect_one(struct command_ctx *c, const char *word, bool quoted)
{
    char what[80] = "";
    size_t n = strcspn(word, "=!<>");
    const char *rel = NULL;
    uint64_t is, want;
    for (size_t i = 0; i < sizeof relations / sizeof *relations && !rel; i++)
        if (strncmp(word + n, relations[i], strlen(relations[i])) == 0)
            rel = relations[i];
    if (!rel && !quoted && is_quantity(word))
        return cmd_error(c, "what shall %s be? Write %s=VALUE; text of the guest stands in quotes", word, word);
    if (!rel || n >= sizeof what || n == 0)
        return expect_text(c, word);
    memcpy(what, word, n);
    const char *right = word + n + strlen(rel);
    if (strcmp(what, "state") == 0)
        return expect_state(c, rel, right);
    if (quantity(c, what, &is))
        return 1;
    if (!command_number(right, &want) && quantity(c, right, &want))
        return 1;
    if (holds(rel, is, want))
        return 0;
    return cmd_error(c, "%s is 0x%llx (%llu), expected %s%s", what, (unsigned long long)is, (unsigned long long)is, rel, right);
}

static int run_expect(struct command_ctx *c)
{
    int rc = 0;
    if (c->argc < 2)
        return cmd_usage(c);
    if (c->argc == 3 && strcmp(c->argv[1], "console") == 0)
        return expect_text(c, c->argv[2]);
    for (int i = 1; i < c->argc && !rc; i++)
        rc = expect_one(c, c->argv[i], c->quoted[i]);
    return rc;
}

static void complete_expect(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    static const char *const words[] = { "state=", "status=", "exits=", "exits.", "instructions=", "console" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        add(self, words[i]);
    complete_register(s, argc, argv, add, self);
}

const struct command expect_commands[] = {
    { "expect", NULL, "WHAT=VALUE... | \"TEXT\"", "in a script: fail unless this holds",
      "A script that expects something else ends with an error and exit status 1. WHAT is a register, state,\n"
      "status, exits, exits.REASON, instructions, or memory: [ADDR] a byte, w[ADDR], d[ADDR], q[ADDR] wider.\n"
      "= != < > <= >= compare. Text is looked for in what the guest printed.\n\n"
      "    step 2; expect ax=5 ip=3\n"
      "    run; wait; expect state=exited status=0 exits.io-out=12\n"
      "    expect \"Hello, KVM!\"", CMD_EACH, run_expect, complete_expect },
    { 0 },
};
