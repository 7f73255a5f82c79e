/* run.c: the CPU test programs of this directory on one of our engines: cputest ENGINE DIR NAME...
 *
 * DIR/NAME.bin is loaded at 0x10000 and entered in flat 32-bit protected mode; what it writes to port 0xE9 must be
 * tests/diff/asm/NAME.expect to the letter. The same programs boot on any PC behind tests/bench/guests/boot.S. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "vmm/engine.h"

enum { RAM = 0x1000000, AT = 0x10000, TEXT = 65536, EXITS = 2000000 };

struct job { const struct engine_ops *e; struct engine_vm *vm; struct engine_vcpu *v; uint8_t *ram; char out[TEXT]; size_t n; uint8_t irq; };

static void entry(struct cpu_state *s)
{
    cpu_reset(s);
    for (int i = 0; i < CPU_SEGS; i++)
        s->seg[i] = (struct cpu_seg){ .limit = 0xffffffff, .attr = (i == CPU_CS ? 0x9bu : 0x93u) | SEG_DB | SEG_G, .sel = i == CPU_CS ? 8 : 16 };
    s->rip = AT;
    s->rflags = FLAG_1;
    s->cr0 |= CR0_PE;
}

static void print(struct job *j, const char *text)
{
    while (*text && j->n < TEXT - 1) j->out[j->n++] = *text++;
}

/* An interrupt that a program has asked for at port 0xE8 comes as soon as it may. */
static int deliver(struct job *j, struct vm_error *err)
{
    bool now = j->irq && j->e->can_interrupt(j->v);
    j->e->want_window(j->v, j->irq && !now);
    if (!now) return 0;
    uint8_t vector = j->irq;
    j->irq = 0;
    return j->e->interrupt(j->v, vector, err);
}

/* Until the character 3, or a shutdown, which is a result, too. Returns a sentence when it ends otherwise. */
static const char *drive(struct job *j, struct vm_error *err)
{
    for (int i = 0; i < EXITS; i++) {
        struct vm_exit x;
        if (j->e->run(j->v, &x, err) < 0) return err->text;
        if (x.reason == EXIT_IO_OUT && x.u.io.port == 0xe9) {
            char c[2] = { *(char *)x.u.io.data, 0 };
            if (*c == 3) return NULL;
            print(j, c);
        } else if (x.reason == EXIT_IO_OUT && x.u.io.port == 0xe8) j->irq = *(uint8_t *)x.u.io.data;
        else if (x.reason == EXIT_SHUTDOWN) { print(j, "shutdown\n"); return NULL; }
        else if (x.reason == EXIT_IO_IN) memset(x.u.io.data, 0xff, (size_t)x.u.io.size * x.u.io.count);
        else if (x.reason == EXIT_MMIO_READ) memset(x.u.mmio.data, 0xff, x.u.mmio.size);
        else if (x.reason == EXIT_HLT ? !j->irq : x.reason != EXIT_IO_OUT && x.reason != EXIT_MMIO_WRITE && x.reason != EXIT_IRQ_WINDOW)
            return exit_name(x.reason);
        if (deliver(j, err) < 0) return err->text;
    }
    return "no end";
}

static bool load(const char *path, void *to, size_t max, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f) { perror(path); return false; }
    *n = fread(to, 1, max, f);
    return fclose(f) == 0;
}

/* Line by line; returns how many differ. */
static int compare(const char *name, char *got, char *want)
{
    int bad = 0, line = 1;
    for (char *g = got, *w = want; (g && *g) || (w && *w); line++) {
        char *ge = g ? strchr(g, '\n') : NULL, *we = w ? strchr(w, '\n') : NULL;
        int gl = g ? (int)(ge ? ge - g : (long)strlen(g)) : 0, wl = w ? (int)(we ? we - w : (long)strlen(w)) : 0;
        if ((gl != wl || (gl && strncmp(g, w, (size_t)gl))) && ++bad <= 12)
            printf("%s:%d:\n  expected %.*s\n  got      %.*s\n", name, line, wl, w ? w : "", gl, g ? g : "");
        g = ge ? ge + 1 : NULL;
        w = we ? we + 1 : NULL;
    }
    return bad;
}

static int run(const struct engine_ops *e, const char *dir, const char *name)
{
    static struct job j;
    static char want[TEXT];
    struct vm_error err = { 0, "" };
    struct cpu_state s;
    const struct engine_config cfg = { .vcpus = 1 };
    char path[512];
    size_t n = 0, m = 0;
    j = (struct job){ .e = e };
    memset(want, 0, sizeof want);
    j.ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    snprintf(path, sizeof path, "%s/%s.bin", dir, name);
    if (j.ram == MAP_FAILED || !load(path, j.ram + AT, 0x10000, &n)) return 1;
    snprintf(path, sizeof path, "tests/diff/asm/%s.expect", name);
    if (!load(path, want, sizeof want - 1, &m)) return 1;
    entry(&s);
    const char *why = NULL;
    if (e->vm_create(&j.vm, &cfg, &err) < 0 || e->vm_map(j.vm, 0, 0, RAM, j.ram, false, &err) < 0 || e->vcpu_create(j.vm, 0, &j.v, &err) < 0
        || e->set_state(j.v, &s, &err) < 0) why = err.text;
    else why = drive(&j, &err);
    if (j.v) e->vcpu_destroy(j.v);
    if (j.vm) e->vm_destroy(j.vm);
    munmap(j.ram, RAM);
    int bad = compare(name, j.out, want);
    if (why) printf("%s: ended with: %s\n", name, why);
    printf("%-10s on %s: %s\n", name, e->name, bad || why ? "differs" : "as the manual says");
    return bad || why;
}

int main(int argc, char **argv)
{
    const struct engine_ops *e = argc > 3 ? engine_find(argv[1]) : NULL;
    if (!e) { fprintf(stderr, "usage: cputest soft|kvm DIR NAME...\n"); return 2; }
    int failed = 0;
    for (int i = 3; i < argc; i++) failed += run(e, argv[2], argv[i]);
    printf("cpu-%s: %d passed, %d failed\n", e->name, argc - 3 - failed, failed);
    return failed != 0;
}
