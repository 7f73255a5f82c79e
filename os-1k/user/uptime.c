/* uptime.c: how long the machine has been on. */
#include "user.h"

int main(const char *) {
    unsigned ms = uptime();
    printf("up %u.%02u s, %d pages of memory free\n", ms / 1000, ms % 1000 / 10, freepages());
    return 0;
}
