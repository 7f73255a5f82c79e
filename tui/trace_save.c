/* trace_save.c: CSV and Chrome trace events (the "Trace Event Format": complete events "X", microseconds). */
#include "trace_save.h"

#include "storage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BATCH = 256 };

static const char *const kind_name[] = {
    [TRACE_EXIT] = "exit", [TRACE_EVENT] = "event", [TRACE_INJECT] = "inject", [TRACE_HYPERCALL] = "hypercall", [TRACE_STATE] = "state",
};

enum trace_format trace_format_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && strcasecmp(dot, ".json") == 0 ? TRACE_JSON : TRACE_CSV;
}

/* Text between quotes: CSV doubles them, JSON escapes them. */
static void quoted(FILE *f, const char *text, enum trace_format format)
{
    fputc('"', f);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"')
            fputs(format == TRACE_CSV ? "\"\"" : "\\\"", f);
        else if (format == TRACE_JSON && *p == '\\')
            fputs("\\\\", f);
        else if (*p < 32 || *p >= 127)
            fprintf(f, format == TRACE_CSV ? "\\x%02x" : "\\u%04x", *p);
        else
            fputc(*p, f);
    }
    fputc('"', f);
}

static const char *event_name(const struct trace_entry *e)
{
    return e->kind == TRACE_EXIT && e->reason < EXIT_REASONS ? exit_name((enum exit_reason)e->reason) : kind_name[e->kind % 5];
}

static void csv_row(FILE *f, unsigned i, const char *name, const struct trace_entry *e, const char *text)
{
    fprintf(f, "%u,", i);
    quoted(f, name, TRACE_CSV);
    fprintf(f, ",%llu,%llu,%llu,%s,%s,0x%llx,0x%llx,0x%llx,0x%llx,%u,%u,", (unsigned long long)e->seq, (unsigned long long)e->ns,
            (unsigned long long)e->guest_ns, kind_name[e->kind % 5], e->kind == TRACE_EXIT ? event_name(e) : "",
            (unsigned long long)e->rip, (unsigned long long)e->a, (unsigned long long)e->b, (unsigned long long)e->c, e->count, e->size);
    quoted(f, text, TRACE_CSV);
    fputc('\n', f);
}

/* An exit is drawn as the stretch in the guest that led to it; everything else is a moment. */
static void json_row(FILE *f, unsigned i, const struct trace_entry *e, const char *text, bool *first)
{
    bool stretch = e->kind == TRACE_EXIT && e->guest_ns > 0 && e->guest_ns <= e->ns;
    uint64_t start = stretch ? e->ns - e->guest_ns : e->ns;
    fprintf(f, "%s\n{\"name\":\"%s\",\"cat\":\"%s\",\"ph\":\"%s\",\"pid\":1,\"tid\":%u,\"ts\":%llu.%03u,", *first ? "" : ",", event_name(e),
            kind_name[e->kind % 5], stretch ? "X" : "i", i, (unsigned long long)(start / 1000), (unsigned)(start % 1000));
    if (stretch)
        fprintf(f, "\"dur\":%llu.%03u,", (unsigned long long)(e->guest_ns / 1000), (unsigned)(e->guest_ns % 1000));
    else
        fprintf(f, "\"s\":\"t\",");
    fprintf(f, "\"args\":{\"seq\":%llu,\"rip\":\"0x%llx\",\"text\":", (unsigned long long)e->seq, (unsigned long long)e->rip);
    quoted(f, text, TRACE_JSON);
    fprintf(f, "}}");
    *first = false;
}

static void json_thread(FILE *f, unsigned i, const char *name, bool *first)
{
    char title[96];
    snprintf(title, sizeof title, "vCPU %u %s", i, name);
    fprintf(f, "%s\n{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,\"tid\":%u,\"args\":{\"name\":", *first ? "" : ",", i);
    quoted(f, title, TRACE_JSON);
    fprintf(f, "}}");
    *first = false;
}

int trace_write(const struct session *s, uint64_t sel, enum trace_format format, FILE *f)
{
    struct trace_entry *e = malloc(BATCH * sizeof *e);
    bool first = true;
    if (!e)
        return -ENOMEM;
    if (format == TRACE_CSV)
        fprintf(f, "vcpu,name,seq,ns,guest_ns,kind,reason,rip,a,b,c,count,size,text\n");
    else
        fprintf(f, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
    for (unsigned i = 0; i < s->vcpus; i++) {
        const struct trace *t = vcpu_trace(s->vcpu[i]);
        uint64_t from = 0, end = trace_next(t); /* a guest that runs on would never let us finish */
        size_t n;
        if (!(sel >> i & 1))
            continue;
        if (format == TRACE_JSON)
            json_thread(f, i, vcpu_name(s->vcpu[i]), &first);
        while (from < end && (n = trace_read(t, from, e, BATCH)) > 0) {
            for (size_t k = 0; k < n && e[k].seq < end; k++) {
                char text[256];
                trace_text(&e[k], text, sizeof text);
                if (format == TRACE_CSV)
                    csv_row(f, i, vcpu_name(s->vcpu[i]), &e[k], text);
                else
                    json_row(f, i, &e[k], text, &first);
            }
            from = e[n - 1].seq + 1;
        }
    }
    if (format == TRACE_JSON)
        fprintf(f, "\n]}\n");
    free(e);
    return ferror(f) ? -EIO : 0;
}

int trace_save(const struct session *s, uint64_t sel, const char *path, struct vm_error *err)
{
    FILE *f = storage_create(path);
    if (!f)
        return storage_error(err, errno, "the trace", path);
    errno = 0;
    int rc = trace_write(s, sel, trace_format_of(path), f);
    int e = errno;
    if (fclose(f) != 0 && rc == 0)
        rc = -(e = errno);
    if (rc < 0)
        return storage_error(err, e ? e : EIO, "the whole trace", path);
    return 0;
}
