/* compare.c: do two outcomes of one case agree? What a referee is known to get wrong is excused, by name and with the reason. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "case.h"
#include "excuse.h"

static void say(struct verdict *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct verdict *v, const char *fmt, ...)
{
    size_t n = strlen(v->text);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(v->text + n, sizeof v->text - n, fmt, ap);
    va_end(ap);
    v->differ = true;
}

static const char *end_name(const struct outcome *o, char *buf, size_t n)
{
    static const char *const name[] = { "done", "vector", "hlt", "shutdown", "outside memory", "lost" };
    if (o->end == END_VECTOR) snprintf(buf, n, "vector %u", o->vector);
    else snprintf(buf, n, "%s%s%s", name[o->end], o->why[0] ? ": " : "", o->why);
    return buf;
}

static void field(struct verdict *v, const char *name, uint64_t a, const char *an, uint64_t b, const char *bn)
{
    if (a != b) say(v, "  %-8s %s %08llx, %s %08llx\n", name, an, (unsigned long long)a, bn, (unsigned long long)b);
}

/* Unicorn 2.0 stops at some instruction ends with the linear address of the next instruction in EIP: take CS's base off. */
static uint32_t offset_of(const struct outcome *o, const char *name, uint32_t other)
{
    uint32_t rip = (uint32_t)o->s.rip, base = o->s.seg[CPU_CS].sel * 16u;
    return strcmp(name, "unicorn") || rip == other || ((rip - base) & 0xffff) != (other & 0xffff) ? rip : other;
}

