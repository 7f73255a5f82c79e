/* exit_log.c: follow the trace rings. */
#include "exit_log.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 512 };

struct exit_log {
    const struct session *s;
    const struct vcpu *of[SESSION_VCPUS]; /* whose trace it was, the last time */
    uint64_t begun[SESSION_VCPUS], next[SESSION_VCPUS];
    struct trace_entry entry[BATCH];
};

struct exit_log *exit_log_new(const struct session *s)
{
    struct exit_log *l = calloc(1, sizeof *l);
    if (l)
        l->s = s;
    return l;
}

void exit_log_free(struct exit_log *l) { free(l); }

static void pump_one(struct exit_log *l, unsigned i, FILE *to)
{
    struct vcpu *v = l->s->vcpu[i];
    uint64_t begun = trace_begun(vcpu_trace(v)), end = trace_next(vcpu_trace(v)); /* not beyond: it may print faster than we do */
    size_t n;
    if (v != l->of[i] || begun != l->begun[i]) /* `load` has put another in its place, or `reset` began its trace anew */
        l->next[i] = 0;
    l->of[i] = v;
    l->begun[i] = begun;
    while (l->next[i] < end && (n = trace_read(vcpu_trace(v), l->next[i], l->entry, BATCH)) > 0) {
        for (size_t k = 0; k < n; k++) {
            const struct trace_entry *e = &l->entry[k];
            char text[256];
            if (e->seq > l->next[i])
                fprintf(to, "[%u %s] ... %llu lines lost: the guest exits faster than they can be printed\n", i, vcpu_name(v),
                        (unsigned long long)(e->seq - l->next[i]));
            l->next[i] = e->seq + 1;
            trace_text(e, text, sizeof text);
            fprintf(to, "[%u %s] %10.3f us  rip %08llx  %s\n", i, vcpu_name(v), (double)e->ns / 1000.0, (unsigned long long)e->rip, text);
        }
    }
}

void exit_log_pump(struct exit_log *l)
{
    for (unsigned i = 0; l && i < l->s->vcpus; i++)
        pump_one(l, i, stderr);
}
