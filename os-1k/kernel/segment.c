/* segment.c: the GDT with kernel and user segments and the task state segment, and the IDT (SDM vol. 3, 3.4.5, 6.11, 7.2).
 * Segments are flat, base 0 and limit 4 GB: what separates kernel and user is the privilege level in their selectors. */
#include "kernel.h"

/* Of the hardware's task switching we use one thing: ss0:esp0, the stack the processor takes when it leaves ring 3. */
static struct { uint32_t link, esp0, ss0, unused[22]; uint16_t trap, io_map; } tss;
static uint64_t gdt[6], idt[256];
extern const char trap_stubs[];

static uint64_t segment(uint32_t base, uint32_t limit, uint32_t type, uint32_t flags)
{
    return (limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 | (uint64_t)type << 40 | (uint64_t)(limit >> 16 & 15) << 48 |
           (uint64_t)flags << 52 | (uint64_t)(base >> 24) << 56;
}

/* An interrupt gate clears IF on entry: the kernel runs with interrupts off and is never preempted. level: who may use INT n. */
static uint64_t gate(uint32_t handler, unsigned level)
{
    return (handler & 0xffff) | KERNEL_CODE << 16 | (uint64_t)(0x8e | level << 5) << 40 | (uint64_t)(handler >> 16) << 48;
}

static void load(const char what, const void *table, uint16_t size)
{
    struct { uint16_t limit; const void *base; } __attribute__((packed)) r = {(uint16_t)(size - 1), table};
    if (what == 'g')
        __asm__ volatile("lgdt %0; ljmp %1, $1f; 1:" : : "m"(r), "i"(KERNEL_CODE));
    else
        __asm__ volatile("lidt %0" : : "m"(r));
}

void segment_kernel_stack(uint32_t top) { tss.esp0 = top; }

void segment_init(void)
{
    enum { CODE = 0x9a, DATA = 0x92, TSS32 = 0x89, RING3 = 0x60, BIG = 0xc /* 32-bit, limit in pages */ };
    gdt[1] = segment(0, 0xfffff, CODE, BIG);
    gdt[2] = segment(0, 0xfffff, DATA, BIG);
    gdt[3] = segment(0, 0xfffff, CODE | RING3, BIG);
    gdt[4] = segment(0, 0xfffff, DATA | RING3, BIG);
    gdt[5] = segment((uint32_t)&tss, sizeof tss - 1, TSS32, 0);
    load('g', gdt, sizeof gdt);
    __asm__ volatile("movl %0, %%ds; movl %0, %%es; movl %0, %%ss; movl %1, %%fs; movl %1, %%gs" : : "r"(KERNEL_DATA), "r"(0));

    tss.ss0 = KERNEL_DATA;
    tss.io_map = sizeof tss; /* beyond the limit: ring 3 may use no port at all */
    __asm__ volatile("ltr %w0" : : "r"(TASK));

    for (unsigned i = 0; i < 256; i++) /* ring 3 may cause these itself: breakpoint, overflow, system call */
        idt[i] = gate((uint32_t)trap_stubs + 16 * i, i == 3 || i == 4 || i == 0x80 ? 3 : 0);
    load('i', idt, sizeof idt);
}
