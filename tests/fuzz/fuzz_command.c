/* fuzz_command.c: any line in the command bar, completed and carried out, on guests that are there but do not run. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"

static void word(void *self, const char *w)
{
    (void)self;
    must(*w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session *s = fuzz_session();
    uint64_t wait;
    int ms;
    char *line = malloc(size + 1);
    if (!line)
        return 0;
    if (size)
        memcpy(line, data, size);
    line[size] = '\0';
    size_t n = strlen(line);
    must(command_complete(s, line, n, word, NULL) <= n);
    if (fuzz_harmless(line))
        for (const char *rest = line; rest && !s->quit;)
            if (command_run(s, rest, &fuzz_out, &wait, &ms, &rest))
                break;
    fuzz_session_again();
    free(line);
    return 0;
}
