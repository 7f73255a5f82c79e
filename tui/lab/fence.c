/* fence.c: see fence.h. A ruleset lists the accesses that it takes away, and each rule gives some of them back below one directory. */
#include "tui/lab/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the oldest headers that this builds with. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define READ_FILE (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE)
#define READ (READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)

/* All that the first version knew (bits 0 to 12), and what later ones added and as or ld could do. */
static uint64_t known(long version)
{
    uint64_t all = (1ULL << 13) - 1;
    if (version >= 2)
        all |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        all |= LANDLOCK_ACCESS_FS_TRUNCATE;
    return all;
}

/* 0: this kernel has none, or it is off. */
static long fence_version(void)
{
    long v = syscall(SYS_landlock_create_ruleset, NULL, 0ul, LANDLOCK_CREATE_RULESET_VERSION);
    return v > 0 ? v : 0;
}

bool fence_available(void) { return fence_version() > 0; }

struct fence { int rules; uint64_t handled; };

/* What is not there needs no rule. */
static int open_to(const struct fence *f, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = { .allowed_access = access & f->handled, .parent_fd = open(path, O_PATH | O_CLOEXEC) };
    if (rule.parent_fd < 0)
        return 0;
    int r = syscall(SYS_landlock_add_rule, f->rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0ul) < 0 ? -errno : 0;
    close(rule.parent_fd);
    return r;
}

/* Where the shell would look for as and ld. */
static int open_path(const struct fence *f)
{
    char dir[4096];
    int r = 0;
    for (const char *p = getenv("PATH"), *end; r == 0 && p && *p; p = *end ? end + 1 : end) {
        end = strchrnul(p, ':');
        size_t n = (size_t)(end - p);
        if (n == 0 || n >= sizeof dir)
            continue;
        memcpy(dir, p, n);
        dir[n] = 0;
        r = open_to(f, dir, READ);
    }
    return r;
}

static int build_rules(const struct fence *f, const char *output, const char *include)
{
    static const char *const system[] = { "/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/opt", "/nix/store", "/gnu/store" };
    int r = open_path(f);
    for (size_t i = 0; r == 0 && i < sizeof system / sizeof *system; i++)
        r = open_to(f, system[i], READ);
    if (r == 0)
        r = open_to(f, "/etc/ld.so.cache", READ_FILE);
    if (r == 0)
        r = open_to(f, ".", READ);
    if (r == 0)
        r = open_to(f, include, READ);
    return r == 0 ? open_to(f, output, WRITE) : r;
}

int fence_enter(const char *output, const char *include)
{
    long version = fence_version();
    if (!version)
        return 0;
    struct fence f = { .handled = known(version) };
    struct landlock_ruleset_attr a = { .handled_access_fs = f.handled };
    f.rules = (int)syscall(SYS_landlock_create_ruleset, &a, sizeof a, 0ul);
    if (f.rules < 0)
        return -errno;
    int r = build_rules(&f, output, include);
    if (r == 0 && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_landlock_restrict_self, f.rules, 0ul) < 0))
        r = -errno;
    close(f.rules);
    return r;
}
