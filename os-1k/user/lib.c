/* lib.c: the system calls as functions, printf, readline. */
#include "user.h"

int syscall(int number, unsigned a, unsigned b, unsigned c, unsigned d)
{
    __asm__ volatile("int $0x80" : "+a"(number) : "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
    return number;
}

/* The kernel enters a program here, with arg on the stack as if somebody had called. */
__attribute__((section(".text.start"))) void start(const char *arg) { exit(main(arg)); }

void exit(int status)
{
    for (;;)
        syscall(SYS_EXIT, (unsigned)status, 0, 0, 0);
}
int write(const void *text, unsigned n) { return syscall(SYS_WRITE, (unsigned)text, n, 0, 0); }
int read(void *to, unsigned n) { return syscall(SYS_READ, (unsigned)to, n, 0, 0); }
void yield(void) { syscall(SYS_YIELD, 0, 0, 0, 0); }
int getpid(void) { return syscall(SYS_GETPID, 0, 0, 0, 0); }
int spawn(const char *name, const char *arg) { return syscall(SYS_SPAWN, (unsigned)name, (unsigned)arg, 0, 0); }
int spawn_detached(const char *name, const char *arg) { return syscall(SYS_SPAWN, (unsigned)name, (unsigned)arg, 1, 0); }
int wait(int pid) { return syscall(SYS_WAIT, (unsigned)pid, 0, 0, 0); }
void sleep(unsigned ms) { syscall(SYS_SLEEP, ms, 0, 0, 0); }
unsigned uptime(void) { return (unsigned)syscall(SYS_UPTIME, 0, 0, 0, 0); }
int readfile(const char *name, void *to, unsigned n, unsigned offset) { return syscall(SYS_READFILE, (unsigned)name, (unsigned)to, n, offset); }
int writefile(const char *name, const void *from, unsigned n) { return syscall(SYS_WRITEFILE, (unsigned)name, (unsigned)from, n, 0); }
int listfiles(unsigned position, struct file_info *info) { return syscall(SYS_LISTFILES, position, (unsigned)info, 0, 0); }
int processes(unsigned i, struct process_info *info) { return syscall(SYS_PROCESSES, i, (unsigned)info, 0, 0); }
int kill(int pid) { return syscall(SYS_KILL, (unsigned)pid, 0, 0, 0); }
int freepages(void) { return syscall(SYS_FREEPAGES, 0, 0, 0, 0); }
void *share(void)
{
    int at = syscall(SYS_SHARE, 0, 0, 0, 0);
    return at > 0 ? (void *)at : NULL;
}

/* --- help ------------------------------------------------------------------------------------------------------------------ */

struct out { char buf[128]; unsigned n; };

static void put(char c, void *ctx)
{
    struct out *o = ctx;
    o->buf[o->n++] = c;
    if (o->n == sizeof o->buf) {
        write(o->buf, o->n);
        o->n = 0;
    }
}

void printf(const char *fmt, ...)
{
    struct out o = {.n = 0};
    va_list args;
    va_start(args, fmt);
    format(put, &o, fmt, args);
    va_end(args);
    write(o.buf, o.n);
}

/* Echoes what it takes. Backspace takes the last character back; Ctrl-D on an empty line is the end of the input. */
int readline(char *line, unsigned room)
{
    enum { CTRL_D = 4, BACKSPACE = 8, DELETE = 0x7f };
    static char before;
    unsigned n = 0;
    char c = 0;
    while (n + 1 < room) {
        if (read(&c, 1) < 1 || (c == CTRL_D && n == 0)) {
            if (n == 0)
                return -1;
            break;
        }
        bool second = before == '\r' && c == '\n'; /* CR LF is one end of line */
        before = c;
        if (second)
            continue;
        if (c == '\n' || c == '\r')
            break;
        if (c == BACKSPACE || c == DELETE) {
            n -= n > 0 ? (write("\b \b", 3), 1) : 0;
        } else if (c >= ' ' || c == '\t') {
            write(&c, 1);
            line[n++] = c;
        }
    }
    write("\n", 1);
    line[n] = '\0';
    return (int)n;
}

const char *word(const char *s, char *to, unsigned room)
{
    unsigned n = 0;
    while (*s == ' ')
        s++;
    for (; *s && *s != ' '; s++)
        if (n + 1 < room)
            to[n++] = *s;
    to[n] = '\0';
    while (*s == ' ')
        s++;
    return s;
}

int to_number(const char *s)
{
    int v = 0;
    for (; *s >= '0' && *s <= '9' && v < 100000000; s++)
        v = v * 10 + (*s - '0');
    return *s ? -1 : v;
}

const char *error_text(int error)
{
    static const char *const text[] = {
        "no error", "a bad pointer", "no such system call", "there is no such file", "that is no good name for a file",
        "the files are read-only", "the disk is full", "the disk failed", "out of memory", "too many processes",
        "that is not a program", "no such child", "no such process", "interrupted",
    };
    return error <= 0 && -error < (int)(sizeof text / sizeof *text) ? text[-error] : "an unknown error";
}
