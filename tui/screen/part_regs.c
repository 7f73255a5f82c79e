/* part_regs.c: registers, as many as fit. What changed since the last stop is marked with '*', bold and underlined. */
#include "panel.h"

#include <stdio.h>
#include <string.h>

enum { ITEMS = 48 };
struct item { char name[6], value[36]; bool changed, wide; };

static const struct { enum cpu_gpr r; const char *name; } order[] = {
    { CPU_RAX, "AX" }, { CPU_RBX, "BX" }, { CPU_RCX, "CX" }, { CPU_RDX, "DX" }, { CPU_RSI, "SI" }, { CPU_RDI, "DI" }, { CPU_RBP, "BP" }, { CPU_RSP, "SP" },
};
static const struct { enum cpu_segreg s; const char *name; } segs[] = {
    { CPU_CS, "CS" }, { CPU_DS, "DS" }, { CPU_ES, "ES" }, { CPU_SS, "SS" }, { CPU_FS, "FS" }, { CPU_GS, "GS" },
};
static const struct { uint64_t bit; const char *name; } flags[] = {
    { FLAG_CF, "CF" }, { FLAG_PF, "PF" }, { FLAG_AF, "AF" }, { FLAG_ZF, "ZF" }, { FLAG_SF, "SF" }, { FLAG_TF, "TF" }, { FLAG_IF, "IF" },
    { FLAG_DF, "DF" }, { FLAG_OF, "OF" }, { FLAG_NT, "NT" }, { FLAG_VM, "VM" }, { FLAG_AC, "AC" },
};

/* Bytes that a general register shows: 16-bit code with something in an upper half gets the whole 32. */
static int gpr_size(const struct cpu_state *s)
{
    enum cpu_mode m = cpu_mode(s);
    if (m == CPU_LONG)
        return 8;
    if (m == CPU_PROT32 || m == CPU_COMPAT)
        return 4;
    for (int i = 0; i < 8; i++)
        if (s->gpr[i] & 0xffff0000u)
            return 4;
    return 2;
}

static void add(struct item *items, int *n, const char *prefix, const char *name, int size, uint64_t now, uint64_t was)
{
    if (*n == ITEMS)
        return;
    struct item *it = &items[(*n)++];
    uint64_t mask = size == 8 ? UINT64_MAX : (1ull << size * 8) - 1;
    snprintf(it->name, sizeof it->name, "%s%s", prefix, name);
    snprintf(it->value, sizeof it->value, "%0*llx", size * 2, (unsigned long long)(now & mask));
    it->changed = ((now ^ was) & mask) != 0;
    it->wide = false;
}

/* Everything worth showing, the most wanted first. *first: how many are general registers. */
static int collect(const struct panel *p, struct item items[ITEMS], int *first)
{
    /* At full speed everything changes all the time: marks mean something at a stop and in slow motion, and at the end only
     * if there was a stop before it. */
    bool ended = p->snap.state == VCPU_EXITED || p->snap.state == VCPU_FAILED;
    bool marks = p->snap.state != VCPU_CREATED && (p->snap.state != VCPU_RUNNING || p->snap.steps) && (!ended || p->snap.stops > 1);
    const struct cpu_state *s = &p->snap.cpu, *b = marks ? &p->before : s;
    int n = 0, size = gpr_size(s);
    const char *e = size == 8 ? "R" : size == 4 ? "E" : "";
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        add(items, &n, e, order[i].name, size, s->gpr[order[i].r], b->gpr[order[i].r]);
    for (int i = 8; i < CPU_GPRS && size == 8; i++) {
        char name[4];
        snprintf(name, sizeof name, "R%d", i);
        add(items, &n, "", name, size, s->gpr[i], b->gpr[i]);
    }
    *first = n;
    for (size_t i = 0; i < (size == 2 ? 4 : 6); i++)
        add(items, &n, "", segs[i].name, 2, s->seg[segs[i].s].sel, b->seg[segs[i].s].sel);
    add(items, &n, e, "IP", size, s->rip, b->rip);
    struct item *f = &items[n++];
    *f = (struct item){ .changed = s->rflags != b->rflags, .wide = true };
    snprintf(f->name, sizeof f->name, "flags");
    size_t k = 0;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (s->rflags & flags[i].bit && k + 4 < sizeof f->value)
            k += (size_t)snprintf(f->value + k, sizeof f->value - k, "%s%s", k ? " " : "", flags[i].name);
    if (!k)
        snprintf(f->value, sizeof f->value, "-");
    if (cpu_mode(s) != CPU_REAL) {
        add(items, &n, "", "CR0", 4, s->cr0, b->cr0);
        add(items, &n, "", "CR2", size == 8 ? 8 : 4, s->cr2, b->cr2);
        add(items, &n, "", "CR3", 4, s->cr3, b->cr3);
        add(items, &n, "", "CR4", 4, s->cr4, b->cr4);
    }
    return n;
}

static int cell_width(const struct item *it) { return (int)strlen(it->name) + 1 + (it->wide ? 18 : (int)strlen(it->value)) + 1; }

/* Walk through the rows: general registers on a grid, the others flowing. draw: NULL area.cv means count only. */
static int flow(const struct panel *p, int w, bool all, struct area a, bool draw)
{
    struct item items[ITEMS];
    int first, n = collect(p, items, &first), x = 0, y = 0;
    int grid = cell_width(&items[0]), per_row = (w + 1) / grid > 8 ? 8 : (w + 1) / grid < 1 ? 1 : (w + 1) / grid;
    if (per_row > 4 && per_row < 8)
        per_row = 4;
    for (int i = 0; i < (all ? n : first); i++) {
        int width = i < first ? grid : cell_width(&items[i]);
        if ((i < first && i && i % per_row == 0) || (i == first && x) || (x && x + width - 1 > w)) {
            y++;
            x = 0;
        }
        if (draw) {
            enum role r = items[i].changed ? ROLE_CHANGED : ROLE_TEXT;
            int at = area_text(a, x, y, ROLE_LABEL, items[i].name);
            at = area_text(a, at, y, r, items[i].changed ? "*" : " ");
            area_text(a, at, y, r, items[i].value);
        }
        x += width;
    }
    return y + 1;
}

int part_regs_rows(const struct panel *p, int w, bool all)
{
    return flow(p, w, all, (struct area){ 0 }, false);
}

void part_regs(struct panel *p, struct area a)
{
    if (a.h > 0 && a.w > 0)
        flow(p, a.w, true, a, true);
}
