/* segment.c: the GDT with kernel and user segments and the task state segment, and the IDT (SDM vol. 3, 3.4.5, 6.11, 7.2).
 * Segments are flat, base 0 and limit 4 GB: what separates kernel and user is the privilege level in their selectors. */
#include "kernel.h"

/* Of the hardware's task switching we use one thing: ss0:esp0, the stack the processor takes when it leaves ring 3. */
static struct { uint32_t link, esp0, ss0, unused[22]; uint16_t trap, io_map; } tss;
static uint64_t idt[256], gdt[6] = {
    0, 0x00cf9a000000ffff, 0x00cf92000000ffff, /* kernel code and data: limit 0xfffff pages, 32-bit, level 0 */
    0x00cffa000000ffff, 0x00cff2000000ffff,    /* user code and data: level 3 */
};
struct table { uint16_t limit; const void *base; } __attribute__((packed));
extern const char trap_stubs[];

void segment_kernel_stack(uint32_t top) { tss.esp0 = top; }

void segment_init(void) {
    uint64_t at = (uint32_t)&tss;
    gdt[TASK / 8] = (sizeof tss - 1) | (at & 0xffffff) << 16 | 0x89ull << 40 | (at >> 24) << 56;
    __asm__ volatile("lgdt %0; ljmp %1, $1f; 1:" : : "m"((struct table){sizeof gdt - 1, gdt}), "i"(KERNEL_CODE));
    __asm__ volatile("movl %0, %%ds; movl %0, %%es; movl %0, %%ss; movl %1, %%fs; movl %1, %%gs" : : "r"(KERNEL_DATA), "r"(0));
    tss.ss0 = KERNEL_DATA;
    tss.io_map = sizeof tss; /* beyond the limit: ring 3 may use no port at all */
    __asm__ volatile("ltr %w0" : : "r"(TASK));
    for (unsigned i = 0; i < 256; i++) {
        /* An interrupt gate clears IF on entry: the kernel runs with interrupts off and is never preempted. Ring 3 may cause three
         * of them by an instruction: breakpoint, overflow, system call. */
        uint64_t handler = (uint32_t)trap_stubs + 16 * i, type = i == 3 || i == 4 || i == 0x80 ? 0xee : 0x8e;
        idt[i] = (handler & 0xffff) | KERNEL_CODE << 16 | type << 40 | (handler >> 16) << 48;
    }
    __asm__ volatile("lidt %0" : : "m"((struct table){sizeof idt - 1, idt}));
}
