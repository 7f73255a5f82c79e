/* console.c: input, whatever device it comes from, through a ring that readers wait on. */
#include "kernel.h"

static char ring[256];
static unsigned first, count;
static bool ended;

/* A full ring leaves the rest in the device, which keeps it: nothing is lost. */
void console_input(void) {
    int c = 0;
    while (count < sizeof ring && !ended && (c = console_get()) != CONSOLE_NONE) {
        if (c == CONSOLE_END)
            ended = true;
        else if (c == 3) /* Ctrl-C */
            proc_interrupt();
        else
            ring[(first + count++) % sizeof ring] = (char)c;
    }
    if (count || ended)
        wake(ring);
}

int console_read(char *to, uint32_t n) {
    uint32_t got = 0;
    if (!count) console_input(); /* not at every byte: that would be polling */
    while (!count && !ended && !current->killed)
        block(ring);
    for (; got < n && count; count--, first = (first + 1) % sizeof ring)
        to[got++] = ring[first];
    return (int)got;
}
