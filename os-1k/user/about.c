/* about.c: what this is. */
#include "user.h"

int main(const char *) {
    printf("\n=== About 1K OS ===\n"
           "1K OS: an operating system to be read in an evening\n"
           "  - Protected Mode with Paging: kernel in 4 MB pages, programs in 4 KB pages\n"
           "  - Programs in ring 3, system calls by INT 0x80\n"
           "  - Preemption every 10 ms; sleeping, waiting, killing\n"
           "  - Files in a tar archive, written so that a crash loses nothing\n"
           "\nThis is process %d of the machine; its parent, the shell, waits for it\n", getpid());
    return 0;
}
