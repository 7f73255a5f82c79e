/* fuzz_files.c: any bytes in the files that the program finds in a home: the labs' progress, the bar's history, a guest named by its path.
 *
 * Input: 1 byte: which file, 1 of keys or names, then its content. */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"
#include "tui/guests.h"
#include "tui/lab/progress.h"
#include "tui/screen/bar.h"

const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libreadline"; } /* see fuzz_bar.c */

/* What makes no sense is left out, and what is written then is there, and so is everything of other labs. */
static void progress(const uint8_t *bytes, size_t n, uint8_t which)
{
    struct vm_error err = { 0 };
    struct progress before, after, other;
    unsigned step = which % PROGRESS_STEPS;
    struct progress_step passed = { PROGRESS_PASSED, which };
    fuzz_file("vmlab/progress", bytes, n);
    int r = progress_load("01-one-byte", &before, &err);
    must(r == 0 || strlen(err.text) > 20);
    if (r < 0)
        return;
    must(progress_load("other", &other, &err) == 0);
    must(progress_done(&before, PROGRESS_STEPS) <= PROGRESS_STEPS);
    must(progress_set("01-one-byte", step, passed, &err) == 0);
    must(progress_load("01-one-byte", &after, &err) == 0);
    before.step[step] = passed;
    must(!memcmp(&before, &after, sizeof before));
    must(progress_forget("01-one-byte", &err) == 0);
    must(progress_load("01-one-byte", &after, &err) == 0 && !progress_done(&after, PROGRESS_STEPS));
    must(progress_load("other", &after, &err) == 0 && !memcmp(&other, &after, sizeof other));
}

static void line(void *self, const char *text) { (void)self, (void)text; }
static void matches(void *self, char **words, size_t n) { (void)self, (void)words, (void)n; }
static size_t complete(void *self, const char *text, size_t point, void (*add)(void *ctx, const char *word), void *ctx)
{
    (void)self, (void)text, (void)add, (void)ctx;
    return point;
}

/* Recalled, searched, edited in both modes, and kept. */
static void history(const uint8_t *bytes, size_t n, uint8_t keys)
{
    static const struct bar_ops ops = { NULL, line, complete, matches, line };
    static const char *const recall[] = { "\033[A", "\033[A\033[A", "\022a", "\033<", "\033.", "\033[A\005\033b\033d", "\033[A\033\010", "\020\020\016", "\033[A\033t" };
    fuzz_file("vmlab/history", bytes, n);
    bar_open(&ops);
    const char *k = recall[keys % (sizeof recall / sizeof *recall)];
    bar_type(k, strlen(k));
    bar_clear();
    bar_type("\033[A\r", 4);
    must(bar_empty());
    bar_close();
}

/* A file's bytes are a guest, whatever they are; any other name is found, or a sentence says why not. */
static void guest(const uint8_t *bytes, size_t n, uint8_t kind)
{
    struct vm_error err = { 0 };
    struct guest_file g;
    char name[256];
    size_t k = n < sizeof name - 1 ? n : sizeof name - 1;
    if (n)
        memcpy(name, bytes, k);
    name[k] = '\0';
    int r = guest_load(&g, kind & 1 ? name : fuzz_file("guest.bin", bytes, n), &err);
    must(r == 0 || strlen(err.text) > 20);
    must(kind & 1 || (n ? r == 0 && g.size == n && !memcmp(g.bytes, bytes, n) && !strcmp(g.name, "guest") : r == -ENODATA));
    if (r == 0)
        guest_unload(&g);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char path[256];
    (void)argc, (void)argv;
    must(setlocale(LC_ALL, "C.UTF-8"));
    setenv("TERM", "xterm-256color", 1);
    setenv("INPUTRC", "/dev/null", 1);
    strcpy(path, fuzz_dir());
    must(mkdir(strcat(path, "/vmlab"), 0700) == 0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const what[])(const uint8_t *bytes, size_t n, uint8_t how) = { progress, history, guest };
    if (size >= 2)
        what[data[0] % 3](data + 2, size - 2, data[1]);
    return 0;
}
