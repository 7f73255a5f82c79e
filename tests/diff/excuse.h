/* excuse.h: what the referees are known to get wrong, each with its reason. docs/soft-cpu-proof.md prints the same list. */
#ifndef DIFF_EXCUSE_H
#define DIFF_EXCUSE_H

#include "case.h"

/* The reason why a difference between a and b proves nothing about either, NULL: it does. */
const char *excuse_find(const struct dcase *c, const struct outcome *a, const char *an, const struct outcome *b, const char *bn);
const char *excuse_reason(unsigned i); /* all of them, NULL past the end */

#endif
