/* describe.c: prints what documents and shells need to know about options and commands, from the tables that vmlab itself uses.
 *   describe commands | options | bash | zsh | fish
 *   describe man < vmlab.1.in       replaces @OPTIONS@, @COMMANDS@ and @VERSION@
 * Used at build time only. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/shells.h"
#include "tui/command.h"
#include "tui/options.h"

/* --- docs/commands.md ---------------------------------------------------------------------------------------------- */

/* An example and, two or more blanks later, what it does: a comment, so that the line can be typed as it stands. */
static void example(const char *text, size_t n)
{
    for (size_t i = 0; i + 2 < n; i++)
        if (i && text[i] == ' ' && text[i + 1] == ' ') {
            size_t gap = strspn(text + i, " ");
            printf("%.*s%*s# %.*s\n", (int)i, text, (int)gap, "", (int)(n - i - gap), text + i + gap);
            return;
        }
    printf("%.*s\n", (int)n, text);
}

/* Prose as it is; indented lines are examples and become a code block. */
static void markdown(const char *text)
{
    bool code = false;
    while (*text) {
        size_t n = strcspn(text, "\n");
        bool indented = n >= 4 && strncmp(text, "    ", 4) == 0;
        if (indented != code && (indented || n)) {
            printf(indented ? "```\n" : "```\n\n");
            code = indented;
        }
        if (indented)
            example(text + 4, n - 4);
        else if (n || !code)
            printf("%.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
    if (code)
        printf("```\n");
    printf("\n");
}

static int commands(void)
{
    const struct command *c;
    printf("# Commands\n\n"
           "<!-- Generated from the table of commands by `make docs`; a test compares. -->\n\n"
           "Every command works the same in the bar, in a script (`--exec FILE`, `-c \"...\"`, `source FILE`) and headless.\n\n"
           "- A selector says which vCPU is meant: `step @1`, `regs @0-3`, `irq 0x20 @all`; without one, the one in focus.\n"
           "- `;` separates commands, `#` begins a comment, `\"...\"` keeps words together.\n"
           "- Any unambiguous beginning of a name will do: `disa` is `disas`.\n"
           "- Numbers are decimal (`42`), hexadecimal (`0x2a`, `2ah`), binary (`0b101010`) or a character (`'H'`).\n"
           "- An address is a number (linear), a register (an offset in its own segment: `sp` is `ss:sp`), a sum (`si+4`), or\n"
           "  `SEGMENT:OFFSET` (`cs:0x20`, `0xb800:0`).\n\n"
           "| command | what it does |\n|---|---|\n");
    for (size_t i = 0; (c = command_at(i)); i++)
        printf("| [`%s`](#%s) | %s |\n", c->name, c->name, c->summary);
    printf("\n");
    for (size_t i = 0; (c = command_at(i)); i++) {
        printf("## %s\n\n`%s%s%s`", c->name, c->name, c->args ? " " : "", c->args ? c->args : "");
        if (c->alias)
            printf(" (also `%s`)", c->alias);
        printf("%s: %s.\n\n", c->flags & CMD_SCREEN ? ", on the screen only" : "", c->summary);
        markdown(c->help);
    }
    return 0;
}

/* --- the manual ---------------------------------------------------------------------------------------------------- */

/* Text for roff: no line begins with a control character, no stray escapes, hyphens stay hyphens. */
static void roff(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i == 0 && (text[i] == '.' || text[i] == '\''))
            printf("\\&");
        if (text[i] == '\\')
            printf("\\e");
        else if (text[i] == '-')
            printf("\\-");
        else
            putchar(text[i]);
    }
}

static void roff_line(const char *text)
{
    roff(text, strlen(text));
    putchar('\n');
}

static void man_options(void)
{
    const struct option_row *r;
    for (unsigned g = 0; g < OPTION_GROUPS; g++) {
        printf(".SS %s\n", option_group_title[g]);
        for (size_t i = 0; (r = option_at(i)); i++) {
            if (r->group != g)
                continue;
            printf(".TP\n.BR ");
            if (r->letter)
                printf("\\-%c \", \" ", r->letter);
            printf("\\-\\-");
            roff(r->name, strlen(r->name));
            if (r->arg) {
                printf(" \"%s\\fI", r->optional ? "[=" : " ");
                roff(r->arg, strlen(r->arg));
                printf("\\fR%s\"", r->optional ? "]" : "");
            }
            putchar('\n');
            roff_line(r->help);
        }
    }
}

static void man_commands(void)
{
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++) {
        printf(".TP\n.BR ");
        roff(c->name, strlen(c->name));
        if (c->args) {
            printf(" \" \\fI");
            for (const char *p = c->args; *p; p++) /* quotes end a macro's argument */
                *p == '"' ? (void)printf("\\(dq") : roff(p, 1);
            printf("\\fR\"");
        }
        putchar('\n');
        roff_line(c->summary);
    }
}

static int manual(void)
{
    char line[1000];
    while (fgets(line, sizeof line, stdin)) {
        char *at = strstr(line, "@VERSION@");
        if (strcmp(line, "@OPTIONS@\n") == 0)
            man_options();
        else if (strcmp(line, "@COMMANDS@\n") == 0)
            man_commands();
        else if (at)
            printf("%.*s%s%s", (int)(at - line), line, VMLAB_VERSION, at + 9);
        else
            fputs(line, stdout);
    }
    return 0;
}

/* Every option's name, a line each: tests go through them. */
static int options(void)
{
    const struct option_row *r;
    for (size_t i = 0; (r = option_at(i)); i++)
        printf("%s\n", r->name);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct { const char *name; int (*run)(void); } what[] = {
        { "commands", commands }, { "options", options }, { "man", manual }, { "bash", shells_bash }, { "zsh", shells_zsh }, { "fish", shells_fish },
    };
    for (size_t i = 0; argc == 2 && i < sizeof what / sizeof *what; i++)
        if (strcmp(argv[1], what[i].name) == 0)
            return what[i].run() || fflush(stdout) || ferror(stdout);
    fprintf(stderr, "usage: describe commands | options | man | bash | zsh | fish\n");
    return 2;
}
