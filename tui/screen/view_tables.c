/* view_tables.c: descriptor tables, all registers, devices, code: what is shown in words. */
#include <stdio.h>
#include <string.h>

#include "views.h"
#include "vmm/disasm.h"

static uint64_t load(const uint8_t *b, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++)
        v |= (uint64_t)b[i] << 8 * i;
    return v;
}

/* Descriptor types (SDM vol. 3, 3.4.5.1 and table 3-2). */
static void type_words(unsigned access, unsigned flags, char *buf, size_t size)
{
    static const char *const system[16] = { "reserved", "16-bit TSS", "LDT", "16-bit TSS, busy", "16-bit call gate", "task gate", "16-bit interrupt gate", "16-bit trap gate",
                                            "reserved", "TSS", "reserved", "TSS, busy", "call gate", "reserved", "interrupt gate", "trap gate" };
    if (!(access & 0x10))
        snprintf(buf, size, "%s", system[access & 15]);
    else if (access & 8)
        snprintf(buf, size, "code %s%s%s", flags & 2 ? "64-bit" : flags & 4 ? "32-bit" : "16-bit", access & 2 ? " readable" : "", access & 4 ? " conforming" : "");
    else
        snprintf(buf, size, "data %s%s%s", flags & 4 ? "32-bit" : "16-bit", access & 2 ? " writable" : " read-only", access & 4 ? " expand-down" : "");
}

static void draw_gdt(struct sheet *s, const struct cpu_state *c)
{
    char words[64];
    unsigned n = ((unsigned)c->gdt.limit + 1) / 8;
    sheet_printf(s, ROLE_LABEL, "GDT at 0x%llx, %u entries", (unsigned long long)c->gdt.base, n);
    for (unsigned i = 0; i < n && i < 64; i++) {
        uint8_t b[8];
        if (vcpu_mem_read(s->p->v, c->gdt.base + i * 8u, b, 8, NULL) < 8) {
            sheet_printf(s, ROLE_ERROR, "%04x  not mapped", i * 8);
            break;
        }
        uint64_t v = load(b, 8);
        if (!v) {
            sheet_printf(s, ROLE_DIM, "%04x  null", i * 8);
            continue;
        }
        unsigned access = b[5], flags = b[6] >> 4;
        uint64_t base = (v >> 16 & 0xffffff) | (v >> 56 & 0xff) << 24, limit = (v & 0xffff) | (v >> 48 & 0xf) << 16;
        if (flags & 8)
            limit = limit << 12 | 0xfff;
        type_words(access, flags, words, sizeof words);
        sheet_printf(s, ROLE_TEXT, "%04x  base %08llx limit %08llx ring %u %s%s", i * 8, (unsigned long long)base, (unsigned long long)limit, access >> 5 & 3, words,
                     access & 0x80 ? "" : ", not present");
    }
}

static void draw_idt(struct sheet *s, const struct cpu_state *c)
{
    enum cpu_mode m = cpu_mode(c);
    unsigned size = m == CPU_REAL ? 4 : m == CPU_LONG || m == CPU_COMPAT ? 16 : 8, n = ((unsigned)c->idt.limit + 1) / size;
    char words[64];
    sheet_printf(s, ROLE_LABEL, m == CPU_REAL ? "interrupt vectors at 0x%llx" : "IDT at 0x%llx", (unsigned long long)c->idt.base);
    for (unsigned i = 0; i < n && i < 256; i++) {
        uint8_t b[16];
        if (vcpu_mem_read(s->p->v, c->idt.base + i * size, b, size, NULL) < size)
            break;
        if (m == CPU_REAL) {
            if (load(b, 4))
                sheet_printf(s, ROLE_TEXT, "%02x  -> %04llx:%04llx", i, (unsigned long long)load(b + 2, 2), (unsigned long long)load(b, 2));
            continue;
        }
        if (!(b[5] & 0x80))
            continue;
        uint64_t to = load(b, 2) | load(b + 6, 2) << 16 | (size == 16 ? load(b + 8, 4) << 32 : 0);
        type_words(b[5] & 0x1f, 0, words, sizeof words);
        sheet_printf(s, ROLE_TEXT, "%02x  -> %04llx:%08llx ring %u %s", i, (unsigned long long)load(b + 2, 2), (unsigned long long)to, b[5] >> 5 & 3u, words);
    }
    sheet_printf(s, ROLE_DIM, m == CPU_REAL ? "(vectors of 0 left out)" : "(gates that are not present left out)");
}

void tables_draw(struct panel *p, struct area a)
{
    const struct cpu_state *c = &p->snap.cpu;
    struct sheet s = sheet_begin(p, a);
    if (cpu_mode(c) == CPU_REAL)
        sheet_printf(&s, ROLE_DIM, "real mode: no GDT is in use");
    else
        draw_gdt(&s, c);
    draw_idt(&s, c);
    sheet_end(&s);
}

