/* cmd_exits.c: exits counted, exits traced. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "suggest.h"
#include "trace_save.h"

enum { STATS = 128 };

/* --- exits --------------------------------------------------------------------------------------------------------- */

static void by_reason(struct out *o, const struct account_view *a)
{
    for (int r = 0; r < EXIT_REASONS; r++)
        if (a->reason[r])
            out_printf(o, "  %12llu  %-11s %s\n", (unsigned long long)a->reason[r], exit_name((enum exit_reason)r), exit_sentence((enum exit_reason)r));
    out_printf(o, "  %12llu  in all\n", (unsigned long long)a->total);
    if (a->outside)
        out_printf(o, "  %12llu  of them outside its memory, where no device answers\n", (unsigned long long)a->outside);
}

static const char *place_name(struct machine *m, const struct account_place *p)
{
    bool port = p->kind == EXIT_IO_IN || p->kind == EXIT_IO_OUT;
    const struct bus_range *r = p->kind == ACCOUNT_VECTOR ? NULL : bus_find(port ? machine_ports(m) : machine_mmio(m), p->addr);
    return r ? r->name : "";
}

static void by_place(struct out *o, struct machine *m, const struct account_view *a)
{
    if (!a->places)
        return;
    out_printf(o, "where:\n");
    for (size_t i = 0; i < a->places; i++) {
        const struct account_place *p = &a->place[i];
        const char *kind = p->kind == ACCOUNT_VECTOR ? "vector" : exit_name((enum exit_reason)p->kind);
        out_printf(o, "  %12llu  %-11s 0x%llx %s\n", (unsigned long long)p->count, kind, (unsigned long long)p->addr, place_name(m, p));
    }
    if (a->places_lost)
        out_printf(o, "  %12llu  at more places than are kept\n", (unsigned long long)a->places_lost);
}

static void times(struct out *o, const struct account_view *a)
{
    uint64_t most = 1;
    out_printf(o, "time: %.3f ms in the guest, %.3f ms in the VMM", (double)a->guest_ns / 1e6, (double)a->vmm_ns / 1e6);
    if (a->total)
        out_printf(o, ", %.0f ns an exit", (double)a->vmm_ns / (double)a->total);
    out_printf(o, "\n");
    for (int b = 0; b < ACCOUNT_BUCKETS; b++)
        if (a->histogram[b] > most)
            most = a->histogram[b];
    for (int b = 0; b < ACCOUNT_BUCKETS; b++) {
        if (!a->histogram[b])
            continue;
        unsigned width = (unsigned)(a->histogram[b] * 30 / most);
        out_printf(o, "  from %10llu ns %12llu  %.*s\n", 1ull << b, (unsigned long long)a->histogram[b], width ? (int)width : 1,
                   "##############################");
    }
}

static void engine_stats(struct command_ctx *c)
{
    static struct engine_stat st[STATS];
    size_t n = vcpu_engine_stats(cmd_vcpu(c), st, STATS), shown = 0;
    for (size_t i = 0; i < n; i++)
        if (st[i].value && shown++ == 0)
            out_printf(c->out, "%s counts itself:\n", machine_engine(vcpu_machine(cmd_vcpu(c)))->title);
    for (size_t i = 0; i < n; i++)
        if (st[i].value)
            out_printf(c->out, "  %12llu  %s\n", (unsigned long long)st[i].value, st[i].name);
}

static int run_exits(struct command_ctx *c)
{
    struct account_view a;
    if (c->argc > 2 || (c->argc == 2 && strcmp(c->argv[1], "reset") != 0))
        return cmd_usage(c);
    if (c->argc == 2) {
        vcpu_account_reset(cmd_vcpu(c));
        return 0;
    }
    vcpu_account(cmd_vcpu(c), &a);
    by_reason(c->out, &a);
    by_place(c->out, vcpu_machine(cmd_vcpu(c)), &a);
    times(c->out, &a);
    engine_stats(c);
    return 0;
}

static void complete_exits(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    (void)s, (void)argv;
    if (argc == 2)
        add(self, "reset");
}

/* --- trace --------------------------------------------------------------------------------------------------------- */

struct trace_filter { uint32_t kinds, reasons; bool any, at; uint64_t port; };

static const char *const kinds[] = { [TRACE_EXIT] = "exit", [TRACE_EVENT] = "event", [TRACE_INJECT] = "inject", [TRACE_HYPERCALL] = "hypercall", [TRACE_STATE] = "state" };
enum { KINDS = sizeof kinds / sizeof *kinds };

static bool matches(const struct trace_filter *f, const struct trace_entry *e)
{
    bool exit = e->kind == TRACE_EXIT;
    if (f->at && !(exit && e->a == f->port))
        return false;
    if (!f->any)
        return true;
    return (f->kinds >> e->kind & 1) || (exit && (f->reasons >> e->reason & 1));
}

