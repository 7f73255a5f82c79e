/* Mashed keys: whatever is typed, the command bar must not crash, hang or leak, and must work afterwards.
 *
 * BAR_KEYS=N events for each editing mode (a short run by default), BAR_SEED=N begins at another seed: a failure names its seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

#include "tui/screen/bar.h"
#include "tui/screen/keys.h"

enum { ROUND = 400 /* events with one alphabet */ };

static char got[256], dir[64];
static struct keys decoder;
static uint64_t rnd;

static unsigned below(unsigned n)
{
    rnd = rnd * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(rnd >> 33) % n;
}

static void on_line(void *self, const char *line)
{
    (void)self;
    snprintf(got, sizeof got, "%s", line ? line : "(end)");
}

static size_t candidates(void *self, const char *line, size_t point, void (*add)(void *ctx, const char *word), void *ctx)
{
    static const char *const words[] = { "step", "stack", "speed", "quit", "0x10", "a" };
    (void)self;
    size_t at = point;
    while (at && line[at - 1] != ' ')
        at--;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strncmp(words[i], line + at, point - at))
            add(ctx, words[i]);
    return at;
}

static void on_trouble(void *self, const char *sentence) { (void)self, (void)sentence; }
static void on_matches(void *self, char **words, size_t n)
{
    (void)self;
    for (size_t i = 0; i < n; i++)
        assert_non_null(words[i]);
}

/* What the screen does with a key (actions.c), and a little more: some keys it keeps to itself come here, too. */
static void on_key(void *self, const struct key_event *e)
{
    (void)self;
    if (e->key == KEY_PASTE)
        bar_paste(e->bytes, e->nbytes);
    else if (e->nbytes == 1 && e->bytes[0] == 3)
        bar_clear();
    else if (e->key == KEY_ESC && (!bar_vi() || bar_empty()))
        return;
    else if (e->nbytes)
        bar_type(e->bytes, e->nbytes);
}

static void press(const char *bytes, size_t n)
{
    keys_feed(&decoder, bytes, n, 0, on_key, NULL);
    if (below(2))
        keys_timeout(&decoder, 1u << 20, on_key, NULL);
}

static const char *const sequences[] = {
    "\033[A", "\033[B", "\033[C", "\033[D", "\033[H", "\033[F", "\033[3~", "\033OA", "\033[1;5C", "\033b", "\033f", "\033d", "\033.", "\033_", "\033y", "\033\177",
    "\033<", "\033>", "\033p", "\033n", "\033-", "\0337", "\033r", "\033\n", "\033\t", "\033?", "\033*", "\033#", "\033&", "\033\033", "\033u", "\033t",
    "\030(", "\030)", "\030e", "\030\025", "\030\030", "\030\022", "\022s\022", "\023a", "\x1f", "\x16\x1b", "\x1dx", "\033\x1dx", "\033[200~pa\nste\033[201~",
    "step 3\r", "quit\r", "x\r", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "cw", "dd", "p", "P", "u", "U", ".", "/st\r", "?e\r", "n", "N", "r\r", "R", "3x", "~", "cc", "\"", "@", "y$", "mz", "`z", "fx", ";", ",", "v", "*", "\\", "=", "A", "I", "|", "%", "#",
};
static const char controls[] = { 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 27, 28, 29, 30, 31, 127 };
static const char plain[] = "abcxyz 0159-_.,;:/?!\"'$%^&*()[]{}<>|~`#@+=\\nNpPrRuUdwW";

static void event(unsigned alphabet)
{
    unsigned which = alphabet < 5 ? alphabet : below(5);
    char c;
    const char *s;
    switch (which) {
    case 0: /* any byte */
        c = (char)below(256);
        press(&c, 1);
        break;
    case 1:
        c = controls[below(sizeof controls)];
        press(&c, 1);
        break;
    case 2:
        c = below(8) ? plain[below(sizeof plain - 1)] : controls[below(sizeof controls)];
        press(&c, 1);
        break;
    case 3:
        s = sequences[below(sizeof sequences / sizeof *sequences)];
        press(s, strlen(s));
        break;
    default: /* past the decoder, as pieces of a queue */
        s = sequences[below(sizeof sequences / sizeof *sequences)];
        bar_type(s, 1 + below((unsigned)strlen(s)));
    }
    if (!below(300))
        bar_clear();
}

static unsigned long number(const char *name, unsigned long otherwise)
{
    const char *s = getenv(name);
    return s ? strtoul(s, NULL, 10) : otherwise;
}

/* For LeakSanitizer: where a fence drops a list or a search is given up, readline forgets some of its own strings; about a byte
 * for every ten mashed keys. Ours are still looked for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libreadline"; }

static void mash(const char *mode)
{
    struct canvas cv = { .theme = theme_at(0), .glyphs = &glyphs_utf8 };
    unsigned long events = number("BAR_KEYS", 40000), seed = number("BAR_SEED", 1);
    canvas_resize(&cv, 40, 1);
    for (unsigned long n = 0; n < events; n += ROUND, seed++) {
        rnd = seed;
        bar_clear();
        rl_variable_bind("editing-mode", mode);
        if (getenv("BAR_KEYS"))
            fprintf(stderr, "%s %lu\n", mode, seed);
        unsigned alphabet = below(8);
        for (unsigned i = 0; i < ROUND; i++) {
            event(alphabet);
            if (!below(4))
                bar_draw(canvas_area(&cv), true);
            if (!below(100))
                bar_prompt(below(2) ? "[0 hello] > " : "> ");
        }
        bar_clear();
        assert_true(bar_empty());
        rl_variable_bind("editing-mode", mode);
        bar_type("alive\r", 6);
        assert_string_equal(got, "alive");
    }
    canvas_free(&cv);
}

static void emacs(void **state)
{
    (void)state;
    mash("emacs");
}

static void vi(void **state)
{
    (void)state;
    mash("vi");
}

static int setup(void **state)
{
    static const struct bar_ops ops = { NULL, on_line, candidates, on_matches, on_trouble };
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/vmlab-keys-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    setenv("XDG_STATE_HOME", dir, 1);
    setenv("TERM", "xterm-256color", 1);
    setenv("INPUTRC", "/dev/null", 1);
    bar_open(&ops);
    return 0;
}

static int teardown(void **state)
{
    char command[128];
    (void)state;
    bar_close();
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(emacs), cmocka_unit_test(vi) };
    setlocale(LC_ALL, "C.UTF-8");
    if (argc > 1) /* emacs or vi alone */
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("bar keys", tests, setup, teardown);
}
