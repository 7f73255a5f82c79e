/* actions.c: the key table, and where a key goes. Help and the bottom row are made from the same table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bar.h"
#include "term.h"
#include "ui.h"
#include "view.h"

static void act_help(struct ui *u)
{
    if (u->page.open)
        pager_close(&u->page);
    else
        ui_help(u);
}

static void act_input(struct ui *u) { ui_input(u, !u->input); }
static void act_zoom(struct ui *u) { u->zoom = !u->zoom; }

static void act_view(struct ui *u)
{
    struct panel *p = &u->panel[u->s->focus];
    const struct view *v;
    size_t i = 0;
    if (!u->panels)
        return;
    while ((v = view_at(i)) && v != p->view)
        i++;
    v = v ? view_at(i + 1) : view_at(1);
    p->view = v ? v : view_at(0);
    p->scroll = 0;
    p->follow = true;
    ui_say(u, ROLE_DIM, "view %s: %s", p->view->name, p->view->about);
}

static void act_side(struct ui *u)
{
    if (!u->s->side)
        ui_say(u, ROLE_DIM, "No lab is open: `vmlab lab` lists them, `vmlab lab 1` opens the first.");
    u->side_focus = u->s->side && !u->side_focus;
    if (u->side_focus && u->side_at.h == 0) /* it was hidden by the zoomed panel */
        u->zoom = false;
    u->input = false;
}

static void act_break(struct ui *u)
{
    if (!u->panels)
        return;
    const struct panel *p = &u->panel[u->s->focus];
    char line[64];
    uint64_t rip = command_here(p->v, p->snap.state, &p->snap.cpu); /* where the panel's mark is */
    for (int i = 0; i < 4; i++)
        if (p->brk[i].on && p->brk[i].type == DEBUG_EXEC && p->brk[i].addr == rip) {
            snprintf(line, sizeof line, "delete %d", i);
            ui_command(u, line);
            return;
        }
    snprintf(line, sizeof line, "break 0x%llx", (unsigned long long)rip);
    ui_command(u, line);
}

static const struct action table[] = {
    { KEY_FN, 1, 0, "F1", "Help", "this help (also ? on an empty line)", NULL, act_help },
    { KEY_FN, 2, 0, "F2", "Type", "type to the guest in focus; again: back to the bar", NULL, act_input },
    { KEY_FN, 3, 0, "F3", "Zoom", "one panel on the whole screen, and back", NULL, act_zoom },
    { KEY_FN, 4, 0, "F4", "View", "the next view of the panel: memory, stack, trace, ...", NULL, act_view },
    { KEY_FN, 5, 0, "F5", "Run", "let the guest in focus run", "run", NULL },
    { KEY_FN, 6, 0, "F6", "Pause", "pause it", "pause", NULL },
    { KEY_FN, 7, 0, "F7", "Step", "execute one instruction", "step", NULL },
    { KEY_FN, 8, 0, "F8", "Next", "run to the next exit", "next", NULL },
    { KEY_FN, 9, 0, "F9", "Break", "breakpoint at the current instruction, on or off", NULL, act_break },
    { KEY_FN, 10, 0, "F10", NULL, "step, as in other debuggers", "step", NULL },
    { KEY_FN, 11, 0, "F11", NULL, "next, as in other debuggers", "next", NULL },
    { KEY_FN, 12, 0, "F12", "Lab", "scroll the text beside the panels; ESC leaves it", NULL, act_side },
    { KEY_FN, 5, MOD_SHIFT, "Shift-F5", NULL, "run every guest", "run @all", NULL },
    { KEY_FN, 6, MOD_SHIFT, "Shift-F6", NULL, "pause every guest", "pause @all", NULL },
    { KEY_FN, 7, MOD_SHIFT, "Shift-F7", NULL, "one instruction on every guest", "step @all", NULL },
    { KEY_FN, 8, MOD_SHIFT, "Shift-F8", NULL, "run every guest to its next exit", "next @all", NULL },
};

