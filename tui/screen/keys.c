/* keys.c: ECMA-48 input sequences as xterm, VTE, the Linux console, rxvt and VT100 send them. */
#include "keys.h"

#include <string.h>

/* Final byte of CSI and SS3 sequences. */
static const struct { char final; enum key key; unsigned fn; } finals[] = {
    { 'A', KEY_UP, 0 }, { 'B', KEY_DOWN, 0 }, { 'C', KEY_RIGHT, 0 }, { 'D', KEY_LEFT, 0 }, { 'H', KEY_HOME, 0 }, { 'F', KEY_END, 0 },
    { 'P', KEY_FN, 1 }, { 'Q', KEY_FN, 2 }, { 'R', KEY_FN, 3 }, { 'S', KEY_FN, 4 }, { 'Z', KEY_BACKTAB, 0 },
    /* The number pad in application mode (VT100). */
    { 'M', KEY_CHAR, '\r' }, { 'j', KEY_CHAR, '*' }, { 'k', KEY_CHAR, '+' }, { 'm', KEY_CHAR, '-' }, { 'n', KEY_CHAR, '.' }, { 'o', KEY_CHAR, '/' },
};
/* Parameter of CSI n ~. */
static const struct { unsigned n; enum key key; unsigned fn; } tildes[] = {
    { 1, KEY_HOME, 0 }, { 2, KEY_INS, 0 }, { 3, KEY_DEL, 0 }, { 4, KEY_END, 0 }, { 5, KEY_PGUP, 0 }, { 6, KEY_PGDN, 0 }, { 7, KEY_HOME, 0 }, { 8, KEY_END, 0 },
    { 11, KEY_FN, 1 }, { 12, KEY_FN, 2 }, { 13, KEY_FN, 3 }, { 14, KEY_FN, 4 }, { 15, KEY_FN, 5 }, { 17, KEY_FN, 6 }, { 18, KEY_FN, 7 },
    { 19, KEY_FN, 8 }, { 20, KEY_FN, 9 }, { 21, KEY_FN, 10 }, { 23, KEY_FN, 11 }, { 24, KEY_FN, 12 }, { 25, KEY_FN, 13 }, { 26, KEY_FN, 14 },
    { 28, KEY_FN, 15 }, { 29, KEY_FN, 16 }, { 31, KEY_FN, 17 }, { 32, KEY_FN, 18 }, { 33, KEY_FN, 19 }, { 34, KEY_FN, 20 },
};
#define COUNT(a) (sizeof(a) / sizeof *(a))

static void emit(struct keys *k, struct key_event *e, keys_fn *fn, void *self)
{
    memcpy(e->bytes, k->seq, k->n);
    e->nbytes = k->n;
    k->n = 0;
    fn(self, e);
}

static bool final_key(char final, struct key_event *e)
{
    for (size_t i = 0; i < COUNT(finals); i++)
        if (finals[i].final == final) {
            e->key = finals[i].key;
            e->ch = finals[i].fn;
            return true;
        }
    return false;
}

/* Parameters p[0..2] of "1;5" or "<0;10;20". */
static unsigned parameters(const unsigned char *s, size_t n, unsigned p[3])
{
    unsigned count = 0, value = 0;
    for (size_t i = 0; i <= n && count < 3; i++) {
        if (i < n && s[i] >= '0' && s[i] <= '9') {
            value = value > 99999 ? value : value * 10 + (s[i] - '0');
        } else if (i == n || s[i] == ';') {
            p[count++] = value;
            value = 0;
        }
    }
    return count;
}

