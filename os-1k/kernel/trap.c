/* trap.c: where every interrupt, exception and system call arrives, and what is reported of a fault. */
#include "kernel.h"
#include "x86.h"

enum { NMI = 2, PAGE_FAULT = 14, EXCEPTIONS = 32, IRQ = 0x20, LINES = 16, SYSTEM_CALL = 0x80, PF_PRESENT = 1, PF_WRITE = 2 };

static const char *const exception_name[EXCEPTIONS] = {
    "divide error", "debug exception", "non-maskable interrupt", "breakpoint", "overflow", "bound range exceeded", "invalid opcode",
    "no coprocessor", "double fault", "coprocessor segment overrun", "invalid TSS", "segment not present", "stack-segment fault",
    "general protection fault", "page fault", "exception 15", "x87 floating-point error", "alignment check", "machine check",
    "SIMD floating-point error", "virtualization exception", "control protection exception", "exception 22", "exception 23",
    "exception 24", "exception 25", "exception 26", "exception 27", "hypervisor injection exception", "VMM communication exception",
    "security exception", "exception 31",
};

static void report(const struct frame *f) {
    bool user = f->cs & 3;
    kprintf("\n[kernel] process %d (%s)%s: %s, error code %u, at eip 0x%08x\n", current->pid, current->name, user ? "" : " in the kernel",
            exception_name[f->vector], f->error, f->eip);
    if (f->vector == PAGE_FAULT) {
        uint32_t at = read_cr2(), stack = USER_END - USER_STACK_PAGES * PAGE;
        const char *why = at >= KERNEL_BASE ? "that is kernel memory" : f->error & PF_PRESENT ? "that page is read-only" :
                          at < PAGE ? "nothing is mapped there (a null pointer?)" :
                          at < stack && at >= stack - 16 * PAGE ? "nothing is mapped there (a stack overflow?)" : "nothing is mapped there";
        kprintf("[kernel]   it %s 0x%08x: %s\n", at == f->eip ? "jumped to" : f->error & PF_WRITE ? "wrote to" : "read", at, why);
    }
    kprintf("[kernel]   eax %08x  ebx %08x  ecx %08x  edx %08x\n", f->eax, f->ebx, f->ecx, f->edx);
    kprintf("[kernel]   esi %08x  edi %08x  ebp %08x  esp %08x\n", f->esi, f->edi, f->ebp, user ? f->esp : (uint32_t)&f->esp);
    kprintf("[kernel]   cs %04x  eflags %08x\n", f->cs & 0xffff, f->eflags);
}

/* The kernel did what it must not: nothing it would do now could be trusted. It is built with frame pointers: at EBP is the
 * caller's EBP, above it the return address. */
static void panic(const struct frame *f) {
    report(f);
    kprintf("[kernel] PANIC. Called from:");
    const uint32_t *below = (const uint32_t *)f, *ebp = (const uint32_t *)f->ebp;
    for (; ebp > below && (uint32_t)ebp - (uint32_t)f < KSTACK; below = ebp, ebp = (const uint32_t *)ebp[0])
        kprintf(" 0x%08x", ebp[1]);
    kprintf("\n[kernel] addr2line -f -e build/os-1k/kernel.elf 0x%08x tells the line\n", f->eip);
    power_off(255);
}

static void interrupt(unsigned line) {
    if (line == 0)
        timer_tick();
    else if ((int)line == console_irq)
        console_input();
    pic_done(line);
}

void trap(struct frame *f) {
    bool user = f->cs & 3;
    if (f->vector == SYSTEM_CALL)
        syscall(f);
    else if (f->vector >= IRQ && f->vector < IRQ + LINES)
        interrupt(f->vector - IRQ);
    else if (f->vector == NMI || f->vector >= EXCEPTIONS)
        kprintf("\n[kernel] interrupt vector 0x%02x at eip 0x%08x: nobody expects that, ignored\n", f->vector, f->eip);
    else if (!user)
        panic(f);
    else { /* a program did what it must not: the program ends, the system lives */
        report(f);
        kprintf("[kernel] process %d killed\n", current->pid);
        proc_exit(STATUS_FAULT + (int)f->vector);
    }
    if (user && f->vector == IRQ)
        yield(); /* a tick: its time is up */
    if (user && current->killed)
        proc_exit(STATUS_KILLED);
}
