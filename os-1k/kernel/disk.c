/* disk.c: the VMM's sector disk at ports 0x600-0x60f (docs/devices.md): a sector number, a command, a window of 512 bytes. The
 * kernel waits for a command by looking at the busy bit; it does not ask for the interrupt. */
#include "kernel.h"
#include "x86.h"

enum { NUMBER = 0x600, COMMAND = 0x604, STATUS = 0x605, ERROR = 0x606, REWIND = 0x607, CAPACITY = 0x608, WINDOW = 0x60c };
enum { READ = 1, WRITE = 2, FLUSH = 3 };
enum { BUSY = 1, FAILED = 2, PRESENT = 4, READONLY = 8, NOBODY = 0xff };

bool disk_present(void) { uint8_t s = inb(STATUS); return s != NOBODY && s & PRESENT; }
bool disk_readonly(void) { return inb(STATUS) & READONLY; }
uint32_t disk_sectors(void) { return inl(CAPACITY); }

static int command(uint8_t c)
{
    static const int8_t error[] = {ERR_IO, ERR_IO, ERR_READONLY, ERR_IO, ERR_FULL, ERR_IO}; /* by the device's number */
    uint8_t status, e;
    outb(COMMAND, c);
    do
        status = inb(STATUS);
    while (status & BUSY);
    if (!(status & FAILED))
        return 0;
    e = inb(ERROR);
    return e < sizeof error ? error[e] : ERR_IO;
}

int disk_read(uint32_t sector, void *buf)
{
    outl(NUMBER, sector);
    int r = command(READ);
    if (r == 0)
        insl(WINDOW, buf, SECTOR / 4);
    return r;
}

int disk_write(uint32_t sector, const void *buf)
{
    outb(REWIND, 0);
    outsl(WINDOW, buf, SECTOR / 4);
    outl(NUMBER, sector);
    return command(WRITE);
}

int disk_flush(void) { return command(FLUSH); }
