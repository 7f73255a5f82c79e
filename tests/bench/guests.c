/* guests.c: the benchmark guests. */
#include <stdio.h>
#include <string.h>

#include "bench.h"

const struct bench_guest bench_guests[] = {
    { "dec", KIND_COMPUTE, 0 }, { "sieve", KIND_COMPUTE, 0 }, { "crc32", KIND_COMPUTE, 0 }, { "matrix", KIND_COMPUTE, 0 },
    { "fib", KIND_COMPUTE, 0 }, { "string", KIND_COMPUTE, 0 },
    { "repmovs", KIND_REP, 0x4000 }, { "repstos", KIND_REP, 0x4000 },
    { "otherpage", KIND_PAGE, 0 }, { "samepage", KIND_PAGE, 0 },
};
const size_t bench_nguests = sizeof bench_guests / sizeof bench_guests[0];

size_t guest_load(const char *build, const char *name, unsigned bits, uint32_t repeat, uint8_t *out)
{
    char path[512];
    snprintf(path, sizeof path, "%s/bench/%s%u.bin", build, name, bits);
    FILE *f = fopen(path, "rb");
    if (!f) return 0;
    size_t n = fread(out, 1, GUEST_MAX, f);
    fclose(f);
    if (n < 8) return 0;
    memcpy(out + 4, &repeat, 4);
    return n;
}
