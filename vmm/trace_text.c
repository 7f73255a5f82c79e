/* trace_text.c: one trace entry in words. */
#include <stdio.h>

#include "trace.h"
#include "vcpu.h"

typedef unsigned long long ull;

static int exit_text(const struct trace_entry *e, char *buf, size_t size)
{
    enum exit_reason r = e->reason;
    char what[8] = "";
    if (e->size == 1 && e->b >= 0x20 && e->b < 0x7f)
        snprintf(what, sizeof what, " '%c'", (char)e->b);
    if (r == EXIT_IO_IN || r == EXIT_IO_OUT) {
        char times[24] = "";
        if (e->count > 1)
            snprintf(times, sizeof times, " x%u", e->count);
        return snprintf(buf, size, "%-10s port 0x%llx %s 0x%0*llx%s%s%s", exit_name(r), (ull)e->a, r == EXIT_IO_OUT ? "<-" : "->",
                        e->size * 2, (ull)e->b, what, times, e->a == 0x500 ? " (hypercall)" : "");
    }
    if (r == EXIT_MMIO_READ || r == EXIT_MMIO_WRITE)
        return snprintf(buf, size, "%-10s [0x%llx] %s 0x%0*llx", exit_name(r), (ull)e->a, r == EXIT_MMIO_WRITE ? "<-" : "->", e->size * 2, (ull)e->b);
    return snprintf(buf, size, "%s", exit_name(r));
}

static int event_text(const struct trace_entry *e, char *buf, size_t size)
{
    static const char *const kind[] = {"exception", "interrupt", "int", "nmi"};
    const char *name = kind[e->sub & 3];
    if (e->sub == EVENT_EXCEPTION && e->a == 14)
        return snprintf(buf, size, "%-10s #PF error 0x%llx at address 0x%llx", name, (ull)e->b, (ull)e->c);
    if (e->sub == EVENT_EXCEPTION)
        return snprintf(buf, size, "%-10s %llu error 0x%llx", name, (ull)e->a, (ull)e->b);
    return snprintf(buf, size, "%-10s 0x%02llx", name, (ull)e->a);
}

static int hypercall_text(const struct trace_entry *e, char *buf, size_t size)
{
    static const char *const name[] = {"exit", "putchar", "getchar", "newline", "putnum", "waitchar", "input"};
    const char *n = e->a < sizeof name / sizeof name[0] ? name[e->a] : "unknown";
    if (e->a == 1 && e->b % 256 >= 0x20 && e->b % 256 < 0x7f)
        return snprintf(buf, size, "%-10s putchar '%c'", "hypercall", (char)e->b);
    if (e->a == 2 || e->a >= 5)
        return snprintf(buf, size, "%-10s %s (%llu) = %d", "hypercall", n, (ull)e->a, (int)e->c);
    return snprintf(buf, size, "%-10s %s %llu", "hypercall", n, (ull)e->b);
}

int trace_text(const struct trace_entry *e, char *buf, size_t size)
{
    switch ((enum trace_kind)e->kind) {
    case TRACE_EXIT: return exit_text(e, buf, size);
    case TRACE_EVENT: return event_text(e, buf, size);
    case TRACE_INJECT:
        return e->sub ? snprintf(buf, size, "%-10s NMI", "inject") : snprintf(buf, size, "%-10s vector 0x%02llx", "inject", (ull)e->a);
    case TRACE_HYPERCALL: return hypercall_text(e, buf, size);
    case TRACE_STATE: return snprintf(buf, size, "%-10s %s", "state", vcpu_state_name((enum vcpu_state)e->a));
    }
    return snprintf(buf, size, "entry of unknown kind %u", e->kind);
}
