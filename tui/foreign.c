#include "foreign.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* GDB, the QEMU monitor, Bochs. A second word may be cut short, as it may be there. */
static const struct { const char *word, *second, *here; } words[] = {
    { "info", "registers", "regs" },
    { "info", "breakpoints", "break" },
    { "info", "watchpoints", "watch" },
    { "info", "cpus", "info" },
    { "info", "threads", "info" },
    { "info", "mem", "walk ADDRESS" },
    { "info", "tlb", "walk ADDRESS" },
    { "info", "pic", "devices pic" },
    { "info", "irq", "devices pic" },
    { "info", "idt", "idt" },
    { "info", "gdt", "gdt" },
    { "stepi", NULL, "step" },
    { "si", NULL, "step" },
    { "nexti", NULL, "step ('next' runs to the next exit)" },
    { "ni", NULL, "step ('next' runs to the next exit)" },
    { "finish", NULL, "until [sp]" },
    { "tbreak", NULL, "until ADDRESS" },
    { "cont", NULL, "run" },
    { "stop", NULL, "pause" },
    { "jump", NULL, "set ip=ADDRESS" },
    { "print", NULL, "regs, or mem ADDRESS" },
    { "xp", NULL, "mem ADDRESS LEN" },
    { "memory", NULL, "mem ADDRESS LEN" },
    { "disassemble", NULL, "disas" },
    { "list", NULL, "disas" },
    { "bt", NULL, "stack" },
    { "backtrace", NULL, "stack" },
    { "registers", NULL, "regs" },
    { "display", NULL, "view" },
    { "cpu", NULL, "focus" },
    { "thread", NULL, "focus" },
    { "sendkey", NULL, "key" },
    { "system_reset", NULL, "reset" },
    { "restart", NULL, "reset" },
    { "start", NULL, "run" },
    { "kill", NULL, "quit" },
    { "bp", NULL, "break ADDRESS" },
    { "where", NULL, "stack" },
    { "advance", NULL, "until ADDRESS" },
    { "vmlab", NULL, "load NAME ('vmlab' itself is for the shell: quit first)" },
};

const char *foreign_word(const char *word, const char *second)
{
    if (strncmp(word, "x/", 2) == 0)
        return strchr(word, 'i') ? "disas ADDRESS N" : "mem ADDRESS LEN b|w|d|q";
    if (strncmp(word, "p/", 2) == 0)
        word = "print";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(words[i].word, word) == 0 && (!words[i].second || (second && *second && strncasecmp(words[i].second, second, strlen(second)) == 0)))
            return words[i].here;
    return NULL;
}
