/* view_account.c: where exits happen, and what they cost. */
#include <stdio.h>
#include <string.h>

#include "views.h"

void places_draw(struct panel *p, struct area a)
{
    struct sheet s = sheet_begin(p, a);
    char name[96];
    sheet_printf(&s, ROLE_LABEL, "%-28s %12s", "exits by reason", "count");
    for (unsigned i = 0; i < EXIT_REASONS; i++)
        if (p->acct.reason[i])
            sheet_printf(&s, ROLE_TEXT, "%-28s %12llu  %s", exit_name((enum exit_reason)i), (unsigned long long)p->acct.reason[i], exit_sentence((enum exit_reason)i));
    sheet_printf(&s, ROLE_KEY, "%-28s %12llu", "all", (unsigned long long)p->acct.total);
    sheet_printf(&s, ROLE_TEXT, "%s", "");
    sheet_printf(&s, ROLE_LABEL, "%-28s %12s", "by port, page and vector", "count");
    for (size_t i = 0; i < p->acct.places; i++)
        sheet_printf(&s, ROLE_TEXT, "%-28s %12llu", part_place(p, &p->acct.place[i], name, sizeof name), (unsigned long long)p->acct.place[i].count);
    if (p->acct.places_lost)
        sheet_printf(&s, ROLE_DIM, "%-28s %12llu", "(further places)", (unsigned long long)p->acct.places_lost);
    if (p->acct.outside)
        sheet_printf(&s, ROLE_ERROR, "%-28s %12llu", "outside its memory", (unsigned long long)p->acct.outside);
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
