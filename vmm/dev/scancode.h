/* scancode.h: what a person types (bytes of a terminal) as the make and break codes of a PC keyboard, set 1. */
#ifndef VMM_DEV_SCANCODE_H
#define VMM_DEV_SCANCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCANCODE_MAX = 12, SCANCODE_SEQ = 6 };

/* Translate the key at the front of in[0..n) (an ASCII byte, a control character or an escape sequence). Returns the
 * codes in out (none for a byte no key makes) and in *used how many bytes they came from, 1 at least. */
size_t scancode_from_bytes(const uint8_t *in, size_t n, size_t *used, uint8_t out[SCANCODE_MAX]);

/* Does some key make this byte? Those of ASCII all have one, others (the parts of a letter with an accent) none. */
bool scancode_has_key(uint8_t byte);

#endif
