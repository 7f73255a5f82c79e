/* ui.c: what happens on the screen: commands run, panels fetch what their vCPUs published, keys go to guests. */
#include "ui.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bar.h"
#include "term.h"
#include "tui/console_log.h"
#include "tui/options.h"
#include "tui/script.h"
#include "view.h"

/* Console output is interpreted for at most this long a frame, so that a flooding guest cannot slow the bar. */
enum { CONSOLE_SLICE = 4096, CONSOLE_BUDGET_MS = 6, CONSOLE_HIDDEN = 4096, BACKLOG_MAX = 16 << 20 /* of all guests together: a large paste */ };

uint64_t ui_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void text_add(struct ui_text *t, const char *bytes, size_t n)
{
    if (t->n + n + 1 > t->room) {
        size_t room = (t->n + n + 1) * 2;
        char *more = realloc(t->bytes, room);
        if (!more)
            return;
        t->bytes = more;
        t->room = room;
    }
    memcpy(t->bytes + t->n, bytes, n);
    t->bytes[t->n += n] = '\0';
}

void ui_say(struct ui *u, enum role role, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(u->message, sizeof u->message, fmt, ap);
    va_end(ap);
    u->message_role = role;
    u->dirty = true;
}

/* --- focus and input ------------------------------------------------------------------------------------------------------ */

void ui_focus(struct ui *u, unsigned index)
{
    if (index >= u->panels)
        return;
    if (index != u->s->focus)
        u->again[0] = '\0'; /* it was about the other guest */
    u->s->focus = index;
    u->dirty = true;
}

void ui_input(struct ui *u, bool on)
{
    u->side_focus = false;
    if (on && u->panels && vcpu_state_stopped(u->panel[u->s->focus].snap.state) && u->panel[u->s->focus].snap.state != VCPU_CREATED &&
        u->panel[u->s->focus].snap.state != VCPU_PAUSED) {
        ui_say(u, ROLE_ERROR, "%s has ended and reads nothing any more: 'reset' starts it anew.", vcpu_name(u->panel[u->s->focus].v));
        return;
    }
    u->input = on && u->panels;
    if (!u->input) {
        ui_say(u, ROLE_DIM, "The keyboard is the command bar's.");
        return;
    }
    pager_close(&u->output); /* ESC is the guest's now and would not close it */
    ui_say(u, ROLE_DIM, "The keyboard is %s's now; F2 (or Ctrl-]) takes it back.", vcpu_name(u->panel[u->s->focus].v));
}

void ui_send(struct ui *u, const char *bytes, size_t n)
{
    unsigned i = u->s->focus;
    if (!u->panels)
        return;
    if (u->s->typed_hook)
        u->s->typed_hook(u->s, bytes, n);
    size_t waiting = 0;
    for (unsigned k = 0; k < u->panels; k++)
        waiting += u->backlog[k].n;
    if (!backlog_send(&u->backlog[i], u->panel[i].v, bytes, n, BACKLOG_MAX - (waiting - u->backlog[i].n)))
        ui_say(u, ROLE_ERROR, "%s does not read what is typed: %d MB wait for it already, and the rest is lost.", vcpu_name(u->panel[i].v), BACKLOG_MAX >> 20);
}

void ui_flush(struct ui *u)
{
    for (unsigned i = 0; i < u->panels; i++) {
        enum vcpu_state s = u->panel[i].snap.state;
        if (s == VCPU_EXITED || s == VCPU_FAILED)
            backlog_drop(&u->backlog[i]); /* nobody will read it; what runs next begins with what is typed then */
        else
            backlog_flush(&u->backlog[i], u->panel[i].v);
    }
}

/* --- commands ------------------------------------------------------------------------------------------------------------- */

/* What a command wrote: nothing, a line for the message row, or more for the output pane. */
static void show_result(struct ui *u, const char *line)
{
    char *text = u->text.n ? u->text.bytes : NULL;
    size_t n = u->text.n;
    u->text.n = 0;
    u->dirty = true;
    if (!text)
        return;
    while (n && text[n - 1] == '\n')
        text[--n] = '\0';
    const char *mark = u->text.failed ? "! " : "";
    if (!strchr(text, '\n') && text_width(mark, SIZE_MAX) + text_width(text, n) <= u->cv.cols)
        ui_say(u, u->text.failed ? ROLE_ERROR : ROLE_GOOD, "%s%s", mark, text);
    else
        pager_show(&u->output, u->text.failed ? "error" : line, text, u->text.failed);
}

void ui_collect(void *self, const char *bytes, size_t n)
{
    struct ui *u = self;
    if (u->out.failed)
        u->text.failed = true;
    text_add(&u->text, bytes, n);
}

/* `load` gives a panel another vCPU: the old one is gone. */
static void follow_vcpus(struct ui *u)
{
    for (unsigned i = 0; i < u->panels; i++)
        if (u->panel[i].v != u->s->vcpu[i])
            panel_replaced(&u->panel[i]);
}

void ui_script(struct ui *u)
{
    u->text.failed = u->out.failed = false;
    script_run(u->s, &u->out);
    follow_vcpus(u);
    show_result(u, "output");
}

