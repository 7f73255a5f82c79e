#include "tui/lab/events.h"

#include <stdlib.h>
#include <string.h>

void events_free(struct lab_events *e)
{
    for (unsigned i = 0; i < EVENTS_COMMANDS; i++) {
        free(e->command[i]);
        e->command[i] = NULL;
    }
    e->commands = 0;
}

void events_clear(struct lab_events *e, struct session *s)
{
    events_free(e);
    memset(e->state, 0, sizeof e->state);
    memset(e->injected, 0, sizeof e->injected);
    memset(e->nmis, 0, sizeof e->nmis);
    for (unsigned i = 0; i < s->vcpus; i++)
        e->seq[i] = trace_next(vcpu_trace(s->vcpu[i]));
    e->changes++;
}

void events_command(struct lab_events *e, const char *line)
{
    line += strspn(line, " \t");
    size_t n = strcspn(line, ";#\n");
    while (n && (line[n - 1] == ' ' || line[n - 1] == '\t'))
        n--;
    if (!n)
        return;
    char **slot = &e->command[e->commands++ % EVENTS_COMMANDS];
    free(*slot);
    *slot = strndup(line, n);
    e->changes++;
}

static void note(struct lab_events *e, unsigned i, const struct trace_entry *t)
{
    if (t->kind == TRACE_STATE && t->a < VCPU_STATES)
        e->state[i][t->a]++;
    else if (t->kind == TRACE_INJECT && t->sub == 1)
        e->nmis[i]++;
    else if (t->kind == TRACE_INJECT)
        e->injected[i][t->a & 0xff]++;
    else
        return;
    e->changes++;
}

void events_poll(struct lab_events *e, struct session *s)
{
    struct trace_entry buf[128];
    for (unsigned i = 0; i < s->vcpus; i++) {
        const struct trace *t = vcpu_trace(s->vcpu[i]);
        uint64_t next = trace_next(t);
        if (next < e->seq[i])
            e->seq[i] = 0; /* the vCPU was reset, and its trace with it */
        /* A guest that exits a million times a second overwrites its ring several times a frame: look at the newest only. */
        if (next - e->seq[i] > TRACE_SIZE)
            e->seq[i] = next - TRACE_SIZE;
        for (size_t n; e->seq[i] < next && (n = trace_read(t, e->seq[i], buf, sizeof buf / sizeof *buf)) > 0;) {
            for (size_t k = 0; k < n; k++)
                note(e, i, &buf[k]);
            e->seq[i] = buf[n - 1].seq + 1;
        }
    }
}

unsigned events_did(const struct lab_events *e, const char *words)
{
    size_t n = strlen(words);
    unsigned count = 0;
    for (unsigned i = 0; i < EVENTS_COMMANDS && i < e->commands; i++) {
        const char *c = e->command[i];
        if (c && !strncmp(c, words, n) && (c[n] == 0 || c[n] == ' ' || words[n ? n - 1 : 0] == ' '))
            count++;
    }
    return count;
}
