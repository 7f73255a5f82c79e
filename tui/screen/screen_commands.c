/* screen_commands.c: the commands that only a screen has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/cmd.h"
#include "ui.h"
#include "view.h"

static int run_layout(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    char now[24];
    struct ui *u = c->s->ui_self;
    if (c->argc > 2)
        return cmd_usage(c);
    if (c->argc < 2) {
        layout_name(&u->layout, now, sizeof now);
        out_printf(c->out, "layout %s, now %dx%d panels a page (auto, rows, columns, or COLUMNSxROWS)\n", now, u->plan.cols, u->plan.rows);
        return 0;
    }
    return c->s->ui->layout(c->s->ui_self, c->argv[1], &err) ? cmd_fail(c, &err) : 0;
}

static void complete_layout(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    static const char *const words[] = { "auto", "rows", "columns", "2x2", "3x2" };
    (void)s, (void)argv;
    for (size_t i = 0; argc == 2 && i < sizeof words / sizeof *words; i++)
        add(self, words[i]);
}

static int run_theme(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    const struct theme *t;
    if (c->argc > 2)
        return cmd_usage(c);
    if (c->argc > 1)
        return c->s->ui->theme(c->s->ui_self, c->argv[1], &err) ? cmd_fail(c, &err) : 0;
    for (size_t i = 0; (t = theme_at(i)); i++)
        out_printf(c->out, "%s %-8s %s\n", t == ((struct ui *)c->s->ui_self)->cv.theme ? "*" : " ", t->name, t->about);
    return 0;
}

static void complete_theme(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    const struct theme *t;
    (void)s, (void)argv;
    for (size_t i = 0; argc == 2 && (t = theme_at(i)); i++)
        add(self, t->name);
}

/* "on", "off", nothing: toggle. -2: neither. */
static int on_off(const struct command_ctx *c)
{
    return c->argc < 2 ? -1 : c->argc > 2 ? -2 : !strcmp(c->argv[1], "on") ? 1 : !strcmp(c->argv[1], "off") ? 0 : -2;
}

static void complete_on_off(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    (void)s, (void)argv;
    if (argc == 2) {
        add(self, "on");
        add(self, "off");
    }
}

static int run_zoom(struct command_ctx *c)
{
    struct ui *u = c->s->ui_self;
    if (on_off(c) < -1)
        return cmd_usage(c);
    if (c->sel_given && c->sel)
        ui_focus(u, cmd_index(c));
    return c->s->ui->zoom(u, c->sel_given && c->argc < 2 ? 1 : on_off(c));
}

static int run_mouse(struct command_ctx *c)
{
    int on = on_off(c);
    if (on < 0)
        return cmd_usage(c);
    return c->s->ui->mouse(c->s->ui_self, on) ? cmd_error(c, "this terminal (TERM=%s) has none", getenv("TERM")) : 0;
}

static int run_view(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    const struct view *v;
    char line[256] = "";
    for (int i = 1; i < c->argc; i++)
        snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s", i > 1 ? " " : "", c->argv[i]);
    if (c->argc > 1 && c->sel_given && c->sel)
        ui_focus(c->s->ui_self, cmd_index(c));
    if (c->argc > 1)
        return c->s->ui->view(c->s->ui_self, line, &err) ? cmd_fail(c, &err) : 0;
    for (size_t i = 0; (v = view_at(i)); i++) {
        snprintf(line, sizeof line, "%s%s%s", v->name, v->args ? " " : "", v->args ? v->args : "");
        out_printf(c->out, "  %-24s %s\n", line, v->about);
    }
    return 0;
}

static void complete_view(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    const struct view *v;
    (void)s, (void)argv;
    for (size_t i = 0; argc == 2 && (v = view_at(i)); i++)
        add(self, v->name);
}

static int run_dump(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    if (c->argc != 2)
        return cmd_usage(c);
    if (c->s->ui->dump(c->s->ui_self, c->argv[1], &err))
        return cmd_fail(c, &err);
    out_printf(c->out, "%s written\n", c->argv[1]);
    return 0;
}

static int run_redraw(struct command_ctx *c)
{
    if (c->argc > 1)
        return cmd_usage(c);
    c->s->ui->redraw(c->s->ui_self);
    return 0;
}

static int run_keys(struct command_ctx *c)
{
    struct ui_text t = { 0 };
    if (c->argc > 1)
        return cmd_usage(c);
    ui_keys_text(&t);
    if (t.bytes)
        out_printf(c->out, "%s", t.bytes);
    free(t.bytes);
    return 0;
}

const struct command screen_commands[] = {
    { "zoom", "z", "[on|off]", "show one panel on the whole screen, or all again", "    zoom         the focused panel, or back\n    zoom @2      guest 2's", CMD_SCREEN, run_zoom, complete_on_off },
    { "view", "v", "[NAME...]", "what the focused panel shows: memory, stack, trace",
      "Without a name the list of views. F4 goes through them, ESC returns to the overview.\n\n    view mem 0x7c00    memory from an address\n    view mem esp       memory that follows a register\n    view trace io      the trace, only lines with 'io' in them\n    view overview      console, registers, code, exits",
      CMD_SCREEN, run_view, complete_view },
    { "layout", NULL, "[auto|rows|columns|CxR]", "how panels are arranged", "    layout 2x2\n    layout rows        one below the other\n    layout auto        what fits best", CMD_SCREEN, run_layout, complete_layout },
    { "theme", NULL, "[NAME]", "colours of the screen", "Without a name the list of themes.", CMD_SCREEN, run_theme, complete_theme },
    { "mouse", NULL, "on|off", "use the mouse, or leave it to the terminal", "Off, the terminal's own selection works without holding Shift.", CMD_SCREEN, run_mouse, complete_on_off },
    { "keys", NULL, NULL, "list the keys", "The keys and what they do, from the table that the screen itself uses.", CMD_SCREEN, run_keys, NULL },
    { "redraw", NULL, NULL, "paint the screen anew", "When something else wrote over it. Ctrl-L does the same.", CMD_SCREEN, run_redraw, NULL },
    { "dump-screen", NULL, "FILE", "save what the screen shows", "As text, or as a picture if FILE ends in .svg.\n\n    dump-screen lesson.svg", CMD_SCREEN, run_dump, complete_file },
    { 0 },
};
