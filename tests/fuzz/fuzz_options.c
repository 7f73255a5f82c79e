/* fuzz_options.c: any command line: words separated by zero bytes. It is accepted or answered with a sentence. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "tui/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { WORDS = 80 };
    struct options o;
    struct vm_error err = { 0 };
    char *copy = malloc(size + 1), *argv[WORDS + 1];
    int argc = 1;
    if (!copy)
        return 0;
    if (size)
        memcpy(copy, data, size);
    copy[size] = '\0';
    argv[0] = copy + size;
    for (size_t at = 0; at < size && argc < WORDS; at += strlen(copy + at) + 1)
        argv[argc++] = copy + at;
    argv[argc] = NULL;
    must(options_parse(&o, argc, argv, &err) == 0 || strlen(err.text) >= 10);
    must(o.guests <= SESSION_VCPUS);
    free(copy);
    return 0;
}
