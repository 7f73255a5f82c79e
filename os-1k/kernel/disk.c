/* disk.c: the VMM's sector disk at ports 0x600-0x60f (docs/devices.md): a sector number, a command, a window of 512 bytes. The
 * kernel waits for a command by looking at the busy bit; it does not ask for the interrupt. */
#include "kernel.h"
#include "x86.h"

enum { NUMBER = 0x600, COMMAND = 0x604, STATUS = 0x605, ERROR = 0x606, REWIND = 0x607, CAPACITY = 0x608, WINDOW = 0x60c };
enum { BUSY = 1, FAILED = 2, PRESENT = 4, READONLY = 8, ALWAYS_0 = 0xf0 /* all ones where nobody answers */ };

bool disk_present(void) { return (inb(STATUS) & (PRESENT | ALWAYS_0)) == PRESENT; }
bool disk_readonly(void) { return inb(STATUS) & READONLY; }
uint32_t disk_sectors(void) { return inl(CAPACITY); }

int disk(enum disk_command c, uint32_t sector, void *buf) {
    static const int8_t error[] = {0, ERR_IO, ERR_READONLY, ERR_IO, ERR_FULL, ERR_IO}; /* by the device's number */
    outl(NUMBER, sector);
    outb(REWIND, 0);
    if (c == DISK_WRITE)
        outsl(WINDOW, buf, SECTOR / 4);
    outb(COMMAND, c);
    while (inb(STATUS) & BUSY)
        ;
    if (inb(STATUS) & FAILED)
        return error[inb(ERROR) % sizeof error];
    if (c == DISK_READ)
        insl(WINDOW, buf, SECTOR / 4);
    return 0;
}
