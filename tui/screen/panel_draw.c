/* panel_draw.c: one vCPU's panel: its title, and where the parts go at each size. */
#include <stdio.h>
#include <string.h>

#include "pager.h"
#include "panel.h"
#include "tui/console_log.h"
#include "view.h"

/* --- title ----------------------------------------------------------------------------------------------------------- */

struct state_word panel_state(const struct panel *p, const struct glyphs *g)
{
    struct state_word w = { "", ROLE_TEXT, "" };
    switch (p->snap.state) {
    case VCPU_CREATED: w = (struct state_word){ "created", ROLE_CREATED, "" }; break;
    case VCPU_RUNNING: w = (struct state_word){ "running", ROLE_RUNNING, g->run }; break;
    case VCPU_PAUSED: w = (struct state_word){ "PAUSED", ROLE_PAUSED, g->pause }; break;
    case VCPU_HALTED: w = (struct state_word){ "halted", ROLE_HALTED, g->halt }; break;
    case VCPU_FAILED: w = (struct state_word){ "FAILED", ROLE_FAILED, g->fail }; break;
    case VCPU_EXITED:
        w = (struct state_word){ "", ROLE_EXITED, g->stop };
        snprintf(w.text, sizeof w.text, "exited %d", p->snap.status);
        break;
    case VCPU_STATES: break;
    }
    if (p->snap.reading && (p->snap.state == VCPU_RUNNING || p->snap.state == VCPU_HALTED))
        w = (struct state_word){ "wants input", ROLE_HALTED, g->here };
    return w;
}

void panel_where(const struct cpu_state *s, char *buf, size_t size)
{
    enum cpu_mode m = cpu_mode(s);
    unsigned cs = s->seg[CPU_CS].sel;
    if (m == CPU_LONG)
        snprintf(buf, size, "%04x:%llx", cs, (unsigned long long)s->rip);
    else if (m == CPU_REAL || m == CPU_V86 || m == CPU_PROT16)
        snprintf(buf, size, "%04x:%04llx", cs, (unsigned long long)s->rip);
    else
        snprintf(buf, size, "%04x:%08llx", cs, (unsigned long long)s->rip);
}

const char *panel_engine(const struct panel *p)
{
    return machine_engine(vcpu_machine(p->v))->name;
}

static void draw_title(struct panel *p, struct area a, enum panel_focus focus)
{
    const struct glyphs *g = a.cv->glyphs;
    enum role role = focus == PANEL_INPUT ? ROLE_TITLE_INPUT : focus == PANEL_FOCUS ? ROLE_TITLE_FOCUS : ROLE_TITLE;
    char head[80], badge[48], where[48], mode[48];
    struct state_word st = panel_state(p, g);
    panel_where(&p->snap.cpu, where, sizeof where);
    snprintf(mode, sizeof mode, "%s %s", panel_engine(p), cpu_mode_name(cpu_mode(&p->snap.cpu)));
    snprintf(head, sizeof head, "%s%u %s", " ", p->index, vcpu_name(p->v));
    snprintf(badge, sizeof badge, " %s%s%s ", st.mark, *st.mark ? " " : "", st.text);
    if (focus == PANEL_PLAIN)
        area_hline(a, 0);
    else
        area_fill(area_sub(a, 0, 0, a.w, 1), role, " ");
    int bw = text_width(badge, SIZE_MAX), ww = text_width(where, SIZE_MAX) + 2, mw = text_width(mode, SIZE_MAX) + 2;
    int hw = text_width(head, SIZE_MAX) + 1;
    /* Name and state always; then where it is; then engine and mode, as far as there is room. */
    bool show_where = a.w >= hw + bw + ww, show_mode = show_where && a.w >= hw + bw + ww + mw;
    int x = area_fit(a, 0, 0, a.w - bw - (show_where ? ww : 0) - 1, role, head);
    area_text(a, x, 0, role, " ");
    if (focus == PANEL_INPUT && a.w >= hw + bw + ww + mw + 10)
        area_text(a, x + 1, 0, role, "[keyboard]");
    if (show_mode)
        area_printf(a, a.w - bw - ww - mw, 0, focus == PANEL_PLAIN ? ROLE_DIM : role, " %s ", mode);
    if (show_where)
        area_printf(a, a.w - bw - ww, 0, focus == PANEL_PLAIN ? ROLE_DIM : role, " %s ", where);
    /* Paused and failed keep their own colours on any title; calmer states follow the title's. */
    bool loud = st.role == ROLE_PAUSED || st.role == ROLE_FAILED;
    area_text(a, a.w - bw, 0, loud || focus == PANEL_PLAIN ? st.role : role, badge);
}

/* --- the parts at each size -------------------------------------------------------------------------------------------- */

void part_rule(struct area a, int y, const char *label)
{
    area_hline(a, y);
    if (*label)
        area_printf(a, 1, y, ROLE_LABEL, " %s ", label);
}

