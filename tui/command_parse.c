/* command_parse.c: words, quotes, ';' and '#', selectors. */
#include "command_parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "number.h"

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* Past the quoted text that starts at *p (its end if it never closes). */
static const char *skip_quotes(const char *p, const char *end, bool *closed)
{
    char quote = *p++;
    while (p < end && *p && *p != quote)
        p += *p == '\\' && quote == '"' && p + 1 < end && p[1] ? 2 : 1;
    *closed = p < end && *p;
    return *closed ? p + 1 : p;
}

/* A ' begins a quotation only at the start of a word, so that it's can be echoed; 'H' is a number and quotes itself. */
static bool opens_quote(const char *p, const char *start)
{
    return *p == '"' || (*p == '\'' && (p == start || blank(p[-1])));
}

size_t command_part(const char *line, const char **next)
{
    const char *end = line + strlen(line), *p = line;
    bool closed;
    *next = NULL;
    while (p < end) {
        if (opens_quote(p, line)) {
            p = skip_quotes(p, end, &closed);
        } else if (*p == '#' && (p == line || blank(p[-1]))) {
            break;
        } else if (*p == ';') {
            *next = p + 1;
            break;
        } else {
            p++;
        }
    }
    return (size_t)(p - line);
}

const char *command_split(const char *part, size_t n, struct command_words *w)
{
    const char *p = part, *end = part + n;
    char *out = w->buf;
    w->argc = 0;
    w->argv[0] = NULL;
    if (n >= COMMAND_LINE)
        return "the line is longer than 4095 characters";
    for (;;) {
        while (p < end && blank(*p))
            p++;
        if (p == end)
            return NULL;
        if (w->argc == COMMAND_WORDS)
            return "there are more than 64 words";
        w->at[w->argc] = (size_t)(p - part);
        w->quoted[w->argc] = false;
        w->argv[w->argc++] = out;
        w->argv[w->argc] = NULL;
        while (p < end && !blank(*p)) {
            if (!opens_quote(p, part)) {
                *out++ = *p++;
                continue;
            }
            char quote = *p;
            bool closed;
            const char *close = skip_quotes(p, end, &closed);
            if (!closed)
                return "a quotation is not closed";
            bool number = quote == '\'' && close - p == 3 && (close == end || blank(*close)); /* 'H' */
            w->quoted[w->argc - 1] |= !number;
            for (p += !number; p < close - !number; p++) {
                if (quote == '"' && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
                    p++;
                *out++ = *p;
            }
            p = close;
        }
        *out++ = '\0';
    }
}

/* --- selectors ----------------------------------------------------------------------------------------------------- */

static uint64_t bits(unsigned first, unsigned last)
{
    return (last - first == 63 ? UINT64_MAX : (1ull << (last - first + 1)) - 1) << first;
}

bool command_selector(struct session *s, const char *word, uint64_t *sel, struct vm_error *err)
{
    const char *p = word + (*word == '@');
    *sel = 0;
    if (!s->vcpus) {
        err_set(err, ENODEV, "There is no vCPU to select: no guest is loaded.");
        return false;
    }
    if (strcmp(p, "all") == 0 || strcmp(p, "*") == 0) {
        *sel = bits(0, s->vcpus - 1);
        return true;
    }
    do {
        char *end;
        unsigned long first, last;
        if (!isdigit((unsigned char)*p))
            goto nonsense;
        first = last = strtoul(p, &end, 10);
        if (*end == '-') {
            p = end + 1;
            if (!isdigit((unsigned char)*p))
                goto nonsense;
            last = strtoul(p, &end, 10);
        }
        if (first > last || (*end && *end != ','))
            goto nonsense;
        if (last >= s->vcpus) {
            err_set(err, ENODEV, "There is no vCPU %.*s: they are numbered 0 to %u.", (int)(end - p), p, s->vcpus - 1);
            return false;
        }
        *sel |= bits((unsigned)first, (unsigned)last);
        p = end + 1;
        if (!*end)
            return true;
    } while (true);
nonsense:
    err_set(err, EINVAL, "'%.40s' selects nothing: write @1, @0-3, @0,2 or @all.", word);
    return false;
}

bool command_number(const char *word, uint64_t *out) { return number_plain(word, out); }
