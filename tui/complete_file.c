/* complete_file.c: Tab in a file's name: what is in the directory that the word names so far. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd.h"

/* Would the bar take this name for one word, and show it as it is? */
static bool one_word(const char *name)
{
    for (const char *p = name; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("\"';#@\\", *p))
            return false;
    return true;
}

void complete_file(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    const char *word = argv[argc - 1], *slash = strrchr(word, '/');
    size_t dir = slash ? (size_t)(slash - word) + 1 : 0, begun = strlen(word) - dir;
    char path[PATH_MAX + NAME_MAX + 2];
    struct dirent *e;
    struct stat st;
    (void)s;
    if (dir >= PATH_MAX)
        return;
    snprintf(path, sizeof path, "%.*s", (int)dir, word);
    DIR *d = opendir(dir ? path : ".");
    while (d && (e = readdir(d))) {
        bool hidden = e->d_name[0] == '.' && !begun; /* they are shown to who asks for them */
        if (hidden || strncmp(e->d_name, word + dir, begun) || !one_word(e->d_name) || !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        snprintf(path + dir, NAME_MAX + 1, "%s", e->d_name);
        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
            strcat(path, "/");
        add(self, path);
    }
    if (d)
        closedir(d);
}