static void mouse(const unsigned char *s, size_t n, char final, struct key_event *e)
{
    unsigned p[3] = { 0, 0, 0 };
    parameters(s, n, p);
    e->key = KEY_MOUSE;
    e->mods = (p[0] & 4 ? MOD_SHIFT : 0u) | (p[0] & 8 ? MOD_ALT : 0u) | (p[0] & 16 ? MOD_CTRL : 0u);
    e->mouse.x = p[1] ? (int)p[1] - 1 : 0;
    e->mouse.y = p[2] ? (int)p[2] - 1 : 0;
    e->mouse.button = p[0] & 3;
    if (p[0] & 128 || (p[0] & 66) == 66) /* a button at the side, or the wheel moved sideways: nothing hears of them */
        e->mouse.kind = MOUSE_MOVE;
    else if (p[0] & 64)
        e->mouse.kind = p[0] & 1 ? MOUSE_WHEEL_DOWN : MOUSE_WHEEL_UP;
    else
        e->mouse.kind = p[0] & 32 ? MOUSE_MOVE : final == 'm' ? MOUSE_RELEASE : MOUSE_PRESS;
}

/* A whole CSI: seq = ESC [ ... final. */
static void csi(struct keys *k, keys_fn *fn, void *self)
{
    struct key_event e = { .key = KEY_BYTES };
    const unsigned char *s = k->seq + 2;
    size_t n = k->n - 3;
    char final = (char)k->seq[k->n - 1];
    unsigned p[3] = { 0, 0, 0 }, count = parameters(s, n, p);
    if (n && s[0] == '<' && (final == 'M' || final == 'm')) {
        mouse(s + 1, n - 1, final, &e);
    } else if (n && s[0] == '[') { /* the Linux console's F1-F5: ESC [ [ A */
        e.key = KEY_FN;
        e.ch = (uint32_t)(final - 'A' + 1);
    } else if (final == '~' && p[0] == 200) {
        k->n = 0;
        k->pasting = true;
        return;
    } else if (final == '~') {
        for (size_t i = 0; i < COUNT(tildes); i++)
            if (tildes[i].n == p[0]) {
                e.key = tildes[i].key;
                e.ch = tildes[i].fn;
            }
        if (count > 1 && p[1])
            e.mods = (p[1] - 1) & 7;
    } else if (final_key(final, &e) && e.key != KEY_CHAR) {
        if (count > 1 && p[1])
            e.mods = (p[1] - 1) & 7;
    } else {
        e.key = KEY_BYTES;
    }
    emit(k, &e, fn, self);
}

static size_t utf8_length(unsigned char c)
{
    return c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 1;
}

/* A character, with or without ESC before it: complete yet? */
static void character(struct keys *k, size_t at, keys_fn *fn, void *self)
{
    size_t need = utf8_length(k->seq[at]), have = k->n - at;
    if (have > 1 && (k->seq[k->n - 1] & 0xc0) != 0x80) {
        /* Broken: the bytes before this one stand for themselves, this one starts anew. */
        unsigned char c = k->seq[--k->n];
        struct key_event e = { .key = KEY_CHAR, .ch = 0xfffd };
        emit(k, &e, fn, self);
        k->seq[k->n++] = c;
        if (c != 0x1b)
            character(k, 0, fn, self);
        return;
    }
    if (have < need)
        return;
    static const uint8_t mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    uint32_t ch = need == 1 ? k->seq[at] : k->seq[at] & mask[need];
    for (size_t i = 1; i < need; i++)
        ch = ch << 6 | (k->seq[at + i] & 0x3f);
    struct key_event e = { .key = KEY_CHAR, .ch = need == 1 && ch >= 0x80 ? 0xfffd : ch, .mods = at ? MOD_ALT : 0 };
    /* ESC and a digit is a function key where a terminal has none, as in Midnight Commander. */
    if (at && ch >= '0' && ch <= '9') {
        e.key = KEY_FN;
        e.ch = ch == '0' ? 10 : ch - '0';
        e.mods = 0;
    }
    emit(k, &e, fn, self);
}

