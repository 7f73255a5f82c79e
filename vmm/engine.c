/* engine.c: the table of engines, and the choice between them. */
#include "engine.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { ENGINES = 2 };
static const struct engine_ops *const table[ENGINES] = {&engine_kvm, &engine_soft};

/* What the probes found: they try things on the host, so each is made once per process. */
static struct { int done, result; struct engine_probe probe; struct vm_error err; } cache[ENGINES];
static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;

const struct engine_ops *engine_at(size_t i)
{
    return i < ENGINES ? table[i] : NULL;
}

const struct engine_ops *engine_find(const char *name)
{
    for (size_t i = 0; i < ENGINES; i++)
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    return NULL;
}

int engine_probe(const struct engine_ops *e, const struct engine_probe **p, struct vm_error *err)
{
    size_t i = 0;
    while (i < ENGINES && table[i] != e)
        i++;
    if (i == ENGINES)
        return err_set(err, EINVAL, "probing an engine that is not in the table");
    pthread_mutex_lock(&cache_lock);
    if (!cache[i].done) {
        cache[i].result = e->probe(&cache[i].probe, &cache[i].err);
        cache[i].done = 1;
    }
    pthread_mutex_unlock(&cache_lock);
    if (p)
        *p = &cache[i].probe;
    return cache[i].result < 0 ? err_set(err, -cache[i].result, "%s", cache[i].err.text) : 0;
}

/* What is missing, in words. */
static void name_needs(uint32_t miss, char *buf, size_t size)
{
    static const struct { uint32_t can; const char *name; } rows[] = {
        {CAN_REAL, "real mode"}, {CAN_PROT32, "32-bit protected mode"}, {CAN_PAGING32, "32-bit paging"}, {CAN_LONG, "64-bit mode"},
        {CAN_LINUX, "Linux guests"}, {CAN_STEP, "single step"}, {CAN_BREAK, "breakpoints"}, {CAN_WATCH, "watchpoints"}, {CAN_IRQCHIP, "an in-kernel interrupt controller"},
        {CAN_COUNT, "an instruction count"}, {CAN_EVENTS, "reports of exceptions"}, {CAN_DETERMINISTIC, "deterministic time"},
    };
    size_t n = 0;
    buf[0] = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (miss & rows[i].can && n < size)
            n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? ", " : "", rows[i].name);
}

/* Can e run it? Otherwise *why is a clause without the engine's name. */
static int usable(const struct engine_ops *e, uint32_t need, struct vm_error *why)
{
    const struct engine_probe *p;
    char miss[160];
    if (need == CAN_REAL && e->ready)
        return e->ready(why);
    int r = engine_probe(e, &p, why);
    if (r < 0)
        return r;
    if (!(need & ~p->can))
        return 0;
    name_needs(need & ~p->can, miss, sizeof miss);
    if (e == &engine_kvm)
        return err_set(why, ENOTSUP, "this KVM cannot run %s", miss);
    return err_set(why, ENOTSUP, "the %s cannot run %s", e->title, miss);
}

static int forced(const char *want, uint32_t need, const struct engine_ops **out, char *reason, size_t size, struct vm_error *err)
{
    struct vm_error why = {0};
    const struct engine_ops *e = engine_find(want);
    if (!e)
        return err_set(err, EINVAL, "There is no engine '%s': use auto, kvm or soft.", want);
    int r = usable(e, need, &why);
    if (r < 0)
        return err_set(err, -r, "The engine %s was asked for, but %s. Leave --engine out to let vmlab choose.", e->name, why.text);
    *out = e;
    snprintf(reason, size, "%s: asked for", e->name);
    return 0;
}

int engine_choose(const char *want, uint32_t need, const struct engine_ops **out, char *reason, size_t size, struct vm_error *err)
{
    char because[400] = "";
    if (want && strcmp(want, "auto") != 0)
        return forced(want, need, out, reason, size, err);
    for (size_t i = 0; i < ENGINES; i++) {
        struct vm_error why = {0};
        if (usable(table[i], need, &why) == 0) {
            *out = table[i];
            if (because[0])
                snprintf(reason, size, "%s: %s", table[i]->name, because);
            else
                snprintf(reason, size, "%s: %s", table[i]->name, "the fastest engine of this host");
            return 0;
        }
        size_t n = strlen(because);
        snprintf(because + n, sizeof because - n, "%s%.180s", n ? "; " : "", why.text);
    }
    return err_set(err, ENOTSUP, "No engine of this host can run the guest: %s.", because);
}
