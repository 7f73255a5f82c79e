/* flat32.c: 32-bit protected mode without paging: flat segments, the image at 0x1000 and entered there, ESP at the end of
 * its memory. */
#include "protocols.h"
#include "vmm/engine.h"
#include "vmm/machine.h"

static int enter(struct machine *m, const struct boot_image *img, const struct boot_args *a, struct cpu_state *s, struct vm_error *err)
{
    static const struct boot_hole holes[] = {{BOOT_GDT, BOOT_IDT_END, "the GDT and IDT"}};
    uint64_t load = a->has & BOOT_HAS_LOAD ? a->load : BOOT_LOAD, gpa, size = 0;
    cpu_reset(s);
    int r = boot_flat(m, s, false, err);
    if (r == 0)
        r = boot_load(m, img, load, holes, 1, err);
    machine_region(m, 0, &gpa, &size);
    s->rip = (uint32_t)(a->has & BOOT_HAS_ENTRY ? a->entry : load);
    s->gpr[CPU_RSP] = (uint32_t)size;
    return r;
}

const struct boot_protocol boot_flat32 = {"flat32", "32-bit protected mode, flat segments, no paging", CAN_PROT32, 4u << 20, enter};
