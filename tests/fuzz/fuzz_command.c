/* fuzz_command.c: any line in the command bar, on a guest that is there but does not run. Commands that touch files or
 * start guests are left to the tests of the command line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tui/command.h"
#include "tui/command_parse.h"
#include "tui/options.h"
#include "tui/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void nowhere(void *self, const char *text, size_t n)
{
    (void)self;
    if (n && !text)
        abort();
}

static void word(void *self, const char *w)
{
    (void)self;
    if (!*w)
        abort();
}

static struct session *session(void)
{
    static struct session s;
    static struct options o;
    struct vm_error err = { 0 };
    static char *argv[] = { (char *)"vmlab", (char *)"--engine=soft", (char *)"--headless", (char *)"-c", (char *)"", (char *)"tests/fuzz/two.bin", (char *)"tests/fuzz/two.bin", NULL };
    if (s.vcpus)
        return &s;
    if (options_parse(&o, 7, argv, &err) < 0 || session_open(&s, &o, &err) < 0)
        abort();
    return &s;
}

/* Files, other guests and long waits are not for a fuzzer. */
static bool harmless(const char *line)
{
    static const char *const files[] = { "source", "log", "trace", "load", "dump-screen", "lab", "check", "quit", "sync" };
    for (const char *part = line, *next; part; part = next) {
        struct command_words w;
        const char *wrong = command_split(part, command_part(part, &next), &w);
        const struct command *c = !wrong && w.argc ? command_find(w.argv[w.argc > 1 && w.argv[0][0] == '@'], NULL) : NULL;
        for (size_t i = 0; c && i < sizeof files / sizeof *files; i++)
            if (strcmp(c->name, files[i]) == 0)
                return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session *s = session();
    struct out out = { .write = nowhere };
    uint64_t wait;
    int ms;
    char *line = malloc(size + 1);
    if (!line)
        return 0;
    if (size)
        memcpy(line, data, size);
    line[size] = '\0';
    size_t n = strlen(line);
    if (command_complete(s, line, n, word, NULL) > n)
        abort();
    if (harmless(line))
        for (const char *rest = line; rest && !s->quit;)
            if (command_run(s, rest, &out, &wait, &ms, &rest))
                break;
    for (unsigned i = 0; i < s->vcpus; i++) {
        vcpu_pause(s->vcpu[i], NULL);
        vcpu_reset(s->vcpu[i], NULL);
        vcpu_wait_idle(s->vcpu[i], 5000);
    }
    s->quit = false;
    free(line);
    return 0;
}
