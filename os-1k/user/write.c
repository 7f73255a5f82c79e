/* write.c: put a line, or all lines up to a single dot, into a file. */
#include "user.h"

int main(const char *arg) {
    static char text[64 * 1024];
    char name[NAME_MAX];
    size_t n = copy_text(text, word(arg, name, sizeof name), sizeof text - 1);
    if (n) {
        text[n++] = '\n';
    } else {
        printf("Lines for %s, a dot alone ends them:\n", name);
        for (int got; n + ARG_MAX < sizeof text && (got = readline(text + n, ARG_MAX)) >= 0 && strcmp(text + n, ".") != 0;) {
            n += (size_t)got;
            text[n++] = '\n';
        }
    }
    int r = writefile(name, text, n);
    if (r < 0)
        printf("write: %s: %s\n", name, error_text(r));
    else
        printf("%d bytes written to %s\n", r, name);
    return r < 0;
}
