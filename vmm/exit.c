/* exit.c: the names and sentences of exit reasons. */
#include "exit.h"

#include <string.h>

static const struct { const char *name, *sentence; } rows[EXIT_REASONS] = {
    [EXIT_IO_IN] = {"io-in", "the guest read from an I/O port"},
    [EXIT_IO_OUT] = {"io-out", "the guest wrote to an I/O port"},
    [EXIT_MMIO_READ] = {"mmio-read", "the guest read from an address that is not RAM"},
    [EXIT_MMIO_WRITE] = {"mmio-write", "the guest wrote to an address that is not RAM"},
    [EXIT_HLT] = {"hlt", "the guest executed HLT"},
    [EXIT_DEBUG] = {"debug", "a single step, a breakpoint or a watchpoint"},
    [EXIT_IRQ_WINDOW] = {"irq-window", "the guest can take an interrupt now"},
    [EXIT_KICK] = {"kick", "the VMM asked for control"},
    [EXIT_BUDGET] = {"budget", "the instruction budget was used up"},
    [EXIT_SHUTDOWN] = {"shutdown", "a triple fault: the processor could not deliver a double fault"},
    [EXIT_FAIL_ENTRY] = {"fail-entry", "the processor refused the guest's state"},
    [EXIT_INTERNAL] = {"internal", "the engine could not go on"},
};

const char *exit_name(enum exit_reason r)
{
    return (unsigned)r < EXIT_REASONS ? rows[r].name : "?";
}

const char *exit_sentence(enum exit_reason r)
{
    return (unsigned)r < EXIT_REASONS ? rows[r].sentence : "an unknown reason";
}

bool exit_parse(const char *name, enum exit_reason *out)
{
    size_t n = strlen(name), found = 0;
    for (unsigned i = 0; n && i < EXIT_REASONS; i++) {
        if (strncmp(rows[i].name, name, n) != 0)
            continue;
        *out = (enum exit_reason)i;
        found++;
        if (rows[i].name[n] == 0)
            return true;
    }
    return found == 1;
}
