/* console_hypercall.c: the console by hypercalls. There is no interrupt for input, so the tick asks for it. */
#include "kernel.h"
#include "x86.h"

const char console_name[] = "hypercalls (port 0x500)";
const int console_irq = -1;

void console_init(void) {}
void console_put(char c) { hypercall(HC_PUTCHAR, (uint8_t)c); }

int console_get(void) {
    int c = hypercall(HC_GETCHAR, 0);
    return c >= 0 ? c & 0xff : hypercall(HC_INPUT, 0) == HC_INPUT_ENDED ? CONSOLE_END : CONSOLE_NONE;
}
