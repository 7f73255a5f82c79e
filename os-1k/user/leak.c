/* leak.c: start and end many processes (1000, or as told); does the memory come back? */
#include "user.h"

int main(const char *arg)
{
    int n = *arg ? to_number(arg) : 1000, before = freepages();
    if (strcmp(arg, "child") == 0)
        return 7;
    if (n < 0) {
        printf("leak [COUNT]\n");
        return 2;
    }
    for (int i = 0; i < n; i++) {
        int pid = spawn("leak", "child"), status = pid < 0 ? pid : wait(pid);
        if (status != 7) {
            printf("leak: process %d of %d: %s\n", i + 1, n, error_text(status));
            return 1;
        }
    }
    printf("%d processes, %d pages lost\n", n, before - freepages());
    return 0;
}
