/* console_uart.c: the console on the first serial port, a 16550A at 0x3f8, IRQ 4 (National PC16550D). */
#include "kernel.h"
#include "x86.h"

enum { DATA = 0x3f8, IER, FCR, LCR, MCR, LSR, LSR_READY = 0x01, LSR_EMPTY = 0x20, IRQ = 4 };
const char console_name[] = "serial port (0x3f8, IRQ 4, vector 0x24)";
const int console_irq = IRQ;

void console_init(void) {
    outb(LCR, 0x80); /* the divisor: 1, 115200 baud */
    outb(DATA, 1);
    outb(IER, 0);
    outb(LCR, 0x03); /* 8 bits, no parity */
    outb(FCR, 0x07); /* FIFOs on and empty */
    outb(MCR, 0x0b); /* DTR, RTS, and OUT2, which lets the interrupt through on a PC */
    outb(IER, 0x01); /* interrupt when a byte has come */
    pic_enable(IRQ);
}

void console_put(char c) {
    while (!(inb(LSR) & LSR_EMPTY))
        ;
    outb(DATA, (uint8_t)c);
}

int console_get(void) { return inb(LSR) & LSR_READY ? inb(DATA) : CONSOLE_NONE; }
