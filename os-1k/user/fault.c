/* fault.c: do what a program must not, one way each. The kernel ends the program and nothing else. */
#include "user.h"

#define KERNEL 0x80001000u
#define INT(at) (*(volatile int *)(at))
static const char *const kinds[] = {"kernel", "read", "code", "null", "jump", "stack", "cli", "hlt", "port", "cr3", "int", "divide", "invalid",
                                    "trace", "in", "pointers"};
enum { KINDS = sizeof kinds / sizeof *kinds };

__attribute__((noinline)) static int deeper(volatile int n) {
    volatile char frame[256] = {0};
    return n < 0 ? frame[0] : deeper(n + 1) + frame[0];
}

/* Bad pointers in system calls are errors that the program gets to know: nobody dies. */
static void pointers(void) {
    static const struct { const char *what; unsigned at, n; } bad[] = {
        {"kernel memory", KERNEL, 4}, {"null", 0, 4}, {"nothing there", 0x01200000, 4}, {"over the end", USER_END - 4, 8},
        {"around the top", 0xfffffffc, 8}, {"a huge length", USER_END - 4096, 0xfffff000},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        printf("write from %s: %s\n", bad[i].what, error_text(write((void *)bad[i].at, bad[i].n)));
    printf("read into my own code: %s\n", error_text(read((void *)main, 4)));
    printf("spawn a name in kernel memory: %s\n", error_text(spawn((char *)KERNEL, "", false)));
    printf("system call 999: %s\n", error_text(syscall(999, 0, 0, 0, 0)));
}

static int commit(unsigned kind) {
    switch (kind) {
    case 0: return INT(KERNEL) = 1;
    case 1: return INT(KERNEL);
    case 2: return INT(main) = 0;
    case 3: return INT(0);
    case 4: __asm__ volatile("jmp *%0" : : "r"(0)); return 0;
    case 5: return deeper(0);
    case 6: __asm__ volatile("cli"); return 0;
    case 7: __asm__ volatile("hlt"); return 0;
    case 8: __asm__ volatile("outb %%al, %%dx" : : "a"(0), "b"(99), "d"(0x500)); return 0; /* the hypercall that ends the machine */
    case 9: __asm__ volatile("movl %0, %%cr3" : : "r"(0)); return 0;
    case 10: __asm__ volatile("int $0x20"); return 0; /* the timer's vector */
    case 11: __asm__ volatile("divl %0" : : "r"(0), "a"(1), "d"(0)); return 0;
    case 12: __asm__ volatile("ud2"); return 0;
    case 13: __asm__ volatile("pushfl; orl $0x100, (%%esp); popfl; nop" : : : "memory"); return 0; /* single step */
    case 14: __asm__ volatile("inb $0x60, %%al" : : : "eax"); return 0; /* the key that somebody pressed */
    default: pointers(); return 0;
    }
}

int main(const char *arg) {
    for (unsigned i = 0; i < KINDS; i++)
        if (strcmp(*arg ? arg : kinds[0], kinds[i]) == 0) {
            printf("fault %s: now\n", kinds[i]);
            commit(i);
            printf("fault %s: still alive\n", kinds[i]);
            return 0;
        }
    printf("fault KIND, one of:");
    for (unsigned i = 0; i < KINDS; i++)
        printf(" %s%s", kinds[i], i == KINDS - 1 ? "\n" : "");
    return 2;
}