static int add_filter(struct command_ctx *c, struct trace_filter *f, const char *word)
{
    struct suggest near = { .word = word };
    enum exit_reason r;
    for (unsigned k = 0; k < KINDS; k++) {
        suggest_offer(&near, kinds[k]);
        if (strcmp(word, kinds[k]) == 0) {
            f->kinds |= 1u << k;
            f->any = true;
            return 0;
        }
    }
    if (exit_parse(word, &r)) {
        f->reasons |= 1u << r;
        f->any = true;
        return 0;
    }
    for (int i = 0; i < EXIT_REASONS; i++)
        suggest_offer(&near, exit_name((enum exit_reason)i));
    if (near.best)
        return cmd_error(c, "'%.40s' is nothing that is traced. Did you mean %s?", word, near.best);
    return cmd_error(c, "'%.40s' is nothing that is traced: 'help trace' says what is", word);
}

static void print_entry(struct out *o, const struct trace_entry *e)
{
    char text[256];
    trace_text(e, text, sizeof text);
    out_printf(o, "%8llu %12.3f us  %08llx  %s\n", (unsigned long long)e->seq, (double)e->ns / 1000.0, (unsigned long long)e->rip, text);
}

/* The last `want` entries that match, oldest first. */
static int show_trace(struct command_ctx *c, const struct trace_filter *f, size_t want)
{
    const struct trace *t = vcpu_trace(cmd_vcpu(c));
    struct trace_entry *all = malloc(TRACE_SIZE * sizeof *all);
    size_t n, keep = 0;
    if (!all)
        return cmd_error(c, "no memory to read the trace");
    n = trace_read(t, 0, all, TRACE_SIZE);
    for (size_t i = 0; i < n; i++)
        if (matches(f, &all[i]))
            all[keep++] = all[i];
    for (size_t i = keep > want ? keep - want : 0; i < keep; i++)
        print_entry(c->out, &all[i]);
    if (!keep)
        out_printf(c->out, "nothing %s traced\n", n ? "like that was" : "was");
    free(all);
    return 0;
}

static int run_trace(struct command_ctx *c)
{
    struct trace_filter f = { 0 };
    uint64_t want = 20;
    for (int i = 1; i < c->argc; i++) {
        if (strcmp(c->argv[i], "port") == 0 || strcmp(c->argv[i], "at") == 0) {
            if (i + 1 == c->argc || !command_number(c->argv[i + 1], &f.port))
                return cmd_error(c, "write a port or address after '%s'", c->argv[i]);
            f.at = true;
            i++;
        } else if (command_number(c->argv[i], &want)) {
            if (!want || want > TRACE_SIZE)
                return cmd_error(c, "the last %d entries are kept, not %.20s", TRACE_SIZE, c->argv[i]);
        } else if (strcmp(c->argv[i], "all") == 0) {
            want = TRACE_SIZE;
        } else if (add_filter(c, &f, c->argv[i])) {
            return 1;
        }
    }
    return show_trace(c, &f, want);
}

/* `trace save FILE` is once for all selected vCPUs, `trace` once for each. */
static int run_trace_any(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    uint64_t sel = c->sel;
    int rc = 0;
    if (!c->s->vcpus)
        return cmd_error(c, "no guest is loaded: 'load NAME' loads one");
    if (c->argc > 1 && strcmp(c->argv[1], "save") == 0) {
        if (c->argc != 3)
            return cmd_error(c, "write a file name after save: one that ends in .json is for Chrome and Perfetto, any other is CSV");
        if (trace_save(c->s, c->sel_given ? sel : UINT64_MAX, c->argv[2], &err) < 0)
            return cmd_fail(c, &err);
        out_printf(c->out, "%s written\n", c->argv[2]);
        return 0;
    }
    for (unsigned i = 0; i < c->s->vcpus; i++) {
        if (!(sel >> i & 1))
            continue;
        if (sel & (sel - 1))
            out_printf(c->out, "[%u %s]\n", i, vcpu_name(c->s->vcpu[i]));
        c->sel = 1ull << i;
        rc |= run_trace(c);
    }
    c->sel = sel;
    return rc;
}

static void complete_trace(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    if (argc == 2)
        add(self, "save");
    if (argc > 2 && strcmp(argv[1], "save") == 0) {
        complete_file(s, argc, argv, add, self);
        return;
    }
    add(self, "all");
    add(self, "port");
    for (unsigned k = 0; k < KINDS; k++)
        add(self, kinds[k]);
    for (int r = 0; r < EXIT_REASONS; r++)
        add(self, exit_name((enum exit_reason)r));
}

const struct command exit_commands[] = {
    { "exits", "e", "[reset]", "exits by reason, by place, and what they cost",
      "How often the guest left guest mode and why, at which ports and addresses, how long it ran and how\n"
      "long the VMM took (a histogram by powers of two), and what the engine itself counts. 'exits reset'\n"
      "begins at 0 again.", CMD_EACH, run_exits, complete_exits },
    { "trace", "t", "[N | all] [KIND...] [port P] | save FILE", "the last things that happened",
      "The last N entries (20) of the trace ring: exits, hypercalls, interrupts injected, exceptions (where\n"
      "the engine sees them) and changes of state. Words narrow it: exit, event, inject, hypercall, state,\n"
      "or the reason of an exit; 'port P' keeps what touched a port or address. 'save' writes CSV, or the\n"
      "JSON of Chrome and Perfetto when FILE ends in .json; all vCPUs, or the selected ones.\n\n"
      "    trace 50\n"
      "    trace io-out port 0x3f8\n"
      "    trace save run.json", 0, run_trace_any, complete_trace },
    { 0 },
};
