/* fuzz_lab.c: any bytes as lab.lua and lab.md: loaded as a lab is, and then all functions of it are called with a machine, as its steps would
 * be checked. The input is cut at its first zero byte. No crash, no hang, no leak; whatever is wrong is told. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "tui/lab/api.h"
#include "tui/lab/def.h"

static void part(void *self, enum side_style style, const char *text) { (void)self, (void)style, (void)text; }
static void end(void *self) { (void)self; }

static void call(const struct lab *l, int fn, const struct lab_view *view, const char *text)
{
    struct vm_error err = { 0 };
    struct api_result r;
    if (fn <= 0) /* none */
        return;
    must(api_call(l->sb, fn, view, text, &r, &err) == 0 || *err.text);
}

static void mistakes(const struct lab *l, const struct lab_mistake *m, unsigned n, const struct lab_view *view)
{
    for (; n; n--, m++) {
        must(m->say && m->when);
        call(l, m->when, view, "7");
    }
}

/* On a live machine, whose student did something, and on a fresh one. */
static void check(const struct lab *l)
{
    static struct lab_events events;
    struct session *s = fuzz_session();
    events_clear(&events, s);
    events_command(&events, "reset");
    events_command(&events, "step 2");
    events_poll(&events, s);
    struct lab_view view = { .s = s, .events = &events };
    for (unsigned fresh = 0; fresh < 2; fresh++, view.events = NULL, view.source = "hlt\n")
        for (unsigned i = 0; i < l->steps; i++) {
            const struct lab_step *st = &l->step[i];
            call(l, st->check, &view, NULL);
            call(l, st->achieved.fn, &view, NULL);
            call(l, st->ask.answer, &view, NULL);
            mistakes(l, st->ask.mistake, st->ask.mistakes, &view);
            mistakes(l, st->mistake, st->mistakes, &view);
        }
    events_free(&events);
}

/* Any text, also one whose steps are not those of lab.lua. */
static void render(const char *text, size_t n)
{
    struct vm_error err;
    struct markdown *m;
    if (markdown_parse(&m, text, n, &err) < 0)
        return;
    for (int cols = 1; cols < 90; cols += 22) {
        struct md_sink sink = { NULL, cols, 0, part, end };
        for (int s = -1; s < (int)markdown_sections(m); s++)
            markdown_render(m, s, &sink);
    }
    markdown_free(m);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char path[256];
    (void)argc, (void)argv;
    fuzz_session();
    strcpy(path, fuzz_dir());
    must(mkdir(strcat(path, "/01-fuzz"), 0700) == 0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const uint8_t *zero = memchr(data, 0, n);
    size_t lua = zero ? (size_t)(zero - data) : n / 2, md = zero ? lua + 1 : lua;
    struct vm_error err = { 0 };
    struct lab *l = NULL;
    char dir[256];
    render((const char *)data + md, n - md);
    fuzz_file("01-fuzz/lab.md", data + md, n - md);
    fuzz_file("01-fuzz/lab.lua", data, lua);
    strcpy(dir, fuzz_dir());
    if (lab_load(&l, strcat(dir, "/01-fuzz"), &err) < 0) {
        must(strlen(err.text) > 8);
        return 0;
    }
    must(l->title && l->steps && l->steps == markdown_sections(l->md));
    must(lab_points(l) <= LAB_STEPS * 200);
    if (api_open(l->sb, &err) == 0)
        check(l);
    lab_free(l);
    return 0;
}
