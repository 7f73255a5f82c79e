/* cat.c: show a file. */
#include "user.h"

int main(const char *name) {
    char buf[512];
    int n;
    for (unsigned offset = 0; (n = readfile(name, buf, sizeof buf, offset)) > 0; offset += (unsigned)n)
        write(buf, (unsigned)n);
    if (n < 0)
        printf("cat: %s: %s; 'files' lists them\n", name, error_text(n));
    return n < 0;
}
