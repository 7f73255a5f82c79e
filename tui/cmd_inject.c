/* cmd_inject.c: what a person does to a guest from outside: interrupts, keys, the clock. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "number.h"

static int run_irq(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    uint64_t vector;
    if (c->argc != 2)
        return cmd_usage(c);
    if (!command_number(c->argv[1], &vector) || vector > 255)
        return cmd_error(c, "'%.40s' is not a vector: they go from 0 to 255 (0xff)", c->argv[1]);
    return vcpu_irq(cmd_vcpu(c), (uint8_t)vector, &err) < 0 ? cmd_fail(c, &err) : 0;
}

static int run_nmi(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    if (c->argc > 1)
        return cmd_usage(c);
    return vcpu_nmi(cmd_vcpu(c), &err) < 0 ? cmd_fail(c, &err) : 0;
}

/* \n \r \t \e \b \0 \\ \xHH, in place. The length, or -1 with *bad at what is not understood. */
static long unescape(char *text, const char **bad)
{
    static const char from[] = "nrteb0\\\"'", to[] = "\n\r\t\033\b\0\\\"'";
    char *out = text;
    for (const char *p = text; *p; p++) {
        const char *known;
        if (*p != '\\') {
            *out++ = *p;
        } else if (p[1] == 'x' && isxdigit((unsigned char)p[2]) && isxdigit((unsigned char)p[3])) {
            char hex[3] = { p[2], p[3], 0 };
            *out++ = (char)strtoul(hex, NULL, 16);
            p += 3;
        } else if (p[1] && (known = strchr(from, p[1]))) {
            *out++ = to[known - from];
            p++;
        } else {
            *bad = p;
            return -1;
        }
    }
    return out - text;
}

static int give(struct command_ctx *c, const char *bytes, size_t n)
{
    struct vcpu_snapshot now;
    bool settled = vcpu_wait_idle(cmd_vcpu(c), 0); /* else a reset may be under way */
    vcpu_snapshot(cmd_vcpu(c), &now);
    if (settled && (now.state == VCPU_EXITED || now.state == VCPU_FAILED))
        return cmd_error(c, "%s has ended and reads nothing any more: 'reset' starts it anew", vcpu_name(cmd_vcpu(c)));
    size_t room = vcpu_input_room(cmd_vcpu(c));
    if (room < n)
        return cmd_error(c, "the guest's input queue has room for %zu more bytes only: it does not read what was typed", room);
    vcpu_input(cmd_vcpu(c), bytes, n);
    return 0;
}

static int run_key(struct command_ctx *c)
{
    char text[4096];
    const char *bad = "";
    size_t n = 0;
    if (c->argc < 2)
        return cmd_usage(c);
    for (int i = 1; i < c->argc; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i > 1 ? " " : "", c->argv[i]);
    long len = unescape(text, &bad);
    if (len < 0)
        return cmd_error(c, "'%.4s' is no key: write \\n \\t \\e \\b or \\x41", bad);
    return give(c, text, (size_t)len);
}

static int run_type(struct command_ctx *c)
{
    char line[4200];
    int n = snprintf(line, sizeof line, "%s\n", c->rest);
    return give(c, line, (size_t)n);
}

static int run_timer(struct command_ctx *c)
{
    uint64_t ns;
    bool off = c->argc == 2 && strcmp(c->argv[1], "off") == 0, free = c->argc == 2 && strcmp(c->argv[1], "guest") == 0;
    if (c->argc != 2)
        return cmd_usage(c);
    if (off)
        ns = UINT64_MAX;
    else if (free)
        ns = 0;
    else if (!number_time(c->argv[1], &ns) || ns < 100000 || ns > 60000000000ull)
        return cmd_error(c, "'%.40s' is not a time from 100us to 60s: write timer 10ms, timer off or timer guest", c->argv[1]);
    struct vm_error err = { 0 };
    return machine_set_tick(vcpu_machine(cmd_vcpu(c)), ns, &err) < 0 ? cmd_fail(c, &err) : 0;
}

static void complete_timer(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    static const char *const words[] = { "off", "guest", "10ms", "100ms", "1s" };
    (void)s, (void)argv;
    for (size_t i = 0; argc == 2 && i < 5; i++)
        add(self, words[i]);
}

const struct command inject_commands[] = {
    { "irq", "i", "VECTOR", "interrupt the guest",
      "Queues an interrupt with this vector for delivery as soon as the guest can take it (IF set, no\n"
      "shadow); a halted guest wakes up.\n\n"
      "    irq 0x20         vector 32 to the focused guest\n"
      "    irq 0x21 @all    vector 33 to every guest", CMD_EACH, run_irq, NULL },
    { "nmi", NULL, NULL, "interrupt it even when it does not want to be",
      "A non-maskable interrupt (vector 2): delivered even with IF clear, but not inside another NMI.", CMD_EACH, run_nmi, NULL },
    { "key", "k", "\"TEXT\"", "press these keys at the guest's console",
      "The text goes to the guest as if typed. \\n is Enter, \\t Tab, \\e Escape, \\b Backspace, \\x41 any byte.\n\n"
      "    key \"1\\n0\\n\"\n"
      "    key \"\\e[A\"       cursor up", CMD_EACH, run_key, NULL },
    { "type", NULL, "TEXT", "type a line and Enter",
      "Everything after the command is typed as it stands, then Enter.\n\n    type 12 * (3 + 4)\n    type @1 hello", CMD_EACH | CMD_TEXT, run_type, NULL },
    { "timer", NULL, "TIME | off | guest", "slow the guest's timer down, or stop it",
      "The timer interrupt comes every TIME whatever rate the guest has programmed; off: never; guest: as\n"
      "programmed again.\n\n"
      "    timer 500ms      twice a second, to watch the scheduler", CMD_EACH, run_timer, complete_timer },
    { 0 },
};
