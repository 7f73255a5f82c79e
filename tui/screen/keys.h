/* keys.h: bytes from the terminal become keys, mouse events, pastes. One decoder, for whoever has the focus. */
#ifndef TUI_SCREEN_KEYS_H
#define TUI_SCREEN_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key {
    KEY_CHAR,    /* a character: ch; with MOD_ALT when ESC came before it. Control characters too: ch = 3 is Ctrl-C */
    KEY_BYTES,  /* an escape sequence nobody knows: only its bytes */
    KEY_ESC, KEY_UP, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_INS, KEY_DEL, KEY_PGUP, KEY_PGDN, KEY_BACKTAB,
    KEY_FN,      /* function key number ch: 1..20 */
    KEY_MOUSE,  /* mouse: see struct */
    KEY_PASTE,   /* a piece of pasted text: bytes, nbytes; the last piece has last = true */
};
enum { MOD_SHIFT = 1, MOD_ALT = 2, MOD_CTRL = 4 };
enum mouse_kind { MOUSE_PRESS, MOUSE_RELEASE, MOUSE_MOVE /* or what else a mouse can do */, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };

struct key_event {
    enum key key;
    unsigned mods;
    uint32_t ch;
    struct { enum mouse_kind kind; unsigned button; int x, y; /* from 0 */ } mouse;
    bool last;
    /* What was typed, byte for byte: for readline and for guests. */
    char bytes[64];
    size_t nbytes;
};

struct keys {
    unsigned char seq[64]; /* an escape sequence that is not complete yet, or a UTF-8 character */
    size_t n;
    bool pasting;
    uint64_t since_ms;     /* when seq's last byte came */
};

enum { KEYS_ESC_MS = 25, KEYS_PASTE_MS = 1000 };

typedef void keys_fn(void *self, const struct key_event *e);
/* Decode n bytes that came at time now. */
void keys_feed(struct keys *k, const void *bytes, size_t n, uint64_t now_ms, keys_fn *fn, void *self);
/* A lone ESC is an ESC after 25 ms of silence: call when that time is over. Returns how many ms to wait, -1: nothing waits. */
int keys_timeout(struct keys *k, uint64_t now_ms, keys_fn *fn, void *self);

#endif
