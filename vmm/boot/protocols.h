/* protocols.h: what the boot protocols share. */
#ifndef VMM_BOOT_PROTOCOLS_H
#define VMM_BOOT_PROTOCOLS_H

#include "vmm/boot.h"

extern const struct boot_protocol boot_real, boot_flat32, boot_paging, boot_long;

/* Where the VMM puts its tables for protected-mode guests (part of the ABI). */
enum { BOOT_GDT = 0x500, BOOT_GDT_ENTRIES = 5, BOOT_IDT = 0x528, BOOT_IDT_END = 0xd28, BOOT_LOAD = 0x1000, BOOT_TABLES = 0x100000 };
enum { BOOT_CODE = 0x08, BOOT_DATA = 0x10 };

struct boot_hole { uint64_t start, end; const char *what; };

/* Copy the image to RAM at `at`. Errors: outside RAM, over one of the VMM's own tables. */
int boot_load(struct machine *m, const struct boot_image *img, uint64_t at, const struct boot_hole *holes, unsigned n, struct vm_error *err);
/* The GDT (null, kernel code and data, user code and data), and an IDT of absent gates; *s gets flat segments. */
int boot_flat(struct machine *m, struct cpu_state *s, bool wide, struct vm_error *err);
/* Write at gpa or say what does not fit. */
int boot_put(struct machine *m, uint64_t gpa, const void *bytes, size_t n, const char *what, struct vm_error *err);

#endif
