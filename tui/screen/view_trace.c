/* view_trace.c: the trace ring, newest at the bottom; scrolling up leaves the present, End returns to it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "views.h"

int trace_open(struct panel *p, int argc, char **argv, struct vm_error *err)
{
    (void)err;
    p->filter[0] = '\0';
    for (int i = 1; i < argc; i++)
        snprintf(p->filter + strlen(p->filter), sizeof p->filter - strlen(p->filter), "%s%s", i > 1 ? " " : "", argv[i]);
    p->follow = true;
    return 0;
}

static bool shown(const struct panel *p, const struct trace_entry *e, char *text, size_t size)
{
    trace_text(e, text, size);
    return !p->filter[0] || strcasestr(text, p->filter);
}

/* Fills line[0..rows) with entries that end at the one wanted, oldest first; returns how many. *more: older ones exist. */
static int gather(struct panel *p, struct trace_entry *line, int rows, bool *older)
{
    static const size_t all = TRACE_SIZE;
    struct trace_entry *ring = malloc(all * sizeof *ring);
    char text[256];
    int n = 0;
    *older = false;
    if (!ring)
        return 0;
    uint64_t next = trace_next(vcpu_trace(p->v)), from = next > all ? next - all : 0;
    size_t got = trace_read(vcpu_trace(p->v), from, ring, all);
    for (size_t i = got; i-- > 0;) {
        if ((!p->follow && ring[i].seq > p->scroll_seq) || !shown(p, &ring[i], text, sizeof text))
            continue;
        if (n == rows) {
            *older = true;
            break;
        }
        line[rows - 1 - n++] = ring[i];
    }
    memmove(line, line + rows - n, (size_t)n * sizeof *line);
    /* Scrolled to the beginning: the page is filled from there. */
    for (size_t i = 0; i < got && n < rows && !p->follow; i++)
        if (ring[i].seq > p->scroll_seq && shown(p, &ring[i], text, sizeof text)) {
            line[n++] = ring[i];
            p->scroll_seq = ring[i].seq;
        }
    free(ring);
    return n;
}

void trace_draw(struct panel *p, struct area a)
{
    enum { ROWS = 256 };
    struct trace_entry line[ROWS];
    char text[256], head[160];
    bool older;
    int rows = a.h - 1 > ROWS ? ROWS : a.h - 1;
    if (rows < 1)
        return;
    int n = gather(p, line, rows, &older);
    if (!p->follow && n && line[n - 1].seq + 1 == trace_next(vcpu_trace(p->v)))
        p->follow = true;
    snprintf(head, sizeof head, "trace of %s%s%s%s", vcpu_name(p->v), p->filter[0] ? ", only '" : "", p->filter, p->filter[0] ? "'" : "");
    int x = area_fit(a, 0, 0, a.w, ROLE_LABEL, head);
    if (!p->follow)
        area_fit(a, x + 2, 0, a.w - x - 2, ROLE_KEYNAME, " scrolled back, End: newest ");
    for (int i = 0; i < n; i++) {
        trace_text(&line[i], text, sizeof text);
        bool inject = line[i].kind == TRACE_INJECT || line[i].kind == TRACE_EVENT;
        int at = area_printf(a, 0, i + 1, ROLE_DIM, "%6llu ", (unsigned long long)line[i].seq);
        if (a.w >= 60)
            at = area_printf(a, at, i + 1, ROLE_DIM, "%9.3f ms ", (double)line[i].ns / 1e6);
        if (a.w >= 46)
            at = area_printf(a, at, i + 1, ROLE_DIM, "%0*llx ", line[i].rip > 0xffff ? 8 : 4, (unsigned long long)line[i].rip);
        area_fit(a, at, i + 1, a.w - at, inject ? ROLE_KEY : ROLE_TEXT, text);
    }
    if (!n)
        area_fit(a, 0, 1, a.w, ROLE_DIM, p->filter[0] ? "no entry says that" : "nothing has happened yet");
}

void trace_scroll(struct panel *p, int lines)
{
    uint64_t next = trace_next(vcpu_trace(p->v));
    uint64_t last = p->follow ? next ? next - 1 : 0 : p->scroll_seq;
    char text[256];
    struct trace_entry e;
    p->follow = false;
    /* Entry by entry, so that a filter's gaps count for nothing. */
    for (int left = lines < 0 ? -lines : lines; left > 0;) {
        if (lines > 0 ? last == 0 || last + TRACE_SIZE <= next : last + 1 >= next)
            break;
        last = lines > 0 ? last - 1 : last + 1;
        if (trace_read(vcpu_trace(p->v), last, &e, 1) && shown(p, &e, text, sizeof text))
            left--;
    }
    p->scroll_seq = last;
    if (last + 1 >= next)
        p->follow = true;
}
