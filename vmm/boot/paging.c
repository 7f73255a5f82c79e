/* paging.c: 32-bit protected mode with paging, as the original Mini-KVM entered its kernels. Physical 0-4 MB appear twice: at
 * 0 and at 0x80000000, supervisor, writable, in 4 KB pages. */
#include <errno.h>

#include "protocols.h"
#include "vmm/engine.h"
#include "vmm/machine.h"

enum { DIRECTORY = BOOT_TABLES, TABLE = BOOT_TABLES + 0x1000, END = BOOT_TABLES + 0x2000, ENTRIES = 1024 };
#define HIGH 0x80000000u
enum { PRESENT = 1, WRITABLE = 2 };

static int page_tables(struct machine *m, struct vm_error *err)
{
    uint32_t directory[ENTRIES] = {0}, table[ENTRIES];
    for (uint32_t i = 0; i < ENTRIES; i++)
        table[i] = i << 12 | PRESENT | WRITABLE;
    directory[0] = directory[HIGH >> 22] = TABLE | PRESENT | WRITABLE;
    int r = boot_put(m, DIRECTORY, directory, sizeof directory, "the page directory", err);
    return r < 0 ? r : boot_put(m, TABLE, table, sizeof table, "the page table", err);
}

static int enter(struct machine *m, const struct boot_image *img, const struct boot_args *a, struct cpu_state *s, struct vm_error *err)
{
    static const struct boot_hole holes[] = {{BOOT_GDT, BOOT_IDT_END, "the GDT and IDT"}, {DIRECTORY, END, "the page tables"}};
    uint64_t load = a->has & BOOT_HAS_LOAD ? a->load : BOOT_LOAD;
    cpu_reset(s);
    int r = boot_flat(m, s, false, err);
    if (r == 0)
        r = page_tables(m, err);
    if (r == 0)
        r = boot_load(m, img, load, holes, 2, err);
    s->cr0 |= CR0_PG;
    s->cr3 = DIRECTORY;
    s->rip = (uint32_t)(a->has & BOOT_HAS_ENTRY ? a->entry : HIGH + load);
    return r;
}

const struct boot_protocol boot_paging = {"paging", "32-bit protected mode, paging on, entered at 0x80001000", CAN_PROT32 | CAN_PAGING32, 4u << 20, enter};
