/* lib.c: memory, strings and formatted output. gcc may call memcpy and memset by itself. */
#include "lib.h"

void *memcpy(void *to, const void *from, size_t n) {
    void *start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    return start;
}

void *memset(void *to, int byte, size_t n) {
    void *start = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
    return start;
}

size_t strlen(const char *s) {
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

int strcmp(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return (uint8_t)*a - (uint8_t)*b;
}

size_t copy_text(char *to, const char *from, size_t room) {
    size_t n = 0;
    for (; n + 1 < room && from[n]; n++)
        to[n] = from[n];
    to[n] = '\0';
    return n;
}

/* From the last digit to the first, at the end of buf. */
static const char *number(char buf[12], unsigned value, char kind) {
    bool negative = kind == 'd' && (int)value < 0;
    unsigned base = kind == 'x' ? 16 : 10;
    char *p = buf + 11;
    value = negative ? -value : value;
    *p = '\0';
    do
        *--p = "0123456789abcdef"[value % base];
    while (value /= base);
    if (negative)
        *--p = '-';
    return p;
}

void format(void (*put)(char c, void *ctx), void *ctx, const char *fmt, va_list args) {
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            put(*fmt, ctx);
            continue;
        }
        char buf[12], pad = *++fmt == '0' ? '0' : ' ';
        size_t width = 0;
        for (; *fmt >= '0' && *fmt <= '9'; fmt++)
            width = width * 10 + (size_t)(*fmt - '0');
        const char *s = buf;
        if (*fmt == 's') {
            s = va_arg(args, const char *);
        } else if (*fmt == 'd' || *fmt == 'u' || *fmt == 'x') {
            s = number(buf, va_arg(args, unsigned), *fmt);
        } else {
            buf[0] = *fmt == 'c' ? (char)va_arg(args, int) : *fmt;
            buf[1] = '\0';
        }
        for (size_t n = strlen(s); n < width; n++)
            put(pad, ctx);
        while (*s)
            put(*s++, ctx);
    }
}
