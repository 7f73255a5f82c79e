/* The input decoder: what terminals send, whole, in pieces and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/screen/keys.h"

static char seen[4096];

static void note(void *self, const struct key_event *e)
{
    static const char *const names[] = { "char", "bytes", "esc", "up", "down", "left", "right", "home", "end", "ins", "del", "pgup", "pgdn", "backtab", "fn", "mouse", "paste" };
    char one[200];
    (void)self;
    if (e->key == KEY_MOUSE)
        snprintf(one, sizeof one, "mouse%d:%u@%d,%d ", e->mouse.kind, e->mouse.button, e->mouse.x, e->mouse.y);
    else if (e->key == KEY_PASTE)
        snprintf(one, sizeof one, "paste(%.*s)%s ", (int)e->nbytes, e->bytes, e->last ? "." : "");
    else
        snprintf(one, sizeof one, "%s%s%s%s:%x ", e->mods & MOD_SHIFT ? "S-" : "", e->mods & MOD_ALT ? "A-" : "", e->mods & MOD_CTRL ? "C-" : "", names[e->key], e->ch);
    strcat(seen, one);
}

static void expect(const char *bytes, const char *events)
{
    struct keys k = { 0 };
    seen[0] = '\0';
    keys_feed(&k, bytes, strlen(bytes), 0, note, NULL);
    assert_string_equal(seen, events);
    /* Byte by byte is the same. */
    memset(&k, 0, sizeof k);
    seen[0] = '\0';
    for (size_t i = 0; bytes[i]; i++)
        keys_feed(&k, bytes + i, 1, 0, note, NULL);
    assert_string_equal(seen, events);
}

static void characters(void **s)
{
    (void)s;
    expect("a\x03\r", "char:61 char:3 char:d ");
    expect("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "char:e4 char:20ac char:1f600 ");
    expect("\xff" "a", "char:fffd char:61 ");
    expect("\xe2" "ab", "char:fffd char:61 char:62 ");
}

static void function_keys(void **s)
{
    (void)s;
    expect("\033[A\033OB\033[1;5C\033[D", "up:0 down:0 C-right:0 left:0 ");
    expect("\033[H\033[4~\033[5~\033[6~\033[3~\033[Z", "home:0 end:0 pgup:0 pgdn:0 del:0 backtab:0 ");
    expect("\033OP\033[15~\033[15;2~\033[24~", "fn:1 fn:5 S-fn:5 fn:c ");
    expect("\033[[A\033[[E", "fn:1 fn:5 "); /* the Linux console's */
    expect("\033" "5\033" "0", "fn:5 fn:a ");  /* ESC and a digit */
    expect("\033x", "A-char:78 ");
    expect("\033Op\033Oy", "char:30 char:39 "); /* number pad */
}

static void mice(void **s)
{
    (void)s;
    expect("\033[<0;10;20M\033[<0;10;20m", "mouse0:0@9,19 mouse1:0@9,19 ");
    expect("\033[<64;1;1M\033[<65;1;1M", "mouse3:0@0,0 mouse4:1@0,0 ");
    expect("\033[<66;1;1M\033[<67;1;1M", "mouse2:2@0,0 mouse2:3@0,0 "); /* the wheel moved sideways: up nor down */
    expect("\033[<128;1;1M\033[<129;1;1m", "mouse2:0@0,0 mouse2:1@0,0 "); /* the buttons at the side: none of the three */
}

static void pastes(void **s)
{
    (void)s;
    expect("\033[200~step 1\033[201~x", "paste(step 1). char:78 ");
    expect("\033[200~a\033[31mb\033[201~", "paste(a\033[31mb). ");
    /* Longer than the decoder's buffer: in pieces, nothing lost. */
    struct keys k = { 0 };
    char big[1000];
    memset(big, 'y', sizeof big);
    seen[0] = '\0';
    keys_feed(&k, "\033[200~", 6, 0, note, NULL);
    keys_feed(&k, big, sizeof big, 0, note, NULL);
    keys_feed(&k, "\033[201~", 6, 0, note, NULL);
    size_t n = 0;
    for (const char *p = seen; (p = strchr(p, 'y')); p++)
        n++;
    assert_int_equal(n, sizeof big);
    assert_non_null(strstr(seen, ")."));
}

static void lone_escape(void **s)
{
    struct keys k = { 0 };
    (void)s;
    seen[0] = '\0';
    keys_feed(&k, "\033", 1, 100, note, NULL);
    assert_int_equal(keys_timeout(&k, 110, note, NULL), 15);
    assert_string_equal(seen, "");
    assert_int_equal(keys_timeout(&k, 125, note, NULL), -1);
    assert_string_equal(seen, "esc:0 ");
    keys_feed(&k, "\033[", 2, 200, note, NULL);
    keys_timeout(&k, 300, note, NULL);
    assert_string_equal(seen, "esc:0 A-char:5b ");
    expect("\033\033[A", "esc:0 up:0 ");
}

static void paste_without_end(void **s)
{
    struct keys k = { 0 };
    (void)s;
    seen[0] = '\0';
    keys_feed(&k, "\033[200~abc", 9, 0, note, NULL);
    assert_true(keys_timeout(&k, 10, note, NULL) > 0);
    keys_timeout(&k, 5000, note, NULL);
    assert_string_equal(seen, "paste(abc). ");
    keys_feed(&k, "z", 1, 5001, note, NULL);
    assert_string_equal(seen, "paste(abc). char:7a ");
}

/* Whatever comes, every byte is accounted for and nothing is written beyond the buffers (ASan watches). */
static void noise(void **s)
{
    struct keys k = { 0 };
    unsigned x = 12345;
    (void)s;
    for (int i = 0; i < 300000; i++) {
        static const char alphabet[] = "\033\033[[O<;~0123456789MmAZP\x9b\xc3\xe2\xff\x80 ab";
        x = x * 1103515245u + 12345u;
        char c = alphabet[x / 65536 % (sizeof alphabet - 1)];
        seen[0] = '\0';
        keys_feed(&k, &c, 1, 0, note, NULL);
        if (k.pasting && x % 64 == 0)
            keys_timeout(&k, 10000, note, NULL);
        assert_true(k.n < sizeof k.seq);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters), cmocka_unit_test(function_keys), cmocka_unit_test(mice), cmocka_unit_test(pastes),
        cmocka_unit_test(lone_escape), cmocka_unit_test(paste_without_end), cmocka_unit_test(noise),
    };
    return cmocka_run_group_tests_name("screen keys", tests, NULL, NULL);
}