const struct action *action_at(size_t i) { return i < sizeof table / sizeof *table ? &table[i] : NULL; }

/* Keys that have their meaning from where they are pressed (see typed() below). */
static const char *const situations[][2] = {
    { "Tab, Shift-Tab", "the next, the previous panel (on an empty line; in a line Tab completes)" },
    { "Left, Right", "the same, on an empty line" },
    { "Enter", "on an empty line: step, next or until once more; else zoom" },
    { "Up, Down, Ctrl-R", "history of commands" },
    { "Alt-.", "the last word of the line before" },
    { "PgUp, PgDn", "scroll output, the panel's view or its console" },
    { "Ctrl-PgUp, -PgDn", "pages of panels, when they do not all fit" },
    { "End", "back to the newest output, on an empty line" },
    { "ESC", "close what is open: completions, output, help; then zoom and view" },
    { "Ctrl-C", "clear the line (in a console: to the guest)" },
    { "Ctrl-D", "leave, on an empty line" },
    { "Ctrl-L", "paint everything anew" },
    { "Ctrl-Z", "back to the shell; fg returns" },
    { "Ctrl-]", "out of a console, where F2 is taken by the terminal" },
    { "ESC 1 ... ESC 9", "F1 ... F9, for terminals without function keys" },
    { "mouse", "click a panel or a key below; double click zooms; the wheel scrolls; Shift selects text as usual" },
};

void ui_keys_text(struct ui_text *t)
{
    char line[200];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int n = snprintf(line, sizeof line, "  %-17s %s\n", table[i].name, table[i].help);
        text_add(t, line, (size_t)n);
    }
    for (size_t i = 0; i < sizeof situations / sizeof *situations; i++) {
        int n = snprintf(line, sizeof line, "  %-17s %s\n", situations[i][0], situations[i][1]);
        text_add(t, line, (size_t)n);
    }
}

static bool same_bytes(const struct key_event *e, char c) { return e->key == KEY_CHAR && !e->mods && e->ch == (uint32_t)c; }

static const struct action *find(const struct key_event *e)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].key == e->key && table[i].ch == e->ch && table[i].mods == e->mods)
            return &table[i];
    return NULL;
}

static void act(struct ui *u, const struct action *a)
{
    if (a->run) {
        a->run(u);
        return;
    }
    u->again[0] = '\0';
    ui_command(u, a->command);
}

/* --- help and long texts ------------------------------------------------------------------------------------------------ */

/* Keys that mean the same whatever is open; only a guest's console has them for itself. */
static bool terminal_key(struct ui *u, const struct key_event *e)
{
    if (same_bytes(e, 0x1a))
        term_suspend(true);
    else if (!same_bytes(e, 0x0c))
        return false;
    u->repaint = true;
    return true;
}

static void page_key(struct ui *u, const struct key_event *e)
{
    struct pager *p = &u->page;
    int page = p->rows > 1 ? p->rows - 1 : 1;
    if (e->key == KEY_ESC || same_bytes(e, 'q') || same_bytes(e, 3))
        pager_close(p);
    else if (e->key == KEY_UP || same_bytes(e, 'k'))
        pager_scroll(p, -1);
    else if (e->key == KEY_DOWN || same_bytes(e, 'j') || same_bytes(e, '\r'))
        pager_scroll(p, 1);
    else if (e->key == KEY_PGUP || same_bytes(e, 'b'))
        pager_scroll(p, -page);
    else if (e->key == KEY_PGDN || same_bytes(e, ' '))
        pager_scroll(p, page);
    else if (e->key == KEY_HOME || same_bytes(e, 'g'))
        pager_home(p);
    else if (e->key == KEY_END || same_bytes(e, 'G'))
        pager_end(p);
    else
        terminal_key(u, e);
}

/* --- the console's keyboard ----------------------------------------------------------------------------------------------- */

