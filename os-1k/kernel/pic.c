/* pic.c: the two 8259A interrupt controllers (Intel 231468). Their lines 0-15 become vectors 0x20-0x2f: where firmware leaves
 * them, they would collide with the exceptions. */
#include "kernel.h"
#include "x86.h"

enum { MASTER = 0x20, SLAVE = 0xa0, CASCADE = 2, END_OF_INTERRUPT = 0x20 };

void pic_init(void) {
    static const uint8_t master[] = {0x20, 1 << CASCADE, 0x01}, slave[] = {0x28, CASCADE, 0x01};
    outb(MASTER, 0x11); /* ICW1: edge triggered, two chips, ICW4 follows */
    outb(SLAVE, 0x11);
    for (unsigned i = 0; i < 3; i++) { /* ICW2: first vector; ICW3: who is where; ICW4: 8086 mode, we say when one is done */
        outb(MASTER + 1, master[i]);
        outb(SLAVE + 1, slave[i]);
    }
    outb(MASTER + 1, 0xff & ~(1 << CASCADE)); /* all lines masked but the slave's */
    outb(SLAVE + 1, 0xff);
}

void pic_enable(unsigned line) {
    uint16_t mask = (line < 8 ? MASTER : SLAVE) + 1;
    outb(mask, inb(mask) & (uint8_t)~(1u << line % 8));
}

/* End of interrupt: until then this line and those below it stay silent. A line that fell too early is reported as line 7 of its
 * chip, and is not in service there; we never enable the real ones, so nothing is to be ended but the slave's own line. */
void pic_done(unsigned line) {
    if (line >= 8 && line != 15)
        outb(SLAVE, END_OF_INTERRUPT);
    if (line != 7)
        outb(MASTER, END_OF_INTERRUPT);
}
