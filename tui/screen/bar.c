/* bar.c: readline without a terminal. It gets its bytes from a queue and never writes: what it would draw, we draw. */
#include "bar.h"

#include "history.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "inputrc.h"

enum { WORDS_MAX = 512, LINE_BYTES = 4096 };

/* The one bar. readline's callbacks get no context, so they find it here. */
static struct {
    struct bar_ops ops;
    FILE *null;
    unsigned char queue[4096];
    size_t head, tail;       /* queue[head..tail) waits */
    char split[4];           /* the first bytes of a character whose rest is still to be pasted */
    size_t nsplit;
    char *words[WORDS_MAX + 1];
    size_t nwords;
    int scroll;              /* first column of the line that is shown */
    bool open;
    bool discard;            /* the line that ends is thrown away */
} bar;

/* --- bytes in ------------------------------------------------------------------------------------------------------ */

static int next_byte(FILE *f)
{
    (void)f;
    return bar.head < bar.tail ? bar.queue[bar.head++] : EOF;
}

/* Without this readline would wait half a second after an ESC in vi mode. */
static int more_bytes(void) { return bar.head < bar.tail; }

/* readline 8.2 crashes when a prefix key other than ESC (Ctrl-X) comes during an incremental search, and some keys after
 * Ctrl-G has aborted a search of vi mode (Backspace leaves that one, too). */
static bool fatal(unsigned char c)
{
    if (!c) /* a NUL in the line: see bound() */
        return true;
    if (RL_ISSTATE(RL_STATE_NSEARCH) && c == 7)
        return true;
    if (RL_ISSTATE(RL_STATE_VIMOTION) && c >= '1' && c <= '9') /* d2w: a numeric argument, see fences[] */
        return true;
    return RL_ISSTATE(RL_STATE_ISEARCH) && c != 0x1b && c < 0x80 && rl_get_keymap()[c].type == ISKMAP;
}

/* Half a character, or one of several bytes that is not printable (U+0085), in a line: vi's word motions never end there. It may come
 * from a paste, the history, a file's name. */
static void printable(void)
{
    size_t k;
    for (char *p = rl_line_buffer, *end = p + strlen(p); MB_CUR_MAX > 1 && p < end; p += k) {
        mbstate_t state = { 0 };
        wchar_t c = 0;
        k = (unsigned char)*p < 0x80 ? 1 : mbrtowc(&c, p, (size_t)(end - p), &state);
        bool whole = k <= (size_t)(end - p);
        k = whole ? k : 1;
        if (!whole || (k > 1 && wcwidth(c) < 0))
            memset(p, '?', k);
    }
}

/* Yanking doubles a line as often as one likes. Nobody means that, and it stalls the screen. */
static void bound(void)
{
    int text = (int)strlen(rl_line_buffer);
    if (text < rl_end) { /* vi's "." after an r that was given up puts a NUL into the line, and completion never gets past it */
        rl_free_undo_list();
        rl_end = text;
    }
    if (rl_end > LINE_BYTES && !RL_ISSTATE(RL_STATE_ISEARCH)) {
        int end = LINE_BYTES;
        while (end && ((unsigned char)rl_line_buffer[end] & 0xc0) == 0x80)
            end--;
        rl_delete_text(end, rl_end);
    }
    /* Also after a search that found something in the edited line and shows the history's own, which is shorter. */
    rl_point = rl_point < rl_end ? rl_point : rl_end;
    rl_mark = rl_mark < rl_end ? rl_mark : rl_end;
    printable();
}

static void drain(void)
{
    while (bar.head < bar.tail) {
        if (fatal(bar.queue[bar.head])) {
            bar.head++;
            continue;
        }
        /* Bound as they are, for a search knows them by their address; else like the fenced commands below. */
        rl_command_func_t *f = bar.queue[bar.head] < 0x80 ? rl_get_keymap()[bar.queue[bar.head]].function : NULL;
        if (!RL_ISSTATE(RL_STATE_ISEARCH) && (f == rl_reverse_search_history || f == rl_forward_search_history))
            rl_free_undo_list();
        if (RL_ISSTATE(RL_STATE_NSEARCH)) /* the pattern's own, which giving the search up would leak */
            rl_free_undo_list();
        rl_callback_read_char();
        bound();
    }
    bar.head = bar.tail = 0;
}

/* Whole characters; what is none in the locale's encoding is dropped: with half a character in the line, word motions
 * of vi mode never end. */
