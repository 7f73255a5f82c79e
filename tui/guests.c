/* guests.c: find and read a guest. */
#include "guests.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "suggest.h"

/* Guests that are not one of guests/NAME.bin in real mode. */
static const struct { const char *name, *file, *boot; } special[] = {
    { "1k-os", "os-1k/kernel.bin", "paging" },
    { "1k-os-uart", "os-1k/kernel-uart.bin", "paging" },
    { "1k-os-kbd", "os-1k/kernel-kbd.bin", "paging" },
    { "long", "guests/long.bin", "long" },
    { "flat32", "guests/flat32.bin", "flat32" },
    { "crash", "guests/crash.bin", "flat32" },
    { NULL, NULL, NULL },
};

/* The directory of the running program, "" if the kernel does not say. */
static void program_dir(char *out, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", out, size - 1);
    out[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(out, '/');
    *(slash ? slash : out) = '\0';
}

const char *guest_dir(size_t i)
{
    /* Constant once filled: the program does not move. An installed tree may have been moved as a whole before. */
    static char beside[PATH_MAX], share[PATH_MAX];
    if (!beside[0]) {
        program_dir(beside, sizeof beside);
        snprintf(share, sizeof share, "%.*s/../share/vmlab", (int)sizeof share - 20, beside);
    }
    switch (i) {
    case 0: return beside;
    case 1: return share;
    case 2: return VMLAB_PREFIX "/share/vmlab";
    default: return NULL;
    }
}

static bool is_there(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

/* Where word is a guest's name; false if it is none. */
static bool find_name(const char *word, struct guest_file *g)
{
    const char *dir;
    for (size_t d = 0; (dir = guest_dir(d)); d++) {
        for (size_t i = 0; special[i].name; i++) {
            snprintf(g->path, sizeof g->path, "%s/%s", dir, special[i].file);
            if (strcmp(word, special[i].name) == 0 && is_there(g->path)) {
                g->boot = special[i].boot;
                return true;
            }
        }
        snprintf(g->path, sizeof g->path, "%s/guests/%s.bin", dir, word);
        if (is_there(g->path))
            return true;
    }
    return false;
}

/* os-1k/kernel.bin and guests/hello.bin also work away from the build tree. */
static bool find_relative(const char *word, struct guest_file *g)
{
    const char *dir;
    for (size_t d = 0; word[0] != '/' && word[0] != '.' && (dir = guest_dir(d)); d++) {
        snprintf(g->path, sizeof g->path, "%s/%s", dir, word);
        if (is_there(g->path))
            return true;
    }
    return false;
}

/* The names are gone once they were offered: the best one is copied. */
struct nearest { struct suggest s; char name[NAME_MAX + 1]; };

static void offer(void *self, const char *name)
{
    struct nearest *n = self;
    suggest_offer(&n->s, name);
    if (n->s.best == name)
        n->s.best = strcpy(n->name, name);
}

static int find(struct guest_file *g, const char *word, struct vm_error *err)
{
    bool path = strchr(word, '/') != NULL;
    if (strlen(word) >= PATH_MAX - 1)
        return err_set(err, ENAMETOOLONG, "The name of a guest is %zu characters long: no file can be called that.", strlen(word));
    if (!path && (g->known = find_name(word, g)))
        return 0;
    snprintf(g->path, sizeof g->path, "%s", word);
    if (is_there(word))
        return 0;
    if (errno != ENOENT && errno != ENOTDIR)
        return err_set(err, errno, "Cannot open the guest '%.200s': %s.", word, strerror(errno));
    if (path && find_relative(word, g))
        return 0;
    const char *base = path ? strrchr(word, '/') + 1 : word;
    struct nearest near = { .s = { .word = base } };
    guest_names(offer, &near);
    if (near.s.best)
        return err_set(err, ENOENT, "There is no guest '%.200s'. Did you mean '%s'?", word, near.s.best);
    const struct command *c = path ? NULL : command_find(word, NULL);
    if (c) /* `vmlab step` */
        return err_set(err, ENOENT, "There is no guest '%.200s'. That is a command: write it in the bar, or as in vmlab hello -c '%s'.", word, c->name);
    if (path)
        return err_set(err, ENOENT, "There is no file '%.200s' to run as a guest.", word);
    return err_set(err, ENOENT, "There is no guest '%.200s' and no file of that name. 'vmlab guests' lists the guests there are, 'vmlab --help' what else there is.", word);
}

/* Read the whole file, whatever it is that can be read to an end: a regular file or a pipe (<(...)). */
static int read_all(int fd, struct guest_file *g, const char *word, struct vm_error *err)
{
    size_t room = 0;
    for (;;) {
        if (g->size == room) {
            uint8_t *more;
            room = room ? room * 2 : 65536;
            if (!(more = realloc(g->bytes, room)))
                return err_set(err, ENOMEM, "No memory to read the guest '%.200s' (%zu bytes).", word, room);
            g->bytes = more;
        }
        ssize_t n = read(fd, g->bytes + g->size, room - g->size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, errno, "Cannot read the guest '%.200s': %s.", word, strerror(errno));
        if (n == 0)
            return g->size ? 0 : err_set(err, ENODATA, "The guest '%.200s' is empty: it has no first instruction to run.", word);
        g->size += (size_t)n;
        if (g->size > GUEST_LARGEST)
            return err_set(err, EFBIG, "The guest '%.200s' is larger than %d MB: no machine has that much memory for an image.",
                           word, GUEST_LARGEST >> 20);
    }
}

static int open_file(const char *path, const char *word, struct vm_error *err)
{
    struct stat st;
    /* Without O_NONBLOCK a pipe that nobody writes to would hold us for ever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == EACCES)
        return err_set(err, EACCES, "You may not read the guest '%.200s': its permissions do not allow it (chmod u+r).", word);
    if (fd < 0 || fstat(fd, &st) < 0) {
        int e = errno;
        if (fd >= 0)
            close(fd);
        return err_set(err, e, "Cannot open the guest '%.200s': %s.", word, strerror(e));
    }
    if (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode)) {
        fcntl(fd, F_SETFL, 0);
        return fd;
    }
    close(fd);
    if (S_ISDIR(st.st_mode))
        return err_set(err, EISDIR, "'%.200s' is a directory: name the guest's file in it.", word);
    return err_set(err, EINVAL, "'%.200s' is neither a file nor a pipe: a guest's bytes cannot be read from it.", word);
}

/* Also by its path a guest of ours is entered as it wants to be, if nothing else is said. */
static void give_boot(struct guest_file *g)
{
    size_t n = strlen(g->path);
    for (size_t i = 0; !g->boot && special[i].name; i++) {
        size_t len = strlen(special[i].file);
        if (n > len && g->path[n - len - 1] == '/' && strcmp(g->path + n - len, special[i].file) == 0)
            g->boot = special[i].boot;
    }
}

static void give_name(struct guest_file *g)
{
    const char *base = strrchr(g->path, '/');
    snprintf(g->name, sizeof g->name, "%.60s", base ? base + 1 : g->path);
    for (char *p = g->name; *p; p++) /* it goes into titles and prompts */
        if ((unsigned char)*p < 32 || *p == 127)
            *p = '?';
    char *dot = strrchr(g->name, '.');
    if (dot && dot != g->name && strcmp(dot, ".bin") == 0)
        *dot = '\0';
}

int guest_load(struct guest_file *g, const char *word, struct vm_error *err)
{
    *g = (struct guest_file){ 0 };
    int rc = find(g, word, err);
    if (rc < 0)
        return rc;
    give_name(g);
    give_boot(g);
    for (size_t i = 0; special[i].name; i++)
        if (strcmp(word, special[i].name) == 0)
            snprintf(g->name, sizeof g->name, "%s", word);
    int fd = open_file(g->path, word, err);
    if (fd < 0)
        return fd;
    rc = read_all(fd, g, word, err);
    close(fd);
    if (rc < 0)
        guest_unload(g);
    return rc;
}

void guest_unload(struct guest_file *g)
{
    free(g->bytes);
    g->bytes = NULL;
    g->size = 0;
}

void guest_names(void (*add)(void *self, const char *name), void *self)
{
    const char *dir;
    char path[PATH_MAX + 64];
    for (size_t i = 0; special[i].name; i++)
        for (size_t d = 0; (dir = guest_dir(d)); d++) {
            snprintf(path, sizeof path, "%s/%s", dir, special[i].file);
            if (!strncmp(special[i].file, "guests/", 7) || !is_there(path))
                continue;
            add(self, special[i].name);
            break;
        }
    for (size_t d = 0; (dir = guest_dir(d)); d++) {
        snprintf(path, sizeof path, "%s/guests", dir);
        struct dirent **list = NULL;
        int n = scandir(path, &list, NULL, alphasort), names = 0;
        for (int i = 0; i < n; i++) {
            char *dot = strrchr(list[i]->d_name, '.');
            if (dot && dot != list[i]->d_name && strcmp(dot, ".bin") == 0) {
                *dot = '\0';
                add(self, list[i]->d_name);
                names++;
            }
            free(list[i]);
        }
        free(list);
        if (names)
            return; /* an installed copy would only repeat the build tree's */
    }
}
