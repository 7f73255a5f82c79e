/* fail_alloc.c: LD_PRELOADed into the program under test: the FAULT_N-th allocation (malloc, calloc, realloc, mmap) fails, and
 * with FAULT_ON every later one too. FAULT_COUNT names a file that is told how many there were. Test-only. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static atomic_long seen;
static long which, count_fd = -1;
static int from_then_on;

static long number(const char *name)
{
    const char *v = getenv(name);
    return v ? strtol(v, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULT_COUNT");
    if (path && *path)
        count_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    from_then_on = getenv("FAULT_ON") != NULL;
    which = number("FAULT_N");
    atomic_store(&seen, 0); /* from main() on, more or less: what the loader needs is not ours to lose */
}

__attribute__((destructor)) static void end(void)
{
    if (count_fd >= 0)
        dprintf((int)count_fd, "%ld\n", atomic_load(&seen));
}

static int fails(void)
{
    long n = atomic_fetch_add(&seen, 1) + 1;
    if (!which || (from_then_on ? n < which : n != which))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t n) { return fails() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) { return fails() ? NULL : __libc_calloc(n, size); }
void *realloc(void *p, size_t n) { return fails() ? NULL : __libc_realloc(p, n); }

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
    return fails() ? MAP_FAILED : (void *)syscall(SYS_mmap, at, n, prot, flags, fd, offset);
}
