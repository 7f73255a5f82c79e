/* flat.c: what all protected-mode protocols do: load the image, write the tables, make segments flat. */
#include <errno.h>
#include <string.h>

#include "protocols.h"
#include "vmm/machine.h"

int boot_put(struct machine *m, uint64_t gpa, const void *bytes, size_t n, const char *what, struct vm_error *err)
{
    if (machine_write(m, gpa, bytes, n) == n)
        return 0;
    return err_set(err, EFBIG, "The guest's memory ends before %s at 0x%llx: give it more with --mem.", what, (unsigned long long)gpa);
}

int boot_load(struct machine *m, const struct boot_image *img, uint64_t at, const struct boot_hole *holes, unsigned n, struct vm_error *err)
{
    if (!machine_ptr(m, at, img->size))
        return err_set(err, EFBIG, "The guest %s (%zu bytes) does not fit into its memory at 0x%llx: give it more with --mem, or load it lower with --load.",
                       img->name, img->size, (unsigned long long)at);
    for (unsigned i = 0; i < n; i++)
        if (at < holes[i].end && at + img->size > holes[i].start)
            return err_set(err, EFBIG, "The guest %s (%zu bytes at 0x%llx) would lie over %s at 0x%llx-0x%llx: load it elsewhere with --load.",
                           img->name, img->size, (unsigned long long)at, holes[i].what, (unsigned long long)holes[i].start,
                           (unsigned long long)holes[i].end - 1);
    return boot_put(m, at, img->bytes, img->size, "the image", err);
}

/* A descriptor (SDM vol. 3, 3.4.5) of a segment from 0 that covers everything. */
static uint64_t descriptor(uint32_t attr)
{
    return 0xffffu | (uint64_t)(attr & 0xff) << 40 | 0xfull << 48 | (uint64_t)(attr >> 12 & 0xf) << 52;
}

static struct cpu_seg flat(uint16_t sel, uint32_t attr)
{
    return (struct cpu_seg){.base = 0, .limit = 0xffffffffu, .attr = attr, .sel = sel};
}

int boot_flat(struct machine *m, struct cpu_state *s, bool wide, struct vm_error *err)
{
    static const uint8_t absent[BOOT_IDT_END - BOOT_IDT];
    uint32_t code = SEG_P | SEG_S | SEG_CODE | SEG_READ | SEG_ACCESSED | SEG_G | (wide ? SEG_L : SEG_DB);
    uint32_t data = SEG_P | SEG_S | SEG_WRITE | SEG_ACCESSED | SEG_G | SEG_DB;
    uint64_t gdt[BOOT_GDT_ENTRIES] = {0, descriptor(code), descriptor(data), descriptor(code | SEG_DPL), descriptor(data | SEG_DPL)};
    int r = boot_put(m, BOOT_GDT, gdt, sizeof gdt, "the GDT", err);
    if (r == 0)
        r = boot_put(m, BOOT_IDT, absent, sizeof absent, "the IDT", err);
    for (unsigned i = 0; i < CPU_SEGS; i++)
        s->seg[i] = flat(i == CPU_CS ? BOOT_CODE : BOOT_DATA, i == CPU_CS ? code : data);
    s->gdt = (struct cpu_table){BOOT_GDT, sizeof gdt - 1};
    s->idt = (struct cpu_table){BOOT_IDT, sizeof absent - 1};
    s->cr0 = CR0_PE | CR0_ET;
    return r;
}
