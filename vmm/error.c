/* error.c: one sentence and a code. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

/* Names of files and words of users are quoted in the text, and may hold anything: no byte of it may steer a terminal
 * (C0 controls, DEL, and C1 controls as UTF-8 writes them), nor begin a line of its own. */
static void defang(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
        else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
            p[0] = p[1] = '?';
    }
}

int err_set(struct vm_error *err, int code, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        err->code = code;
        va_start(ap, fmt);
        vsnprintf(err->text, sizeof err->text, fmt, ap);
        va_end(ap);
        defang(err->text);
    }
    return -code;
}
