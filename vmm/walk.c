/* walk.c: linear to physical, keeping every step. */
#include "walk.h"

#include <stdio.h>

#include "machine.h"

enum { E_P = 1, E_RW = 2, E_US = 4, E_A = 0x20, E_D = 0x40, E_PS = 0x80, E_G = 0x100 };
#define E_NX (1ull << 63)
#define E_ADDR 0x000ffffffffff000ull

/* A paging mode is its levels, top first (SDM vol. 3, 4.3-4.5): how many bits of the address each indexes. */
struct level { const char *name; unsigned shift, bits; bool may_be_large; };
struct paging { struct level level[4]; unsigned levels, entry_size; };

static const struct paging modes[] = {
    {{{"PDE", 22, 10, true}, {"PTE", 12, 10, false}}, 2, 4},
    {{{"PDPTE", 30, 2, false}, {"PDE", 21, 9, true}, {"PTE", 12, 9, false}}, 3, 8},
    {{{"PML4E", 39, 9, false}, {"PDPTE", 30, 9, true}, {"PDE", 21, 9, true}, {"PTE", 12, 9, false}}, 4, 8},
};

static const struct paging *mode_of(const struct cpu_state *s)
{
    return s->efer & EFER_LMA ? &modes[2] : s->cr4 & CR4_PAE ? &modes[1] : &modes[0];
}

/* A large page's address: the entry's bits above the page's size; 4 MB pages keep bits 32-39 in 13-20 (PSE-36). */
static uint64_t large_base(const struct paging *p, uint64_t e, unsigned shift)
{
    if (p->entry_size == 4)
        return (e & 0xffc00000u) | (e >> 13 & 0xff) << 32;
    return e & E_ADDR & ~((1ull << shift) - 1);
}

static void mapped(struct walk *w, uint64_t base, unsigned shift, uint64_t linear)
{
    w->mapped = true;
    w->page_size = 1ull << shift;
    w->gpa = base | (linear & (w->page_size - 1));
}

void walk_linear(struct machine *m, const struct cpu_state *s, uint64_t linear, struct walk *w)
{
    *w = (struct walk){.paging = cpu_paging(s), .user = true, .writable = true};
    if (!(s->efer & EFER_LMA))
        linear = (uint32_t)linear;
    if (!w->paging) {
        w->mapped = true;
        w->gpa = linear;
        w->page_size = 4096;
        return;
    }
    const struct paging *p = mode_of(s);
    if (p->levels == 4 && (uint64_t)((int64_t)(linear << 16) >> 16) != linear) {
        snprintf(w->why, sizeof w->why, "the address is not canonical");
        return;
    }
    uint64_t table = s->cr3 & (p->levels == 3 ? 0xffffffe0u : p->entry_size == 4 ? 0xfffff000u : E_ADDR);
    for (unsigned i = 0; i < p->levels; i++) {
        const struct level *l = &p->level[i];
        struct walk_step *st = &w->step[w->steps];
        *st = (struct walk_step){.name = l->name, .index = (unsigned)(linear >> l->shift & ((1u << l->bits) - 1))};
        st->gpa = table + (uint64_t)st->index * p->entry_size;
        if (machine_read(m, st->gpa, &st->value, p->entry_size) != p->entry_size) {
            snprintf(w->why, sizeof w->why, "the %s at 0x%llx is outside RAM", l->name, (unsigned long long)st->gpa);
            return;
        }
        w->steps++;
        if (!(st->value & E_P)) {
            snprintf(w->why, sizeof w->why, "%s %u is not present", l->name, st->index);
            return;
        }
        /* A PDPTE of PAE paging has no rights (SDM vol. 3, table 4-8). */
        if (!(p->levels == 3 && i == 0)) {
            w->user &= !!(st->value & E_US);
            w->writable &= !!(st->value & E_RW);
        }
        if (p->entry_size == 8 && s->efer & EFER_NXE)
            w->nx |= !!(st->value & E_NX);
        st->large = l->may_be_large && st->value & E_PS && (p->entry_size == 8 || s->cr4 & CR4_PSE);
        if (st->large || i == p->levels - 1) {
            w->large = st->large;
            mapped(w, st->large ? large_base(p, st->value, l->shift) : st->value & E_ADDR, l->shift, linear);
            return;
        }
        table = st->value & E_ADDR;
    }
}

int walk_flags(const struct walk_step *s, char *buf, size_t size)
{
    return snprintf(buf, size, "%s %s %s%s%s%s%s%s", s->value & E_P ? "P" : "-", s->value & E_RW ? "RW" : "RO",
                    s->value & E_US ? "US" : "SU", s->value & E_A ? " A" : "", s->value & E_D ? " D" : "", s->large ? " PS" : "",
                    s->value & E_G ? " G" : "", s->value & E_NX ? " NX" : "");
}
