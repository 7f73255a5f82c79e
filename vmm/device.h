/* device.h: a device is one file with one ops table; the table in device.c lists them all.
 *
 * A device registers its ports or MMIO ranges with bus_add in create(), raises lines with machine_irq(), arms timers
 * with machine_timer_*(). Its handlers run on vCPU threads, its timer callbacks on the machine's timer thread, both
 * under the machine's device lock. */
#ifndef VMM_DEVICE_H
#define VMM_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct machine;
struct machine_config;

struct device_line { char name[16]; char text[112]; }; /* what `devices` shows: "IRR" "00000001 (timer)" */

struct device_ops {
    const char *name;    /* "pit" */
    const char *title;   /* "8254 programmable interval timer" */
    /* Is it part of a machine built from this config? */
    int (*wanted)(const struct machine_config *c);
    int (*create)(struct machine *m, void **self, struct vm_error *err);
    void (*destroy)(void *self);
    void (*reset)(void *self);                                      /* device lock held */
    size_t (*show)(void *self, struct device_line *out, size_t max); /* device lock held; may be NULL */
    /* A byte of console input arrived for this machine (keyboard, UART). Device lock held; may be NULL. */
    void (*input)(void *self);
    /* The period of the timer interrupt by hand, in ns: 0 as the guest programs it, UINT64_MAX off. Device lock held; NULL
     * for all but timers. */
    int (*tick)(void *self, uint64_t ns);
};

/* The table: NULL past the end. */
const struct device_ops *device_at(size_t i);

#endif
