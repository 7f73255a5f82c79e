/* tar_image.c: see tar_image.h. */
#include "tar_image.h"

#include <stdio.h>
#include <string.h>

/* POSIX.1 ustar, as far as it matters here. */
enum { NAME = 0, MODE = 100, SIZE = 124, SUM = 148, TYPE = 156, MAGIC = 257 };

static const char longest[] = "0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/";
const char *const tar_names[TAR_NAMES] = { "a", "b", "note", "dir/c", ".free", "", longest, "0123456789012345678901234567890123456789012345678901234567890123456789" };

static void checksum(uint8_t *h)
{
    unsigned sum = 0;
    memset(h + SUM, ' ', 8);
    for (unsigned i = 0; i < TAR_SECTOR; i++)
        sum += h[i];
    char text[8];
    snprintf(text, sizeof text, "%06o", sum & 0777777);
    memcpy(h + SUM, text, 7);
}

/* An entry: name, type, size, and what is wrong with it: a byte changed, before or after the sum was made. Returns the sectors it takes. */
static uint32_t entry(uint8_t *h, struct input *in)
{
    static const uint32_t sizes[] = { 0, 1, 511, 512, 513, 1024, 3000, 0x7fffffff, 0xffffffff, 0xfffffe00, 0xfffffe01, 30000 };
    static const char types[] = { '0', '0', '0', 0, '5', '1', 'x', 'L' };
    uint8_t name = (uint8_t)take(in, 1), size = (uint8_t)take(in, 1), wrong = (uint8_t)take(in, 1), where = (uint8_t)take(in, 1), what = (uint8_t)take(in, 1);
    const char *n = tar_names[name % TAR_NAMES];
    uint32_t bytes = size & 0x80 ? (size & 0x7fu) * 64 : sizes[size % (sizeof sizes / sizeof *sizes)];
    char text[16];
    memset(h, 0, TAR_SECTOR);
    memcpy(h + NAME, n, strlen(n) < MODE ? strlen(n) : MODE);
    memcpy(h + MODE, "0000644", 8);
    snprintf(text, sizeof text, "%011o", bytes);
    memcpy(h + SIZE, text, 12);
    h[TYPE] = (uint8_t)types[name >> 4 & 7];
    memcpy(h + MAGIC, "ustar\00000", 8);
    if (wrong % 4 == 1)
        h[where | (wrong & 0x80u) << 1] = what;
    checksum(h);
    if (wrong % 4 == 2)
        h[where | (wrong & 0x80u) << 1] = what;
    if (wrong % 4 == 3)
        h[SIZE + where % 12] = what, checksum(h);
    return 1 + bytes / TAR_SECTOR + (bytes % TAR_SECTOR != 0);
}

void tar_image(struct tar_image *t, struct input *in)
{
    memset(t, 0, sizeof *t);
    t->sectors = 1 + (uint32_t)take(in, 1) % TAR_SECTORS;
    uint32_t at = 0, n = (uint32_t)take(in, 1) % TAR_SECTORS;
    for (uint32_t i = 0; i < n && at < t->sectors; i++) {
        uint32_t used = entry(t->bytes + at * TAR_SECTOR, in);
        for (uint32_t s = 1; s < used && at + s < t->sectors; s++)
            memset(t->bytes + (at + s) * TAR_SECTOR, (int)('a' + i % 26), TAR_SECTOR);
        at = used < t->sectors - at ? at + used : t->sectors;
    }
}
