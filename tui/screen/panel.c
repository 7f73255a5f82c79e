/* panel.c: one vCPU on the screen: what it published, what of it was read, how far it is scrolled. */
#include "panel.h"

#include <errno.h>
#include <string.h>

#include "tui/console_log.h"
#include "view.h"

int panel_open(struct panel *p, struct session *s, unsigned index, int cols, int rows)
{
    *p = (struct panel){ .s = s, .v = s->vcpu[index], .index = index, .log = s->console[index], .follow = true };
    vcpu_snapshot(p->v, &p->snap);
    p->before = p->snap.cpu;
    p->code_top = p->code_entry = cpu_linear_rip(&p->snap.cpu);
    p->con = console_new(cols, rows);
    return p->con ? 0 : -ENOMEM;
}

/* After a reset what stands in the console is of the run before. The log of the guest keeps it. */
static void begin_again(struct panel *p)
{
    p->begun = p->log_pos = console_log_begun(p->log);
    p->lost = 0;
    p->con_up = 0;
    console_reset(p->con);
}

void panel_replaced(struct panel *p)
{
    p->v = p->s->vcpu[p->index];
    p->stops_seen = p->steps_seen = 0;
    begin_again(p);
    meter_reset(&p->total);
    for (unsigned i = 0; i < EXIT_REASONS; i++)
        meter_reset(&p->reason[i]);
    vcpu_snapshot(p->v, &p->snap);
    p->before = p->snap.cpu;
    p->code_top = p->code_entry = cpu_linear_rip(&p->snap.cpu);
}

void panel_close(struct panel *p)
{
    console_free(p->con);
    p->con = NULL;
}

bool panel_read_console(struct panel *p, size_t max)
{
    char buf[16384];
    uint64_t lost;
    size_t n;
    bool any = false;
    if (p->begun != console_log_begun(p->log)) {
        begin_again(p);
        any = true;
    }
    if (console_scrolled(p->con) || p->con_up) { /* who reads back must not have the text move under the eyes */
        p->lagging = console_log_total(p->log) > p->log_pos;
        return false;
    }
    while (max && (n = console_log_read(p->log, &p->log_pos, buf, max < sizeof buf ? max : sizeof buf, &lost))) {
        p->lost += lost;
        console_write(p->con, buf, n);
        max -= n;
        any = true;
    }
    bool lagging = console_log_total(p->log) > p->log_pos;
    any = any || lagging != p->lagging;
    p->lagging = lagging;
    return any;
}

/* A changed register stands out until the next stop; in slow motion, until the next instruction. */
static void remember_before(struct panel *p, const struct cpu_state *last)
{
    if (p->snap.stops != p->stops_seen)
        p->before = p->snap.prev;
    else if (p->snap.steps != p->steps_seen)
        p->before = *last;
    p->stops_seen = p->snap.stops;
    p->steps_seen = p->snap.steps;
}

bool panel_update(struct panel *p, uint64_t now_ms, bool frozen)
{
    static const struct vcpu_break none[4];
    uint64_t seq = p->snap.seq, total = p->acct.total;
    enum vcpu_state state = p->snap.state;
    struct cpu_state last = p->snap.cpu;
    vcpu_snapshot(p->v, &p->snap);
    vcpu_account(p->v, &p->acct);
    struct vcpu_break brk[4];
    memcpy(brk, none, sizeof brk);
    vcpu_breaks(p->v, brk);
    bool changed = seq != p->snap.seq || state != p->snap.state || total != p->acct.total || memcmp(brk, p->brk, sizeof brk);
    memcpy(p->brk, brk, sizeof brk);
    if (p->snap.steps != p->steps_seen)
        p->stepped_ms = now_ms;
    remember_before(p, &last);
    if (frozen)
        return changed;
    bool lively = !meter_quiet(&p->total, METER_HISTORY);
    if (meter_add(&p->total, p->acct.total, now_ms))
        changed = changed || lively;
    for (unsigned i = 0; i < EXIT_REASONS; i++)
        meter_add(&p->reason[i], p->acct.reason[i], now_ms);
    return changed;
}

bool panel_lively(const struct panel *p)
{
    return p->snap.state == VCPU_RUNNING || !meter_quiet(&p->total, METER_HISTORY);
}

void panel_scroll(struct panel *p, int lines)
{
    if (p->view && p->view->draw) {
        if (p->view->scroll)
            p->view->scroll(p, lines);
        else
            p->scroll = p->scroll - lines > 0 ? p->scroll - lines : 0;
        return;
    }
    panel_scroll_console(p, lines);
}

void panel_scroll_console(struct panel *p, int lines)
{
    for (; lines > 0; lines--)
        if (p->con_up < p->con_pieces)
            p->con_up++;
        else if (console_scroll(p->con, 1) == 0)
            break;
    for (; lines < 0; lines++)
        if (console_scrolled(p->con))
            console_scroll(p->con, -1);
        else if (p->con_up)
            p->con_up--;
}
