/* cmd_system.c: the machine around the guest: devices, engines, consoles, all vCPUs at a glance. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "foreign.h"
#include "console_log.h"
#include "engines.h"

enum { DEVICE_LINES = 64, CONSOLE_SHOWN = 4000 };

/* --- info ---------------------------------------------------------------------------------------------------------- */

/* A line's cells; the columns are as wide as the widest, so that the line with its reason fits a narrow screen. */
enum { INFO_NAME, INFO_STATE, INFO_MODE, INFO_ENGINE, INFO_WHERE, INFO_EXITS, INFO_CELLS };
struct info_row { char cell[INFO_CELLS][64], why[sizeof ((struct vcpu_snapshot *)0)->why]; };

static void info_row(struct vcpu *v, struct info_row *r)
{
    struct vcpu_snapshot n;
    struct account_view a;
    vcpu_snapshot(v, &n);
    vcpu_account(v, &a);
    enum cpu_mode mode = cpu_mode(&n.cpu);
    const char *text[] = { vcpu_name(v), vcpu_state_name(n.state), cpu_mode_name(mode), machine_engine(vcpu_machine(v))->name };
    for (int i = INFO_NAME; i <= INFO_ENGINE; i++)
        snprintf(r->cell[i], sizeof r->cell[i], "%s", text[i]);
    snprintf(r->cell[INFO_WHERE], sizeof r->cell[0], "%04x:%0*llx", n.cpu.seg[CPU_CS].sel,
             mode == CPU_REAL || mode == CPU_V86 || mode == CPU_PROT16 ? 4 : 8, (unsigned long long)n.cpu.rip);
    snprintf(r->cell[INFO_EXITS], sizeof r->cell[0], "%llu exit%s", (unsigned long long)a.total, a.total == 1 ? "" : "s");
    memcpy(r->why, n.why, sizeof r->why);
}

static void info_lines(struct command_ctx *c, uint64_t sel)
{
    struct info_row r;
    int width[INFO_CELLS] = { 0 };
    for (unsigned i = 0; i < c->s->vcpus; i++) {
        info_row(c->s->vcpu[i], &r);
        for (int k = 0; k < INFO_CELLS; k++)
            if ((sel >> i & 1) && (int)strlen(r.cell[k]) > width[k])
                width[k] = (int)strlen(r.cell[k]);
    }
    for (unsigned i = 0; i < c->s->vcpus; i++) {
        if (!(sel >> i & 1))
            continue;
        info_row(c->s->vcpu[i], &r);
        out_printf(c->out, "%c %*u", i == c->s->focus ? '>' : ' ', c->s->vcpus > 10 ? 2 : 1, i);
        for (int k = 0; k < INFO_CELLS; k++) /* two blanks after the name: there the screen puts the rest of a folded line */
            out_printf(c->out, "%s%*s", k == 1 ? "  " : " ", k == INFO_EXITS ? width[k] : -width[k], r.cell[k]);
        out_printf(c->out, "%s%s\n", *r.why ? "  " : "", r.why);
    }
}

/* One machine in full. */
static void info_machine(struct command_ctx *c, struct machine *m)
{
    static const char *const chips[] = { "auto", "none", "user", "kernel" };
    struct vcpu_snapshot n;
    uint64_t gpa, size;
    char post[4096];
    out_printf(c->out, "engine   %s\nirqchip  %s\n", machine_engine_reason(m), chips[machine_irqchip(m)]);
    for (unsigned i = 0; machine_region(m, i, &gpa, &size); i++)
        out_printf(c->out, "memory   0x%llx-0x%llx (%llu KB)\n", (unsigned long long)gpa, (unsigned long long)(gpa + size - 1), (unsigned long long)size >> 10);
    vcpu_snapshot(cmd_vcpu(c), &n);
    if (n.count != UINT64_MAX)
        out_printf(c->out, "executed %llu instructions\n", (unsigned long long)n.count);
    if (n.pending)
        out_printf(c->out, "pending  %u interrupt%s\n", n.pending, n.pending == 1 ? "" : "s");
    if (n.notices)
        out_printf(c->out, "notices  %llu, the last: %s\n", (unsigned long long)n.notices, n.notice);
    if (vcpu_postmortem(cmd_vcpu(c), post, sizeof post))
        out_printf(c->out, "%s%s", post, post[strlen(post) - 1] == '\n' ? "" : "\n");
}

static int run_info(struct command_ctx *c)
{
    uint64_t sel = c->sel_given ? c->sel : UINT64_MAX;
    const char *here = c->argc > 1 ? foreign_word("info", c->argv[1]) : NULL;
    if (here)
        return cmd_error(c, "it is always about all vCPUs. What 'info %s' does elsewhere is here: %s", c->argv[1], here);
    if (c->argc > 1)
        return cmd_usage(c);
    info_lines(c, sel);
    if (c->s->vcpus == 1 || (c->sel_given && (c->sel & (c->sel - 1)) == 0))
        info_machine(c, vcpu_machine(cmd_vcpu(c)));
    return 0;
}

