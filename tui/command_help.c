/* command_help.c: help from the rows. Paragraphs are broken to fit 80 columns, indented lines (examples) stay as they are. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"

enum { WIDTH = 78 };

/* One paragraph from text, up to an empty or indented line. Returns what follows. */
static const char *paragraph(struct out *out, const char *text)
{
    size_t col = 0;
    while (*text && *text != '\n') {
        for (size_t line = strcspn(text, "\n"); line;) {
            size_t n = strcspn(text, " \n");
            if (col && col + 1 + n > WIDTH) {
                out_printf(out, "\n");
                col = 0;
            }
            out_printf(out, "%s%.*s", col ? " " : "", (int)n, text);
            col += n + (col != 0);
            text += n;
            line -= n;
            while (line && *text == ' ')
                text++, line--;
        }
        if (*text == '\n')
            text++;
        if (*text == ' ')
            break;
    }
    out_printf(out, "\n");
    return text;
}

static void prose(struct out *out, const char *text)
{
    while (*text) {
        if (*text != ' ' && *text != '\n') {
            text = paragraph(out, text);
            continue;
        }
        size_t n = strcspn(text, "\n");
        out_printf(out, "%.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void list(struct out *out)
{
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++) {
        char head[80];
        snprintf(head, sizeof head, "%s%s%s", c->name, c->args ? " " : "", c->args ? c->args : "");
        if (strlen(head) > 24) {
            out_printf(out, "  %s\n", head);
            *head = '\0';
        }
        out_printf(out, "  %-24s %s\n", head, c->summary);
    }
    out_printf(out, "A selector names vCPUs: step @1, regs @0-3, run @all; default: in focus.\n"
                    "';' separates commands, '#' begins a comment. 'help COMMAND' explains one.\n");
}

int command_help(struct out *out, const char *name)
{
    const char *suggestion = "";
    if (!name || !*name) {
        list(out);
        return 0;
    }
    const struct command *c = command_find(name, &suggestion);
    if (!c)
        return command_unknown(out, name, suggestion);
    out_printf(out, "%s%s%s", c->name, c->args ? " " : "", c->args ? c->args : "");
    if (c->alias)
        out_printf(out, "   (also: %s)", c->alias);
    out_printf(out, "\n%s\n\n", c->summary);
    prose(out, c->help);
    return 0;
}
