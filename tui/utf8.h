/* utf8.h: text as it is shown: code points and columns. Any bytes are a text; what is no UTF-8 is U+FFFD. */
#ifndef TUI_UTF8_H
#define TUI_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Columns of a UTF-8 text; bytes = SIZE_MAX: to the end. */
int text_width(const char *text, size_t bytes);
/* Next code point of a UTF-8 text (U+FFFD for a malformed byte); advances *p. 0 at the end. */
uint32_t text_next(const char **p, const char *end);
int text_encode(uint32_t ch, char out[5]);  /* to UTF-8; returns bytes */
void text_copy(char *to, size_t room, const char *from); /* as much as fits, never a part of a character */
int char_width(uint32_t ch);                /* 0..2; controls are 1 (shown as '?') */

#endif
