/* fuzz.c: see fuzz.h. */
#include "fuzz.h"

#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void fuzz_broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: broken: %s\n", file, line, what);
    abort();
}

/* --- input ------------------------------------------------------------------------------------------------------------------ */

uint64_t take(struct input *in, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes && in->left; i++, in->at++, in->left--)
        v |= (uint64_t)*in->at << 8 * i;
    return v;
}

uint64_t take_of(struct input *in, const uint64_t *list, size_t n, unsigned bytes)
{
    size_t which = take(in, 1);
    return which >= 0xc0 ? take(in, bytes) : list[which % n];
}

/* --- files ------------------------------------------------------------------------------------------------------------------ */

static char dir[128];

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st, (void)kind, (void)where;
    return remove(path);
}

static void remove_dir(void) { nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS); }

const char *fuzz_dir(void)
{
    if (*dir)
        return dir;
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%.90s/vmlab-fuzz-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    must(mkdtemp(dir));
    must(setenv("HOME", dir, 1) == 0 && setenv("XDG_STATE_HOME", dir, 1) == 0);
    atexit(remove_dir);
    return dir;
}

const char *fuzz_file(const char *name, const void *bytes, size_t n)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", fuzz_dir(), name);
    FILE *f = fopen(path, "w");
    must(f);
    must(fwrite(bytes, 1, n, f) == n);
    must(fclose(f) == 0);
    return path;
}

/* --- engines ---------------------------------------------------------------------------------------------------------------- */

bool fuzz_kvm(void)
{
    static bool asked, usable;
    struct vm_error err = { 0 };
    if (asked)
        return usable;
    asked = true;
    usable = engine_probe(&engine_kvm, NULL, &err) == 0;
    if (!usable)
        fprintf(stderr, "left out: KVM: %s\n", err.text);
    return usable;
}

void fuzz_need_kvm(void)
{
    if (!fuzz_kvm())
        _exit(FUZZ_LEFT_OUT);
}

/* --- the watchdog ------------------------------------------------------------------------------------------------------------ */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct { const struct engine_ops *e; struct engine_vcpu *v; int64_t at_ms; } watched;

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *watch(void *unused)
{
    (void)unused;
    for (;;) {
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
        pthread_mutex_lock(&lock);
        if (watched.v && now_ms() >= watched.at_ms)
            watched.e->kick(watched.v);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

void watchdog_arm(const struct engine_ops *e, struct engine_vcpu *v, unsigned ms)
{
    static pthread_t thread;
    if (!thread)
        must(pthread_create(&thread, NULL, watch, NULL) == 0);
    pthread_mutex_lock(&lock);
    watched.e = e;
    watched.v = v;
    watched.at_ms = now_ms() + ms;
    pthread_mutex_unlock(&lock);
}

void watchdog_disarm(void)
{
    pthread_mutex_lock(&lock);
    watched.v = NULL;
    pthread_mutex_unlock(&lock);
}
