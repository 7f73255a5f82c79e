#include "tui/lab/compare.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tui/number.h"

/* Cut the line at *p: its length without trailing blanks; *p moves to the next line. */
static size_t take_line(const char **p, const char *end, const char **line)
{
    *line = *p;
    const char *nl = memchr(*p, '\n', (size_t)(end - *p));
    const char *stop = nl ? nl : end;
    *p = nl ? nl + 1 : end;
    while (stop > *line && isspace((unsigned char)stop[-1]))
        stop--;
    return (size_t)(stop - *line);
}

static size_t trim(const char *s, size_t n)
{
    while (n && isspace((unsigned char)s[n - 1]))
        n--;
    return n;
}

/* A line for a sentence: quoted, short, printable. */
static const char *show(const char *s, size_t n, char buf[72])
{
    size_t k = 0;
    buf[k++] = '"';
    for (size_t i = 0; i < n; i++) {
        if (k > 60) {
            k += (size_t)snprintf(buf + k, 4, "...");
            break;
        }
        buf[k++] = isprint((unsigned char)s[i]) ? s[i] : '?';
    }
    buf[k++] = '"';
    buf[k] = 0;
    return buf;
}

bool compare_text(const char *got, size_t n, const char *want, size_t m, char *why, size_t size)
{
    const char *g = got, *ge = got + trim(got, n), *w = want, *we = want + trim(want, m);
    char a[72], b[72];
    if (g == ge && w < we) {
        const char *line;
        size_t len = take_line(&w, we, &line);
        snprintf(why, size, "The console is empty: expected %s.", show(line, len, a));
        return false;
    }
    for (unsigned at = 1; g < ge || w < we; at++) {
        const char *gl = NULL, *wl = NULL;
        bool has_got = g < ge, has_want = w < we;
        size_t gn = has_got ? take_line(&g, ge, &gl) : 0, wn = has_want ? take_line(&w, we, &wl) : 0;
        if (has_got && has_want && gn == wn && !memcmp(gl, wl, gn))
            continue;
        if (!has_want)
            snprintf(why, size, "Line %u: expected nothing more, got %s.", at, show(gl, gn, a));
        else if (!has_got)
            snprintf(why, size, "Line %u: expected %s, but nothing came.", at, show(wl, wn, a));
        else
            snprintf(why, size, "Line %u: expected %s, got %s.", at, show(wl, wn, a), show(gl, gn, b));
        return false;
    }
    return true;
}

bool compare_number(const char *typed, int64_t *value)
{
    char word[128];
    uint64_t v;
    typed += strspn(typed, " \t");
    bool minus = *typed == '-';
    typed += minus;
    snprintf(word, sizeof word, "%.*s", (int)trim(typed, strnlen(typed, sizeof word - 1)), typed);
    if (!number_plain(word, &v))
        return false;
    *value = (int64_t)(minus ? 0 - v : v);
    return true;
}

bool compare_answer(const char *typed, bool number, int64_t value, const char *text)
{
    char word[128];
    int64_t v;
    if (number)
        return compare_number(typed, &v) && v == value;
    typed += strspn(typed, " \t");
    snprintf(word, sizeof word, "%.*s", (int)trim(typed, strnlen(typed, sizeof word - 1)), typed);
    bool letter = (!strcasecmp(text, "yes") || !strcasecmp(text, "no")) && word[0] && !word[1]; /* "y" */
    return letter ? tolower((unsigned char)*word) == tolower((unsigned char)*text) : strcasecmp(word, text) == 0;
}
