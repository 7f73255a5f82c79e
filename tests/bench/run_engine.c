/* run_engine.c: a benchmark guest on one of our engines, with nothing but the engine interface around it. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "bench.h"
#include "vmm/engine.h"

enum { RAM = 0x100000 };

static void flat(struct cpu_seg *s, uint16_t sel, uint32_t base, uint32_t limit, uint32_t attr) { *s = (struct cpu_seg){ base, limit, attr, sel }; }

static void entry_state(struct cpu_state *s, unsigned bits)
{
    cpu_reset(s);
    for (int i = 0; i < CPU_SEGS; i++) {
        uint32_t type = i == CPU_CS ? 0x9b : 0x93;
        if (bits == 16) flat(&s->seg[i], GUEST_AT >> 4, GUEST_AT, 0xffff, type);
        else flat(&s->seg[i], i == CPU_CS ? 8 : 16, 0, 0xffffffff, type | SEG_DB | SEG_G);
    }
    s->rip = bits == 16 ? 0 : GUEST_AT;
    s->rflags = FLAG_1;
    if (bits == 32) s->cr0 |= CR0_PE;
}

static double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One marker or digit from the guest. True when it was the last. */
static bool heard(uint8_t c, double *start, struct timing *t, const struct engine_ops *e, struct engine_vcpu *v)
{
    double now = cpu_now();
    uint64_t n = e->count ? e->count(v) : 0;
    if (c == MARK_START) *start = now, t->insns = n;
    else if (c == MARK_END) t->seconds = now - *start, t->insns = n - t->insns;
    else if (c == MARK_DONE) return t->ok = true;
    else t->result = t->result << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    return false;
}

static void drive(const struct engine_ops *e, struct engine_vcpu *v, struct timing *t, struct vm_error *err)
{
    double start = 0;
    for (;;) {
        struct vm_exit x;
        if (e->run(v, &x, err) < 0) return;
        if (x.reason == EXIT_KICK) continue;
        if (x.reason != EXIT_IO_OUT || x.u.io.port != 0xe9) {
            snprintf(t->why, sizeof t->why, "the guest left with %s", exit_name(x.reason));
            return;
        }
        if (heard(*(uint8_t *)x.u.io.data, &start, t, e, v)) return;
    }
}

void run_on_engine(const char *engine, const uint8_t *image, size_t size, unsigned bits, struct timing *t)
{
    struct vm_error err = { 0, "" };
    const struct engine_ops *e = engine_find(engine);
    const struct engine_probe *probe;
    struct engine_vm *vm = NULL;
    struct engine_vcpu *v = NULL;
    struct cpu_state s;
    memset(t, 0, sizeof *t);
    if (!e || engine_probe(e, &probe, &err) < 0) { snprintf(t->why, sizeof t->why, "%.180s", err.text); return; }
    uint8_t *ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ram == MAP_FAILED) { snprintf(t->why, sizeof t->why, "no memory"); return; }
    memcpy(ram + GUEST_AT, image, size);
    entry_state(&s, bits);
    struct engine_config cfg = { .vcpus = 1 };
    if (e->vm_create(&vm, &cfg, &err) == 0 && e->vm_map(vm, 0, 0, RAM, ram, false, &err) == 0 && e->vcpu_create(vm, 0, &v, &err) == 0
        && e->set_state(v, &s, &err) == 0) drive(e, v, t, &err);
    if (!t->ok && !t->why[0]) snprintf(t->why, sizeof t->why, "%.180s", err.text);
    if (v) e->vcpu_destroy(v);
    if (vm) e->vm_destroy(vm);
    munmap(ram, RAM);
}
