/* long.c: 64-bit mode. The first 4 GB are mapped one to one in 2 MB pages, supervisor, writable; the image is at 0x1000 and
 * entered there, RSP is the end of its memory. The IDT is empty: a guest that wants exceptions loads its own. */
#include "protocols.h"
#include "vmm/engine.h"
#include "vmm/machine.h"

enum { PML4 = BOOT_TABLES, PDPT = BOOT_TABLES + 0x1000, PD = BOOT_TABLES + 0x2000, GIGABYTES = 4, END = PD + GIGABYTES * 0x1000 };
enum { PRESENT = 1, WRITABLE = 2, LARGE = 0x80 };

static int page_tables(struct machine *m, struct vm_error *err)
{
    uint64_t pml4 = PDPT | PRESENT | WRITABLE, pdpt[GIGABYTES] = { 0 }, pd[512];
    int r = boot_put(m, PML4, &pml4, sizeof pml4, "the page tables", err);
    for (uint64_t g = 0; r == 0 && g < GIGABYTES; g++) {
        pdpt[g] = (PD + g * 0x1000) | PRESENT | WRITABLE;
        for (uint64_t i = 0; i < 512; i++)
            pd[i] = g << 30 | i << 21 | PRESENT | WRITABLE | LARGE;
        r = boot_put(m, PD + g * 0x1000, pd, sizeof pd, "the page tables", err);
    }
    return r < 0 ? r : boot_put(m, PDPT, pdpt, sizeof pdpt, "the page tables", err);
}

static int enter(struct machine *m, const struct boot_image *img, const struct boot_args *a, struct cpu_state *s, struct vm_error *err)
{
    static const struct boot_hole holes[] = {{BOOT_GDT, BOOT_IDT, "the GDT"}, {PML4, END, "the page tables"}};
    uint64_t load = a->has & BOOT_HAS_LOAD ? a->load : BOOT_LOAD, gpa, size = 0;
    cpu_reset(s);
    int r = boot_flat(m, s, true, err);
    if (r == 0)
        r = page_tables(m, err);
    if (r == 0)
        r = boot_load(m, img, load, holes, 2, err);
    machine_region(m, 0, &gpa, &size);
    s->idt = (struct cpu_table){0, 0};
    s->cr0 |= CR0_PG | CR0_NE;
    s->cr3 = PML4;
    s->cr4 = CR4_PAE;
    s->efer = EFER_LME | EFER_LMA;
    s->rip = a->has & BOOT_HAS_ENTRY ? a->entry : load;
    s->gpr[CPU_RSP] = size;
    return r;
}

const struct boot_protocol boot_long = {"long", "64-bit mode, the first 4 GB mapped one to one", CAN_LONG, 4u << 20, enter};