int part_wrap(struct area a, int y, enum role role, const char *text)
{
    char line[512];
    for (struct fold at = { text, 0 }; *at.p && y < a.h && a.w > 1; at = fold_next(at, a.w)) {
        size_t n = fold_bytes(at, a.w);
        snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), at.p);
        area_text(a, at.indent, y++, role, line);
    }
    return y;
}

void part_postmortem(struct panel *p, struct area a)
{
    char text[2048] = "";
    vcpu_postmortem(p->v, text, sizeof text);
    part_wrap(a, 0, ROLE_TEXT, *text ? text : p->snap.why);
}

/* Why it stands, or what is worth telling: one row. */
static bool has_note(const struct panel *p)
{
    return (*p->snap.why && vcpu_state_stopped(p->snap.state)) || *p->snap.notice || p->lagging || p->lost;
}

static void draw_note(struct panel *p, struct area a)
{
    char lag[80];
    const char *text = p->snap.why;
    enum role role = ROLE_DIM;
    if (p->lagging && (p->con_up || console_scrolled(p->con))) {
        snprintf(lag, sizeof lag, "scrolled back: more output waits (End: newest)");
        text = lag, role = ROLE_ERROR;
    } else if (p->lagging) {
        snprintf(lag, sizeof lag, "view lags: %llu KB behind", (unsigned long long)((console_log_total(p->log) - p->log_pos) >> 10));
        text = lag, role = ROLE_ERROR;
    } else if (*p->snap.notice && (!vcpu_state_stopped(p->snap.state) || p->snap.state == VCPU_EXITED)) {
        text = p->snap.notice, role = ROLE_ERROR;
    } else if (p->lost && !*text) {
        snprintf(lag, sizeof lag, "%llu bytes of output were too fast to show", (unsigned long long)p->lost);
        text = lag;
    }
    area_fit(a, 0, 0, a.w, role, text);
}

static void part_upper(struct panel *p, struct area a, bool cursor)
{
    if (p->snap.state != VCPU_FAILED) {
        part_console(p, a, cursor);
        return;
    }
    /* What went wrong matters more than what it printed, but both when there is room. */
    int used = console_used(p->con), cx, cy;
    console_cursor(p->con, &cx, &cy, NULL);
    int con = a.h < 12 || (used == 1 && !cx) ? 0 : used < a.h / 3 ? used + 1 : a.h / 3;
    if (con)
        part_console(p, area_sub(a, 0, 0, a.w, con), cursor);
    part_postmortem(p, area_sub(a, 0, con, a.w, a.h - con));
}

/* A blank column left and right, where there is room for it. */
static struct area pad(struct area a)
{
    return a.w >= 38 ? area_sub(a, 1, 0, a.w - 2, a.h) : a;
}

/* Rows that a part of the panel can do without, of those that are needed elsewhere. */
static int spare(int *rows, int least, int needed)
{
    int n = *rows - least < needed ? *rows - least : needed;
    if (n <= 0)
        return 0;
    *rows -= n;
    return n;
}

static void narrow(struct panel *p, struct area full, bool cursor)
{
    struct area a = full.w >= 50 ? pad(full) : full;
    bool rules = a.h >= 16;
    int note = has_note(p) && a.h >= 5 && p->snap.state != VCPU_FAILED;
    int exits = a.h < 3 ? 0 : a.h >= 20 ? part_exits_rows(p) : 1;
    int regs = a.h < 6 ? 0 : part_regs_rows(p, a.w, a.h >= 14);
    int code = a.h < 7 ? 0 : a.h < 14 ? 1 : a.h < 20 ? 4 : 7;
    if (regs > a.h / 3)
        regs = a.h / 3;
    if (p->snap.state == VCPU_FAILED && a.h < 14)
        regs = 0; /* the words about what went wrong need the room */
    int con = a.h - note - exits - regs - code - (rules ? 3 : 0);
    con += spare(&exits, 1, a.h / 4 - con); /* many reasons and 32-bit registers must not hide what the guest prints */
    con += spare(&code, 4, a.h / 4 - con);
    int y = con;
    part_upper(p, area_sub(a, 0, 0, a.w, con), cursor);
    if (note)
        draw_note(p, area_sub(a, 0, y, a.w, 1));
    y += note;
    if (rules)
        part_rule(full, y++, "registers");
    part_regs(p, area_sub(a, 0, y, a.w, regs));
    y += regs;
    if (rules)
        part_rule(full, y++, "code");
    part_code(p, area_sub(a, 0, y, a.w, code));
    y += code;
    if (rules)
        part_rule(full, y++, "exits");
    part_exits(p, area_sub(a, 0, y, a.w, exits));
}

