/* ps.c: the processes, and how many ticks of the clock found each of them running. */
#include "user.h"

int main(const char *arg)
{
    struct process_info p;
    (void)arg;
    printf("\n  PID PARENT STATE     TICKS NAME\n");
    for (unsigned i = 0; processes(i, &p) == 0; i++)
        if (p.state[0])
            printf("%5d %6d %-8s %6u %s\n", p.pid, p.parent, p.state, p.ticks, p.name);
    return 0;
}