void allregs_draw(struct panel *p, struct area a)
{
    static const char *const gpr[] = { "AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI" }, *const seg[] = { "ES", "CS", "SS", "DS", "FS", "GS" };
    const struct cpu_state *c = &p->snap.cpu, *b = &p->before;
    struct sheet s = sheet_begin(p, a);
    bool wide = cpu_mode(c) == CPU_LONG;
    int d = wide ? 16 : 8;
    const char *e = wide ? "R" : "E";
    for (int i = 0; i < 8; i += 2)
        sheet_printf(&s, c->gpr[i] != b->gpr[i] || c->gpr[i + 1] != b->gpr[i + 1] ? ROLE_CHANGED : ROLE_TEXT, "%s%s%s%0*llx   %s%s%s%0*llx", e, gpr[i], c->gpr[i] != b->gpr[i] ? "*" : " ", d,
                     (unsigned long long)c->gpr[i], e, gpr[i + 1], c->gpr[i + 1] != b->gpr[i + 1] ? "*" : " ", d, (unsigned long long)c->gpr[i + 1]);
    for (int i = 8; i < CPU_GPRS && wide; i += 2)
        sheet_printf(&s, ROLE_TEXT, "R%-2d %016llx   R%-2d %016llx", i, (unsigned long long)c->gpr[i], i + 1, (unsigned long long)c->gpr[i + 1]);
    sheet_printf(&s, ROLE_TEXT, "%sIP %0*llx   FLAGS %08llx  CPL %u", e, d, (unsigned long long)c->rip, (unsigned long long)c->rflags, cpu_cpl(c));
    sheet_printf(&s, ROLE_LABEL, "segments");
    for (int i = 0; i < CPU_SEGS; i++)
        sheet_printf(&s, c->seg[i].sel != b->seg[i].sel ? ROLE_CHANGED : ROLE_TEXT, "%s%s%04x base %08llx limit %08x attr %04x", seg[i], c->seg[i].sel != b->seg[i].sel ? "*" : " ", c->seg[i].sel,
                     (unsigned long long)c->seg[i].base, c->seg[i].limit, c->seg[i].attr & 0xffffu);
    sheet_printf(&s, ROLE_TEXT, "TR  %04x base %08llx   LDT %04x", c->tr.sel, (unsigned long long)c->tr.base, c->ldt.sel);
    sheet_printf(&s, ROLE_TEXT, "GDT %08llx limit %04x   IDT %08llx limit %04x", (unsigned long long)c->gdt.base, c->gdt.limit, (unsigned long long)c->idt.base, c->idt.limit);
    sheet_printf(&s, ROLE_LABEL, "control and debug");
    sheet_printf(&s, ROLE_TEXT, "CR0 %08llx  CR2 %08llx  CR3 %08llx", (unsigned long long)c->cr0, (unsigned long long)c->cr2, (unsigned long long)c->cr3);
    sheet_printf(&s, ROLE_TEXT, "CR4 %08llx  EFER %08llx  CR8 %llx", (unsigned long long)c->cr4, (unsigned long long)c->efer, (unsigned long long)c->cr8);
    sheet_printf(&s, ROLE_TEXT, "DR0 %08llx  DR1 %08llx  DR2 %08llx", (unsigned long long)c->dr[0], (unsigned long long)c->dr[1], (unsigned long long)c->dr[2]);
    sheet_printf(&s, ROLE_TEXT, "DR3 %08llx  DR6 %08llx  DR7 %08llx", (unsigned long long)c->dr[3], (unsigned long long)c->dr[6], (unsigned long long)c->dr[7]);
    sheet_end(&s);
}

void devices_draw(struct panel *p, struct area a)
{
    struct sheet s = sheet_begin(p, a);
    struct machine *m = vcpu_machine(p->v);
    const struct device_ops *d;
    size_t i = 0;
    for (; (d = machine_device(m, i)); i++) {
        struct device_line line[32];
        size_t n = machine_device_show(m, i, line, sizeof line / sizeof *line);
        sheet_printf(&s, ROLE_LABEL, "%s: %s", d->name, d->title);
        for (size_t k = 0; k < n; k++)
            sheet_printf(&s, ROLE_TEXT, "  %-10s %s", line[k].name, line[k].text);
    }
    if (!i)
        sheet_printf(&s, ROLE_DIM, "this machine has no devices but the hypercall port 0x500");
    struct engine_stat stat[64];
    size_t n = vcpu_engine_stats(p->v, stat, sizeof stat / sizeof *stat);
    if (n)
        sheet_printf(&s, ROLE_LABEL, "the engine's own counts of this vCPU");
    for (size_t k = 0; k < n; k++)
        if (stat[k].value)
            sheet_printf(&s, ROLE_TEXT, "  %-36s %llu", stat[k].name, (unsigned long long)stat[k].value);
    sheet_end(&s);
}

int code_open(struct panel *p, int argc, char **argv, struct vm_error *err) { return view_address(p, argc, argv, err); }

void code_draw(struct panel *p, struct area a)
{
    const struct cpu_state *c = &p->snap.cpu;
    uint8_t bytes[VIEW_BYTES];
    if (p->follow && !p->filter[0] && !p->scroll) {
        part_code(p, a);
        return;
    }
    uint64_t rip = cpu_linear_rip(c), from = view_where(p, rip);
    struct sheet s = sheet_begin(p, a);
    size_t n = vcpu_mem_read(p->v, from, bytes, sizeof bytes, NULL), at = 0;
    while (at < n && s.line < p->scroll + a.h + 40) {
        struct disasm_line l;
        unsigned len = disasm_one(cpu_mode(c), from + at, bytes + at, n - at, &l);
        char hex[32] = "";
        if (!len)
            break;
        for (unsigned i = 0; i < len && i < 8; i++)
            snprintf(hex + 2 * i, 3, "%02x", l.bytes[i]);
        sheet_printf(&s, l.addr == rip ? ROLE_CURRENT : ROLE_TEXT, "%s %08llx  %-16s %s", l.addr == rip ? a.cv->glyphs->cur : " ", (unsigned long long)l.addr, hex, l.text);
        at += len;
    }
    if (!n)
        sheet_printf(&s, ROLE_ERROR, "nothing is mapped at 0x%llx", (unsigned long long)from);
    sheet_end(&s);
}