void ui_command(struct ui *u, const char *line)
{
    struct vm_error err = { 0 };
    unsigned focus = u->s->focus;
    pager_close(&u->output);
    u->message[0] = '\0';
    u->text.failed = u->out.failed = false;
    if (!script_active(u->s)) {
        if (script_push_text(u->s, "", line, &err))
            out_error(&u->out, "%s\n", err.text);
        else
            script_run(u->s, &u->out);
    } else {
        /* While an earlier line waits for its guest (until ...), another still works: pause, say. */
        uint64_t wait;
        int ms;
        for (const char *rest = line; rest;)
            if (command_run(u->s, rest, &u->out, &wait, &ms, &rest))
                break;
    }
    follow_vcpus(u);
    show_result(u, line);
    /* The line was about the guest that had the focus: let a fast answer be seen in this very frame. */
    if (u->panels)
        vcpu_wait_idle(u->panel[focus].v, 2);
}

void ui_quit(struct ui *u)
{
    u->s->quit = true;
    u->s->quit_status = 0;
}

/* --- fetching ------------------------------------------------------------------------------------------------------------- */

static bool on_screen(const struct ui *u, unsigned i) { return u->panel_at[i].h > 0; }

static bool read_consoles(struct ui *u, bool all)
{
    uint64_t until = ui_now_ms() + CONSOLE_BUDGET_MS;
    bool any = false, more = true;
    for (unsigned i = 0; i < u->panels; i++)
        if (all || !on_screen(u, i))
            any |= panel_read_console(&u->panel[i], all ? (size_t)4 << 20 : CONSOLE_HIDDEN);
    /* Round by round, so that every visible guest gets its share of the time. */
    while (more && (all || ui_now_ms() < until)) {
        more = false;
        for (unsigned i = 0; i < u->panels; i++)
            if (on_screen(u, i) && panel_read_console(&u->panel[i], CONSOLE_SLICE))
                any = more = true;
        if (all)
            break;
    }
    return any;
}

bool ui_update(struct ui *u, bool all)
{
    uint64_t now = ui_now_ms();
    bool changed = false;
    for (unsigned i = 0; i < u->panels; i++)
        changed |= panel_update(&u->panel[i], now, u->frozen);
    changed |= read_consoles(u, all);
    return changed;
}

/* --- what commands may ask of the screen ------------------------------------------------------------------------------------ */

static void op_redraw(void *self)
{
    struct ui *u = self;
    u->repaint = u->dirty = true;
}

static int op_layout(void *self, const char *name, struct vm_error *err)
{
    struct ui *u = self;
    if (!layout_parse(name, &u->layout))
        return err_set(err, EINVAL, "There is no layout '%.40s': write auto, rows, columns, or a grid such as 2x2 or 3x4.", name);
    u->zoom = false;
    u->dirty = true;
    return 0;
}

static int op_theme(void *self, const char *name, struct vm_error *err)
{
    struct ui *u = self;
    const struct theme *t = theme_find(name);
    if (!t)
        return err_set(err, EINVAL, "There is no theme '%.40s': 'theme' lists them.", name);
    if (!term_colours() && t != theme_mono())
        return err_set(err, ENOTSUP, "This terminal has no colours (or NO_COLOR is set), so the theme stays mono.");
    u->cv.theme = t;
    u->repaint = u->dirty = true;
    return 0;
}

static int op_zoom(void *self, int on)
{
    struct ui *u = self;
    u->zoom = on < 0 ? !u->zoom : on;
    u->dirty = true;
    return 0;
}

static int op_mouse(void *self, int on)
{
    struct ui *u = self;
    term_mouse(on);
    u->dirty = true;
    return on && !term_has_mouse() ? -ENOTSUP : 0;
}

static int op_view(void *self, const char *name, struct vm_error *err)
{
    struct ui *u = self;
    struct panel *p = &u->panel[u->s->focus];
    char copy[256], *argv[8], *save = NULL;
    int argc = 0;
    snprintf(copy, sizeof copy, "%s", name);
    for (char *w = strtok_r(copy, " \t", &save); w && argc < 7; w = strtok_r(NULL, " \t", &save))
        argv[argc++] = w;
    const struct view *v = argc ? view_find(argv[0]) : NULL;
    if (!v)
        return err_set(err, EINVAL, "There is no view '%.40s': 'view' lists them.", argc ? argv[0] : "");
    if (!u->panels)
        return err_set(err, EINVAL, "No guest is loaded: 'load NAME' loads one.");
    if (argc > 1 && !v->args)
        return err_set(err, EINVAL, "The view %s takes nothing after its name.", v->name);
    bool follow = p->follow;
    p->follow = true;
    int rc = v->open ? v->open(p, argc, argv, err) : 0;
    if (rc) {
        p->follow = follow;
        return rc;
    }
    p->scroll = 0;
    p->view = v;
    u->dirty = true;
    return 0;
}

static int op_dump(void *self, const char *path, struct vm_error *err)
{
    struct ui *u = self;
    size_t n = strlen(path);
    ui_draw(u); /* places the panels, so that visible consoles are known */
    ui_update(u, true);
    ui_draw(u);
    return n > 4 && !strcmp(path + n - 4, ".svg") ? dump_svg(&u->cv, path, err) : dump_text(&u->cv, path, err);
}

static int op_page(void *self, const char *title, const char *text)
{
    struct ui *u = self;
    pager_show(&u->page, title, text, false);
    u->dirty = true;
    return 0;
}

const struct ui_ops screen_ui_ops = {
    .redraw = op_redraw, .layout = op_layout, .theme = op_theme, .zoom = op_zoom, .mouse = op_mouse, .view = op_view, .dump = op_dump, .page = op_page,
};
