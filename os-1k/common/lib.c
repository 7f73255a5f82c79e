/* lib.c: memory, strings and formatted output. gcc may call memcpy, memset and memcmp by itself. */
#include "lib.h"

void *memcpy(void *to, const void *from, size_t n)
{
    void *start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    return start;
}

void *memset(void *to, int byte, size_t n)
{
    void *start = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
    return start;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (uint8_t)*a - (uint8_t)*b;
}

size_t copy_text(char *to, const char *from, size_t room)
{
    size_t n = 0;
    for (; n + 1 < room && from[n]; n++)
        to[n] = from[n];
    to[n] = '\0';
    return n;
}

static const char *number(char buf[12], unsigned value, unsigned base)
{
    char *p = buf + 11;
    *p = '\0';
    do
        *--p = "0123456789abcdef"[value % base];
    while (value /= base);
    return p;
}

void format(void (*put)(char c, void *ctx), void *ctx, const char *fmt, va_list args)
{
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            put(*fmt, ctx);
            continue;
        }
        char buf[12], one[2] = "", pad = ' ';
        const char *s = buf;
        bool left = false, negative = false;
        size_t width = 0;
        for (fmt++; *fmt == '-' || *fmt == '0'; fmt++)
            *fmt == '-' ? (left = true) : (pad = '0');
        for (; *fmt >= '0' && *fmt <= '9'; fmt++)
            width = width * 10 + (size_t)(*fmt - '0');
        if (*fmt == 'd') {
            int v = va_arg(args, int);
            negative = v < 0;
            s = number(buf, negative ? -(unsigned)v : (unsigned)v, 10);
        } else if (*fmt == 'u' || *fmt == 'x') {
            s = number(buf, va_arg(args, unsigned), *fmt == 'u' ? 10 : 16);
        } else if (*fmt == 's') {
            s = va_arg(args, const char *);
        } else {
            one[0] = *fmt == 'c' ? (char)va_arg(args, int) : *fmt;
            s = one;
            if (!*fmt) /* a '%' at the very end */
                return;
        }
        size_t n = strlen(s) + negative;
        if (negative && pad == '0')
            put('-', ctx);
        for (size_t i = n; !left && i < width; i++)
            put(pad, ctx);
        if (negative && pad != '0')
            put('-', ctx);
        while (*s)
            put(*s++, ctx);
        for (size_t i = n; left && i < width; i++)
            put(' ', ctx);
    }
}
