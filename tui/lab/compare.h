/* compare.h: where two texts differ first, in one sentence; and whether an answer is the right one. */
#ifndef TUI_LAB_COMPARE_H
#define TUI_LAB_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Trailing blanks and empty lines at the end do not count. On a difference: "Line 2: expected "...", got "..."." */
bool compare_text(const char *got, size_t n, const char *want, size_t m, char *why, size_t size);

/* Is what the student typed a number, in any base? */
bool compare_number(const char *typed, int64_t *value);
/* Does what the student typed mean this number (in any base) or this text (case does not matter)? */
bool compare_answer(const char *typed, bool number, int64_t value, const char *text);

#endif
