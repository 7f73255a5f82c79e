/* kernel.h: every function that one kernel file offers to another, file by file in reading order. */
#ifndef KERNEL_H
#define KERNEL_H

#include "../common/abi.h"
#include "../common/lib.h"

#define KERNEL_BASE 0x80000000u /* physical address p is seen at KERNEL_BASE + p */
#define PAGE 4096u
enum { KERNEL_CODE = 0x08, KERNEL_DATA = 0x10, USER_CODE = 0x18 | 3, USER_DATA = 0x20 | 3, TASK = 0x28 };
enum { FLAG_IF = 0x200 };
enum { NPROC = 24, KSTACK = 8192 };

/* What trap.S leaves on the kernel stack; the upper part was pushed by the processor (SDM vol. 3, 6.14). */
struct frame {
    uint32_t gs, fs, es, ds, edi, esi, ebp, unused, ebx, edx, ecx, eax;
    uint32_t vector, error, eip, cs, eflags, esp, ss; /* esp and ss only when it came from ring 3 */
};

/* main.c */
void kprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void power_off(int status) __attribute__((noreturn));

/* segment.c */
void segment_init(void);
void segment_kernel_stack(uint32_t top); /* where an interrupt from ring 3 starts its stack */

/* trap.c */
void trap_return(void); /* trap.S: back to where the frame on the stack came from */
void panic(const struct frame *f, const char *why) __attribute__((noreturn));

/* pic.c */
void pic_init(void);
void pic_enable(unsigned line);
bool pic_spurious(unsigned line);
void pic_done(unsigned line);

/* timer.c */
enum { TICK_MS = 10 };
void timer_init(void);
void timer_tick(void);
extern uint32_t ticks;

/* page.c: memory. A space is a page directory. */
void page_init(void);
void *page_alloc(void); /* zeroed, NULL: none left */
void page_free(void *page);
unsigned pages_free(void);
uint32_t *space_new(void);
void space_free(uint32_t *space);
void space_use(uint32_t *space); /* NULL: the kernel's own */
void *space_map(uint32_t *space, uint32_t address, bool writable);
bool space_share(uint32_t *space);
bool copy_in(void *to, uint32_t user, size_t n);
bool copy_out(uint32_t user, const void *from, size_t n);
bool copy_name(char *to, uint32_t user, size_t room); /* a NUL-terminated string that fits */
bool user_range(uint32_t user, size_t n, bool write);

/* elf.c */
uint32_t elf_load(uint32_t *space, const void *image, uint32_t size); /* the entry point, 0: not a program, or no memory */

/* proc.c */
enum proc_state { FREE, READY, RUNNING, BLOCKED, ZOMBIE };
struct proc {
    enum proc_state state;
    int pid, status;
    struct proc *parent;    /* NULL: nobody waits for it */
    int waits_for;          /* pid of the child in wait(), 0: none */
    const void *channel;    /* what it is blocked on */
    bool killed;
    uint32_t ticks;
    uint32_t *space, esp;
    char name[20];
};
extern struct proc *current;
void proc_init(void);
int proc_spawn(const char *name, const char *arg, struct proc *parent);
void proc_exit(int status) __attribute__((noreturn));
int proc_wait(int pid);
int proc_kill(int pid);
void proc_interrupt(void); /* Ctrl-C: end what the shell waits for */
int proc_info(unsigned i, struct process_info *info);
void schedule(void);
void yield(void);
void block(const void *channel); /* until wake(channel) or killed */
void wake(const void *channel);

/* syscall.c */
void syscall(struct frame *f);

/* console.c */
void console_init(void);
void console_put(char c);
void console_input(void);         /* take what the device has; interrupt handlers call it */
bool console_ready(void);         /* a byte is there */
int console_read(void);           /* blocks; -1 at the end of the input */

/* console_NAME.c: one of them is linked in */
extern const char console_name[];
extern const int console_irq;     /* -1: none, asked at every tick */
void console_device_init(void);
void console_device_put(char c);
int console_device_get(void);     /* CONSOLE_NONE, CONSOLE_END or a byte */
enum { CONSOLE_NONE = -1, CONSOLE_END = -2 };

/* disk.c */
enum { SECTOR = 512 };
bool disk_present(void);
bool disk_readonly(void);
uint32_t disk_sectors(void);
int disk_read(uint32_t sector, void *buf);
int disk_write(uint32_t sector, const void *buf);
int disk_flush(void);

/* tarfs.c */
void tarfs_init(void);
const void *tarfs_program(const char *name, uint32_t *size);
int tarfs_list(unsigned i, struct file_info *info);
int tarfs_read(const char *name, uint32_t to, uint32_t size, uint32_t offset);
int tarfs_write(const char *name, uint32_t from, uint32_t size);

#endif
