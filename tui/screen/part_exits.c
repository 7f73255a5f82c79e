/* part_exits.c: exits by reason: how many, how fast. */
#include "panel.h"

#include <stdio.h>

#include "vmm/bus.h"
#include "vmm/machine.h"

const char *part_place(struct panel *p, const struct account_place *pl, char *buf, size_t size)
{
    struct machine *m = vcpu_machine(p->v);
    const struct bus_range *r = NULL;
    if (pl->kind == ACCOUNT_VECTOR) {
        snprintf(buf, size, "vector 0x%02llx", (unsigned long long)pl->addr);
        return buf;
    }
    bool port = pl->kind == EXIT_IO_IN || pl->kind == EXIT_IO_OUT;
    r = bus_find(port ? machine_ports(m) : machine_mmio(m), pl->addr);
    snprintf(buf, size, "%s %s 0x%llx%s%s%s", exit_name((enum exit_reason)pl->kind), port ? "port" : "page", (unsigned long long)pl->addr,
             r ? " (" : "", r ? r->name : "", r ? ")" : "");
    return buf;
}

static int reasons(const struct panel *p)
{
    int n = 0;
    for (unsigned i = 0; i < EXIT_REASONS; i++)
        n += p->acct.reason[i] != 0;
    return n;
}

int part_exits_rows(const struct panel *p)
{
    int n = reasons(p) + (p->snap.count != UINT64_MAX);
    return 1 + (n > 8 ? 8 : n);
}

/* "exits 1234 45.2k/s  io-out 1200 hlt 1" */
static void one_line(struct panel *p, struct area a)
{
    char num[16], spark[METER_HISTORY * 4];
    int x = area_text(a, 0, 0, ROLE_LABEL, "exits ");
    x = area_printf(a, x, 0, ROLE_COUNT, "%llu", (unsigned long long)p->acct.total);
    if (!meter_quiet(&p->total, 8) && a.w - x >= 20) {
        if (p->total.rate > 0)
            x = area_printf(a, x, 0, ROLE_TEXT, " %s/s", si_number(p->total.rate, num, sizeof num));
        x++;
        meter_spark(&p->total, a.cv->glyphs, p->total.filled < 8 ? p->total.filled : 8, spark, sizeof spark);
        x = area_text(a, x, 0, ROLE_SPARK, spark);
    }
    /* The reasons, the most frequent first, as long as a whole one fits. */
    bool done[EXIT_REASONS] = { false };
    for (;;) {
        int best = -1;
        for (int i = 0; i < EXIT_REASONS; i++)
            if (!done[i] && p->acct.reason[i] && (best < 0 || p->acct.reason[i] > p->acct.reason[best]))
                best = i;
        if (best < 0)
            return;
        done[best] = true;
        char text[48];
        int w = snprintf(text, sizeof text, "%s %s", exit_name((enum exit_reason)best), si_number((double)p->acct.reason[best], num, sizeof num));
        if (x + 2 + w > a.w)
            return;
        area_text(a, x + 2, 0, ROLE_DIM, text);
        x += 2 + w;
    }
}

static void row(struct area a, int y, const char *name, uint64_t count, const struct meter *m, enum role role)
{
    char num[16], text[32], spark[METER_HISTORY * 4];
    area_text(a, 0, y, role, name);
    snprintf(text, sizeof text, "%llu", (unsigned long long)count);
    area_right(a, 24, y, ROLE_COUNT, text);
    if (m->rate > 0) {
        snprintf(text, sizeof text, "%s/s", si_number(m->rate, num, sizeof num));
        area_right(a, 33, y, ROLE_TEXT, text);
    }
    if (a.w > 38 && !meter_quiet(m, METER_HISTORY)) {
        size_t w = (size_t)(a.w - 35 > 30 ? 30 : a.w - 35);
        meter_spark(m, a.cv->glyphs, w, spark, sizeof spark);
        area_text(a, 35, y, ROLE_SPARK, spark);
    }
}

void part_exits(struct panel *p, struct area a)
{
    if (a.h < 1 || a.w < 8)
        return;
    if (a.h == 1 || a.w < 30) {
        one_line(p, a);
        return;
    }
    int y = 0;
    if (p->snap.count != UINT64_MAX && a.h > 3) { /* engines that count */
        char text[32];
        snprintf(text, sizeof text, "%llu", (unsigned long long)p->snap.count);
        area_text(a, 0, y, ROLE_LABEL, "instructions");
        area_right(a, 24, y++, ROLE_COUNT, text);
    }
    row(a, y++, "all exits", p->acct.total, &p->total, ROLE_LABEL);
    for (unsigned i = 0; i < EXIT_REASONS && y < a.h; i++)
        if (p->acct.reason[i])
            row(a, y++, exit_name((enum exit_reason)i), p->acct.reason[i], &p->reason[i], ROLE_TEXT);
    /* Room is left: where they happened. */
    if (!p->acct.places || a.h - y < 4)
        return;
    area_text(a, 0, ++y, ROLE_LABEL, "by port, page and vector");
    for (size_t i = 0; i < p->acct.places && ++y < a.h; i++) {
        char name[96], num[24];
        snprintf(num, sizeof num, "%llu", (unsigned long long)p->acct.place[i].count);
        area_right(a, 10, y, ROLE_COUNT, num);
        area_fit(a, 12, y, a.w - 12, ROLE_TEXT, part_place(p, &p->acct.place[i], name, sizeof name));
    }
}
