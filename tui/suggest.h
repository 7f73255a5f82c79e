/* suggest.h: "did you mean ...?" */
#ifndef TUI_SUGGEST_H
#define TUI_SUGGEST_H

#include <stddef.h>

/* Insertions, deletions, substitutions and swaps of neighbours that turn a into b (case does not matter). */
unsigned edit_distance(const char *a, const char *b);

/* Collects the nearest of several words: start with {.word = typed}. best is NULL when nothing is near enough. */
struct suggest { const char *word; const char *best; unsigned distance; };
void suggest_offer(struct suggest *s, const char *candidate);

#endif
