/* error.c: one sentence and a code. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

int err_set(struct vm_error *err, int code, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        err->code = code;
        va_start(ap, fmt);
        vsnprintf(err->text, sizeof err->text, fmt, ap);
        va_end(ap);
    }
    return -code;
}
