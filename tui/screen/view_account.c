/* view_account.c: where exits happen, and what they cost. */
#include <stdio.h>
#include <string.h>

#include "views.h"

/* The count comes first: where a panel is narrow, it is the end of a line that is cut. */
static void count_row(struct sheet *s, enum role role, uint64_t count, const char *what, const char *more)
{
    sheet_printf(s, role, "%10llu  %-11s %s", (unsigned long long)count, what, more);
}

void places_draw(struct panel *p, struct area a)
{
    struct sheet s = sheet_begin(p, a);
    char name[96];
    sheet_printf(&s, ROLE_LABEL, "%10s  %s", "count", "exits by reason");
    for (unsigned i = 0; i < EXIT_REASONS; i++)
        if (p->acct.reason[i])
            count_row(&s, ROLE_TEXT, p->acct.reason[i], exit_name((enum exit_reason)i), exit_sentence((enum exit_reason)i));
    count_row(&s, ROLE_KEY, p->acct.total, "all", "");
    sheet_printf(&s, ROLE_TEXT, "%s", "");
    sheet_printf(&s, ROLE_LABEL, "%10s  %s", "count", "by port, page and vector");
    for (size_t i = 0; i < p->acct.places; i++)
        count_row(&s, ROLE_TEXT, p->acct.place[i].count, part_place(p, &p->acct.place[i], name, sizeof name), "");
    if (p->acct.places_lost)
        count_row(&s, ROLE_DIM, p->acct.places_lost, "(further places)", "");
    if (p->acct.outside)
        count_row(&s, ROLE_ERROR, p->acct.outside, "outside its memory", "");
    sheet_end(&s);
}

static const char *nanoseconds(double ns, char *buf, size_t size)
{
    static const char *const unit[] = { "ns", "us", "ms", "s" };
    unsigned u = 0;
    for (; ns >= 1000 && u < 3; u++)
        ns /= 1000;
    snprintf(buf, size, ns < 10 && u ? "%.1f %s" : "%.0f %s", ns, unit[u]);
    return buf;
}

static void bar_of(struct sheet *s, int y, int x, int w, uint64_t v, uint64_t max)
{
    const char *block = s->a.cv->glyphs->spark[7];
    int n = max ? (int)((double)v / (double)max * w + 0.5) : 0;
    if (v && !n)
        n = 1;
    for (int i = 0; i < n; i++)
        area_text(s->a, x + i, y, ROLE_SPARK, block);
}

void histogram_draw(struct panel *p, struct area a)
{
    struct sheet s = sheet_begin(p, a);
    const struct account_view *v = &p->acct;
    uint64_t max = 0, all = v->guest_ns + v->vmm_ns;
    char t1[24], t2[24];
    int first = -1, last = -1;
    sheet_printf(&s, ROLE_LABEL, "where the time went");
    sheet_printf(&s, ROLE_TEXT, "in the guest   %10s  %3.0f %%", nanoseconds((double)v->guest_ns, t1, sizeof t1), all ? 100.0 * (double)v->guest_ns / (double)all : 0.0);
    sheet_printf(&s, ROLE_TEXT, "in the VMM     %10s  %3.0f %%", nanoseconds((double)v->vmm_ns, t1, sizeof t1), all ? 100.0 * (double)v->vmm_ns / (double)all : 0.0);
    if (v->total)
        sheet_printf(&s, ROLE_TEXT, "an exit costs  %10s on average, %s in the guest between two", nanoseconds((double)v->vmm_ns / (double)v->total, t1, sizeof t1),
                     nanoseconds((double)v->guest_ns / (double)v->total, t2, sizeof t2));
    sheet_printf(&s, ROLE_TEXT, "%s", "");
    sheet_printf(&s, ROLE_LABEL, "time to handle one exit");
    for (int i = 0; i < ACCOUNT_BUCKETS; i++) {
        if (!v->histogram[i])
            continue;
        first = first < 0 ? i : first;
        last = i;
        max = v->histogram[i] > max ? v->histogram[i] : max;
    }
    for (int i = first; i >= 0 && i <= last; i++) {
        int y = sheet_row(&s);
        if (y < 0)
            continue;
        char head[48];
        nanoseconds((double)(1ull << i), t1, sizeof t1);
        snprintf(head, sizeof head, "from %7s %10llu ", t1, (unsigned long long)v->histogram[i]);
        int x = area_text(s.a, 0, y, ROLE_TEXT, head);
        bar_of(&s, y, x, s.a.w - x - 1, v->histogram[i], max);
    }
    if (first < 0)
        sheet_printf(&s, ROLE_DIM, "no exit was handled yet");
    sheet_end(&s);
}
