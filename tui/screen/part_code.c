/* part_code.c: the instructions around the program counter. The window stays where it is while the counter moves inside
 * it, so that the eye follows the mark and not a scrolling text. */
#include "panel.h"

#include <stdio.h>

#include "tui/command.h"
#include "vmm/disasm.h"

enum { LINES = 128, INSN_MAX = 15 };

/* Decode rows lines from linear on; returns how many. */
static int decode(struct panel *p, uint64_t linear, int rows, struct disasm_line out[LINES])
{
    uint8_t bytes[LINES * INSN_MAX];
    const struct cpu_state *s = &p->snap.cpu;
    if (rows > LINES)
        rows = LINES;
    size_t n = vcpu_mem_read(p->v, linear, bytes, (size_t)rows * INSN_MAX, NULL), at = 0;
    if (!n && linear == cpu_linear_rip(s)) {
        n = p->snap.ncode;
        for (size_t i = 0; i < n; i++)
            bytes[i] = p->snap.code[i];
    }
    int lines = 0;
    while (lines < rows && at < n) {
        unsigned len = disasm_one(cpu_mode(s), linear + at, bytes + at, n - at, &out[lines]);
        if (!len)
            break;
        at += len;
        lines++;
    }
    return lines;
}

static int find(const struct disasm_line *line, int n, uint64_t addr)
{
    for (int i = 0; i < n; i++)
        if (line[i].addr == addr)
            return i;
    return -1;
}

static int break_at(const struct panel *p, uint64_t addr)
{
    for (int i = 0; i < 4; i++)
        if (p->brk[i].on && p->brk[i].type == DEBUG_EXEC && p->brk[i].addr == addr)
            return i;
    return -1;
}

static void draw_line(struct panel *p, struct area a, int y, const struct disasm_line *l, bool current)
{
    const struct cpu_state *s = &p->snap.cpu;
    const struct glyphs *g = a.cv->glyphs;
    enum cpu_mode m = cpu_mode(s);
    uint64_t base = m == CPU_LONG ? 0 : s->seg[CPU_CS].base, offset = l->addr - base;
    int digits = m == CPU_LONG ? 10 : m == CPU_PROT32 || m == CPU_COMPAT ? 8 : 4;
    int bp = break_at(p, l->addr), x;
    char hex[2 * INSN_MAX + 1];
    int shown = l->len > 7 ? 7 : l->len, rest = a.w - 3 - digits, room = rest < 30 ? 6 : rest < 42 ? 10 : 14;
    for (int i = 0; i < l->len; i++)
        snprintf(hex + 2 * i, 3, "%02x", l->bytes[i]);
    if (shown * 2 > room)
        shown = room / 2;
    hex[shown * 2] = '\0';
    area_text(a, 0, y, ROLE_BREAK, bp >= 0 ? g->brk : " ");
    area_text(a, 1, y, ROLE_TEXT, current ? g->cur : " ");
    x = area_printf(a, 2, y, ROLE_DIM, "%0*llx ", digits, (unsigned long long)offset);
    area_printf(a, x, y, ROLE_DIM, "%s%s", hex, l->len > shown ? g->dot : "");
    x += room + 2;
    area_fit(a, x, y, a.w - x, ROLE_TEXT, l->text);
    /* A strip where one steps through code; in code that runs, or is a single line, the mark is enough. */
    if (current)
        area_style(a, 1, y, a.w - 1, p->snap.state == VCPU_PAUSED && a.h > 1 ? ROLE_CURRENT : ROLE_KEY);
}

/* Where a new window begins: some instructions before rip, so that what led to it is seen. Decoding backwards would be
 * guessing; decoding forwards from the old window or the guest's entry is not, if it meets rip. */
static uint64_t lead_in(struct panel *p, uint64_t rip, int rows)
{
    struct disasm_line line[LINES];
    /* A real-mode guest is entered at the beginning of its code segment; others may have run before we looked. */
    uint64_t from[] = { p->code_top, p->code_entry, p->snap.cpu.seg[CPU_CS].base };
    int back = rows * 2 / 3;
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        if (from[i] > rip || rip - from[i] > LINES * 4)
            continue;
        int n = decode(p, from[i], LINES, line), at = find(line, n, rip);
        if (at >= 0)
            return line[at > back ? at - back : 0].addr;
    }
    return rip;
}

void part_code(struct panel *p, struct area a)
{
    struct disasm_line line[LINES];
    if (a.h < 1 || a.w < 16)
        return;
    uint64_t rip = command_here(p->v, p->snap.state, &p->snap.cpu);
    int n = 0, at = -1;
    /* Keep the window if the counter is in it, with a line to spare below. */
    if (a.h > 1 && p->code_top <= rip && rip - p->code_top < (uint64_t)a.h * INSN_MAX) {
        n = decode(p, p->code_top, a.h, line);
        at = find(line, n, rip);
        if (at == a.h - 1 && at > 0) {
            p->code_top = line[a.h / 2].addr;
            n = decode(p, p->code_top, a.h, line);
            at = find(line, n, rip);
        }
    }
    if (at < 0) {
        p->code_top = lead_in(p, rip, a.h);
        n = decode(p, p->code_top, a.h, line);
        at = find(line, n, rip);
    }
    uint64_t first = command_listing(p->v, p->snap.state, &p->snap.cpu);
    if (at == 0 && first < rip && a.h > 1) { /* the HLT that it sleeps in belongs to what is seen */
        p->code_top = first;
        n = decode(p, first, a.h, line);
        at = find(line, n, rip);
    }
    if (!n)
        part_wrap(a, 0, ROLE_ERROR, "no memory is mapped at the program counter");
    for (int y = 0; y < n && y < a.h; y++)
        draw_line(p, a, y, &line[y], y == at);
}
