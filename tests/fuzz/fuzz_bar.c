/* fuzz_bar.c: any keys in the command bar, in emacs and in vi mode: typed, pasted, given up half-way, with the screen resized in between. It
 * must work afterwards.
 *
 * Input: 1 byte of mode, then bytes as a terminal sends them; 0xff, which none sends, says that something else happens: see event(). */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "fuzz.h"
#include "tui/screen/bar.h"
#include "tui/screen/keys.h"

enum { MARK = 0xff, COUNTERS = 4096 };

/* readline is not instrumented: what it is doing counts as covered code. */
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[COUNTERS];

static char got[64];
static struct canvas cv;
static struct keys decoder;

/* For LeakSanitizer: where a fence drops a list or a search is given up, readline forgets some of its own strings. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libreadline"; }

static void on_line(void *self, const char *line)
{
    (void)self;
    strncpy(got, line ? line : "(end)", sizeof got - 1);
}

static size_t candidates(void *self, const char *line, size_t point, void (*add)(void *ctx, const char *word), void *ctx)
{
    static const char *const words[] = { "step", "stack", "speed", "quit", "0x10", "a", "\xc3\xa4" };
    (void)self;
    size_t at = point;
    while (at && line[at - 1] != ' ')
        at--;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strncmp(words[i], line + at, point - at))
            add(ctx, words[i]);
    return at;
}

static void on_matches(void *self, char **words, size_t n)
{
    (void)self;
    for (size_t i = 0; i < n; i++)
        must(words[i]);
}

static void on_trouble(void *self, const char *sentence)
{
    (void)self;
    must(strlen(sentence) > 20);
}

/* As actions.c does, but for the keys that it keeps to itself. */
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

static void look(void)
{
    must(rl_point >= 0 && rl_point <= rl_end);
    must(strlen(bar_text()) == (size_t)rl_end);
    bar_draw(canvas_area(&cv), true);
    must(cv.cursor_x >= 0 && cv.cursor_x < cv.cols && cv.cursor_y == 0);
}

static void event(struct input *in)
{
    uint8_t what = (uint8_t)take(in, 1), how = (uint8_t)take(in, 1);
    switch (what % 8) {
    case 0: keys_timeout(&decoder, 1u << 20, on_key, NULL); break;
    case 1: bar_clear(); break;
    case 2: bar_prompt(how & 1 ? "> " : how & 2 ? "[0 hello] > " : "\xe2\x82\xac\x1b[1m "); break;
    case 3: look(); break;
    case 4: /* keys as pieces of a queue, past the decoder */
        for (; how && in->left && *in->at != MARK; how--, in->at++, in->left--)
            bar_type(in->at, 1);
        break;
    case 5: rl_variable_bind("editing-mode", how & 1 ? "vi" : "emacs"); break;
    default:
        must(canvas_resize(&cv, how + 1, 1) == 0);
        bar_size(what >> 4, how + 1);
        look();
    }
}

static void note_state(void)
{
    Keymap map = rl_get_keymap();
    uint32_t h = (uint32_t)rl_readline_state * 2654435761u;
    h ^= (map == emacs_standard_keymap ? 1u : map == vi_insertion_keymap ? 2u : map == vi_movement_keymap ? 3u : 4u) << 20;
    h ^= (uint32_t)(rl_end ? 1 + (rl_point == 0) + 2 * (rl_point == rl_end) + 4 * (rl_end > 80) : 0) << 24;
    h ^= (uint32_t)(rl_mark > rl_end) << 28 ^ (uint32_t)(rl_undo_list != NULL) << 29;
    counters[(h ^ h >> 12) % COUNTERS] = 1;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct bar_ops ops = { NULL, on_line, candidates, on_matches, on_trouble };
    (void)argc, (void)argv;
    must(setlocale(LC_ALL, "C.UTF-8"));
    setenv("XDG_STATE_HOME", "/dev/null", 1); /* no history on disk: fuzz_files has that */
    setenv("TERM", "xterm-256color", 1);
    setenv("INPUTRC", "/dev/null", 1);
    cv = (struct canvas){ .theme = theme_at(0), .glyphs = &glyphs_utf8 };
    must(canvas_resize(&cv, 40, 1) == 0);
    bar_open(&ops);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = { data, size };
    bar_clear();
    clear_history();
    rl_variable_bind("editing-mode", take(&in, 1) & 1 ? "vi" : "emacs");
    while (in.left) {
        if (*in.at == MARK) {
            take(&in, 1);
            event(&in);
        } else {
            char c = (char)take(&in, 1);
            keys_feed(&decoder, &c, 1, 0, on_key, NULL);
        }
        note_state();
    }
    look();
    keys_timeout(&decoder, 1u << 20, on_key, NULL);
    decoder = (struct keys){ 0 };
    bar_clear();
    must(bar_empty());
    bar_prompt("> ");
    rl_variable_bind("editing-mode", "emacs");
    bar_type("alive\r", 6);
    must(!strcmp(got, "alive"));
    return 0;
}
