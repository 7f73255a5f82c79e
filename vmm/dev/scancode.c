/* scancode.c: terminal bytes to keyboard scan codes, set 1 (IBM PC/AT Technical Reference, keyboard section). */
#include "scancode.h"

#include <string.h>

enum { SHIFT = 0x2a, CTRL = 0x1d, ALT = 0x38, BREAK = 0x80, EXT = 0xe0, ESC = 0x01 };

/* A US keyboard, key by key: the unshifted and the shifted character of scan codes 1.. */
static const char plain[] = "\0\0331234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0\0\0 ";
static const char shifted[] = "\0\0!@#$%^&*()_+\0\0QWERTYUIOP{}\0\0ASDFGHJKL:\"~\0|ZXCVBNM<>?";

/* Escape sequences of xterm, linux and vt100 terminals. */
static const struct { const char *seq; uint8_t code; bool ext; } special[] = {
    {"\033[A", 0x48, true}, {"\033[B", 0x50, true}, {"\033[C", 0x4d, true}, {"\033[D", 0x4b, true},
    {"\033OA", 0x48, true}, {"\033OB", 0x50, true}, {"\033OC", 0x4d, true}, {"\033OD", 0x4b, true},
    {"\033[H", 0x47, true}, {"\033[F", 0x4f, true}, {"\033[1~", 0x47, true}, {"\033[4~", 0x4f, true},
    {"\033[2~", 0x52, true}, {"\033[3~", 0x53, true}, {"\033[5~", 0x49, true}, {"\033[6~", 0x51, true},
    {"\033OP", 0x3b, false}, {"\033OQ", 0x3c, false}, {"\033OR", 0x3d, false}, {"\033OS", 0x3e, false},
    {"\033[11~", 0x3b, false}, {"\033[12~", 0x3c, false}, {"\033[13~", 0x3d, false}, {"\033[14~", 0x3e, false},
    {"\033[[A", 0x3b, false}, {"\033[[B", 0x3c, false}, {"\033[[C", 0x3d, false}, {"\033[[D", 0x3e, false}, {"\033[[E", 0x3f, false},
    {"\033[15~", 0x3f, false}, {"\033[17~", 0x40, false}, {"\033[18~", 0x41, false}, {"\033[19~", 0x42, false},
    {"\033[20~", 0x43, false}, {"\033[21~", 0x44, false}, {"\033[23~", 0x57, false}, {"\033[24~", 0x58, false},
};

static size_t press(uint8_t *out, uint8_t code, bool ext, uint8_t modifier)
{
    size_t n = 0;
    if (modifier)
        out[n++] = modifier;
    if (ext)
        out[n++] = EXT;
    out[n++] = code;
    if (ext)
        out[n++] = EXT;
    out[n++] = code | BREAK;
    if (modifier)
        out[n++] = modifier | BREAK;
    return n;
}

static uint8_t find(const char *keys, size_t size, uint8_t c)
{
    for (size_t i = 1; c && i < size; i++)
        if ((uint8_t)keys[i] == c)
            return (uint8_t)i;
    return 0;
}

static size_t from_char(uint8_t c, uint8_t *out)
{
    if (c == '\n')
        c = '\r';
    if (c == 0x7f)
        c = '\b';
    uint8_t code = find(plain, sizeof plain, c);
    if (code)
        return press(out, code, false, 0);
    code = find(shifted, sizeof shifted, c);
    if (code)
        return press(out, code, false, SHIFT);
    if (c < 0x20) { /* Ctrl with the key 40h above: Ctrl-C is 3, Ctrl-@ is 0 */
        uint8_t key = (uint8_t)(c + 0x40);
        code = find(plain, sizeof plain, (uint8_t)(key >= 'A' && key <= 'Z' ? key + 0x20 : key));
        if (!code)
            code = find(shifted, sizeof shifted, key);
        if (code)
            return press(out, code, false, CTRL);
    }
    return 0;
}

bool scancode_has_key(uint8_t byte) { return byte < 0x80; }

size_t scancode_from_bytes(const uint8_t *in, size_t n, size_t *used, uint8_t out[SCANCODE_MAX])
{
    *used = 1;
    if (n == 0) {
        *used = 0;
        return 0;
    }
    if (in[0] != 0x1b)
        return from_char(in[0], out);
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        size_t len = strlen(special[i].seq);
        if (len <= n && memcmp(in, special[i].seq, len) == 0) {
            *used = len;
            return press(out, special[i].code, special[i].ext, 0);
        }
    }
    if (n >= 2 && in[1] >= 0x20 && in[1] < 0x7f && in[1] != '[' && in[1] != 'O') { /* Alt and a key */
        uint8_t code = find(plain, sizeof plain, in[1]);
        if (code) {
            *used = 2;
            return press(out, code, false, ALT);
        }
    }
    return press(out, ESC, false, 0);
}
