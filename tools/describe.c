/* describe.c: prints what documents and shells need to know about options and commands, from the tables that vmlab itself uses.
 *   describe commands | options | bash | zsh | fish
 *   describe man < vmlab.1.in       replaces @OPTIONS@, @COMMANDS@ and @VERSION@
 * Used at build time only. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/command.h"
#include "tui/options.h"
#include "tui/usage.h"

/* main.c has the table of subcommands; this program stands in for it. */
static const struct { const char *name, *summary; } subcommands[] = {
    { "engines", "what can execute guests on this machine" },
    { "guests", "the guests that can be named" },
    { "lab", "learn with a lab" },
    { "grade", "check submissions of labs" },
};
enum { SUBCOMMANDS = sizeof subcommands / sizeof *subcommands };

const struct subcommand *subcommand_at(size_t i)
{
    (void)i;
    return NULL;
}

/* --- docs/commands.md ---------------------------------------------------------------------------------------------- */

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
        if (n || !code)
            printf("%.*s\n", (int)(indented ? n - 4 : n), text + (indented ? 4 : 0));
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

/* --- shells -------------------------------------------------------------------------------------------------------- */

static int bash(void)
{
    const struct option_row *r;
    printf("# bash completion for vmlab, generated from its table of options\n"
           "_vmlab() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    COMPREPLY=()\n"
           "    if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
           "    case $prev in\n");
    for (size_t i = 0; (r = option_at(i)); i++) {
        if (!r->arg || r->optional)
            continue;
        if (r->letter)
            printf("    -%c|", r->letter);
        else
            printf("    ");
        if (r->values && strcmp(r->values, "FILE") == 0)
            printf("--%s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", r->name);
        else
            printf("--%s) COMPREPLY=($(compgen -W \"%s\" -- \"$cur\")); return ;;\n", r->name,
                   r->values ? r->values : "");
    }
    printf("    esac\n    if [[ $cur == -* ]]; then\n        COMPREPLY=($(compgen -W \"");
    for (size_t i = 0; (r = option_at(i)); i++)
        printf("%s--%s", i ? " " : "", r->name);
    printf("\" -- \"$cur\"))\n        return\n    fi\n    local words\n    words=$(\"${COMP_WORDS[0]}\" guests 2>/dev/null)\n"
           "    [[ $COMP_CWORD == 1 ]] && words+=\" ");
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        printf("%s%s", i ? " " : "", subcommands[i].name);
    printf("\"\n    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\") $(compgen -f -- \"$cur\"))\n}\ncomplete -o filenames -F _vmlab vmlab\n");
    return 0;
}

/* For zsh's 'spec' strings: quotes, brackets and colons would end them. */
static void zsh_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            printf("'\\''");
        else if (strchr("[]:\\", *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static int zsh(void)
{
    const struct option_row *r;
    printf("#compdef vmlab\n# zsh completion for vmlab, generated from its table of options\n_vmlab() {\n"
           "    local -a guests sub\n    guests=(${(f)\"$(${words[1]} guests 2>/dev/null)\"})\n    sub=(");
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        printf("%s'%s:%s'", i ? " " : "", subcommands[i].name, subcommands[i].summary);
    printf(")\n    _arguments -s -S \\\n");
    for (size_t i = 0; (r = option_at(i)); i++) {
        printf("        ");
        if (r->letter)
            printf("'(-%c --%s)'{-%c%s,--%s%s}'[", r->letter, r->name, r->letter, r->arg && !r->optional ? "+" : "", r->name, r->optional ? "=-" : r->arg ? "=" : "");
        else
            printf("'--%s%s[", r->name, r->arg ? "=" : "");
        zsh_text(r->help);
        printf("]");
        if (r->arg) {
            printf("%s", r->optional ? "::" : ":");
            zsh_text(r->arg);
            if (r->values && strcmp(r->values, "FILE") == 0)
                printf(":_files");
            else if (r->values)
                printf(":(%s)", r->values);
            else
                printf(": ");
        }
        printf("' \\\n");
    }
    printf("        '*: :->guest'\n"
           "    if [[ $state == guest ]]; then\n"
           "        (( CURRENT == 2 )) && _describe command sub\n"
           "        _describe guest guests\n"
           "        _files\n"
           "    fi\n}\n_vmlab \"$@\"\n");
    return 0;
}

static void fish_text(const char *text)
{
    for (; *text; text++)
        printf(*text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
}

static int fish(void)
{
    const struct option_row *r;
    printf("# fish completion for vmlab, generated from its table of options\n"
           "complete -c vmlab -a '(vmlab guests 2>/dev/null)' -d guest\n");
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        printf("complete -c vmlab -n __fish_is_first_arg -a %s -d '%s'\n", subcommands[i].name, subcommands[i].summary);
    for (size_t i = 0; (r = option_at(i)); i++) {
        printf("complete -c vmlab");
        if (r->letter)
            printf(" -s %c", r->letter);
        printf(" -l %s", r->name);
        if (r->arg && !r->optional)
            printf(r->values && strcmp(r->values, "FILE") == 0 ? " -rF" : " -x");
        if (r->arg && r->values && strcmp(r->values, "FILE"))
            printf(" -a '%s'", r->values);
        printf(" -d '");
        fish_text(r->help);
        printf("'\n");
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
        { "commands", commands }, { "options", options }, { "man", manual }, { "bash", bash }, { "zsh", zsh }, { "fish", fish },
    };
    for (size_t i = 0; argc == 2 && i < sizeof what / sizeof *what; i++)
        if (strcmp(argv[1], what[i].name) == 0)
            return what[i].run() || fflush(stdout) || ferror(stdout);
    fprintf(stderr, "usage: describe commands | options | man | bash | zsh | fish\n");
    return 2;
}