void bar_type(const void *bytes, size_t n)
{
    const char *p = bytes;
    bar.nsplit = 0;
    for (size_t k; n; p += k, n -= k) {
        mbstate_t state = { 0 };
        size_t length = mbrlen(p, n, &state);
        bool whole = length && length <= n;
        k = whole ? length : 1;
        if (!whole && MB_CUR_MAX > 1)
            continue;
        if (bar.tail + k > sizeof bar.queue)
            drain();
        memcpy(bar.queue + bar.tail, p, k);
        bar.tail += k;
    }
    drain();
}

/* A paste comes in pieces: how many bytes at its end have only begun a character? */
static size_t begun(const char *text, size_t n)
{
    size_t k = 0;
    while (k < n && k < 3 && ((unsigned char)text[n - 1 - k] & 0xc0) == 0x80)
        k++;
    mbstate_t state = { 0 };
    return k < n && mbrlen(text + n - 1 - k, k + 1, &state) == (size_t)-2 ? k + 1 : 0;
}

bool bar_paste(const char *bytes, size_t n)
{
    char text[512];
    size_t k = bar.nsplit;
    memcpy(text, bar.split, k);
    for (size_t i = 0; i < n && k < sizeof text - 1; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '\n' || c == '\r' || c == '\t')
            text[k++] = ' ';
        else if (c >= 0x20 && c != 0x7f)
            text[k++] = (char)c;
    }
    bar.nsplit = begun(text, k);
    memcpy(bar.split, text + k - bar.nsplit, bar.nsplit);
    text[k - bar.nsplit] = '\0';
    /* What does not fit is not even shown to readline, which would keep it to undo its being cut. */
    size_t room = rl_end < LINE_BYTES ? (size_t)(LINE_BYTES - rl_end) : 0;
    bool whole = k - bar.nsplit <= room;
    if (whole)
        rl_insert_text(text);
    bound();
    return whole;
}

/* --- completion ---------------------------------------------------------------------------------------------------- */

static void add_word(void *ctx, const char *word)
{
    (void)ctx;
    for (size_t i = 0; i < bar.nwords; i++)
        if (!strcmp(bar.words[i], word))
            return;
    if (bar.nwords < WORDS_MAX && (bar.words[bar.nwords] = strdup(word)))
        bar.nwords++;
}

static char *next_word(const char *text, int state)
{
    static size_t at;
    (void)text;
    if (!state)
        at = 0;
    return at < bar.nwords ? strdup(bar.words[at++]) : NULL;
}

static char **complete(const char *text, int start, int end)
{
    (void)start;
    rl_attempted_completion_over = 1; /* no file names */
    while (bar.nwords)
        free(bar.words[--bar.nwords]);
    bar.ops.complete(bar.ops.self, rl_line_buffer, (size_t)end, add_word, NULL);
    const char *only = bar.nwords == 1 ? bar.words[0] : " ";
    if (strchr("/=", only[strlen(only) - 1])) /* a directory, a register to set: the word goes on */
        rl_completion_append_character = '\0';
    return bar.nwords ? rl_completion_matches(text, next_word) : NULL;
}

static void show_matches(char **matches, int n, int longest)
{
    (void)longest;
    bar.ops.matches(bar.ops.self, matches + 1, n > 0 ? (size_t)n : 0); /* [0] is what they share */
}

/* --- readline ------------------------------------------------------------------------------------------------------ */

static void got_line(char *line)
{
    bar.scroll = 0;
    struct vm_error err;
    if (!bar.discard)
        bar.ops.line(bar.ops.self, line);
    if (line && !bar.discard && history_remember(line, &err) < 0)
        bar.ops.trouble(bar.ops.self, err.text);
    free(line);
}


/* --- the fence ----------------------------------------------------------------------------------------------------- */

/* readline keeps the undo list of a line in up to three places at once (the line, its history entry, the line it saves while
 * inside the history), and in 8.2 some paths free one that another still has. So every command that leaves the line for the
 * history begins with no undo list at all: then there is nothing to share. */
static int without_undo(rl_command_func_t *command, rl_command_func_t *fenced, int count, int key)
{
    rl_free_undo_list();
    if (rl_last_func == fenced) /* some go on where they stopped if they were the last command */
        rl_last_func = command;
    return command(count, key);
}

#define HISTORY_COMMANDS(X) \
    X(rl_get_previous_history) X(rl_get_next_history) X(rl_beginning_of_history) X(rl_end_of_history) X(rl_fetch_history) \
    X(rl_operate_and_get_next) X(rl_noninc_forward_search) \
    X(rl_noninc_reverse_search) X(rl_noninc_forward_search_again) X(rl_noninc_reverse_search_again) \
    X(rl_history_search_forward) X(rl_history_search_backward) X(rl_history_substr_search_forward) \
    X(rl_history_substr_search_backward) X(rl_vi_search) X(rl_vi_search_again) X(rl_vi_fetch_history)

