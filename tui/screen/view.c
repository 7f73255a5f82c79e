/* view.c: the table of views. */
#include "view.h"

#include <string.h>

#include "views.h"

static const struct view table[] = {
    { "overview", NULL, "console, registers, code and exits", NULL, NULL, false, 0, NULL },
    { "console", NULL, "the guest's console alone, as large as it gets", NULL, console_draw, false, 4, console_back },
    { "mem", "[ADDR|REG]", "memory from an address or a register on, changes marked", mem_open, mem_draw, true, 4, mem_scroll },
    { "stack", NULL, "the stack, from its top", stack_open, stack_draw, true, 4, NULL },
    { "trace", "[FILTER]", "every exit, event and injection in order", trace_open, trace_draw, true, 4, trace_scroll },
    { "code", "[ADDR]", "disassembly", code_open, code_draw, true, 4, NULL },
    { "exits", NULL, "exits by reason, and by port, page and vector", NULL, places_draw, true, 4, NULL },
    { "histogram", NULL, "how long exits take, and where the time goes", NULL, histogram_draw, true, 4, NULL },
    { "walk", "[ADDR|REG]", "an address through the page tables, entry by entry", walk_open, walk_draw, true, 4, NULL },
    { "tables", NULL, "GDT and IDT in words", NULL, tables_draw, false, 4, NULL },
    { "devices", NULL, "the devices of the machine and their registers", NULL, devices_draw, true, 4, NULL },
    { "regs", NULL, "every register, with segment bases and limits", NULL, allregs_draw, true, 4, NULL },
};

const struct view *view_at(size_t i) { return i < sizeof table / sizeof *table ? &table[i] : NULL; }

const struct view *view_find(const char *name)
{
    static const struct { const char *alias, *name; } also[] = { { "memory", "mem" }, { "registers", "regs" }, { "gdt", "tables" }, { "idt", "tables" }, { "disas", "code" }, { "hist", "histogram" }, { "none", "overview" } };
    for (size_t i = 0; i < sizeof also / sizeof *also; i++)
        if (!strcmp(also[i].alias, name))
            name = also[i].name;
    const struct view *found = NULL;
    size_t n = strlen(name), hits = 0;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (!strcmp(table[i].name, name))
            return &table[i];
        if (n && !strncmp(table[i].name, name, n)) {
            found = &table[i];
            hits++;
        }
    }
    return hits == 1 ? found : NULL;
}
