/* fault.c: do what a program must not, one way each. The kernel ends the program and nothing else. */
#include "user.h"

static volatile int *const kernel = (volatile int *)0x80001000, *const nowhere = NULL;

static void write_kernel(void) { *kernel = 1; }
static void read_kernel(void) { printf("%d\n", *kernel); }
static void write_code(void) { *(volatile char *)(uintptr_t)main = 0; }
static void null(void) { printf("%d\n", *nowhere); }
static void jump(void) { __asm__ volatile("jmp *%0" : : "r"(0)); }
static void cli(void) { __asm__ volatile("cli"); }
static void halt(void) { __asm__ volatile("hlt"); }
static void port(void) { __asm__ volatile("outb %%al, %%dx" : : "a"(0), "b"(99), "d"(0x500)); } /* hypercall EXIT */
static void cr3(void) { __asm__ volatile("movl %0, %%cr3" : : "r"(0)); }
static void interrupt(void) { __asm__ volatile("int $0x20"); }
static void divide(void) { __asm__ volatile("divl %0" : : "r"(0), "a"(1), "d"(0)); }
static void invalid(void) { __asm__ volatile("ud2"); }
static void breakpoint(void) { __asm__ volatile("int3"); }
static void trace(void) { __asm__ volatile("pushfl; orl $0x100, (%%esp); popfl; nop" : : : "memory"); }

__attribute__((noinline)) static int deeper(volatile int n)
{
    volatile char frame[256] = {0};
    return n < 0 ? frame[0] : deeper(n + 1) + frame[0];
}
static void stack(void) { printf("%d\n", deeper(0)); }

/* Bad pointers in system calls are errors that the program gets to know: nobody dies. */
static void pointers(void)
{
    static const struct { const char *what; unsigned at, n; } bad[] = {
        {"kernel memory", 0x80001000, 4}, {"null", 0, 4}, {"nothing there", 0x01200000, 4}, {"over the end", USER_END - 4, 8},
        {"around the top", 0xfffffffc, 8}, {"a huge length", USER_END - 4096, 0xfffff000},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        printf("write from %s: %s\n", bad[i].what, error_text(write((const void *)bad[i].at, bad[i].n)));
    printf("read into my own code: %s\n", error_text(read((void *)(uintptr_t)main, 4)));
    printf("spawn a name in kernel memory: %s\n", error_text(spawn((const char *)0x80001000, "")));
    printf("system call 999: %s\n", error_text(syscall(999, 0, 0, 0, 0)));
}

static const struct { const char *name; void (*run)(void); } kinds[] = {
    {"kernel", write_kernel}, {"read", read_kernel}, {"code", write_code}, {"null", null}, {"jump", jump}, {"stack", stack}, {"cli", cli},
    {"hlt", halt}, {"port", port}, {"cr3", cr3}, {"int", interrupt}, {"divide", divide}, {"invalid", invalid}, {"breakpoint", breakpoint},
    {"trace", trace}, {"pointers", pointers},
};

int main(const char *arg)
{
    const char *kind = *arg ? arg : "kernel";
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i].name) == 0) {
            printf("fault %s: now\n", kind);
            kinds[i].run();
            printf("fault %s: still alive\n", kind);
            return 0;
        }
    printf("fault KIND, one of:");
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        printf(" %s", kinds[i].name);
    printf("\n");
    return 2;
}