/* Registers above exits, with a rule each. */
static void machine_column(struct panel *p, struct area a)
{
    int regs = part_regs_rows(p, pad(a).w, true), exits = part_exits_rows(p);
    if (regs + exits + 2 > a.h)
        exits = a.h - regs - 2 > 2 ? a.h - regs - 2 : 1;
    if (regs + exits + 2 > a.h)
        regs = a.h - exits - 2;
    part_rule(a, 0, "registers");
    part_regs(p, pad(area_sub(a, 0, 1, a.w, regs)));
    part_rule(a, 1 + regs, "exits");
    part_exits(p, pad(area_sub(a, 0, 2 + regs, a.w, a.h - 2 - regs)));
}

static void column_line(struct area a, int x, int y, int h)
{
    area_vline(area_sub(a, x, y, 1, h), 0);
}

static void wide(struct panel *p, struct area a, bool cursor)
{
    int note = has_note(p) && p->snap.state != VCPU_FAILED;
    int want = console_used(p->con) > 4 ? console_used(p->con) : 4;
    int low = cursor ? 6 : 11; /* who types looks at the console */
    int con = a.h - low - note > want ? want : a.h - low - note;
    if (con < a.h * 2 / 5)
        con = a.h * 2 / 5;
    int left = a.w / 2, y = con + note, h = a.h - y;
    /* At 80 columns the console keeps all of them: they are its own width. */
    struct area upper = a.w > console_cols(p->con) + 1 ? pad(a) : a;
    part_upper(p, area_sub(upper, 0, 0, upper.w, con), cursor);
    if (note)
        draw_note(p, area_sub(upper, 0, con, upper.w, 1));
    part_rule(area_sub(a, 0, y, left, 1), 0, "code");
    part_code(p, area_sub(a, 0, y + 1, left - 1, h - 1));
    column_line(a, left, y, h);
    machine_column(p, area_sub(a, left + 1, y, a.w - left - 1, h));
}

/* Little height, much width: the console left, the machine right. */
static void flat(struct panel *p, struct area a, bool cursor)
{
    int left = a.w / 2, note = has_note(p) && p->snap.state != VCPU_FAILED;
    part_upper(p, area_sub(a, 0, 0, left - 1, a.h - note), cursor);
    if (note)
        draw_note(p, area_sub(a, 0, a.h - 1, left - 1, 1));
    column_line(a, left, 0, a.h);
    struct area r = area_sub(a, left + 2, 0, a.w - left - 2, a.h);
    int regs = part_regs_rows(p, r.w, a.h >= 10), exits = a.h >= 10 ? 2 : 1;
    if (regs > r.h - exits)
        regs = r.h - exits > 0 ? r.h - exits : 0;
    int code = r.h - regs - exits;
    part_regs(p, area_sub(r, 0, 0, r.w, regs));
    part_code(p, area_sub(r, 0, regs, r.w, code));
    part_exits(p, area_sub(r, 0, regs + code, r.w, exits));
}

static void widest(struct panel *p, struct area a, bool cursor)
{
    /* The console gets its own width when 38 columns are left for the registers, and half of a very wide panel. */
    int own = console_cols(p->con) + 1, left = a.w >= 180 && own < a.w / 2 ? a.w / 2 : own <= a.w - 39 ? own : a.w - 39;
    int note = has_note(p) && p->snap.state != VCPU_FAILED;
    int con = a.h - note - 7;
    if (con > console_rows(p->con))
        con = console_rows(p->con);
    if (con < a.h / 2)
        con = a.h / 2;
    struct area upper = left - 1 > console_cols(p->con) + 1 ? pad(area_sub(a, 0, 0, left - 1, a.h)) : area_sub(a, 0, 0, left - 1, a.h);
    part_upper(p, area_sub(upper, 0, 0, upper.w, con), cursor);
    if (note)
        draw_note(p, area_sub(upper, 0, con, upper.w, 1));
    int y = con + note;
    part_rule(area_sub(a, 0, y, left, 1), 0, "code");
    part_code(p, area_sub(a, 0, y + 1, left - 1, a.h - y - 1));
    column_line(a, left, 0, a.h);
    machine_column(p, area_sub(a, left + 1, 0, a.w - left - 1, a.h));
}

static void with_view(struct panel *p, struct area a, bool cursor)
{
    int con = p->view->keep_console && a.h >= 18 ? a.h / 3 : 0;
    if (con) {
        part_upper(p, area_sub(a, 0, 0, a.w, con), cursor);
        part_rule(a, con, p->view->name);
        con++;
    }
    p->view->draw(p, area_sub(a, 0, con, a.w, a.h - con));
}

void panel_draw(struct panel *p, struct area a, enum panel_focus focus)
{
    if (a.w < 1 || a.h < 1)
        return;
    draw_title(p, a, focus);
    struct area in = area_sub(a, 0, 1, a.w, a.h - 1);
    bool cursor = p->cursor = focus == PANEL_INPUT;
    if (p->view && p->view->draw)
        with_view(p, in, cursor);
    else if (in.w < 76)
        narrow(p, in, cursor);
    else if (in.h < 13)
        flat(p, in, cursor);
    else if (in.w < 120)
        wide(p, in, cursor);
    else
        widest(p, in, cursor);
}
