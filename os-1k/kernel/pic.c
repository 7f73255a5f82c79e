/* pic.c: the two 8259A interrupt controllers (Intel 231468). Their lines 0-15 become vectors 0x20-0x2f: where firmware leaves
 * them, they would collide with the exceptions. */
#include "kernel.h"
#include "x86.h"

enum { MASTER = 0x20, SLAVE = 0xa0, CASCADE = 2, READ_ISR = 0x0b };

void pic_init(void)
{
    outb(MASTER, 0x11);     outb(SLAVE, 0x11);     /* ICW1: edge triggered, two chips, ICW4 follows */
    outb(MASTER + 1, 0x20); outb(SLAVE + 1, 0x28); /* ICW2: first vector */
    outb(MASTER + 1, 0x04); outb(SLAVE + 1, 0x02); /* ICW3: the slave is at line 2 */
    outb(MASTER + 1, 0x01); outb(SLAVE + 1, 0x01); /* ICW4: 8086 mode, we say when an interrupt is done */
    outb(MASTER + 1, 0xff & ~(1 << CASCADE));      /* all lines masked but the slave's */
    outb(SLAVE + 1, 0xff);
}

void pic_enable(unsigned line)
{
    uint16_t mask = (line < 8 ? MASTER : SLAVE) + 1;
    outb(mask, inb(mask) & (uint8_t)~(1u << line % 8));
}

/* A line that fell before the processor asked comes as line 7 of its chip, but is not in service there. */
bool pic_spurious(unsigned line)
{
    uint16_t chip = line < 8 ? MASTER : SLAVE;
    if (line % 8 != 7)
        return false;
    outb(chip, READ_ISR);
    if (inb(chip) & 0x80)
        return false;
    if (chip == SLAVE)
        pic_done(CASCADE); /* the master does not know that it was nothing */
    return true;
}

/* End of interrupt: until then this line and those below it stay silent. */
void pic_done(unsigned line)
{
    if (line >= 8)
        outb(SLAVE, 0x20);
    outb(MASTER, 0x20);
}
