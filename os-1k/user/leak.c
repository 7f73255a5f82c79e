/* leak.c: start and end many processes (1000, or as told); does the memory come back? */
#include "user.h"

int main(const char *arg) {
    enum { STATUS = 7 };
    int n = *arg ? to_number(arg) : 1000, before = freepages(), done = 0, status = STATUS;
    if (strcmp(arg, "child") == 0)
        return STATUS;
    for (; done < n && status == STATUS; done++)
        status = wait(spawn("leak", "child", false));
    printf("%d processes, %d pages lost\n", done, before - freepages());
    return status != STATUS;
}
