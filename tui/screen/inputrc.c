/* inputrc.c: readline 8.2 follows a $include wherever it leads, until its stack ends. */
#include "inputrc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/readline.h>

enum { FILES = 32, LARGEST = 1 << 20 };

/* Where "$include FILE" leads, NULL if the line is another; found as readline finds it. */
static char *included(char *line)
{
    static const char word[] = "include", blank[] = " \t";
    char *p = line + strspn(line, blank);
    if (*p++ != '$')
        return NULL;
    p += strspn(p, blank);
    if (strncasecmp(p, word, sizeof word - 1) != 0 || !strchr(blank, p[sizeof word - 1]))
        return NULL;
    p += sizeof word - 1;
    p += strspn(p, blank);
    p[strcspn(p, "\r\n")] = '\0';
    return tilde_expand(p);
}

/* *left: how many files may still be read. */
static bool sound(const char *path, int *left)
{
    struct stat st;
    char *line = NULL;
    size_t room = 0;
    bool ok = true;
    if (stat(path, &st) != 0)
        return true;
    if (!S_ISREG(st.st_mode))
        return !S_ISFIFO(st.st_mode);
    if ((*left)-- == 0 || st.st_size > LARGEST)
        return false;
    FILE *f = fopen(path, "re");
    while (f && ok && getline(&line, &room, f) > 0) {
        char *next = included(line);
        ok = !next || sound(next, left);
        free(next);
    }
    free(line);
    if (f)
        fclose(f);
    return ok;
}

bool inputrc_sound(void)
{
    const char *given = getenv("INPUTRC");
    int left = FILES;
    char *own = tilde_expand("~/.inputrc");
    bool ok = sound(given && *given ? given : access(own, R_OK) == 0 ? own : "/etc/inputrc", &left);
    free(own);
    return ok;
}
