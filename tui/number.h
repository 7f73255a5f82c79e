/* number.h: quantities as people write them on a command line. */
#ifndef TUI_NUMBER_H
#define TUI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

bool number_plain(const char *word, uint64_t *out);   /* 42, 0x2a, 2Ah, 0b101, 'H' */
bool number_size(const char *word, uint64_t *bytes);  /* 4096, 256K, 4M, 1G, 0x1000 */
bool number_time(const char *word, uint64_t *ns);     /* 10ms, 500us, 1s, 250ns; 10: milliseconds */

#endif
