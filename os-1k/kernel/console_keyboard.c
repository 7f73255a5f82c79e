/* console_keyboard.c: input from the keyboard (i8042 at 0x60 and 0x64, IRQ 1, scan codes of set 1), output by hypercall. */
#include "kernel.h"
#include "x86.h"

enum { DATA = 0x60, STATUS = 0x64, STATUS_FULL = 1, IRQ = 1 };
enum { LEFT_SHIFT = 0x2a, RIGHT_SHIFT = 0x36, CTRL = 0x1d, RELEASED = 0x80, EXTENDED = 0xe0 };
const char console_name[] = "keyboard (0x60, IRQ 1, vector 0x21), output by hypercalls";
const int console_irq = IRQ;

/* Scan code n is character n; 0: a key that stands for none. */
static const char plain[] = "\0\0331234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] = "\0\033!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";
static bool shift, ctrl, extended;

void console_init(void) { pic_enable(IRQ); }
void console_put(char c) { hypercall(HC_PUTCHAR, (uint8_t)c); }

/* The character that this scan code makes, 0 for none. */
static char key(uint8_t code) {
    bool was_extended = extended, down = !(code & RELEASED);
    uint8_t k = code & (uint8_t)~RELEASED;
    extended = code == EXTENDED;
    if (k == CTRL)
        ctrl = down;
    else if ((k == LEFT_SHIFT || k == RIGHT_SHIFT) && !was_extended)
        shift = down;
    else if (down && !was_extended && k < sizeof plain - 1)
        return ctrl ? plain[k] & 0x1f : shift ? shifted[k] : plain[k];
    return 0;
}

int console_get(void) {
    while (inb(STATUS) & STATUS_FULL) {
        char c = key(inb(DATA));
        if (c)
            return c;
    }
    return CONSOLE_NONE;
}
