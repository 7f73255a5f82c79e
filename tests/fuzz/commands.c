/* commands.c: see commands.h. */
#include "commands.h"

#include <string.h>
#include <unistd.h>

#include "tui/options.h"
#include "tui/script.h"

enum { GUESTS = 2 };
static const char guest[] = "two.bin"; /* jmp $ */
static struct session s;

static void nowhere(void *self, const char *text, size_t n)
{
    (void)self;
    must(!n || text);
}

struct out fuzz_out = { .write = nowhere };

struct session *fuzz_session(void)
{
    static struct options o;
    static char *argv[] = { (char *)"vmlab", (char *)"--engine=soft", (char *)"--headless", (char *)"-c", (char *)"", (char *)"two.bin", (char *)"two.bin", NULL };
    struct vm_error err = { 0 };
    if (s.vcpus)
        return &s;
    fuzz_file(guest, "\xeb\xfe", 2);
    must(chdir(fuzz_dir()) == 0);
    must(options_parse(&o, 7, argv, &err) == 0 && session_open(&s, &o, &err) == 0);
    return &s;
}

void fuzz_session_again(void)
{
    struct vm_error err = { 0 };
    script_stop(&s);
    for (unsigned i = 0; i < s.vcpus; i++) {
        vcpu_pause(s.vcpu[i], NULL);
        vcpu_reset(s.vcpu[i], NULL);
        must(vcpu_wait_idle(s.vcpu[i], 10000));
        if (strcmp(vcpu_name(s.vcpu[i]), "two")) { /* `load` */
            fuzz_file(guest, "\xeb\xfe", 2);
            must(session_load(&s, i, guest, &err) == 0);
        }
    }
    s.quit = false;
    s.focus = 0;
}

bool fuzz_harmless(const char *text) { return !strchr(text, '/'); }
