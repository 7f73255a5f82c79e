/* number.c: quantities as people write them. */
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* All of [s, end) as digits of base; false on anything else or overflow. */
static bool digits(const char *s, const char *end, unsigned base, uint64_t *out)
{
    uint64_t n = 0;
    if (s == end)
        return false;
    for (; s < end; s++) {
        unsigned d;
        if (*s == '_')
            continue; /* 0x8000_0000 */
        if (isdigit((unsigned char)*s))
            d = (unsigned)(*s - '0');
        else if (isalpha((unsigned char)*s))
            d = (unsigned)(tolower((unsigned char)*s) - 'a') + 10;
        else
            return false;
        if (d >= base || n > (UINT64_MAX - d) / base)
            return false;
        n = n * base + d;
    }
    *out = n;
    return true;
}

bool number_plain(const char *w, uint64_t *out)
{
    size_t n = strlen(w);
    const char *end = w + n;
    if (n == 3 && w[0] == '\'' && w[2] == '\'') {
        *out = (unsigned char)w[1];
        return true;
    }
    if (n > 2 && w[0] == '0' && (w[1] == 'x' || w[1] == 'X'))
        return digits(w + 2, end, 16, out);
    if (n > 1 && isdigit((unsigned char)w[0]) && (end[-1] == 'h' || end[-1] == 'H'))
        return digits(w, end - 1, 16, out);
    if (n > 2 && w[0] == '0' && (w[1] == 'b' || w[1] == 'B'))
        return digits(w + 2, end, 2, out);
    return n && isdigit((unsigned char)w[0]) && digits(w, end, 10, out);
}

/* The number before a unit that is one of the table's; 0 for an unknown unit. */
struct unit { const char *name; uint64_t factor; };

static bool with_unit(const char *w, const struct unit *units, uint64_t *out)
{
    size_t n = strspn(w, "0123456789");
    for (; n && units->name; units++) {
        uint64_t value;
        if (strcasecmp(w + n, units->name) != 0)
            continue;
        if (!digits(w, w + n, 10, &value) || value > UINT64_MAX / units->factor)
            return false;
        *out = value * units->factor;
        return true;
    }
    return false;
}

bool number_size(const char *w, uint64_t *bytes)
{
    static const struct unit units[] = {
        { "k", 1 << 10 }, { "kb", 1 << 10 }, { "kib", 1 << 10 }, { "m", 1 << 20 }, { "mb", 1 << 20 }, { "mib", 1 << 20 },
        { "g", 1 << 30 }, { "gb", 1 << 30 }, { "gib", 1 << 30 }, { NULL, 0 },
    };
    return with_unit(w, units, bytes) || number_plain(w, bytes);
}

bool number_time(const char *w, uint64_t *ns)
{
    static const struct unit units[] = {
        { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "", 1000000 }, { "s", 1000000000 }, { NULL, 0 },
    };
    return with_unit(w, units, ns);
}
