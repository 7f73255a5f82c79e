/* main.c: the kernel from its first line of C to its first process, and the way out. */
#include "kernel.h"
#include "x86.h"

static void put(char c, void *ctx) { (void)ctx; console_put(c); }

void kprintf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    format(put, NULL, fmt, args);
    va_end(args);
}

/* Hypercall 0 ends the machine with a status (docs/hypercalls.md); its port is 0x500. */
void power_off(int status)
{
    __asm__ volatile("outb %%al, %%dx" : : "a"(0), "b"(status), "d"(0x500));
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* From here to the end of the machine this is process 0, the idle process: it runs when no other can. */
void kernel_main(void)
{
    segment_init();
    console_init();
    kprintf("=== 1K OS x86 ===\nBooting in Protected Mode with Paging...\n\n");
    page_init();
    kprintf("Memory: %u pages free, kernel in 4 MB pages at 0x%x\n", pages_free(), KERNEL_BASE);
    pic_init();
    timer_init();
    kprintf("Interrupt handlers registered\n  Timer (IRQ 0, vector 0x20)\n  Console: %s\n", console_name);
    if (console_irq >= 0)
        pic_enable((unsigned)console_irq);
    tarfs_init();
    proc_init();
    kprintf("Created idle process (pid=0)\n");
    int shell = proc_spawn("shell", "", NULL);
    if (shell < 0) {
        kprintf("The shell cannot be started: error %d\n", shell);
        power_off(1);
    }
    kprintf("Created shell process (pid=%d)\n\n=== Kernel Initialization Complete ===\n", shell);
    for (;;) {
        schedule();
        wait_for_interrupt();
    }
}
