/* history.c: see history.h. Several programs may append at the same time; each line is one write. */
#include "history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>

#include "tui/storage.h"

enum { LINES = 2000, LARGEST = 4 << 20 };

static char path[4096]; /* "": nothing is kept */

static void make_directories(void)
{
    for (char *p = path + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(path, 0700);
        *p = '/';
    }
}

void history_load(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    struct stat st;
    int n = -1;
    if (state && *state == '/')
        n = snprintf(path, sizeof path, "%s/vmlab/history", state);
    else if (home && *home == '/')
        n = snprintf(path, sizeof path, "%s/.local/state/vmlab/history", home);
    if (n < 0 || n >= (int)sizeof path) {
        path[0] = '\0';
    } else {
        make_directories();
        int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NONBLOCK, 0600);
        if (fd < 0 ? errno != ENOSPC && errno != EDQUOT : fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > LARGEST)
            path[0] = '\0'; /* no place for it, or nothing that we would have written */
        else
            read_history(path);
        if (fd >= 0)
            close(fd);
    }
    stifle_history(LINES);
}

int history_remember(const char *line, struct vm_error *err)
{
    HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;
    char *text;
    if (!*line || *line == ' ' || (last && !strcmp(last->line, line)))
        return 0;
    add_history(line);
    if (!path[0] || asprintf(&text, "%s\n", line) < 0)
        return 0;
    int r = storage_append(path, text, strlen(text), "the history of the bar", err);
    free(text);
    if (r < 0)
        path[0] = '\0';
    return r;
}

void history_shorten(void)
{
    struct stat st;
    int fd = path[0] ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    size_t room = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= LARGEST ? (size_t)st.st_size : 0;
    char *text = room ? malloc(room) : NULL;
    ssize_t n = text ? read(fd, text, room) : 0;
    ssize_t from = n;
    for (int lines = 0; from > 0 && !(text[from - 1] == '\n' && lines++ == LINES); from--)
        ;
    if (from > 0) /* should it fail, the file is a little long */
        storage_replace(path, text + from, (size_t)(n - from), "the history of the bar", NULL);
    free(text);
    if (fd >= 0)
        close(fd);
}
