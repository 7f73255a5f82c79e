/* real.c: a flat binary in real mode: the 256 KB slice of its slot, CS = DS = ES = SS = slot * 0x4000, IP = 0.
 *
 * IDTR points to the start of the slice, so that every slice has an interrupt vector table of its own at its own offset 0;
 * where that is code, a guest that wants interrupts builds a table elsewhere and loads IDTR itself. */
#include <errno.h>

#include "protocols.h"
#include "vmm/engine.h"
#include "vmm/machine.h"

enum { SLOTS = 4 };

static int enter(struct machine *m, const struct boot_image *img, const struct boot_args *a, struct cpu_state *s, struct vm_error *err)
{
    uint64_t base = (uint64_t)a->slot * SLICE_SIZE;
    if (a->slot >= SLOTS)
        return err_set(err, EINVAL, "Real mode reaches 1 MB: slots 0 to %d of 256 KB, not %u.", SLOTS - 1, a->slot);
    if (a->has)
        return err_set(err, EINVAL, "A real-mode guest is loaded and entered at the start of its slice: leave --load and --entry out.");
    if (img->size > SLICE_SIZE)
        return err_set(err, EFBIG, "The guest %s has %zu bytes; a real-mode guest has %d KB.", img->name, img->size, SLICE_SIZE >> 10);
    cpu_reset(s);
    for (unsigned i = 0; i < CPU_SEGS; i++) {
        s->seg[i].sel = (uint16_t)(base >> 4);
        s->seg[i].base = base;
    }
    s->gpr[CPU_RSP] = 0xfffe;
    s->idt = (struct cpu_table){base, 0x3ff};
    return boot_put(m, base, img->bytes, img->size, "its slice", err);
}

const struct boot_protocol boot_real = {"real", "16-bit real mode, 256 KB of its own", CAN_REAL, SLICE_SIZE, enter};
