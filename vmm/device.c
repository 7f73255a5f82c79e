/* device.c: the table of devices. A new device is one file in dev/ and one row here. */
#include "device.h"

#include <stdarg.h>
#include <stdio.h>

#include "dev/dev.h"

/* The interrupt controller comes first: the others raise lines on it. */
static const struct device_ops *const table[] = {
    &dev_pic, &dev_pit, &dev_uart, &dev_i8042, &dev_rtc, &dev_port92, &dev_disk, &dev_thermo,
};

const struct device_ops *device_at(size_t i)
{
    return i < sizeof table / sizeof table[0] ? table[i] : NULL;
}

size_t dev_line(struct device_line *out, size_t i, size_t max, const char *name, const char *fmt, ...)
{
    if (i >= max)
        return 0;
    snprintf(out[i].name, sizeof out[i].name, "%s", name);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(out[i].text, sizeof out[i].text, fmt, ap);
    va_end(ap);
    return 1;
}
