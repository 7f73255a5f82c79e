/* boot.h: the state a guest is entered in. A boot protocol is one file in boot/ and one row in boot.c. */
#ifndef VMM_BOOT_H
#define VMM_BOOT_H

#include "cpu.h"
#include "error.h"

struct machine;

struct boot_image { const char *name; const uint8_t *bytes; size_t size; };

/* What the command line may override; HAS_* bits say which were given. */
enum { BOOT_HAS_LOAD = 1, BOOT_HAS_ENTRY = 2 };
struct boot_args { unsigned has; uint64_t load, entry; unsigned slot; /* real: which 256 KB slice */ };

struct boot_protocol {
    const char *name;    /* "real", "paging", "flat32", "long" */
    const char *about;   /* one line of help */
    uint32_t need;       /* CAN_* of the engine */
    uint64_t ram;        /* default RAM in bytes; real: 256 KB per slice */
    /* Copy the image into the machine's RAM, build tables, fill *s. -EFBIG if it does not fit, -ENOEXEC if it is not
     * such an image. */
    int (*enter)(struct machine *m, const struct boot_image *img, const struct boot_args *a, struct cpu_state *s,
                 struct vm_error *err);
};

const struct boot_protocol *boot_find(const char *name);
const struct boot_protocol *boot_at(size_t i);

#endif
