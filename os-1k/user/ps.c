/* ps.c: the processes, and how many ticks of the clock found each of them running. */
#include "user.h"

int main(const char *) {
    struct process_info p;
    printf("\n  PID PARENT    STATE  TICKS NAME\n");
    for (int i = 0; processes(i, &p) == 0; i++)
        if (p.pid >= 0)
            printf("%5d %6d %8s %6u %s\n", p.pid, p.parent, p.state, p.ticks, p.name);
    return 0;
}
