/* cat.c: show a file. */
#include "user.h"

int main(const char *arg)
{
    char buf[512], name[NAME_MAX];
    int n;
    word(arg, name, sizeof name);
    if (!name[0]) {
        printf("cat FILE shows a file; 'files' lists them\n");
        return 2;
    }
    for (unsigned offset = 0; (n = readfile(name, buf, sizeof buf, offset)) > 0; offset += (unsigned)n)
        write(buf, (unsigned)n);
    if (n < 0)
        printf("cat: %s: %s\n", name, error_text(n));
    return n < 0;
}
