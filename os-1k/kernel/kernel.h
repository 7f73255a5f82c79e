/* kernel.h: every function that one kernel file offers to another, file by file in reading order. */
#pragma once
#include "../common/abi.h"
#include "../common/lib.h"

#define KERNEL_BASE 0x80000000u /* physical address p is seen at KERNEL_BASE + p */
#define PAGE 4096u
enum { KERNEL_CODE = 0x08, KERNEL_DATA = 0x10, USER_CODE = 0x18 | 3, USER_DATA = 0x20 | 3, TASK = 0x28 };
enum { TICK_MS = 10, NPROC = 24, KSTACK = 8192, SECTOR = 512 };

/* main.c */
void kprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void power_off(int status) __attribute__((noreturn));

/* segment.c */
void segment_init(void), segment_kernel_stack(uint32_t top); /* top: where an interrupt from ring 3 starts its stack */

/* trap.S, trap.c: what an entry leaves on the kernel stack; from error on, the processor pushed it (SDM vol. 3, 6.14). */
struct frame {
    uint32_t es, ds, edi, esi, ebp, unused, ebx, edx, ecx, eax, vector, error, eip, cs, eflags;
    uint32_t esp, ss; /* only when it came from ring 3 */
};
void trap_return(void); /* back to where the frame on the stack came from */
void switch_stack(uint32_t *save, uint32_t load);

/* pic.c, timer.c */
void pic_init(void), pic_enable(unsigned line), pic_done(unsigned line);
void timer_init(void), timer_tick(void);
extern uint32_t ticks;

/* page.c: memory. A space is a page directory. */
void page_init(void);
unsigned pages_free(void);
uint32_t *space_new(void);
void space_free(uint32_t *space);
void space_use(uint32_t *space); /* NULL: the kernel's own */
void *space_map(uint32_t *space, uint32_t address, bool writable);
bool space_share(uint32_t *space);
bool user_range(uint32_t user, size_t n, bool write); /* may the current process touch all of it? */
bool copy_in(void *to, uint32_t user, size_t n);
bool copy_out(uint32_t user, const void *from, size_t n);
bool copy_string(char *to, uint32_t user, size_t room); /* ends with a NUL and fits */

/* program.c */
uint32_t program_load(uint32_t *space, const void *image, uint32_t size); /* the entry point; 0: no memory */

/* proc.c */
enum proc_state { FREE, READY, RUNNING, BLOCKED, ZOMBIE };
struct proc {
    enum proc_state state;
    int pid, status;
    struct proc *parent; /* NULL: nobody waits for it */
    int waits_for;       /* pid of the child in wait(), 0: none */
    const void *channel; /* what it is blocked on */
    bool killed;         /* ends as soon as it would return to its program */
    uint32_t ticks, *space, esp;
    char name[20];
};
extern struct proc *current;
int proc_spawn(const char *name, const char *arg, struct proc *parent);
void proc_exit(int status) __attribute__((noreturn));
int proc_wait(int pid);
int proc_kill(int pid);
void proc_interrupt(void); /* Ctrl-C: end what the shell waits for */
int proc_info(unsigned i, struct process_info *info);
void schedule(void), yield(void);
void block(const void *channel); /* until wake(channel), or killed */
void wake(const void *channel);

/* syscall.c */
void syscall(struct frame *f);

/* console.c, and one of console_*.c */
void console_input(void); /* take what the device has */
int console_read(char *to, uint32_t n); /* waits for a byte, then takes what is there; 0: the end of the input */
void console_init(void), console_put(char c);
enum { CONSOLE_NONE = -1, CONSOLE_END = -2 };
int console_get(void); /* never waits */
extern const char console_name[];
extern const int console_irq; /* -1: none, console_input() is called at every tick */

/* disk.c */
bool disk_present(void), disk_readonly(void);
uint32_t disk_sectors(void);
enum disk_command { DISK_READ = 1, DISK_WRITE, DISK_FLUSH };
int disk(enum disk_command c, uint32_t sector, void *buf);

/* tarfs.c */
void tarfs_init(void);
const void *tarfs_program(const char *name, uint32_t *size);
int tarfs_list(uint32_t position, struct file_info *info);
int tarfs_read(const char *name, uint32_t to, uint32_t size, uint32_t offset);
int tarfs_write(const char *name, uint32_t from, uint32_t size);
