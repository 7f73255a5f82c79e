/* utf8.c: see utf8.h. */
#include "utf8.h"

#include <string.h>
#include <wchar.h>

int char_width(uint32_t ch)
{
    if (ch < 0x20 || (ch >= 0x7f && ch < 0xa0))
        return 1;
    if (ch < 0x300)
        return 1;
    int w = wcwidth((wchar_t)ch);
    return w < 0 ? 1 : w;
}

uint32_t text_next(const char **p, const char *end)
{
    const unsigned char *s = (const unsigned char *)*p;
    if (*p >= end || !*s)
        return 0;
    unsigned need = s[0] < 0x80 ? 0 : s[0] >= 0xc2 && s[0] < 0xe0 ? 1 : (s[0] & 0xf0) == 0xe0 ? 2 : s[0] >= 0xf0 && s[0] < 0xf5 ? 3 : 9;
    if (need == 9 || (size_t)(end - *p) <= need) {
        *p += 1;
        return 0xfffd;
    }
    static const uint8_t mask[] = { 0x7f, 0x1f, 0x0f, 0x07 };
    uint32_t ch = s[0] & mask[need];
    for (unsigned i = 1; i <= need; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            *p += 1;
            return 0xfffd;
        }
        ch = ch << 6 | (s[i] & 0x3f);
    }
    *p += need + 1;
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    return ch < least[need] || ch > 0x10ffff || (ch >= 0xd800 && ch < 0xe000) ? 0xfffd : ch;
}

int text_encode(uint32_t ch, char out[5])
{
    int n = 0;
    if (ch < 0x80) {
        out[n++] = (char)ch;
    } else if (ch < 0x800) {
        out[n++] = (char)(0xc0 | ch >> 6);
        out[n++] = (char)(0x80 | (ch & 0x3f));
    } else if (ch < 0x10000) {
        out[n++] = (char)(0xe0 | ch >> 12);
        out[n++] = (char)(0x80 | (ch >> 6 & 0x3f));
        out[n++] = (char)(0x80 | (ch & 0x3f));
    } else {
        out[n++] = (char)(0xf0 | (ch >> 18 & 7));
        out[n++] = (char)(0x80 | (ch >> 12 & 0x3f));
        out[n++] = (char)(0x80 | (ch >> 6 & 0x3f));
        out[n++] = (char)(0x80 | (ch & 0x3f));
    }
    out[n] = '\0';
    return n;
}

void text_copy(char *to, size_t room, const char *from)
{
    const char *p = from, *end = from + strlen(from), *fits = from;
    while (text_next(&p, end) && (size_t)(p - from) < room)
        fits = p;
    memcpy(to, from, (size_t)(fits - from));
    to[fits - from] = '\0';
}

static const char *text_end(const char *text, size_t bytes)
{
    return bytes == SIZE_MAX ? text + strlen(text) : text + bytes;
}

int text_width(const char *text, size_t bytes)
{
    const char *end = text_end(text, bytes);
    int w = 0;
    for (uint32_t ch; (ch = text_next(&text, end));)
        w += char_width(ch);
    return w;
}
