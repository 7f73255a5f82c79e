/* lib.c: how a program starts and ends; printf and readline. */
#include "user.h"

/* The kernel enters a program here, with arg on the stack as if somebody had called. */
void start(const char *arg) { exit(main(arg)); }

void exit(int status) {
    for (;;)
        syscall(SYS_EXIT, (unsigned)status, 0, 0, 0);
}

struct out { char buf[128]; unsigned n; };

static void put(char c, void *ctx) {
    struct out *o = ctx;
    o->buf[o->n++] = c;
    if (o->n == sizeof o->buf) {
        write(o->buf, o->n);
        o->n = 0;
    }
}

void printf(const char *fmt, ...) {
    struct out o = {.n = 0};
    va_list args;
    va_start(args, fmt);
    format(put, &o, fmt, args);
    va_end(args);
    write(o.buf, o.n);
}

/* Echoes what it takes. Backspace takes the last character back; Ctrl-D on an empty line is the end of the input. */
int readline(char *line, unsigned room) {
    enum { CTRL_D = 4, BACKSPACE = 8, ESC = 27, DELETE = 0x7f };
    unsigned n = 0, escape = 0; /* inside ESC [ ... letter: a cursor key, which a line has no use for */
    for (char c; n + 1 < room;) {
        int got = read(&c, 1), skip = escape;
        if (n == 0 && (got < 1 || c == CTRL_D))
            return -1;
        if (got < 1 || c == '\n' || c == '\r')
            break;
        escape = c == ESC || (escape && (c == '[' || (uint8_t)c < 'A'));
        if ((c == BACKSPACE || c == DELETE) && n > 0) {
            n--;
            write("\b \b", 3);
        } else if (!skip && ((uint8_t)c >= ' ' || c == '\t')) {
            write(&c, 1);
            line[n++] = c;
        }
    }
    write("\n", 1);
    line[n] = '\0';
    return (int)n;
}

const char *word(const char *s, char *to, unsigned room) {
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

int to_number(const char *s) {
    int v = *s ? 0 : -1;
    for (; *s >= '0' && *s <= '9' && v < 100000000; s++)
        v = v * 10 + (*s - '0');
    return *s ? -1 : v;
}

const char *error_text(int error) {
    static const char *const text[] = {
        "no error", "a bad pointer", "no such system call", "there is no such file", "that is no good name for a file",
        "the files are read-only", "the disk is full", "the disk failed", "out of memory", "too many processes",
        "no such child", "no such process",
    };
    return error <= 0 && -error < (int)(sizeof text / sizeof *text) ? text[-error] : "an unknown error";
}
