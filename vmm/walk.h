/* walk.h: translate a linear address the way the processor does, and keep every step (SDM vol. 3, chapter 4).
 * 32-bit (4 KB, 4 MB PSE), PAE and 4-level paging. Reads guest RAM, sets nothing. */
#ifndef VMM_WALK_H
#define VMM_WALK_H

#include "cpu.h"

struct machine;

struct walk_step { const char *name; /* "PDE", "PTE", "PML4E"... */ uint64_t gpa, value; unsigned index; bool large; };
struct walk {
    bool paging;            /* false: linear = physical */
    struct walk_step step[4];
    unsigned steps;
    bool mapped;
    uint64_t gpa;           /* when mapped */
    bool user, writable, nx, large;
    uint64_t page_size;
    char why[96];           /* when not mapped: "PTE not present", "PDE outside RAM" */
};

/* Any thread. */
void walk_linear(struct machine *m, const struct cpu_state *s, uint64_t linear, struct walk *w);
/* The flag bits of an entry in words: "P RW US A D". */
int walk_flags(const struct walk_step *s, char *buf, size_t size);

#endif
