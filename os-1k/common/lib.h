/* lib.h: the little C library that kernel and programs share. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
size_t copy_text(char *to, const char *from, size_t room); /* always ends with a NUL; returns strlen(to) */
/* printf for any place that takes characters: %d %u %x %s %c %%, with a width and leading zeros. */
void format(void (*put)(char c, void *ctx), void *ctx, const char *fmt, va_list args);
