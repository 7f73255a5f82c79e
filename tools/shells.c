/* shells.c: what Tab offers after `vmlab`, for bash, zsh and fish. Options and their values come from vmlab's tables when this runs;
 * guests, labs and the options of `lab` and `grade` from vmlab itself when Tab is pressed. */
#include "tools/shells.h"

#include <stdio.h>
#include <string.h>

#include "tui/command.h"
#include "tui/options.h"
#include "tui/usage.h"

/* main.c has the table of subcommands; this program stands in for it. (A test compares it with --help.) */
static const struct { const char *name, *summary; } subcommands[] = {
    { "engines", "what can execute guests on this machine" },
    { "guests", "the guests that can be named" },
    { "lab", "learn with a lab" },
    { "grade", "check submissions of labs" },
    { "help", "explain vmlab, or a command" },
};
enum { SUBCOMMANDS = sizeof subcommands / sizeof *subcommands };

const struct subcommand *subcommand_at(size_t i)
{
    (void)i;
    return NULL;
}

static bool takes_file(const struct option_row *r) { return r->values && strcmp(r->values, "FILE") == 0; }

/* The words that an option takes. A topic of --help is any command, too. */
static void print_values(const struct option_row *r)
{
    const struct command *c;
    printf("%s", r->values ? r->values : "");
    for (size_t i = 0; strcmp(r->name, "help") == 0 && (c = command_at(i)); i++)
        printf(" %s", c->name);
}

/* What `vmlab help` explains: the subcommands and every command. (One that is both is said twice; no shell minds.) */
static void print_topics(void)
{
    const struct command *c;
    printf("commands");
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        printf(" %s", subcommands[i].name);
    for (size_t i = 0; (c = command_at(i)); i++)
        printf(" %s", c->name);
}

static void print_subcommands(void)
{
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        printf("%s%s", i ? " " : "", subcommands[i].name);
}

/* --- bash ---------------------------------------------------------------------------------------------------------- */

int shells_bash(void)
{
    const struct option_row *r;
    printf("# bash completion for vmlab, generated from its table of options\n"
           "_vmlab() {\n"
           "    local vmlab=${COMP_WORDS[0]} cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} sub= words= options=\n"
           "    COMPREPLY=()\n"
           "    [[ $COMP_CWORD -gt 1 ]] && sub=${COMP_WORDS[1]}\n"
           "    # readline takes --engine=kvm for three words.\n"
           "    if [[ $cur == = ]]; then cur= prev+==; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}=; fi\n"
           "    case $prev in\n");
    for (size_t i = 0; (r = option_at(i)); i++) {
        if (!r->arg)
            continue;
        printf("    ");
        if (r->letter && !r->optional)
            printf("-%c|", r->letter);
        if (!r->optional)
            printf("--%s|", r->name);
        printf("--%s=) COMPREPLY=($(compgen ", r->name);
        if (takes_file(r)) {
            printf("-f");
        } else {
            printf("-W \"");
            print_values(r);
            printf("\"");
        }
        printf(" -- \"$cur\")); return ;;\n");
    }
    printf("    esac\n"
           "    case $sub in\n"
           "    engines|guests) return ;;\n"
           "    help) [[ $COMP_CWORD -eq 2 ]] && COMPREPLY=($(compgen -W \"");
    print_topics();
    printf("\" -- \"$cur\")); return ;;\n"
           "    lab|grade) options=$(\"$vmlab\" \"$sub\" --help 2>/dev/null | grep -oE -e '--[a-z]+') ;;\n"
           "    esac\n"
           "    [[ $sub == grade ]] || options+=\" ");
    for (size_t i = 0; (r = option_at(i)); i++)
        printf("%s--%s", i ? " " : "", r->name);
    printf("\"\n"
           "    if [[ $cur == -* ]]; then\n"
           "        COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
           "        return\n"
           "    fi\n"
           "    case $sub in\n"
           "    lab) [[ $COMP_CWORD -gt 2 ]] || words='lint reset' ;;\n"
           "    grade) ;;\n"
           "    *) words=$(\"$vmlab\" guests 2>/dev/null) ;;\n"
           "    esac\n"
           "    [[ $COMP_CWORD -gt 1 ]] || words+=' ");
    print_subcommands();
    printf("'\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\") $(compgen -f -- \"$cur\"))\n"
           "}\n"
           "complete -o filenames -F _vmlab vmlab\n");
    return 0;
}

