/* view_walk.c: an address on its way through segmentation and paging. */
#include <stdio.h>

#include "views.h"
#include "vmm/walk.h"

int walk_open(struct panel *p, int argc, char **argv, struct vm_error *err) { return view_address(p, argc, argv, err); }

void walk_draw(struct panel *p, struct area a)
{
    const struct cpu_state *c = &p->snap.cpu;
    struct sheet s = sheet_begin(p, a);
    uint64_t at = view_where(p, cpu_linear_rip(c));
    struct walk w;
    char flags[96];
    walk_linear(vcpu_machine(p->v), c, at, &w);
    sheet_printf(&s, ROLE_LABEL, "linear address 0x%llx%s%s%s", (unsigned long long)at, p->follow ? " (" : "", p->follow ? p->filter[0] ? p->filter : "the program counter" : "",
                 p->follow ? ")" : "");
    if (!w.paging)
        sheet_printf(&s, ROLE_TEXT, "paging is off (CR0.PG = 0): linear = physical");
    else
        sheet_printf(&s, ROLE_TEXT, "CR3   = 0x%08llx   the page tables begin here", (unsigned long long)c->cr3);
    for (unsigned i = 0; i < w.steps; i++) {
        walk_flags(&w.step[i], flags, sizeof flags);
        sheet_printf(&s, ROLE_TEXT, "%-5s = [0x%llx] entry %u = 0x%llx  %s%s", w.step[i].name, (unsigned long long)w.step[i].gpa, w.step[i].index,
                     (unsigned long long)w.step[i].value, flags, w.step[i].large ? "  large page" : "");
    }
    if (w.mapped)
        sheet_printf(&s, ROLE_KEY, "physical 0x%llx  %s %s%s, page of %llu KB", (unsigned long long)w.gpa, w.user ? "user" : "supervisor",
                     w.writable ? "writable" : "read-only", w.nx ? " no-execute" : "", (unsigned long long)w.page_size >> 10);
    else
        sheet_printf(&s, ROLE_ERROR, "not mapped: %s", w.why);
    if (w.paging && w.mapped && w.page_size)
        sheet_printf(&s, ROLE_DIM, "offset in the page: 0x%llx", (unsigned long long)(at & (w.page_size - 1)));
    sheet_end(&s);
}
