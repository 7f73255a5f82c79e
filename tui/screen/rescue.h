/* rescue.h: the terminal is brought back whatever ends the program while the screen is up: a fault of any thread, a signal
 * that nobody asked for, a library that calls exit() when it finds no memory. One terminal, main thread. */
#ifndef TUI_SCREEN_RESCUE_H
#define TUI_SCREEN_RESCUE_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct rescue {
    int tty, err;           /* the real terminal, and the real stderr (-1: none) */
    int stray;              /* a pipe, not blocking: what libraries have printed meanwhile */
    struct termios cooked;  /* the settings to go back to */
    char reset[512];        /* the bytes that go with them */
    size_t nreset;
};

/* From here to the end of the screen a library may call exit(): it is told, and ends in status 1. */
void rescue_guard(bool on);
/* From here on; the struct stays the caller's and may be changed while the screen is down. */
void rescue_arm(const struct rescue *r);
void rescue_disarm(void);
/* Is the screen up, that is: is there anything to bring back? */
void rescue_up(bool up);

#endif
