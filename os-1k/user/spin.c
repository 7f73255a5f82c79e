/* spin.c: a process that computes and never lets go: no system call, no end. The tick takes the processor away from it. */
#include "user.h"

int main(const char *arg) {
    while (*arg)
        __asm__ volatile("");
    int child = spawn("spin", "forever", false);
    printf("\nProcess %d computes for ever and calls nobody. Does process %d still run?\n", child, getpid());
    for (int i = 1; i <= 3; i++) {
        sleep(100);
        printf("It does: %d\n", i);
    }
    kill(child);
    printf("Killed, status %d\n", wait(child));
    return 0;
}
