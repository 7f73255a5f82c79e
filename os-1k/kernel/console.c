/* console.c: the console, whatever device is behind it: output as it comes, input through a ring that readers wait on. */
#include "kernel.h"

enum { CTRL_C = 3 };
static char ring[256];
static unsigned first, count;
static bool ended;

void console_init(void) { console_device_init(); }
void console_put(char c) { console_device_put(c); }

/* A full ring leaves the rest in the device, which keeps it: nothing is lost. */
void console_input(void)
{
    unsigned before = count;
    while (count < sizeof ring && !ended) {
        int c = console_device_get();
        if (c == CONSOLE_NONE)
            break;
        if (c == CONSOLE_END)
            ended = true;
        else if (c == CTRL_C)
            proc_interrupt();
        else
            ring[(first + count++) % sizeof ring] = (char)c;
    }
    if (count > before || ended)
        wake(ring);
}

bool console_ready(void) { return count > 0; }

int console_read(void)
{
    while (!count) {
        console_input();
        if (count)
            break;
        if (ended || current->killed)
            return -1;
        block(ring);
    }
    char c = ring[first];
    first = (first + 1) % sizeof ring;
    count--;
    return (uint8_t)c;
}
