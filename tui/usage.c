/* usage.c: --help in 80 columns. */
#include "usage.h"

#include <string.h>

#include "options.h"

enum { WIDTH = 79, COLUMN = 26 };

void usage_wrap(FILE *to, const char *text, int indent, int width, int first)
{
    int at = first ? indent : 0;
    bool begun = false;
    if (first)
        fprintf(to, "%*s", indent, "");
    else
        at = indent;
    while (*text) {
        int n = (int)strcspn(text, " ");
        if (begun && at + 1 + n > width) {
            fprintf(to, "\n%*s", indent, "");
            at = indent;
            begun = false;
        }
        fprintf(to, "%s%.*s", begun ? " " : "", n, text);
        at += n + begun;
        begun = true;
        text += n;
        text += strspn(text, " ");
    }
    fputc('\n', to);
}

static void option_line(FILE *to, const struct option_row *r)
{
    char head[80], letter[8] = "";
    if (r->letter)
        snprintf(letter, sizeof letter, "-%c, ", r->letter);
    snprintf(head, sizeof head, "  %s--%s%s%s%s%s", letter, r->name, r->optional ? "[=" : r->arg ? " " : "", r->arg ? r->arg : "", r->optional ? "]" : "", "");
    if ((int)strlen(head) + 1 < COLUMN)
        fprintf(to, "%-*s", COLUMN, head);
    else
        fprintf(to, "%s\n%*s", head, COLUMN, "");
    usage_wrap(to, r->help, COLUMN, WIDTH, 0);
}

void usage_print(FILE *to)
{
    const struct option_row *r;
    const struct subcommand *sub;
    fprintf(to, "vmlab: run x86 guests on vCPUs of their own and watch them think\n\n"
                "Usage:\n"
                "  vmlab [OPTIONS] [GUEST...]     1 to %d guests: a name (hello) or a path\n", SESSION_VCPUS);
    for (size_t i = 0; (sub = subcommand_at(i)); i++) {
        char head[64];
        snprintf(head, sizeof head, "vmlab %s %s", sub->name, sub->args);
        fprintf(to, "  %-30s %s\n", head, sub->summary);
    }
    fprintf(to, "\nWithout a guest: hello, counter, multiplication and fibonacci.\n");
    for (unsigned g = 0; g < OPTION_GROUPS; g++) {
        fprintf(to, "\n%s:\n", option_group_title[g]);
        for (size_t i = 0; (r = option_at(i)); i++)
            if (r->group == g)
                option_line(to, r);
    }
    fprintf(to, "\nExamples:\n"
                "  vmlab hello counter                    two guests side by side\n"
                "  vmlab --paging os-1k/kernel.bin        the teaching OS (also: vmlab 1k-os)\n"
                "  printf '1\\n0\\n' | vmlab 1k-os | less   headless: a pipe in, a pipe out\n"
                "  vmlab --headless --json primes         a report for programs\n"
                "  vmlab hello -c 'step 3; regs'          a script before anything runs\n"
                "\nExit status: the guest's; of several the first that is not 0. 1: something\n"
                "failed, 2: this command line makes no sense, 124: --timeout, 128+N: signal N.\n");
}
