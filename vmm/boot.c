/* boot.c: the table of boot protocols. A new one is one file in boot/ and one row here. */
#include "boot.h"

#include <string.h>

#include "boot/protocols.h"

static const struct boot_protocol *const table[] = {&boot_real, &boot_flat32, &boot_paging, &boot_long};

const struct boot_protocol *boot_at(size_t i)
{
    return i < sizeof table / sizeof table[0] ? table[i] : NULL;
}

const struct boot_protocol *boot_find(const char *name)
{
    for (size_t i = 0; boot_at(i); i++)
        if (strcmp(boot_at(i)->name, name) == 0)
            return boot_at(i);
    return NULL;
}
