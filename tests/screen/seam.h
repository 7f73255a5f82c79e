/* seam.h: the libraries of tests/faults, put under the program with LD_PRELOAD. */
#ifndef TESTS_SCREEN_SEAM_H
#define TESTS_SCREEN_SEAM_H

#include "screen_test.h"

/* "LD_PRELOAD=...": from a path without spaces, which LD_PRELOAD takes for the end of a name. */
const char *seam(const char *name);
/* A sanitizer has an allocator of its own, wants to be the first library, and has no sandbox: no seams then. */
bool seams_fit(void);

#endif
