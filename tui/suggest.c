/* suggest.c: the nearest word, by optimal string alignment distance. */
#include "suggest.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST = 40 };

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

unsigned edit_distance(const char *a, const char *b)
{
    size_t n = strnlen(a, LONGEST), m = strnlen(b, LONGEST);
    unsigned row[3][LONGEST + 1]; /* this row, the one before, and the one before that (for swaps) */
    for (size_t j = 0; j <= m; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *cur = row[i % 3], *up = row[(i - 1) % 3], *up2 = row[(i + 1) % 3];
        int ca = tolower((unsigned char)a[i - 1]);
        cur[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            int cb = tolower((unsigned char)b[j - 1]);
            cur[j] = least(least(cur[j - 1], up[j]) + 1, up[j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) && tolower((unsigned char)a[i - 2]) == cb)
                cur[j] = least(cur[j], up2[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}

void suggest_offer(struct suggest *s, const char *candidate)
{
    size_t len = strlen(s->word);
    unsigned d = edit_distance(s->word, candidate);
    /* A word that was only begun is near what it begins; otherwise a third of its letters may be wrong. */
    if (len >= 2 && strncasecmp(s->word, candidate, len) == 0)
        d = 0;
    if (d > (len < 6 ? 1u : (unsigned)len / 3) || d >= strlen(candidate))
        return;
    if (!s->best || d < s->distance) {
        s->best = candidate;
        s->distance = d;
    }
}
