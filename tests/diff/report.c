/* report.c: a case in words. */
#include <stdio.h>
#include <string.h>

#include "case.h"

void case_disasm(const struct dcase *c, char *buf, size_t size)
{
    ZydisFormatter f;
    ZydisFormatterInit(&f, ZYDIS_FORMATTER_STYLE_INTEL);
    size_t n = 0;
    buf[0] = 0;
    for (unsigned at = 0; at < c->ncode && n + 2 < size;) {
        struct insn in;
        char text[96];
        if (!insn_decode(c->scene, c->code + at, c->ncode - at, &in)) {
            snprintf(buf + n, size - n, "%s(no instruction)", n ? "; " : "");
            return;
        }
        ZydisFormatterFormatInstruction(&f, &in.i, in.op, in.i.operand_count_visible, text, sizeof text, c->s.rip + at, NULL);
        int k = snprintf(buf + n, size - n, "%s%s", n ? "; " : "", text);
        n += k < 0 ? 0 : (size_t)k;
        at += in.i.length;
    }
}

static void state_print(const char *who, const struct cpu_state *s)
{
    printf("  %-8s eax %08x ecx %08x edx %08x ebx %08x esp %08x ebp %08x esi %08x edi %08x\n", who, (uint32_t)s->gpr[0], (uint32_t)s->gpr[1], (uint32_t)s->gpr[2],
           (uint32_t)s->gpr[3], (uint32_t)s->gpr[4], (uint32_t)s->gpr[5], (uint32_t)s->gpr[6], (uint32_t)s->gpr[7]);
    printf("           eip %08x flags %08x es %04x cs %04x ss %04x ds %04x fs %04x gs %04x cr0 %08x\n", (uint32_t)s->rip, (uint32_t)s->rflags, s->seg[0].sel,
           s->seg[1].sel, s->seg[2].sel, s->seg[3].sel, s->seg[4].sel, s->seg[5].sel, (uint32_t)s->cr0);
}

static void outcome_print(const char *who, const struct outcome *o)
{
    state_print(who, &o->s);
    if (o->end == END_VECTOR) {
        printf("           took vector %u", o->vector);
        if (o->has_error) printf(", error code %x", o->error);
        if (o->has_cr2) printf(", cr2 %08x", (uint32_t)o->s.cr2);
        printf("\n");
    }
}

void case_print(const struct dcase *c, const struct outcome *a, const char *an, const struct outcome *b, const char *bn, const struct verdict *v)
{
    char text[700];
    case_disasm(c, text, sizeof text);
    printf("case %llu, %s: %s\n  bytes   ", (unsigned long long)c->seed, c->scene->about, text);
    for (unsigned i = 0; i < c->ncode; i++) printf(" %02x", c->code[i]);
    printf("  at %05x\n", c->at);
    for (unsigned i = 0; i < c->npatch; i++) {
        printf("  memory   %05x:", c->patch[i].at);
        for (unsigned k = 0; k < c->patch[i].n; k++) printf(" %02x", c->patch[i].bytes[k]);
        printf("\n");
    }
    state_print("before", &c->s);
    outcome_print(an, a);
    outcome_print(bn, b);
    if (c->undefined) printf("  undefined flags %03x\n", c->undefined);
    printf(" differs%s%s%s:\n%s", v->excused ? " (excused: " : "", v->excused ? v->excuse : "", v->excused ? ")" : "", v->text);
    printf(" again: difftest --pair %s,%s --scene %s --case %llu\n", an, bn, c->scene->name, (unsigned long long)c->seed);
}
