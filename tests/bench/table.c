/* table.c: the one table of `make bench`: measured, held against what DESIGN promises. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

struct line { char section[96], name[72], unit[16], why[160]; double value, hold; bool at_least; enum verdict v; };
static struct line lines[256];
static size_t nlines;
bool table_quiet;

double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double cpu_seconds_used(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median(double *v, size_t n)
{
    if (!n) return 0;
    qsort(v, n, sizeof *v, by_value);
    return n & 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

double best_tenth(double *v, size_t n)
{
    if (!n) return 0;
    qsort(v, n, sizeof *v, by_value);
    return v[n / 10];
}

double least(const double *v, size_t n)
{
    double x = v[0];
    for (size_t i = 1; i < n; i++)
        if (v[i] < x) x = v[i];
    return x;
}

static struct line *add(const char *section, const char *name)
{
    struct line *l = &lines[nlines < 255 ? nlines++ : 255];
    bool first = nlines < 2 || strcmp(l[-1].section, section);
    memset(l, 0, sizeof *l);
    snprintf(l->section, sizeof l->section, "%s", section);
    snprintf(l->name, sizeof l->name, "%s", name);
    if (first && !table_quiet) printf("\n%s\n", section);
    return l;
}

static void show(const struct line *l)
{
    if (table_quiet) return;
    if (l->v == V_NOT_RUN) { printf("  %-56s not run: %s\n", l->name, l->why); return; }
    printf("  %-56s %10.*f %-8s", l->name, l->value < 100 ? 2 : 0, l->value, l->unit);
    if (l->v != V_NONE) printf(" hold %s %g: %s", l->at_least ? ">=" : "<=", l->hold, l->v == V_HELD ? "HELD" : "MISSED");
    printf("\n");
    fflush(stdout);
}

void row(const char *section, const char *name, double value, const char *unit)
{
    struct line *l = add(section, name);
    l->value = value;
    snprintf(l->unit, sizeof l->unit, "%s", unit);
    show(l);
}

void row_hold(const char *section, const char *name, double value, const char *unit, double hold, bool at_least)
{
    struct line *l = add(section, name);
    l->value = value;
    l->hold = hold;
    l->at_least = at_least;
    l->v = (at_least ? value >= hold : value <= hold) ? V_HELD : V_MISSED;
    snprintf(l->unit, sizeof l->unit, "%s", unit);
    show(l);
}

void row_absent(const char *section, const char *name, const char *why)
{
    struct line *l = add(section, name);
    l->v = V_NOT_RUN;
    snprintf(l->why, sizeof l->why, "%s", why);
    show(l);
}

int table_missed(void)
{
    int n = 0;
    for (size_t i = 0; i < nlines; i++) n += lines[i].v == V_MISSED;
    return n;
}

static void json_string(const char *s)
{
    putchar('"');
    for (; *s; s++)
        if ((unsigned char)*s >= 32 && *s != '"' && *s != '\\') putchar(*s);
    putchar('"');
}

void table_json(void)
{
    static const char *const word[] = { "none", "held", "missed", "not run" };
    printf("[");
    for (size_t i = 0; i < nlines; i++) {
        const struct line *l = &lines[i];
        printf("%s\n  {\"section\": ", i ? "," : "");
        json_string(l->section);
        printf(", \"name\": ");
        json_string(l->name);
        if (l->v == V_NOT_RUN) printf(", \"why\": "), json_string(l->why);
        else printf(", \"value\": %.6g, \"unit\": \"%s\"", l->value, l->unit);
        if (l->v == V_HELD || l->v == V_MISSED) printf(", \"hold\": %g, \"sense\": \"%s\"", l->hold, l->at_least ? ">=" : "<=");
        printf(", \"verdict\": \"%s\"}", word[l->v]);
    }
    printf("\n]\n");
}

/* --- for docs/performance.md ---------------------------------------------------------------------------------------- */

static const char *measured(const struct line *l)
{
    static char text[200];
    if (l->v == V_NOT_RUN) snprintf(text, sizeof text, "not run: %s", l->why);
    else snprintf(text, sizeof text, "%.*f%s%s", l->value < 100 ? 2 : 0, l->value, strcmp(l->unit, "x") ? " " : "", strcmp(l->unit, "x") ? l->unit : "");
    return text;
}

static bool is_rate(const struct line *l) { return !strncmp(l->section, "CPU: millions", 13); }

/* "dec 16-bit, soft": the guest and who ran it. A row of the matrix begins with its first column. */
static void markdown_rates(void)
{
    static const char *const who[] = { "soft", "kvm", "tcg", "bochs" };
    printf("\nMillions of instructions (REP: elements) per second of processor time:\n\n| guest | soft | KVM here | QEMU TCG | Bochs |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < nlines; i++) {
        const char *comma = strchr(lines[i].name, ',');
        if (!is_rate(&lines[i]) || !comma || strcmp(comma, ", soft")) continue;
        int n = (int)(comma - lines[i].name);
        printf("| %.*s |", n, lines[i].name);
        for (size_t w = 0; w < sizeof who / sizeof *who; w++) {
            const struct line *l = NULL;
            for (size_t k = i; k < nlines && !l; k++)
                if (is_rate(&lines[k]) && !strncmp(lines[k].name, lines[i].name, (size_t)n + 2) && !strcmp(lines[k].name + n + 2, who[w])) l = &lines[k];
            if (l && l->v != V_NOT_RUN) printf(" %.*f |", l->value < 10 ? 1 : 0, l->value);
            else printf(" - |");
        }
        printf("\n");
    }
}

void table_markdown(void)
{
    printf("| promised | measured | hold | |\n|---|---|---|---|\n");
    for (size_t i = 0; i < nlines; i++)
        if (lines[i].v == V_HELD || lines[i].v == V_MISSED)
            printf("| %s | %s | %s %g | %s |\n", lines[i].name, measured(&lines[i]), lines[i].at_least ? ">=" : "<=", lines[i].hold, lines[i].v == V_HELD ? "HELD" : "MISSED");
    printf("\nBeside these, from the same run:\n\n| what | measured |\n|---|---|\n");
    for (size_t i = 0; i < nlines; i++)
        if ((lines[i].v == V_NONE || lines[i].v == V_NOT_RUN) && !is_rate(&lines[i])) printf("| %s | %s |\n", lines[i].name, measured(&lines[i]));
    markdown_rates();
}
