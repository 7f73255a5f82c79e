#include "tui/lab/paths.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool join(char out[PATHS_SIZE], const char *a, const char *b)
{
    return snprintf(out, PATHS_SIZE, "%s/%s", a, b) < PATHS_SIZE;
}

static bool is_lab(const char *dir)
{
    char path[PATHS_SIZE];
    return join(path, dir, "lab.lua") && access(path, R_OK) == 0;
}

static bool is_labs(const char *dir)
{
    char path[PATHS_SIZE];
    return join(path, dir, "01-one-byte") && is_lab(path);
}

int paths_labs(char out[PATHS_SIZE], struct vm_error *err)
{
    /* Seen from the program: the build tree (build/, build/asan/), then an installation. */
    static const char *const near[] = { "../labs", "../../labs", "../../../labs", "../share/vmlab/labs" };
    const char *given = getenv("VMLAB_LABS");
    char exe[PATHS_SIZE - 64];
    if (given && *given) {
        snprintf(out, PATHS_SIZE, "%s", given);
        return is_labs(out) ? 0 : err_set(err, ENOENT, "Looking for the labs: VMLAB_LABS is %.200s, and there is no 01-one-byte/lab.lua in it. Copy all of labs/ there.", given);
    }
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = 0;
    char *slash = strrchr(exe, '/');
    if (slash)
        *slash = 0;
    for (size_t i = 0; slash && i < sizeof near / sizeof *near; i++)
        if (join(out, exe, near[i]) && is_labs(out))
            return 0;
    snprintf(out, PATHS_SIZE, "%s/share/vmlab/labs", VMLAB_PREFIX);
    if (is_labs(out))
        return 0;
    return err_set(err, ENOENT, "Looking for the labs: neither beside the program nor in %.200s. Set VMLAB_LABS to the directory that holds 01-one-byte.", out);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int paths_list(const char *labs, char *name[PATHS_LABS], struct vm_error *err)
{
    unsigned n = 0;
    int e = 0;
    DIR *d = opendir(labs);
    if (!d)
        return err_set(err, errno, "Reading the directory %.300s: %s.", labs, strerror(errno));
    for (struct dirent *f; !e && n < PATHS_LABS && (f = readdir(d));) {
        char path[PATHS_SIZE];
        if (!isdigit((unsigned char)f->d_name[0]) || !join(path, labs, f->d_name) || !is_lab(path))
            continue;
        if ((name[n] = strdup(f->d_name)))
            n++;
        else
            e = ENOMEM;
    }
    closedir(d);
    if (e) {
        while (n)
            free(name[--n]);
        return err_set(err, e, "Reading the directory %.300s: out of memory.", labs);
    }
    qsort(name, n, sizeof *name, by_name);
    return (int)n;
}

/* As lab_load has it, which names the lab after it: "13-my/" and "." are no names. */
static int find_path(const char *word, char out[PATHS_SIZE], struct vm_error *err)
{
    if (is_lab(word) && realpath(word, out))
        return 0;
    return err_set(err, ENOENT, "Opening the lab %.200s: there is no lab.lua in it.", word);
}

int paths_find(const char *word, char out[PATHS_SIZE], struct vm_error *err)
{
    if (strchr(word, '/') || !strcmp(word, "."))
        return find_path(word, out, err);
    char labs[PATHS_SIZE], *name[PATHS_LABS];
    int r = paths_labs(labs, err);
    if (r < 0)
        return r;
    int n = paths_list(labs, name, err);
    if (n < 0)
        return n;
    char *end;
    unsigned long number = strtoul(word, &end, 10);
    bool found = false;
    for (int i = 0; i < n; i++) {
        char path[PATHS_SIZE];
        const char *dash = strchr(name[i], '-');
        if (!found && (!strcmp(name[i], word) || (*word && !*end && strtoul(name[i], NULL, 10) == number) || (dash && !strcmp(dash + 1, word))))
            found = join(path, labs, name[i]) && realpath(path, out);
        free(name[i]);
    }
    if (!found && is_lab(word))
        return err_set(err, ENOENT, "There is no lab '%.60s' in the list of `vmlab lab`: a directory is written ./%.60s.", word, word);
    return found ? 0 : err_set(err, ENOENT, "There is no lab '%.60s': `vmlab lab` lists them.", word);
}

static const char *home(void)
{
    const char *h = getenv("HOME");
    if (h && *h)
        return h;
    const struct passwd *p = getpwuid(getuid());
    return p ? p->pw_dir : NULL;
}

bool paths_next(unsigned number, char out[PATHS_SIZE])
{
    char word[16];
    struct vm_error err;
    snprintf(word, sizeof word, "%u", number + 1);
    return paths_find(word, out, &err) == 0;
}

int paths_work(const char *name, char out[PATHS_SIZE], struct vm_error *err)
{
    const char *given = getenv("VMLAB_WORK"), *h = home();
    int n = given && *given ? snprintf(out, PATHS_SIZE, "%s/%s", given, name) : h ? snprintf(out, PATHS_SIZE, "%s/vmlab-labs/%s", h, name) : -1;
    if (n < 0 || n >= PATHS_SIZE)
        return err_set(err, ENOENT, "Looking for a place to work in: there is no home directory. Set VMLAB_WORK or give --work DIR.");
    return 0;
}

int paths_state(char out[PATHS_SIZE], struct vm_error *err)
{
    const char *xdg = getenv("XDG_STATE_HOME"), *h = home();
    int n = xdg && *xdg == '/' ? snprintf(out, PATHS_SIZE, "%s/vmlab", xdg) : h ? snprintf(out, PATHS_SIZE, "%s/.local/state/vmlab", h) : -1;
    if (n < 0 || n >= PATHS_SIZE)
        return err_set(err, ENOENT, "Looking for the progress file: there is no home directory. Set HOME or XDG_STATE_HOME.");
    return 0;
}

int paths_make(const char *dir, struct vm_error *err)
{
    char path[PATHS_SIZE];
    snprintf(path, sizeof path, "%s", dir);
    for (char *p = path + 1;; p++) {
        if (*p && *p != '/')
            continue;
        char c = *p;
        *p = 0;
        if (mkdir(path, 0777) < 0 && errno != EEXIST) {
            int e = errno;
            return err_set(err, e, "Making the directory %.300s: %s.", path, strerror(e));
        }
        if (!c)
            return 0;
        *p = c;
    }
}