static void escape(struct keys *k, keys_fn *fn, void *self)
{
    if (k->n == 1)
        return;
    unsigned char c = k->seq[k->n - 1];
    struct key_event e = { .key = KEY_BYTES };
    if (k->seq[1] == '[') {
        if (k->n == 2 || (k->n == 3 && c == '['))
            return;
        if (c >= 0x40 && c <= 0x7e)
            csi(k, fn, self);
        else if (c < 0x20 || c > 0x7e || k->n >= sizeof k->seq - 1)
            emit(k, &e, fn, self); /* no terminal sends this: as it is, and start anew */
    } else if (k->seq[1] == 'O') {
        if (k->n == 2)
            return;
        if (c >= '0' && c <= '9' && k->n < 5)
            return; /* ESC O 5 P: a modifier */
        if (k->n == 3 && c >= 'p' && c <= 'y') {
            e.key = KEY_CHAR;
            e.ch = (uint32_t)(c - 'p' + '0');
        } else if (final_key((char)c, &e) && k->n == 4) {
            e.mods = (unsigned)(k->seq[2] - '1') & 7;
        }
        if (e.key == KEY_CHAR) { /* a guest and readline know nothing of the number pad */
            k->seq[0] = (unsigned char)e.ch;
            k->n = 1;
        }
        emit(k, &e, fn, self);
    } else if (k->seq[1] == 0x1b) {
        /* ESC ESC: one ESC, and the second may begin something. */
        k->n = 1;
        e.key = KEY_ESC;
        emit(k, &e, fn, self);
        k->seq[k->n++] = 0x1b;
    } else {
        character(k, 1, fn, self);
    }
}

static const char paste_end[] = "\033[201~";

static void paste(struct keys *k, unsigned char c, keys_fn *fn, void *self)
{
    enum { END = sizeof paste_end - 1 };
    k->seq[k->n++] = c;
    bool done = k->n >= END && !memcmp(k->seq + k->n - END, paste_end, END);
    if (!done && k->n < sizeof k->seq)
        return;
    /* A full buffer keeps back what may be the beginning of the end mark. */
    size_t keep = done ? 0 : END - 1, give = k->n - (done ? (size_t)END : keep);
    struct key_event e = { .key = KEY_PASTE, .last = done };
    memcpy(e.bytes, k->seq, give);
    e.nbytes = give;
    memmove(k->seq, k->seq + give, keep);
    k->n = keep;
    if (done)
        k->pasting = false;
    fn(self, &e);
}

void keys_feed(struct keys *k, const void *bytes, size_t n, uint64_t now_ms, keys_fn *fn, void *self)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++) {
        k->since_ms = now_ms;
        if (k->pasting) {
            paste(k, p[i], fn, self);
            continue;
        }
        k->seq[k->n++] = p[i];
        if (k->seq[0] == 0x1b)
            escape(k, fn, self);
        else
            character(k, 0, fn, self);
    }
}

int keys_timeout(struct keys *k, uint64_t now_ms, keys_fn *fn, void *self)
{
    if (k->pasting) { /* a paste whose end never came must not swallow the keyboard for good */
        if (now_ms < k->since_ms + KEYS_PASTE_MS)
            return (int)(k->since_ms + KEYS_PASTE_MS - now_ms);
        struct key_event end = { .key = KEY_PASTE, .last = true };
        k->pasting = false;
        emit(k, &end, fn, self);
        return -1;
    }
    if (!k->n)
        return -1;
    if (now_ms < k->since_ms + KEYS_ESC_MS)
        return (int)(k->since_ms + KEYS_ESC_MS - now_ms);
    struct key_event e = { .key = k->n == 1 && k->seq[0] == 0x1b ? KEY_ESC : KEY_BYTES };
    /* "ESC [" and "ESC O" typed by hand are Alt-[ and Alt-O. */
    if (k->n == 2 && k->seq[0] == 0x1b && k->seq[1] < 0x80) {
        e.key = KEY_CHAR;
        e.ch = k->seq[1];
        e.mods = MOD_ALT;
    }
    emit(k, &e, fn, self);
    return -1;
}
