/* files.c: the files and their sizes. */
#include "user.h"

int main(const char *) {
    struct file_info f;
    int next = 0, count = 0;
    printf("\n");
    for (; (next = listfiles(next, &f)) > 0; count++)
        printf("%8u %s\n", f.size, f.name);
    printf("%d files%s%s\n", count, next < 0 ? ", then: " : "", next < 0 ? error_text(next) : "");
    return next < 0;
}
