#include "tui/lab/progress.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "tui/lab/def.h"
#include "tui/lab/paths.h"
#include "tui/storage.h"

enum { LARGEST = 1 << 20 };
static const char *const hows[] = { "-", "passed", "skipped" };

static bool parse(const char *line, size_t n, char lab[64], unsigned *step, struct progress_step *what)
{
    char text[256], how[16];
    unsigned points;
    if (n >= sizeof text)
        return false;
    memcpy(text, line, n);
    text[n] = 0;
    if (sscanf(text, "%63s %u %15s %u", lab, step, how, &points) != 4 || *step < 1 || *step > PROGRESS_STEPS || points > 10000)
        return false;
    for (int h = PROGRESS_PASSED; h <= PROGRESS_SKIPPED; h++)
        if (!strcmp(how, hows[h])) {
            *what = (struct progress_step){ (enum progress_how)h, points };
            return true;
        }
    return false;
}

/* A lab's name as the one word that it is in the file: a directory may be called anything. */
struct word { char text[64]; };

static struct word word_of(const char *lab)
{
    struct word w;
    snprintf(w.text, sizeof w.text, "%s", *lab ? lab : "_");
    for (char *p = w.text; *p; p++)
        if (isspace((unsigned char)*p))
            *p = '_';
    return w;
}

static int read_all(char path[PATHS_SIZE], char **text, struct vm_error *err)
{
    size_t n;
    int r = paths_state(path, err);
    if (r < 0)
        return r;
    n = strlen(path);
    if (snprintf(path + n, PATHS_SIZE - n, "/progress") >= (int)(PATHS_SIZE - n))
        return err_set(err, ENAMETOOLONG, "Looking for the progress file: the path of the state directory is too long.");
    if (access(path, F_OK) < 0) {
        *text = strdup("");
        return *text ? 0 : err_set(err, ENOMEM, "Reading the progress file: out of memory.");
    }
    return lab_read_file(path, LARGEST, text, &n, err);
}

int progress_load(const char *lab, struct progress *p, struct vm_error *err)
{
    char path[PATHS_SIZE], *text;
    struct word ours = word_of(lab);
    *p = (struct progress){ 0 };
    int r = read_all(path, &text, err);
    if (r < 0)
        return r;
    for (const char *t = text; *t;) {
        size_t n = strcspn(t, "\n");
        char name[64];
        unsigned step;
        struct progress_step what;
        if (parse(t, n, name, &step, &what) && !strcmp(name, ours.text))
            p->step[step - 1] = what;
        t += n + (t[n] == '\n');
    }
    free(text);
    return 0;
}

/* Every line but those of this lab (and step, if not 0), then the new one. */
static void compose(FILE *f, const char *text, const char *lab, unsigned step, const struct progress_step *what)
{
    for (const char *t = text; *t;) {
        size_t n = strcspn(t, "\n");
        char name[64];
        unsigned s;
        struct progress_step old;
        bool ours = parse(t, n, name, &s, &old) && !strcmp(name, lab) && (!step || s == step);
        if (!ours)
            fprintf(f, "%.*s\n", (int)n, t);
        t += n + (t[n] == '\n');
    }
    if (what) {
        time_t now = time(NULL);
        struct tm tm;
        char when[32];
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
        fprintf(f, "%s %u %s %u %s\n", lab, step, hows[what->how], what->points, when);
    }
}

static int replace(const char *path, const char *text, const char *lab, unsigned step, const struct progress_step *what, struct vm_error *err)
{
    char *next = NULL;
    size_t n;
    FILE *f = open_memstream(&next, &n);
    if (f)
        compose(f, text, lab, step, what);
    int r = !f || ferror(f) | fclose(f) ? err_set(err, ENOMEM, "Cannot write your progress: out of memory.")
                                        : storage_replace(path, next, n, "your progress", err);
    free(next);
    return r;
}

/* Read, change, replace: while we hold the lock nobody else does. */
static int rewrite(const char *lab, unsigned step, const struct progress_step *what, struct vm_error *err)
{
    struct word ours = word_of(lab);
    char dir[PATHS_SIZE], path[PATHS_SIZE], lock[PATHS_SIZE + 16], *text;
    int r = paths_state(dir, err);
    if (r == 0)
        r = paths_make(dir, err);
    if (r < 0)
        return r;
    snprintf(lock, sizeof lock, "%s/progress.lock", dir);
    int held = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (held < 0 || flock(held, LOCK_EX) < 0) {
        r = storage_error(err, errno, "your progress, for want of the lock", lock);
        if (held >= 0)
            close(held);
        return r;
    }
    r = read_all(path, &text, err);
    if (r == 0) {
        r = replace(path, text, ours.text, step, what, err);
        free(text);
    }
    close(held);
    return r;
}

int progress_set(const char *lab, unsigned step, struct progress_step what, struct vm_error *err) { return rewrite(lab, step + 1, &what, err); }
int progress_forget(const char *lab, struct vm_error *err) { return rewrite(lab, 0, NULL, err); }

unsigned progress_done(const struct progress *p, unsigned steps)
{
    unsigned n = 0;
    for (unsigned i = 0; i < steps && i < PROGRESS_STEPS; i++)
        n += p->step[i].how != PROGRESS_NONE;
    return n;
}

unsigned progress_points(const struct progress *p)
{
    unsigned n = 0;
    for (unsigned i = 0; i < PROGRESS_STEPS; i++)
        n += p->step[i].points;
    return n;
}
