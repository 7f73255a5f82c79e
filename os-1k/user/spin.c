/* spin.c: a process that computes and never lets go: no system call, no end. The tick takes the processor away from it. */
#include "user.h"

int main(const char *arg)
{
    if (*arg)
        for (;;)
            __asm__ volatile("");
    int child = spawn("spin", "forever");
    if (child < 0) {
        printf("spin: %s\n", error_text(child));
        return 1;
    }
    printf("\nProcess %d computes for ever and calls nobody. Does process %d still run?\n", child, getpid());
    for (int i = 1; i <= 3; i++) {
        sleep(100);
        printf("It does: %d\n", i);
    }
    struct process_info p;
    for (unsigned i = 0; processes(i, &p) == 0; i++)
        if (p.state[0] && p.pid == child)
            printf("Process %d was %s and found running by %u ticks\n", child, p.state, p.ticks);
    kill(child);
    printf("Killed, status %d\n", wait(child));
    return 0;
}