static void input_key(struct ui *u, const struct key_event *e)
{
    struct panel *p = &u->panel[u->s->focus];
    if (same_bytes(e, 0x1d)) {
        ui_input(u, false);
        return;
    }
    p->con_up = 0;
    console_live(p->con);
    /* What a terminal in its usual mode would do to Enter. */
    char bytes[sizeof e->bytes] = "";
    for (size_t i = 0; i < e->nbytes; i++)
        bytes[i] = e->bytes[i] == '\r' ? '\n' : e->bytes[i];
    ui_send(u, bytes, e->nbytes);
}

/* --- mouse ----------------------------------------------------------------------------------------------------------------- */

static bool inside(struct area a, int x, int y) { return x >= a.x && x < a.x + a.w && y >= a.y && y < a.y + a.h; }

static void mouse(struct ui *u, const struct key_event *e)
{
    int x = e->mouse.x, y = e->mouse.y;
    bool wheel = e->mouse.kind == MOUSE_WHEEL_UP || e->mouse.kind == MOUSE_WHEEL_DOWN;
    int lines = e->mouse.kind == MOUSE_WHEEL_UP ? 3 : -3;
    if (wheel && u->page.open) {
        pager_scroll(&u->page, -lines);
        return;
    }
    if (wheel && u->output.open) {
        pager_scroll(&u->output, -lines);
        return;
    }
    if (inside(u->side_at, x, y)) {
        if (wheel)
            side_scroll(u, -lines);
        else if (e->mouse.kind == MOUSE_PRESS)
            u->side_focus = true, u->input = false;
        return;
    }
    if (e->mouse.kind == MOUSE_PRESS && y == u->key_row)
        for (unsigned i = 0; i < u->keys_shown; i++)
            if (x >= u->key_at[i].x && x < u->key_at[i].x + u->key_at[i].w) {
                act(u, u->key_at[i].action);
                return;
            }
    if (e->mouse.kind == MOUSE_PRESS && y == u->key_row - 1 && u->input)
        ui_input(u, false);
    for (unsigned i = 0; i < u->panels && !u->page.open; i++) {
        if (!inside(u->panel_at[i], x, y))
            continue;
        if (wheel) {
            panel_scroll(&u->panel[i], lines);
        } else if (e->mouse.kind == MOUSE_PRESS && e->mouse.button == 0) {
            uint64_t now = ui_now_ms();
            bool again = u->click_panel == (int)i && now - u->click_ms < 400;
            ui_focus(u, i);
            u->side_focus = false;
            if (again && u->panels > 1)
                u->zoom = !u->zoom;
            u->click_panel = again ? -1 : (int)i;
            u->click_ms = now;
        }
    }
}

/* --- the bar ----------------------------------------------------------------------------------------------------------------- */

static void move_focus(struct ui *u, int by)
{
    if (u->panels)
        ui_focus(u, (u->s->focus + u->panels + (unsigned)by) % u->panels);
}

/* As in GDB. */
static void empty_enter(struct ui *u)
{
    if (u->again[0])
        ui_command(u, u->again);
    else
        act_zoom(u);
}

static void move_page(struct ui *u, int by)
{
    int per = u->zoom ? 1 : u->plan.per_page, f = (int)u->s->focus + by * per;
    if (!u->panels)
        return;
    ui_focus(u, f < 0 ? 0 : f >= (int)u->panels ? u->panels - 1 : (unsigned)f);
}

static void scroll(struct ui *u, int pages)
{
    int h = u->panels_at.h > 4 ? u->panels_at.h / 2 : 2;
    if (u->output.open)
        pager_scroll(&u->output, -pages * (u->output.rows > 1 ? u->output.rows - 1 : 1));
    else if (u->panels)
        panel_scroll(&u->panel[u->s->focus], pages * h);
}