static void registers(const struct dcase *c, const struct outcome *a, const char *an, const struct outcome *b, const char *bn, bool whole, struct verdict *v)
{
    static const char *const g[] = { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi" };
    static const char *const sr[] = { "es", "cs", "ss", "ds", "fs", "gs" };
    for (int i = 0; i < 8; i++) field(v, g[i], (uint32_t)a->s.gpr[i], an, (uint32_t)b->s.gpr[i], bn);
    bool paragraphs = c->scene->mode == CPU_REAL || c->scene->mode == CPU_V86;
    uint32_t ea = (uint32_t)a->s.rip, eb = (uint32_t)b->s.rip;
    if (paragraphs) ea = offset_of(a, an, eb), eb = offset_of(b, bn, ea);
    field(v, "eip", ea, an, eb, bn);
    uint64_t mask = 0x3fffff & ~(uint64_t)(c->undefined | FLAG_RF);
    field(v, "eflags", a->s.rflags & mask, an, b->s.rflags & mask, bn);
    for (int i = 0; i < CPU_SEGS; i++) field(v, sr[i], a->s.seg[i].sel, an, b->s.seg[i].sel, bn);
    field(v, "cr0", (uint32_t)a->s.cr0, an, (uint32_t)b->s.cr0, bn);
    if (a->has_cr2 && b->has_cr2) field(v, "cr2", (uint32_t)a->s.cr2, an, (uint32_t)b->s.cr2, bn);
    field(v, "cr3", (uint32_t)a->s.cr3, an, (uint32_t)b->s.cr3, bn);
    field(v, "cr4", (uint32_t)a->s.cr4, an, (uint32_t)b->s.cr4, bn);
    field(v, "gdt", a->s.gdt.base << 16 | a->s.gdt.limit, an, b->s.gdt.base << 16 | b->s.gdt.limit, bn);
    field(v, "idt", a->s.idt.base << 16 | a->s.idt.limit, an, b->s.idt.base << 16 | b->s.idt.limit, bn);
    if (c->scene->mode != CPU_REAL) {
        field(v, "ldt", a->s.ldt.sel, an, b->s.ldt.sel, bn);
        field(v, "tr", a->s.tr.sel, an, b->s.tr.sel, bn);
    }
    if (!whole || a->in_handler != b->in_handler) return;
    for (int i = 0; i < CPU_SEGS; i++) {
        char name[16];
        const struct cpu_seg *p = &a->s.seg[i], *q = &b->s.seg[i];
        if (a->in_handler && (i == CPU_CS || i == CPU_SS)) continue; /* the handler's */
        bool gone = (p->attr & SEG_UNUSABLE) || (q->attr & SEG_UNUSABLE) || !(p->sel & ~3u);
        if (c->scene->mode != CPU_REAL && c->scene->mode != CPU_V86 && gone) continue;
        snprintf(name, sizeof name, "%s.base", sr[i]);
        field(v, name, p->base, an, q->base, bn);
        snprintf(name, sizeof name, "%s.limit", sr[i]);
        field(v, name, p->limit, an, q->limit, bn);
        if (c->scene->mode == CPU_REAL) continue;
        snprintf(name, sizeof name, "%s.attr", sr[i]);
        field(v, name, p->attr & (0xff | SEG_DB | SEG_G), an, q->attr & (0xff | SEG_DB | SEG_G), bn);
    }
}

static bool in_frame(const struct outcome *o, uint32_t at) { return o->frame_size && at - o->frame_at < o->frame_size; }

static void memory(const struct dcase *c, const struct outcome *a, const char *an, const struct outcome *b, const char *bn, bool whole, struct verdict *v)
{
    unsigned said = 0;
    bool exact = whole && a->in_handler == b->in_handler; /* else one has a frame on its stack */
    for (uint32_t p = 0; p < RAM_SIZE; p += 256) {
        if (!memcmp(a->ram + p, b->ram + p, 256)) continue;
        for (uint32_t i = p; i < p + 256; i++) {
            if (a->ram[i] == b->ram[i] || in_frame(a, i) || in_frame(b, i)) continue;
            /* An accessed bit may be set early, by a fetch ahead (SDM vol. 3, 4.8). Unicorn keeps translations from case to case
             * and then sets no accessed and dirty bits at all. asm/paging.S checks both. */
            if (c->scene->paging && i >= AT_PD && i < AT_PT + 0x1000 && !((a->ram[i] ^ b->ram[i]) & (exact ? ~0x20 : ~0x60))) continue;
            if (said++ < 8) say(v, "  [%05x]  %s %02x, %s %02x\n", i, an, a->ram[i], bn, b->ram[i]);
        }
    }
    if (said > 8) say(v, "  ... and %u more bytes of memory\n", said - 8);
}

void outcome_compare(const struct dcase *c, const struct outcome *a, const char *an, const struct outcome *b, const char *bn, struct verdict *v)
{
    memset(v, 0, sizeof *v);
    if (a->end == END_LOST || b->end == END_LOST) { v->differ = v->excused = true, v->excuse = "an executor could not run it"; }
    else if (a->end == END_OUTSIDE || b->end == END_OUTSIDE) { v->differ = v->excused = true, v->excuse = "touches memory that is not there"; }
    if (v->excused) {
        char x[200], y[200];
        snprintf(v->text, sizeof v->text, "  %s %s, %s %s\n", an, end_name(a, x, sizeof x), bn, end_name(b, y, sizeof y));
        return;
    }
    bool whole = strcmp(an, "unicorn") && strcmp(bn, "unicorn");
    if (a->end != b->end || (a->end == END_VECTOR && a->vector != b->vector)) {
        char x[200], y[200];
        say(v, "  end      %s %s, %s %s\n", an, end_name(a, x, sizeof x), bn, end_name(b, y, sizeof y));
    }
    if (a->has_error && b->has_error) field(v, "error", a->error, an, b->error, bn);
    registers(c, a, an, b, bn, whole, v);
    memory(c, a, an, b, bn, whole, v);
    if (a->nio != b->nio) say(v, "  I/O      %s %u accesses, %s %u\n", an, a->nio, bn, b->nio);
    for (unsigned i = 0; i < a->nio && i < b->nio; i++)
        if (a->io[i].port != b->io[i].port || a->io[i].size != b->io[i].size || a->io[i].write != b->io[i].write || a->io[i].value != b->io[i].value)
            say(v, "  I/O %u   %s port %x size %u value %x, %s port %x size %u value %x\n", i, an, a->io[i].port, a->io[i].size, a->io[i].value, bn, b->io[i].port, b->io[i].size, b->io[i].value);
    if (v->differ && (v->excuse = excuse_find(c, a, an, b, bn))) v->excused = true;
}
