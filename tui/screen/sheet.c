/* sheet.c: lines that scroll, and addresses that follow a register: shared by the views. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tui/command.h"
#include "views.h"

void console_draw(struct panel *p, struct area a) { part_console(p, a, p->cursor); }
void console_back(struct panel *p, int lines) { panel_scroll_console(p, lines); }

struct sheet sheet_begin(struct panel *p, struct area a) { return (struct sheet){ p, a, 0 }; }

int sheet_row(struct sheet *s)
{
    int y = s->line++ - s->p->scroll;
    return y >= 0 && y < s->a.h ? y : -1;
}

void sheet_printf(struct sheet *s, enum role role, const char *fmt, ...)
{
    char line[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    int y = sheet_row(s);
    if (y >= 0)
        area_fit(s->a, 0, y, s->a.w, role, line);
}

void sheet_end(struct sheet *s)
{
    int most = s->line - s->a.h > 0 ? s->line - s->a.h : 0;
    bool over = s->p->scroll > most;
    if (over)
        s->p->scroll = most; /* seen at the next frame, which the key that scrolled has asked for */
    if (s->a.h > 1 && s->line > s->a.h) {
        char text[48];
        snprintf(text, sizeof text, " %d-%d of %d ", s->p->scroll + 1, s->p->scroll + s->a.h < s->line ? s->p->scroll + s->a.h : s->line, s->line);
        area_right(s->a, s->a.w, s->a.h - 1, ROLE_KEYNAME, text);
    }
}

int view_address(struct panel *p, int argc, char **argv, struct vm_error *err)
{
    uint64_t at = p->addr;
    if (argc > 2)
        return err_set(err, EINVAL, "The view %s takes one address, and then nothing: not '%.40s'.", argv[0], argv[2]);
    if (argc == 2 && !command_address(p->s, p->v, argv[1], &at, err))
        return -err->code; /* what was shown is shown on */
    const char *reg = argc == 2 && cpu_reg_find(argv[1]) ? argv[1] : "";
    snprintf(p->filter, sizeof p->filter, "%s", reg);
    p->follow = argc < 2 || *reg;
    p->addr = at;
    return 0;
}

uint64_t view_where(const struct panel *p, uint64_t otherwise)
{
    struct vm_error err;
    uint64_t at;
    if (!p->follow)
        return p->addr;
    if (p->filter[0] && command_address(p->s, p->v, p->filter, &at, &err))
        return at;
    return otherwise;
}
