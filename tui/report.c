/* report.c: what a run came to, in words. */
#include "report.h"

#include <stdlib.h>
#include <string.h>

void transcript_add(struct transcript *t, const char *bytes, size_t n)
{
    t->total += n;
    if (n > TRANSCRIPT_MAX - t->n)
        n = TRANSCRIPT_MAX - t->n;
    if (t->n + n + 1 > t->room) {
        size_t room = (t->n + n + 1) * 2;
        char *more = realloc(t->bytes, room);
        if (!more)
            return; /* what is missing shows: total is larger than n */
        t->bytes = more;
        t->room = room;
    }
    if (n)
        memcpy(t->bytes + t->n, bytes, n);
    t->n += n;
    if (t->bytes)
        t->bytes[t->n] = '\0';
}

static int one_status(struct vcpu *v)
{
    struct vcpu_snapshot n;
    vcpu_snapshot(v, &n);
    if (n.state == VCPU_FAILED)
        return 1;
    if (n.state != VCPU_EXITED)
        return 0;
    return n.status >= 0 && n.status <= 255 ? n.status : 255; /* never a failure that looks like success */
}

int report_status(const struct session *s)
{
    for (unsigned i = 0; i < s->vcpus; i++) {
        int status = one_status(s->vcpu[i]);
        if (status)
            return status;
    }
    return 0;
}

static void time_text(uint64_t ns, char *buf, size_t size)
{
    static const struct { uint64_t unit; const char *name; } units[] = {
        { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" }, { 1, "ns" },
    };
    size_t i = 0;
    while (i < 3 && ns < units[i].unit)
        i++;
    if (units[i].unit == 1)
        snprintf(buf, size, "%llu ns", (unsigned long long)ns);
    else
        snprintf(buf, size, "%.*f %s", ns / units[i].unit < 10 ? 2 : ns / units[i].unit < 100 ? 1 : 0, (double)ns / (double)units[i].unit, units[i].name);
}

static void exits_text(const struct account_view *a, FILE *to)
{
    bool first = true;
    fprintf(to, "    %llu exit%s", (unsigned long long)a->total, a->total == 1 ? "" : "s");
    for (int r = 0; r < EXIT_REASONS; r++)
        if (a->reason[r]) {
            fprintf(to, "%s %llu %s", first ? ":" : ",", (unsigned long long)a->reason[r], exit_name((enum exit_reason)r));
            first = false;
        }
    fputc('\n', to);
}

static void vcpu_text(const struct session *s, unsigned i, FILE *to)
{
    struct vcpu *v = s->vcpu[i];
    struct vcpu_snapshot n;
    struct account_view a;
    char guest[32], vmm[32], post[4096];
    vcpu_snapshot(v, &n);
    vcpu_account(v, &a);
    time_text(a.guest_ns, guest, sizeof guest);
    time_text(a.vmm_ns, vmm, sizeof vmm);
    fprintf(to, "[%u %s] %s", i, vcpu_name(v), vcpu_state_name(n.state));
    if (n.state == VCPU_EXITED)
        fprintf(to, " with status %d", n.status);
    bool more = *n.why && strcmp(n.why, vcpu_state_name(n.state)) != 0;
    fprintf(to, "%s%s\n", more ? ": " : "", more ? n.why : "");
    exits_text(&a, to);
    fprintf(to, "    %s%s in the guest, %s in the VMM", guest, machine_config(vcpu_machine(v))->deterministic ? " of virtual time" : "", vmm);
    if (n.count != UINT64_MAX)
        fprintf(to, ", %llu instruction%s", (unsigned long long)n.count, n.count == 1 ? "" : "s");
    fprintf(to, "\n    engine %s\n", machine_engine_reason(vcpu_machine(v)));
    if (n.notices)
        fprintf(to, "    %llu notice%s, the last: %s\n", (unsigned long long)n.notices, n.notices == 1 ? "" : "s", n.notice);
    if (n.state == VCPU_FAILED && vcpu_postmortem(v, post, sizeof post) > 0)
        fprintf(to, "%s%s", post, post[strlen(post) - 1] == '\n' ? "" : "\n");
}

void report_text(const struct session *s, FILE *to)
{
    for (unsigned i = 0; i < s->vcpus; i++)
        vcpu_text(s, i, to);
}
