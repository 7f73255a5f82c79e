/* trap.c: where every interrupt, exception and system call arrives, and what is reported of a fault. */
#include "kernel.h"
#include "x86.h"

enum { NMI = 2, PAGE_FAULT = 14, EXCEPTIONS = 32, SYSTEM_CALL = 0x80, IRQ = 0x20, LINES = 16 };
enum { PF_PRESENT = 1, PF_WRITE = 2 };

static const char *const exception_name[EXCEPTIONS] = {
    "divide error", "debug exception", "non-maskable interrupt", "breakpoint", "overflow", "bound range exceeded",
    "invalid opcode", "no coprocessor", "double fault", "coprocessor segment overrun", "invalid TSS",
    "segment not present", "stack-segment fault", "general protection fault", "page fault", "reserved exception 15",
    "x87 floating-point error", "alignment check", "machine check", "SIMD floating-point error", "virtualization exception",
    "control protection exception", "reserved exception 22", "reserved exception 23", "reserved exception 24",
    "reserved exception 25", "reserved exception 26", "reserved exception 27", "hypervisor injection exception",
    "VMM communication exception", "security exception", "reserved exception 31",
};

static void describe_page_fault(const struct frame *f)
{
    uint32_t at = read_cr2(), stack = USER_END - USER_STACK_PAGES * PAGE;
    const char *did = at == f->eip ? "jumped to" : f->error & PF_WRITE ? "wrote to" : "read";
    const char *why = at >= KERNEL_BASE && f->error & PF_PRESENT ? "that is kernel memory" :
                      f->error & PF_PRESENT ? "that page is read-only" :
                      at < PAGE ? "nothing is mapped there (a null pointer?)" :
                      at < stack && at >= stack - 16 * PAGE ? "nothing is mapped there (a stack overflow?)" : "nothing is mapped there";
    kprintf("[kernel]   it %s 0x%08x: %s\n", did, at, why);
}

static void registers(const struct frame *f)
{
    bool user = f->cs & 3;
    kprintf("[kernel]   eax %08x  ebx %08x  ecx %08x  edx %08x\n", f->eax, f->ebx, f->ecx, f->edx);
    kprintf("[kernel]   esi %08x  edi %08x  ebp %08x  esp %08x\n", f->esi, f->edi, f->ebp, user ? f->esp : (uint32_t)(&f->eflags + 1));
    kprintf("[kernel]   eip %08x  cs %04x  eflags %08x\n", f->eip, f->cs & 0xffff, f->eflags);
}

/* The kernel is built with frame pointers: at EBP is the caller's EBP, above it the return address. */
void panic(const struct frame *f, const char *why)
{
    kprintf("\n[kernel] PANIC: %s, error code %u, in process %d (%s)\n", why, f->error, current->pid, current->name);
    if (f->vector == PAGE_FAULT)
        describe_page_fault(f);
    registers(f);
    kprintf("[kernel]   called from:");
    const uint32_t *ebp = (const uint32_t *)f->ebp;
    for (unsigned depth = 0; depth < 16 && (uint32_t)ebp >= KERNEL_BASE && (uint32_t)ebp < KERNEL_BASE + 0x100000; depth++) {
        kprintf(" %08x", ebp[1]);
        ebp = (const uint32_t *)ebp[0];
    }
    kprintf("\n[kernel] addr2line -f -e build/os-1k/kernel.elf ADDRESS tells the line\n");
    power_off(255);
}

/* A program did what it must not: the program ends, the system lives. */
static void fault(const struct frame *f)
{
    kprintf("\n[kernel] process %d (%s): %s, error code %u, at eip 0x%08x\n", current->pid, current->name, exception_name[f->vector],
            f->error, f->eip);
    if (f->vector == PAGE_FAULT)
        describe_page_fault(f);
    registers(f);
    kprintf("[kernel] process %d killed\n", current->pid);
    proc_exit(STATUS_FAULT + (int)f->vector);
}

static void interrupt(unsigned line)
{
    if (pic_spurious(line))
        return;
    if (line == 0)
        timer_tick();
    else if ((int)line == console_irq)
        console_input();
    pic_done(line);
    if (line == 0)
        yield();
}

void trap(struct frame *f)
{
    bool user = f->cs & 3;
    if (f->vector == SYSTEM_CALL)
        syscall(f);
    else if (f->vector >= IRQ && f->vector < IRQ + LINES)
        interrupt(f->vector - IRQ);
    else if (f->vector == NMI)
        kprintf("\n[kernel] non-maskable interrupt at eip 0x%08x: nobody sends these, ignored\n", f->eip);
    else if (f->vector >= EXCEPTIONS)
        kprintf("\n[kernel] unexpected interrupt vector 0x%02x ignored\n", f->vector);
    else if (user)
        fault(f);
    else
        panic(f, exception_name[f->vector]);
    if (user && current->killed)
        proc_exit(STATUS_KILLED);
}
