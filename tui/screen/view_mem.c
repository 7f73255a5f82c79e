/* view_mem.c: memory and stack. Bytes that changed since the last stop are marked. */
#include <stdio.h>
#include <string.h>

#include "views.h"

/* Keep what was there at the stop before, to compare with. */
static size_t fetch(struct panel *p, uint64_t at, size_t n)
{
    uint8_t now[VIEW_BYTES] = { 0 };
    size_t got = vcpu_mem_read(p->v, at, now, n < sizeof now ? n : sizeof now, NULL);
    bool same_place = p->mem.at == at && p->mem.n >= got;
    if (!same_place)
        memcpy(p->mem.was, now, sizeof now);
    else if (p->mem.stops != p->snap.stops + p->snap.steps)
        memcpy(p->mem.was, p->mem.now, sizeof p->mem.was);
    memcpy(p->mem.now, now, sizeof now);
    p->mem.at = at;
    p->mem.n = got;
    p->mem.stops = p->snap.stops + p->snap.steps;
    return got;
}

int mem_open(struct panel *p, int argc, char **argv, struct vm_error *err)
{
    int rc = view_address(p, argc, argv, err);
    if (rc == 0)
        p->mem.n = 0;
    return rc;
}

static int digits_of(const struct panel *p) { return cpu_mode(&p->snap.cpu) == CPU_LONG ? 12 : cpu_mode(&p->snap.cpu) == CPU_REAL ? 5 : 8; }

static int bytes_per_row(const struct area *a, int digits)
{
    int n = (a->w - digits - 3) / 4; /* two digits, a blank, a character */
    return n >= 32 ? 32 : n >= 16 ? 16 : n >= 8 ? 8 : 4;
}

static uint64_t mem_where(const struct panel *p)
{
    const struct cpu_state *s = &p->snap.cpu;
    return view_where(p, s->seg[CPU_DS].base);
}

void mem_draw(struct panel *p, struct area a)
{
    int digits = digits_of(p), per = bytes_per_row(&a, digits), rows = a.h - 1;
    uint64_t at = mem_where(p) & ~(uint64_t)(per - 1);
    char head[96];
    if (rows < 1)
        return;
    if ((size_t)(rows * per) > VIEW_BYTES)
        rows = VIEW_BYTES / per;
    size_t got = fetch(p, at, (size_t)(rows * per));
    snprintf(head, sizeof head, "memory at 0x%llx (linear)%s%s, * changed", (unsigned long long)at, !p->follow ? "" : p->filter[0] ? ", follows " : ", data segment",
             p->follow ? p->filter : "");
    area_fit(a, 0, 0, a.w, ROLE_LABEL, head);
    for (int r = 0; r < rows; r++) {
        uint64_t row = at + (uint64_t)(r * per);
        area_printf(a, 0, r + 1, ROLE_DIM, "%0*llx", digits, (unsigned long long)row);
        for (int i = 0; i < per; i++) {
            size_t k = (size_t)(r * per + i);
            int x = digits + 1 + i * 3;
            if (k >= got) {
                area_text(a, x, r + 1, ROLE_DIM, a.cv->ascii ? " --" : " ··");
                continue;
            }
            bool changed = p->mem.now[k] != p->mem.was[k];
            enum role role = changed ? ROLE_CHANGED : ROLE_TEXT;
            char c[2] = { p->mem.now[k] >= 0x20 && p->mem.now[k] < 0x7f ? (char)p->mem.now[k] : '.', '\0' };
            area_printf(a, x, r + 1, role, "%s%02x", changed ? "*" : " ", p->mem.now[k]);
            area_text(a, digits + 2 + per * 3 + i, r + 1, changed ? ROLE_CHANGED : ROLE_DIM, c);
        }
    }
    if (!got)
        area_fit(a, 0, 1, a.w, ROLE_ERROR, "nothing is mapped here");
}

void mem_scroll(struct panel *p, int lines)
{
    p->addr = mem_where(p) - (uint64_t)(int64_t)(lines * 16);
    p->follow = false;
}

int stack_open(struct panel *p, int argc, char **argv, struct vm_error *err)
{
    (void)argc, (void)argv, (void)err;
    p->mem.n = 0;
    return 0;
}

static uint64_t word_at(const uint8_t *b, unsigned size)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < size; i++)
        v |= (uint64_t)b[i] << 8 * i;
    return v;
}

void stack_draw(struct panel *p, struct area a)
{
    const struct cpu_state *s = &p->snap.cpu;
    enum cpu_mode m = cpu_mode(s);
    unsigned size = m == CPU_LONG ? 8 : s->seg[CPU_SS].attr & SEG_DB ? 4 : 2;
    uint64_t sp = s->gpr[CPU_RSP] & (size == 8 ? UINT64_MAX : size == 4 ? 0xffffffffu : 0xffffu);
    uint64_t bp = s->gpr[CPU_RBP] & (size == 8 ? UINT64_MAX : size == 4 ? 0xffffffffu : 0xffffu);
    uint64_t base = m == CPU_LONG ? 0 : s->seg[CPU_SS].base, top = sp + (uint64_t)p->scroll * size;
    int rows = a.h - 1;
    if (rows < 1)
        return;
    if (rows * (int)size > VIEW_BYTES)
        rows = VIEW_BYTES / (int)size;
    size_t got = fetch(p, base + top, (size_t)rows * size);
    area_printf(a, 0, 0, ROLE_LABEL, "stack at SS:SP = %04x:%0*llx, words of %u bytes", s->seg[CPU_SS].sel, (int)size * 2, (unsigned long long)sp, size);
    for (int r = 0; r < rows; r++) {
        uint64_t at = top + (uint64_t)r * size, k = (uint64_t)r * size;
        if (size < 8 && at > (size == 4 ? 0xffffffffu : 0xffffu)) {
            area_text(a, 0, r + 1, ROLE_DIM, "the end of the segment");
            break;
        }
        bool known = k + size <= got, changed = known && memcmp(p->mem.now + k, p->mem.was + k, size);
        const char *mark = at == sp ? "SP" : at == bp ? "BP" : "  ";
        int x = area_printf(a, 0, r + 1, at == sp ? ROLE_KEY : ROLE_DIM, "%s %0*llx ", mark, (int)size * 2, (unsigned long long)at);
        if (!known) {
            area_text(a, x, r + 1, ROLE_DIM, "not mapped");
            break;
        }
        uint64_t v = word_at(p->mem.now + k, size);
        x = area_printf(a, x, r + 1, changed ? ROLE_CHANGED : ROLE_TEXT, "%s%0*llx", changed ? "*" : " ", (int)size * 2, (unsigned long long)v);
        area_printf(a, x + 2, r + 1, ROLE_DIM, "%llu", (unsigned long long)v);
    }
}
