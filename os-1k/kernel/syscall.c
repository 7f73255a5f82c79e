/* syscall.c: the system calls, a table of functions. Each checks what the program gave it; a bad pointer is an error, not a crash. */
#include "kernel.h"

static int sys_exit(const struct frame *f) { proc_exit((int)f->ebx); }
static int sys_getpid(const struct frame *) { return current->pid; }
static int sys_wait(const struct frame *f) { return proc_wait((int)f->ebx); }
static int sys_kill(const struct frame *f) { return proc_kill((int)f->ebx); }
static int sys_uptime(const struct frame *) { return (int)(ticks * TICK_MS); }
static int sys_freepages(const struct frame *) { return (int)pages_free(); }
static int sys_share(const struct frame *) { return space_share(current->space) ? (int)USER_SHARE : ERR_MEMORY; }
static int sys_yield(const struct frame *) { return yield(), 0; }

/* write(text, n) */
static int sys_write(const struct frame *f) {
    if (!user_range(f->ebx, f->ecx, false))
        return ERR_POINTER;
    for (uint32_t i = 0; i < f->ecx; i++)
        console_put(((const char *)f->ebx)[i]);
    return (int)f->ecx;
}

/* read(to, n): a byte at least, then as many as are there without waiting; 0 at the end of the input. */
static int sys_read(const struct frame *f) {
    return user_range(f->ebx, f->ecx, true) ? console_read((char *)f->ebx, f->ecx) : ERR_POINTER;
}

/* spawn(name, argument, detached): a detached process is nobody's child and cannot be waited for. */
static int sys_spawn(const struct frame *f) {
    char name[NAME_MAX], arg[ARG_MAX];
    if (!copy_string(name, f->ebx, sizeof name) || !copy_string(arg, f->ecx, sizeof arg))
        return ERR_POINTER;
    return proc_spawn(name, arg, f->edx ? NULL : current);
}

/* sleep(milliseconds): that long at least, to the next tick. We are somewhere between two ticks: the first to come is no whole one. */
static int sys_sleep(const struct frame *f) {
    uint32_t start = ticks, n = f->ebx / TICK_MS + (f->ebx % TICK_MS != 0);
    while (n && ticks - start <= n && !current->killed)
        block(&ticks);
    return 0;
}

/* readfile(name, to, n, offset): how many bytes were there, 0 at the end. */
static int sys_readfile(const struct frame *f) {
    char name[NAME_MAX];
    if (!copy_string(name, f->ebx, sizeof name) || !user_range(f->ecx, f->edx, true))
        return ERR_POINTER;
    return tarfs_read(name, f->ecx, f->edx, f->esi);
}

/* writefile(name, from, n): the whole file anew, or not at all. */
static int sys_writefile(const struct frame *f) {
    char name[NAME_MAX];
    if (!copy_string(name, f->ebx, sizeof name) || !user_range(f->ecx, f->edx, false))
        return ERR_POINTER;
    return tarfs_write(name, f->ecx, f->edx);
}

/* listfiles(position, info): from position 0 on; returns the next position, 0 at the end. */
static int sys_listfiles(const struct frame *f) {
    struct file_info info;
    int next = tarfs_list(f->ebx, &info);
    return next > 0 && !copy_out(f->ecx, &info, sizeof info) ? ERR_POINTER : next;
}

/* processes(i, info): the i-th place in the table; pid -1: nobody has it. */
static int sys_processes(const struct frame *f) {
    struct process_info info;
    int r = proc_info(f->ebx, &info);
    return r == 0 && !copy_out(f->ecx, &info, sizeof info) ? ERR_POINTER : r;
}

static int (*const table[SYSCALLS])(const struct frame *f) = {
    [SYS_EXIT] = sys_exit, [SYS_WRITE] = sys_write, [SYS_READ] = sys_read, [SYS_YIELD] = sys_yield, [SYS_GETPID] = sys_getpid,
    [SYS_SPAWN] = sys_spawn, [SYS_WAIT] = sys_wait, [SYS_SLEEP] = sys_sleep, [SYS_UPTIME] = sys_uptime,
    [SYS_READFILE] = sys_readfile, [SYS_WRITEFILE] = sys_writefile, [SYS_LISTFILES] = sys_listfiles,
    [SYS_PROCESSES] = sys_processes, [SYS_KILL] = sys_kill, [SYS_FREEPAGES] = sys_freepages, [SYS_SHARE] = sys_share,
};

void syscall(struct frame *f) {
    f->eax = (uint32_t)(f->eax < SYSCALLS ? table[f->eax](f) : ERR_SYSCALL);
}
