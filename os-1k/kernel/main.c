/* main.c: the kernel from its first line of C to its first process, and the way out. */
#include "kernel.h"
#include "x86.h"

static void put(char c, void *) { console_put(c); }

void kprintf(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    format(put, NULL, fmt, args);
    va_end(args);
}

void power_off(int status) {
    hypercall(HC_EXIT, status);
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* From here to the end of the machine this is process 0, the idle process: it runs when no other can. */
void kernel_main(void) {
    segment_init();
    pic_init();
    console_init();
    kprintf("=== 1K OS x86 ===\nBooting in Protected Mode with Paging...\n\n");
    page_init();
    kprintf("Memory: %u pages of 4 KB to give out; the kernel is in 4 MB pages at 0x%x\n", pages_free(), KERNEL_BASE);
    timer_init();
    kprintf("Interrupt handlers registered\n  Timer (IRQ 0, vector 0x20)\n  Console: %s\n", console_name);
    tarfs_init();
    kprintf("Created idle process (pid=0)\n");
    int shell = proc_spawn("shell", "", NULL);
    kprintf("Created shell process (pid=%d)\n\n=== Kernel Initialization Complete ===\n", shell);
    if (shell < 0)
        power_off(1);
    for (;;) {
        schedule();
        wait_for_interrupt();
    }
}
