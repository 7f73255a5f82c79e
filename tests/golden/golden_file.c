/* golden_file.c: read a golden file. */
#include "golden_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/engine.h"

/* C escapes in place: \n \t \\ \xHH. Returns the length. */
static size_t unescape(char *s)
{
    char *out = s, *in = s;
    while (*in) {
        if (*in != '\\' || !in[1]) {
            *out++ = *in++;
        } else if (in[1] == 'x') {
            char hex[3] = { in[2], in[2] ? in[3] : '\0', '\0' };
            *out++ = (char)strtoul(hex, NULL, 16);
            in += 2 + strlen(hex);
        } else {
            *out++ = in[1] == 'n' ? '\n' : in[1] == 't' ? '\t' : in[1];
            in += 2;
        }
    }
    *out = '\0';
    return (size_t)(out - s);
}

/* "hlt 1, io-out 12" */
static bool read_list(struct golden_list *l, char *text)
{
    l->given = true;
    for (char *save, *p = strtok_r(text, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
        char *end;
        if (l->n == sizeof l->pair / sizeof *l->pair || sscanf(p, " %31s", l->pair[l->n].name) != 1)
            return false;
        p = strrchr(p, ' ');
        l->pair[l->n++].value = strtoull(p, &end, 0);
        if (end == p || *end)
            return false;
    }
    return true;
}

static bool read_args(struct golden *g, char *text)
{
    size_t n = 0;
    for (char *save, *p = strtok_r(text, " ", &save); p && n < 79; p = strtok_r(NULL, " ", &save))
        g->args[n++] = p;
    return n > 0;
}

static bool read_needs(struct golden *g, const char *text)
{
    static const struct { const char *name; uint32_t can; } words[] = {
        { "prot32", CAN_PROT32 }, { "paging", CAN_PAGING32 }, { "long", CAN_LONG },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i].name) == 0)
            g->needs |= words[i].can;
    return g->needs != 0;
}

static bool read_line(struct golden *g, const char *key, char *value)
{
    if (strcmp(key, "run") == 0)
        return read_args(g, value);
    if (strcmp(key, "input") == 0) {
        g->input = value;
        g->input_n = unescape(value);
        return true;
    }
    if (strcmp(key, "text") == 0) {
        g->console = value;
        g->console_n = unescape(value);
        return true;
    }
    if (strcmp(key, "needs") == 0)
        return read_needs(g, value);
    if (strcmp(key, "exit-status") == 0)
        return sscanf(value, "%d", &g->exit_status) == 1;
    if (strcmp(key, "state") == 0) {
        int n = sscanf(value, "%15[a-z], status %d", g->state, &g->status);
        if (n == 2)
            g->exit_status = g->status;
        return n >= 1;
    }
    if (strcmp(key, "mode") == 0)
        return sscanf(value, "%15s", g->mode) == 1;
    if (strcmp(key, "any-console") == 0)
        return g->any_console = true;
    if (strcmp(key, "alone") == 0)
        return g->alone = true;
    if (strcmp(key, "exits") == 0)
        return read_list(&g->exits, value);
    if (strcmp(key, "exits on kvm") == 0)
        return read_list(&g->exits_on[0], value);
    if (strcmp(key, "exits on soft") == 0)
        return read_list(&g->exits_on[1], value);
    if (strcmp(key, "registers") == 0)
        return read_list(&g->registers, value);
    return false;
}

static char *read_all(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *bytes = malloc(1 << 20);
    if (f && bytes) {
        *n = fread(bytes, 1, (1 << 20) - 1, f);
        bytes[*n] = '\0';
    }
    if (f)
        fclose(f);
    else
        free(bytes), bytes = NULL;
    return bytes;
}

bool golden_read(struct golden *g, const char *path)
{
    size_t n = 0;
    memset(g, 0, sizeof *g);
    g->input = g->console = (char *)"";
    const char *base = strrchr(path, '/');
    snprintf(g->name, sizeof g->name, "%.*s", (int)strcspn(base ? base + 1 : path, "."), base ? base + 1 : path);
    g->bytes = read_all(path, &n);
    for (char *line = g->bytes, *next; line && *line; line = next) {
        char *end = strchr(line, '\n'), *colon = strchr(line, ':');
        next = end ? end + 1 : line + strlen(line);
        if (end)
            *end = '\0';
        if (strcmp(line, "console:") == 0) {
            g->console = next;
            g->console_n = n - (size_t)(next - g->bytes);
            break;
        }
        if (colon)
            *colon = '\0';
        if (!colon || !read_line(g, line, colon[1] ? colon + 2 : colon + 1)) {
            fprintf(stderr, "%s: cannot make sense of '%s'\n", path, line);
            return false;
        }
    }
    if (!g->bytes || !g->args[0])
        fprintf(stderr, "%s: cannot be read, or has no 'run:' line\n", path);
    return g->bytes && g->args[0];
}

void golden_free(struct golden *g) { free(g->bytes); }