#define FENCED(f) \
    static int fenced_##f(int count, int key) { return without_undo(f, fenced_##f, count, key); }
#define ROW(f) { f, fenced_##f },
HISTORY_COMMANDS(FENCED)

/* Alt-. without readline's tokenizer, which reads past the end of some lines: the last word of the last line; again: of the one
 * before it. */
static int last_word(int count, int key)
{
    static int back, from, length;
    (void)count, (void)key;
    bool again = rl_last_func == last_word && from + length == rl_point && length <= rl_point;
    back = again ? back + 1 : 1;
    HIST_ENTRY *h = back <= history_length ? history_get(history_base + history_length - back) : NULL;
    if (!h)
        return 0;
    const char *end = h->line + strlen(h->line);
    while (end > h->line && end[-1] == ' ')
        end--;
    const char *word = end;
    while (word > h->line && word[-1] != ' ')
        word--;
    char *text = strndup(word, (size_t)(end - word));
    if (!text)
        return 0;
    if (again) {
        rl_delete_text(from, rl_point);
        rl_point = from;
    }
    from = rl_point;
    length = (int)strlen(text);
    rl_insert_text(text);
    free(text);
    return 0;
}

/* vi's %: readline looks for a bracket from the cursor on, and never gives up on a line that ends with a character of several bytes. */
static int match(int count, int key)
{
    return strpbrk(rl_line_buffer + rl_point, "()[]{}") ? rl_vi_match(count, key) : 0;
}

/* Ctrl-G. readline's own jumps out of whatever is going on, past our frames. */
static int give_up(int count, int key)
{
    (void)count, (void)key;
    return rl_discard_argument();
}

/* Commands and what is bound instead; NULL: nothing. docs/screen.md says why. Numeric arguments are read by callbacks of
 * their own, which crash when a key sequence is given up half-way: mashed keys found it, and none since they are gone. */
static const struct { rl_command_func_t *command, *instead; } fences[] = {
    HISTORY_COMMANDS(ROW)
    { rl_yank_last_arg, last_word },
    { rl_vi_yank_arg, last_word },
    { rl_vi_complete, NULL },
    { rl_vi_match, match },
    { rl_abort, give_up },
    { rl_digit_argument, NULL },
    { rl_universal_argument, NULL },
    { rl_vi_arg_digit, NULL },
    { rl_yank_nth_arg, NULL },
    { rl_bracketed_paste_begin, NULL },
    { rl_start_kbd_macro, NULL },
    { rl_end_kbd_macro, NULL },
    { rl_call_last_kbd_macro, NULL },
    { rl_print_last_kbd_macro, NULL },
};

/* Wherever they are bound, after ~/.inputrc was read. depth: of prefix keys, against maps that contain themselves. */
static void fence(Keymap map, int depth)
{
    for (int i = 0; i < KEYMAP_SIZE; i++)
        if (map[i].type == ISKMAP && map[i].function && depth) {
            fence(__extension__ (Keymap)map[i].function, depth - 1); /* a prefix key keeps its map there */
        } else if (map[i].type == ISFUNC) {
            for (size_t k = 0; k < sizeof fences / sizeof *fences; k++)
                if (map[i].function == fences[k].command)
                    map[i].function = fences[k].instead;
        }
}

static void draw_later(void) {}

void bar_open(const struct bar_ops *ops)
{
    memset(&bar, 0, sizeof bar);
    bar.ops = *ops;
    if (!inputrc_sound()) {
        setenv("INPUTRC", "/dev/null", 1);
        bar.ops.trouble(bar.ops.self, "The bar goes without the settings in ~/.inputrc (or $INPUTRC): its $include lines lead in a circle. Take one out.");
    }
    bar.null = fopen("/dev/null", "w");
    rl_readline_name = "vmlab";
    rl_instream = stdin;
    rl_outstream = bar.null ? bar.null : stderr;
    rl_prep_term_function = NULL;
    rl_deprep_term_function = NULL;
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_getc_function = next_byte;
    rl_input_available_hook = more_bytes;
    rl_redisplay_function = draw_later;
    rl_attempted_completion_function = complete;
    rl_completion_display_matches_hook = show_matches;
    rl_completer_word_break_characters = " \t;";
    rl_completer_quote_characters = "";
    using_history();
    history_load();
    rl_initialize();
    rl_variable_bind("bell-style", "none");
    rl_variable_bind("show-all-if-ambiguous", "on");
    rl_variable_bind("enable-bracketed-paste", "off"); /* pastes are decoded before they get here */
    rl_variable_bind("completion-query-items", "0");
    rl_bind_keyseq_if_unbound("\033[3~", rl_delete);
    rl_bind_keyseq_if_unbound("\033[1~", rl_beg_of_line);
    rl_bind_keyseq_if_unbound("\033[4~", rl_end_of_line);
    rl_bind_keyseq_if_unbound("\033[7~", rl_beg_of_line);
    rl_bind_keyseq_if_unbound("\033[8~", rl_end_of_line);
    rl_bind_keyseq_if_unbound("\033[1;5D", rl_backward_word);
    rl_bind_keyseq_if_unbound("\033[1;5C", rl_forward_word);
    fence(emacs_standard_keymap, 16);
    fence(vi_insertion_keymap, 16);
    fence(vi_movement_keymap, 16);
    rl_callback_handler_install("> ", got_line);
    bar.open = true;
}