/* --- devices, engines ---------------------------------------------------------------------------------------------- */

static int run_devices(struct command_ctx *c)
{
    if (c->argc > 2)
        return cmd_usage(c);
    struct machine *m = vcpu_machine(cmd_vcpu(c));
    struct device_line *line = calloc(DEVICE_LINES, sizeof *line);
    const struct device_ops *d;
    bool found = c->argc < 2, any = false;
    char names[200] = "";
    if (!line)
        return cmd_error(c, "no memory");
    for (size_t i = 0; (d = machine_device(m, i)); i++) {
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", any ? ", " : "", d->name);
        any = true;
        if (c->argc > 1 && strcmp(c->argv[1], d->name) != 0)
            continue;
        found = true;
        out_printf(c->out, "%s: %s\n", d->name, d->title);
        size_t n = machine_device_show(m, i, line, DEVICE_LINES);
        for (size_t k = 0; k < n && k < DEVICE_LINES; k++)
            out_printf(c->out, "  %-15s %s\n", line[k].name, line[k].text);
    }
    free(line);
    if (!any)
        out_printf(c->out, "this machine has no devices but the hypercall port\n");
    return found || !any ? 0 : cmd_error(c, "this machine has no device '%.40s': it has %s", c->argv[1], names);
}

static void complete_devices(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    const struct device_ops *d;
    (void)s, (void)argv;
    for (size_t i = 0; argc == 2 && (d = device_at(i)); i++)
        add(self, d->name);
}

static void engine_line(void *self, const char *text) { out_printf(self, "%s\n", text); }

static int run_engines(struct command_ctx *c)
{
    if (c->argc > 1)
        return cmd_usage(c);
    engines_print(engine_line, c->out);
    return 0;
}

/* --- console, log -------------------------------------------------------------------------------------------------- */

static int run_console(struct command_ctx *c)
{
    uint64_t want = CONSOLE_SHOWN;
    char *tail;
    if (c->argc > 2)
        return cmd_usage(c);
    if (c->argc == 2 && (!command_number(c->argv[1], &want) || !want || want > 65536))
        return cmd_error(c, "'%.40s' is not a number of characters from 1 to 65536", c->argv[1]);
    if (!(tail = malloc((size_t)want)))
        return cmd_error(c, "no memory");
    size_t n = console_log_tail(c->s->console[cmd_index(c)], tail, (size_t)want);
    cmd_defang(tail, n, '.');
    if (n)
        c->out->write(c->out->self, tail, n);
    if (n && tail[n - 1] != '\n')
        out_printf(c->out, "\n");
    free(tail);
    return 0;
}

static int run_log(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    if (c->argc != 2)
        return cmd_usage(c);
    struct console_log *l = c->s->console[cmd_index(c)];
    int old = console_log_check(l, &err); /* the file that ends here */
    return console_log_save(l, strcmp(c->argv[1], "off") == 0 ? NULL : c->argv[1], &err) < 0 || old < 0 ? cmd_fail(c, &err) : 0;
}

static void complete_log(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    if (argc == 2)
        add(self, "off");
    complete_file(s, argc, argv, add, self);
}

const struct command system_commands[] = {
    { "info", "status", NULL, "all vCPUs, a line each; one of them in full",
      "Number, guest, state, mode, engine, where it is, exits, and why it is in that state. With one vCPU or\n"
      "a selector also the engine and why it was chosen, memory, what is pending and, after a failure, the\n"
      "post-mortem.\n\n"
      "    info\n"
      "    info @2", 0, run_info, NULL },
    { "devices", "dev", "[NAME]", "show the devices' registers",
      "Interrupt controllers (IRR, ISR, IMR), timer counters, UART FIFOs and so on, as far as the machine has\n"
      "them in user space.\n\n"
      "    devices pic", CMD_EACH, run_devices, complete_devices },
    { "engines", NULL, NULL, "what can execute guests on this machine", "Each engine, what it can run here, and why it cannot run the rest.", 0, run_engines, NULL },
    { "console", NULL, "[N]", "show the last N characters the guest printed", "Since its last reset; 4000 if not given. Control characters are shown as dots.", CMD_EACH, run_console, NULL },
    { "log", NULL, "FILE | off", "save what the guest prints from now on", "Appends every byte to FILE. 'log off' ends it.\n\n    log out.txt @1", CMD_EACH, run_log, complete_log },
    { 0 },
};
