/* console_hypercall.c: the console by hypercalls, port 0x500: number in AL, argument in EBX, result in EAX. There is no interrupt
 * for input, so the tick asks for it. */
#include "kernel.h"

enum { PUTCHAR = 1, GETCHAR = 2, INPUT = 6, INPUT_ENDED = 2 };
const char console_name[] = "hypercalls (port 0x500)";
const int console_irq = -1;

static int hypercall(int number, int argument)
{
    __asm__ volatile("outb %%al, %%dx" : "+a"(number) : "b"(argument), "d"(0x500) : "memory");
    return number;
}

void console_device_init(void) {}
void console_device_put(char c) { hypercall(PUTCHAR, (uint8_t)c); }

int console_device_get(void)
{
    int c = hypercall(GETCHAR, 0);
    if (c >= 0)
        return c & 0xff;
    return hypercall(INPUT, 0) == INPUT_ENDED ? CONSOLE_END : CONSOLE_NONE;
}