static void to_end(struct ui *u)
{
    struct panel *p = &u->panel[u->s->focus];
    if (u->output.open) {
        pager_end(&u->output);
    } else if (u->panels) {
        p->con_up = 0;
        console_live(p->con);
        p->follow = true;
        p->scroll = 0;
    }
}

static void escape(struct ui *u)
{
    struct panel *p = u->panels ? &u->panel[u->s->focus] : NULL;
    if (u->output.open)
        pager_close(&u->output);
    else if (bar_vi() && !bar_empty())
        bar_type("\033", 1);
    else if (u->zoom)
        u->zoom = false;
    else if (p && p->view && p->view->draw)
        p->view = view_at(0);
    else if (p && (p->con_up || console_scrolled(p->con)))
        to_end(u);
    else
        u->message[0] = '\0';
}

/* Keys that mean something of their own while the line is empty. True: used. */
static bool empty_line_key(struct ui *u, const struct key_event *e)
{
    if (e->key == KEY_BACKTAB || e->key == KEY_LEFT)
        return move_focus(u, -1), true;
    if (same_bytes(e, '\t') || e->key == KEY_RIGHT)
        return move_focus(u, 1), true;
    if (same_bytes(e, '\r') || same_bytes(e, '\n'))
        return empty_enter(u), true;
    if (same_bytes(e, '?'))
        return ui_help(u), true;
    if (e->key == KEY_END)
        return to_end(u), true;
    if (e->key == KEY_HOME && u->output.open)
        return pager_home(&u->output), true;
    return false;
}

static void bar_key(struct ui *u, const struct key_event *e)
{
    if (same_bytes(e, 3)) {
        if (bar_empty())
            ui_say(u, ROLE_DIM, "To leave, type quit (or Ctrl-D).");
        bar_clear();
    } else if (e->key == KEY_ESC) {
        escape(u);
    } else if (e->key == KEY_PGUP || e->key == KEY_PGDN) {
        int by = e->key == KEY_PGUP ? 1 : -1;
        if (e->mods & MOD_CTRL)
            move_page(u, -by);
        else
            scroll(u, by);
    } else if (e->key == KEY_PASTE) {
        if (!bar_paste(e->bytes, e->nbytes))
            ui_say(u, ROLE_ERROR, "The paste is too long for a line: its end is left out. Ctrl-C clears the line.");
    } else if (!terminal_key(u, e) && !(bar_empty() && empty_line_key(u, e))) {
        bar_type(e->bytes, e->nbytes);
    }
}

void ui_key(struct ui *u, const struct key_event *e)
{
    const struct action *a;
    bool matches = u->matches > 0;
    u->dirty = true;
    while (u->matches) /* any key closes the candidates */
        free(u->match[--u->matches]);
    if (e->key == KEY_MOUSE)
        mouse(u, e);
    else if (matches && e->key == KEY_ESC)
        return;
    else if (e->key == KEY_FN && (a = find(e)))
        act(u, a);
    else if (u->page.open)
        page_key(u, e);
    else if (u->input)
        input_key(u, e);
    else if (!(u->side_focus && side_key(u, e)))
        bar_key(u, e);
}

void ui_help(struct ui *u)
{
    struct ui_text t = { 0 };
    static const char head[] =
        "Each panel is one virtual CPU: what its guest prints, its registers, the code it is about to execute, and its exits: "
        "the moments when the guest stops and the virtual machine monitor has to act.\n\n"
        "Type commands at the bottom, such as: pause, step 3, run @all, irq 0x20 @1. Tab completes them.\n\nKEYS\n";
    text_add(&t, head, sizeof head - 1);
    ui_keys_text(&t);
    text_add(&t, "\nCOMMANDS (help NAME explains one)\n", 35);
    u->text.n = 0;
    command_help(&u->out, NULL);
    if (u->text.bytes)
        text_add(&t, u->text.bytes, u->text.n);
    u->text.n = 0;
    if (t.bytes)
        pager_show(&u->page, "Help", t.bytes, false);
    free(t.bytes);
}