void bar_close(void)
{
    if (!bar.open)
        return;
    rl_callback_handler_remove();
    while (bar.nwords)
        free(bar.words[--bar.nwords]);
    history_shorten();
    clear_history();
    rl_outstream = stdout;
    if (bar.null)
        fclose(bar.null);
    bar.open = false;
}

void bar_prompt(const char *prompt)
{
    if (!rl_prompt || strcmp(rl_prompt, prompt))
        rl_set_prompt(prompt);
}

bool bar_empty(void)
{
    return rl_end == 0 && !RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG | RL_STATE_MULTIKEY);
}

bool bar_vi(void) { return rl_editing_mode == 0; }

const char *bar_text(void) { return rl_line_buffer ? rl_line_buffer : ""; }

void bar_clear(void)
{
    if (RL_ISSTATE(RL_STATE_ISEARCH))
        bar_type("\007", 1);
    if (RL_ISSTATE(RL_STATE_NSEARCH))
        rl_free_undo_list();
    rl_callback_sigcleanup();
    rl_clear_message();
    /* Empty the line and let readline accept it: a line from the history shares its undo list with the entry, and nobody
     * but readline's own end of a line gets the freeing of both right. */
    bar.discard = true;
    if (bar_vi()) /* ends the undo group that inserting keeps open */
        rl_vi_movement_mode(1, 0x1b);
    rl_free_undo_list();
    rl_end_of_history(1, 0);
    rl_end_of_line(1, 0);
    rl_unix_line_discard(1, 0);
    bar_type("\r", 1);
    bar.discard = false;
    bar.scroll = 0;
}

void bar_size(int rows, int cols) { rl_set_screen_size(rows, cols); }

/* --- drawing ------------------------------------------------------------------------------------------------------- */

void bar_draw(struct area a, bool has_focus)
{
    char prompt[256];
    size_t k = 0;
    for (const char *p = rl_display_prompt ? rl_display_prompt : ""; *p && k < sizeof prompt - 1; p++)
        if (*p != RL_PROMPT_START_IGNORE && *p != RL_PROMPT_END_IGNORE)
            prompt[k++] = *p;
    prompt[k] = '\0';
    int x = area_fit(a, 0, 0, a.w * 2 / 3, ROLE_PROMPT, prompt);
    struct area line = area_sub(a, x, 0, a.w - x, 1);
    const char *text = bar_text();
    int at = text_width(text, (size_t)rl_point), all = text_width(text, SIZE_MAX);
    /* Keep the cursor inside, and the line as far right as its end allows. */
    if (at - bar.scroll > line.w - 2)
        bar.scroll = at - line.w * 2 / 3;
    if (at < bar.scroll)
        bar.scroll = at > line.w / 3 ? at - line.w / 3 : 0;
    if (all < line.w - 1)
        bar.scroll = 0;
    const char *p = text, *end = text + strlen(text);
    int col = -bar.scroll;
    for (uint32_t ch; (ch = text_next(&p, end));) {
        int w = char_width(ch);
        if (w && col >= 0)
            area_char(line, col, 0, a.cv->theme->style[ROLE_INPUT], ch, w);
        col += w;
    }
    if (bar.scroll)
        area_text(line, 0, 0, ROLE_DIM, a.cv->ascii ? "<" : "‹");
    if (col > line.w)
        area_text(line, line.w - 1, 0, ROLE_DIM, a.cv->ascii ? ">" : "›");
    if (has_focus) {
        a.cv->cursor_x = line.x + at - bar.scroll;
        a.cv->cursor_y = line.y;
    }
}
