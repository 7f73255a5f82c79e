/* user.h: what a program may ask of the kernel, and a little help. */
#pragma once
#include "../common/abi.h"
#include "../common/lib.h"

int main(const char *arg); /* arg: what followed the program's name */

static inline int syscall(int number, unsigned a, unsigned b, unsigned c, unsigned d) {
    __asm__ volatile("int $0x80" : "+a"(number) : "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
    return number;
}
void exit(int status) __attribute__((noreturn));
static inline int write(const void *text, unsigned n) { return syscall(SYS_WRITE, (unsigned)text, n, 0, 0); }
static inline int read(void *to, unsigned n) { return syscall(SYS_READ, (unsigned)to, n, 0, 0); } /* 0: end of the input */
static inline void yield(void) { syscall(SYS_YIELD, 0, 0, 0, 0); }
static inline int getpid(void) { return syscall(SYS_GETPID, 0, 0, 0, 0); }
/* Run a program. Its parent must wait() for it, unless it is detached. */
static inline int spawn(const char *name, const char *arg, bool detached) { return syscall(SYS_SPAWN, (unsigned)name, (unsigned)arg, detached, 0); }
static inline int wait(int pid) { return syscall(SYS_WAIT, (unsigned)pid, 0, 0, 0); } /* its exit status */
static inline int kill(int pid) { return syscall(SYS_KILL, (unsigned)pid, 0, 0, 0); }
static inline void sleep(unsigned milliseconds) { syscall(SYS_SLEEP, milliseconds, 0, 0, 0); }
static inline unsigned uptime(void) { return (unsigned)syscall(SYS_UPTIME, 0, 0, 0, 0); } /* milliseconds */
static inline int readfile(const char *name, void *to, unsigned n, unsigned offset) { return syscall(SYS_READFILE, (unsigned)name, (unsigned)to, n, offset); }
static inline int writefile(const char *name, const void *from, unsigned n) { return syscall(SYS_WRITEFILE, (unsigned)name, (unsigned)from, n, 0); }
static inline int listfiles(int position, struct file_info *info) { return syscall(SYS_LISTFILES, (unsigned)position, (unsigned)info, 0, 0); } /* next position; 0: the end */
static inline int processes(int i, struct process_info *info) { return syscall(SYS_PROCESSES, (unsigned)i, (unsigned)info, 0, 0); } /* pid -1: a free place */
static inline int freepages(void) { return syscall(SYS_FREEPAGES, 0, 0, 0, 0); }
static inline int share(void) { return syscall(SYS_SHARE, 0, 0, 0, 0); } /* the address of a page that all who ask see */

void printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int readline(char *line, unsigned room); /* without its end; -1: end of the input. A longer line comes in pieces. */
const char *word(const char *s, char *to, unsigned room); /* the first word to `to`; returns what follows it */
int to_number(const char *s); /* -1: not a number */
const char *error_text(int error);
