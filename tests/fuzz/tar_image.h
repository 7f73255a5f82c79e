/* tar_image.h: tar archives and what is almost one, out of an input: 1 byte of sectors, 1 of entries, then 5 bytes an entry. */
#ifndef TESTS_FUZZ_TAR_IMAGE_H
#define TESTS_FUZZ_TAR_IMAGE_H

#include "fuzz.h"

enum { TAR_SECTOR = 512, TAR_SECTORS = 64, TAR_NAMES = 8 };
extern const char *const tar_names[TAR_NAMES]; /* names that entries have */

struct tar_image { uint8_t bytes[TAR_SECTORS * TAR_SECTOR]; uint32_t sectors; };
void tar_image(struct tar_image *t, struct input *in);

#endif