/* --- zsh ----------------------------------------------------------------------------------------------------------- */

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

int shells_zsh(void)
{
    const struct option_row *r;
    printf("#compdef vmlab\n# zsh completion for vmlab, generated from its table of options\n"
           "_vmlab() {\n"
           "    local state vmlab=${words[1]} sub=\n"
           "    local -a guests labs own plain subs\n"
           "    (( CURRENT > 2 )) && sub=${words[2]}\n"
           "    if [[ $sub == (lab|grade) ]]; then\n"
           "        own=(${(fu)\"$($vmlab $sub --help 2>/dev/null | grep -oE -e '--[a-z]+')\"})\n"
           "        plain=(${own:#--(help|headless|exec|engine|theme)})\n"
           "    fi\n"
           "    if [[ $sub == grade ]]; then\n"
           "        _arguments $plain '*: :_files'\n"
           "        return\n"
           "    fi\n"
           "    subs=(");
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        printf("%s'%s:%s'", i ? " " : "", subcommands[i].name, subcommands[i].summary);
    printf(")\n"
           "    _arguments -s -S $plain \\\n");
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
            if (takes_file(r)) {
                printf(":_files");
            } else {
                printf(":(");
                print_values(r);
                printf(")");
            }
        }
        printf("' \\\n");
    }
    printf("        '*: :->word'\n"
           "    [[ $state == word ]] || return\n"
           "    case $sub in\n"
           "    engines|guests) return ;;\n"
           "    help) (( CURRENT == 3 )) && compadd ");
    print_topics();
    printf("; return ;;\n"
           "    lab)\n"
           "        labs=(${(f)\"$($vmlab lab 2>/dev/null | sed -n 's/^ *\\([0-9][0-9]*\\)  \\(.*[^ ]\\)  *\\[.*/\\1:\\2/p')\"}\n"
           "            'lint:check labs that you write' 'reset:forget the progress in one')\n"
           "        (( CURRENT == 3 )) && _describe lab labs ;;\n"
           "    *)\n"
           "        guests=(${(f)\"$($vmlab guests 2>/dev/null)\"})\n"
           "        (( CURRENT == 2 )) && _describe command subs\n"
           "        _describe guest guests ;;\n"
           "    esac\n"
           "    _files\n"
           "}\n_vmlab \"$@\"\n");
    return 0;
}

/* --- fish ---------------------------------------------------------------------------------------------------------- */

static void fish_text(const char *text)
{
    for (; *text; text++)
        printf(*text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
}

int shells_fish(void)
{
    const struct option_row *r;
    printf("# fish completion for vmlab, generated from its table of options\n"
           "function __vmlab_sub; set -l words (commandline -opc); contains -- \"$words[2]\" $argv; end\n"
           "complete -c vmlab -n 'not __vmlab_sub ");
    print_subcommands();
    printf("' -a '(vmlab guests 2>/dev/null)' -d guest\n");
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        printf("complete -c vmlab -n __fish_is_first_arg -a %s -d '%s'\n", subcommands[i].name, subcommands[i].summary);
    printf("complete -c vmlab -n '__vmlab_sub lab grade' -a '(vmlab (commandline -opc)[2] --help 2>/dev/null | string match -ra -- \"--[a-z]+\" | sort -u)'\n"
           "complete -c vmlab -n '__vmlab_sub lab; and test (count (commandline -opc)) = 2' -a 'lint reset "
           "(vmlab lab 2>/dev/null | string replace -rf \"^ *(\\\\d+)  (.*\\\\S) +\\\\[.*\" \"\\$1\\t\\$2\")'\n");
    printf("complete -c vmlab -n '__vmlab_sub help; and test (count (commandline -opc)) = 2' -x -a '");
    print_topics();
    printf("'\n");
    for (size_t i = 0; (r = option_at(i)); i++) {
        printf("complete -c vmlab -n 'not __vmlab_sub engines guests grade help'");
        if (r->letter)
            printf(" -s %c", r->letter);
        printf(" -l %s", r->name);
        if (r->arg && !r->optional)
            printf(takes_file(r) ? " -rF" : " -x");
        if (r->arg && !takes_file(r)) {
            printf(" -a '");
            print_values(r);
            printf("'");
        }
        printf(" -d '");
        fish_text(r->help);
        printf("'\n");
    }
    return 0;
}
