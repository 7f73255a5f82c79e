/* dev.h: what the device files share. Each device is one file; this only names their ops for the table in device.c. */
#ifndef VMM_DEV_DEV_H
#define VMM_DEV_DEV_H

#include "vmm/device.h"

extern const struct device_ops dev_pic, dev_pit, dev_uart, dev_i8042, dev_rtc, dev_port92, dev_disk, dev_thermo;

/* Fill one line of device_show(): name and printf text; returns 1, or 0 when there is no room. */
size_t dev_line(struct device_line *out, size_t i, size_t max, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

#endif
