/* script.c: a stack of sources and what the line on top waits for. */
#include "script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DEPTH = 16, LARGEST = 4 << 20, SLICE = 64 /* lines before the caller gets a turn */ };

struct source {
    char *text, *at;    /* all of it, and what is left */
    char *cut;          /* the line break that was replaced to run a line, or the end */
    char where[256];
    unsigned line;
    bool numbered;      /* more than one line: errors say which */
};

struct script {
    struct source stack[DEPTH];
    unsigned depth;
    uint64_t wait;      /* vCPUs that must stop first */
    bool waiting;
    int64_t deadline;   /* CLOCK_MONOTONIC ms, -1: none */
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int push(struct session *s, const char *where, char *text, bool is_file, struct vm_error *err)
{
    if (!s->script && !(s->script = calloc(1, sizeof *s->script))) {
        free(text);
        return err_set(err, ENOMEM, "No memory to run '%.100s'.", where);
    }
    struct script *sc = s->script;
    if (sc->depth == DEPTH) {
        free(text);
        return err_set(err, ELOOP, "Scripts are nested %d deep: does '%.100s' source itself?", DEPTH, where);
    }
    struct source *src = &sc->stack[sc->depth++];
    *src = (struct source){ .text = text, .at = text, .numbered = is_file || strchr(text, '\n') };
    snprintf(src->where, sizeof src->where, "%s", where);
    return 0;
}

int script_push_text(struct session *s, const char *where, const char *text, struct vm_error *err)
{
    char *copy = strdup(text);
    if (!copy)
        return err_set(err, ENOMEM, "No memory to run '%.100s'.", where);
    return push(s, where, copy, false, err);
}

static char *slurp(int fd, const char *path, struct vm_error *err)
{
    size_t n = 0, room = 4096;
    char *text = malloc(room), *more;
    while (text) {
        ssize_t got = read(fd, text + n, room - n - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            err_set(err, errno, "Cannot read the script '%.200s': %s.", path, strerror(errno));
            free(text);
            return NULL;
        }
        text[n += (size_t)got] = '\0';
        if (got == 0 && !memchr(text, 0, n))
            return text;
        if (got == 0 || n > LARGEST) {
            err_set(err, EINVAL, got == 0 ? "'%.200s' is not a script: there are zero bytes in it." : "The script '%.200s' is larger than 4 MB.", path);
            free(text);
            return NULL;
        }
        if (room - n < 1024) {
            if (!(more = realloc(text, room *= 2)))
                free(text);
            text = more;
        }
    }
    err_set(err, ENOMEM, "No memory to read the script '%.200s'.", path);
    return NULL;
}

int script_push_file(struct session *s, const char *path, struct vm_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0)
        return err_set(err, errno, "Cannot open the script '%.200s': %s.", path, strerror(errno));
    if (!standard && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        return err_set(err, EISDIR, "The script '%.200s' is a directory.", path);
    }
    if (!standard)
        fcntl(fd, F_SETFL, 0); /* O_NONBLOCK was only for the open, of a pipe without a writer */
    char *text = slurp(fd, path, err);
    if (!standard)
        close(fd);
    if (!text)
        return -err->code;
    return push(s, standard ? "stdin" : path, text, true, err);
}

void script_stop(struct session *s)
{
    struct script *sc = s->script;
    while (sc && sc->depth)
        free(sc->stack[--sc->depth].text);
    free(sc);
    s->script = NULL;
}

bool script_active(const struct session *s) { return s->script && (s->script->depth || s->script->waiting); }

int script_wait_ms(const struct session *s)
{
    const struct script *sc = s->script;
    if (!sc || !sc->waiting || sc->deadline < 0)
        return -1;
    int64_t left = sc->deadline - now_ms();
    return left < 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

/* Have all those it waits for carried out what was asked, and stopped? */
static bool still_waiting(const struct session *s)
{
    const struct script *sc = s->script;
    bool late = sc->deadline >= 0 && now_ms() >= sc->deadline;
    if (late || (!sc->wait && sc->deadline < 0))
        return false;
    if (!sc->wait)
        return true; /* a pure delay */
    for (unsigned i = 0; i < s->vcpus; i++)
        if ((sc->wait >> i & 1) && !session_at_rest(s, i))
            return true;
    return false;
}

/* Adds "file:line: " to errors. */
struct located { struct out out; struct out *to; const char *where; unsigned line; bool inside; };

static void located_write(void *self, const char *text, size_t n)
{
    struct located *l = self;
    if (!l->out.failed) {
        l->to->write(l->to->self, text, n);
        return;
    }
    if (!l->inside && l->line)
        out_error(l->to, "%s:%u: ", l->where, l->line);
    else if (!l->inside && *l->where) /* "": typed, the line is before everybody's eyes */
        out_error(l->to, "%s: ", l->where);
    out_error(l->to, "%.*s", (int)n, text);
    l->inside = n == 0 || text[n - 1] != '\n';
}

/* The next line, cut out of its text; NULL when this source is used up. */
static char *next_line(struct source *src)
{
    char *line = src->at;
    if (!*line)
        return NULL;
    src->cut = src->at += strcspn(line, "\n");
    if (*src->cut) {
        *src->cut = '\0';
        src->at++;
    } else {
        src->cut = NULL;
    }
    src->line++;
    return line;
}

/* The part after a ';' is to be run as this source's next line. */
static void put_back(struct source *src, const char *rest)
{
    src->at = src->text + (rest - src->text);
    if (src->cut)
        *src->cut = '\n';
    src->line--;
}

enum script_state script_run(struct session *s, struct out *out)
{
    struct script *sc = s->script;
    for (int budget = SLICE; sc && !s->quit; budget--) {
        if (sc->waiting && still_waiting(s))
            return SCRIPT_WAIT;
        sc->waiting = false;
        if (!sc->depth)
            break;
        if (budget == 0) { /* a long script must not starve the screen */
            sc->waiting = true;
            sc->wait = 0;
            sc->deadline = now_ms();
            return SCRIPT_WAIT;
        }
        struct source *src = &sc->stack[sc->depth - 1];
        char *line = next_line(src);
        if (!line) {
            free(src->text);
            sc->depth--;
            continue;
        }
        struct located l = { .out = { .write = located_write, .self = &l }, .to = out, .where = src->where,
                             .line = src->numbered ? src->line : 0 };
        const char *rest;
        int ms, rc = command_run(s, line, &l.out, &sc->wait, &ms, &rest);
        if (rc) {
            script_stop(s);
            return SCRIPT_FAILED;
        }
        if (rest)
            put_back(src, rest);
        sc->waiting = sc->wait || ms;
        sc->deadline = ms ? now_ms() + ms : -1;
    }
    script_stop(s);
    return SCRIPT_DONE;
}
