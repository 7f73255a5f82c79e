/* files.c: the files and their sizes. */
#include "user.h"

int main(const char *arg)
{
    struct file_info f;
    int next = 0, count = 0;
    (void)arg;
    printf("\n");
    while ((next = listfiles((unsigned)next, &f)) > 0) {
        printf("%8u %s\n", f.size, f.name);
        count++;
    }
    if (next < 0)
        printf("The list cannot be read: %s\n", error_text(next));
    else
        printf("%d files\n", count);
    return next < 0;
}
