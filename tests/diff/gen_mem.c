/* gen_mem.c: point an instruction's operands at memory that is there, and put sensible structures where it looks. */
#include <string.h>

#include "case.h"

static const uint16_t menu[] = { 0, SEL_CODE32, SEL_DATA32, SEL_UCODE32, SEL_UDATA32, SEL_TSS, SEL_LDT, SEL_CODE16, SEL_DATA16, SEL_UCODE16,
    SEL_UDATA16, SEL_RODATA, SEL_XONLY, SEL_CONFORM, SEL_ABSENT, SEL_DOWN, SEL_GATE, SEL_UGATE, SEL_SMALL, SEL_END, 4, 0xc | 3, 1, 3 };

static uint16_t selector(uint64_t *r)
{
    uint64_t v = rng_next(r);
    uint16_t sel = menu[v % (sizeof menu / sizeof menu[0])];
    if ((v >> 32 & 7) == 0) sel ^= (uint16_t)(v >> 40 & 3);
    return sel;
}

uint32_t gen_value(uint64_t *r)
{
    static const uint32_t edge[] = { 0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0x0f, 0x99, 0x9999 };
    uint64_t v = rng_next(r);
    switch (v & 7) {
    case 0: case 1: return edge[(v >> 8) % (sizeof edge / sizeof edge[0])];
    case 2: return edge[(v >> 8) % (sizeof edge / sizeof edge[0])] + (uint32_t)(v >> 32 & 7) - 3;
    case 3: return (uint32_t)(v >> 32) & 0xff;
    default: return (uint32_t)(v >> 32);
    }
}

uint32_t case_physical(const struct dcase *c, uint32_t linear) { return c->scene->paging && linear < 0x1000000 ? linear & 0x3fffff : linear; }

void case_patch(struct dcase *c, uint32_t at, const void *bytes, unsigned n)
{
    if (c->npatch == sizeof c->patch / sizeof c->patch[0] || at >= RAM_SIZE || n > RAM_SIZE - at || n > sizeof c->patch[0].bytes) return;
    c->patch[c->npatch].at = at;
    c->patch[c->npatch].n = (uint8_t)n;
    memcpy(c->patch[c->npatch++].bytes, bytes, n);
}

/* An offset in segment seg where size bytes of ordinary data lie. Now and then at the edge of a page or of the segment. */
static uint32_t place(const struct dcase *c, int seg, uint64_t *r)
{
    uint32_t base = (uint32_t)c->s.seg[seg].base;
    bool small = c->s.seg[seg].limit <= 0xffff;
    uint64_t v = rng_next(r);
    uint32_t lo = AT_DATA, span = DATA_END - AT_DATA;
    if (small) { lo = base < AT_DATA ? AT_DATA - base : 0; span = 0xfff0 - lo; }
    else { lo -= base; }
    uint32_t off = lo + (uint32_t)(v >> 16) % span;
    if ((v & 15) == 0) off = (off & ~0xfffu) + 0xffd + (uint32_t)(v >> 8 & 3);
    if ((v & 15) > 5) off &= ~3u;
    if (small && (v & 0xff) == 0x31) off = 0xfffd + (uint32_t)(v >> 8 & 3);
    if (c->scene->paging && (v & 0x70) == 0) off += 0x400000 * (1 + (uint32_t)(v >> 60) % 3);
    if (c->scene->paging && (v & 0x70) == 0x10) off = 0x10000 + (uint32_t)(v >> 16) % 0x4000; /* the pages that fault */
    return off;
}

static void aim(struct dcase *c, const struct insn *in, const ZydisDecodedOperand *m, uint64_t *r)
{
    int base = insn_gpr(m->mem.base);
    int index = insn_gpr(m->mem.index);
    if (base < 0 && index >= 0 && m->mem.scale <= 1) { base = index; index = -1; }
    if (base < 0 && index < 0 && in->i.raw.disp.size == 32 && m->mem.disp.has_displacement) { /* an absolute address: in the code */
        uint32_t to = place(c, insn_segment(m->mem.segment), r);
        memcpy(c->code + in->i.raw.disp.offset, &to, 4);
        return;
    }
    if (base < 0 || (base == index)) return;
    if (base == CPU_RSP && m->mem.segment == ZYDIS_REGISTER_SS && !m->mem.disp.has_displacement) return; /* the stack is fine where it is */
    int seg = insn_segment(m->mem.segment);
    uint32_t now = insn_offset(in, m, &c->s);
    uint32_t want = place(c, seg, r);
    uint32_t value = (uint32_t)c->s.gpr[base] + (want - now);
    c->s.gpr[base] = in->i.address_width == 16 ? (c->s.gpr[base] & 0xffff0000) | (value & 0xffff) : value;
}

static void put_word(uint8_t *p, uint32_t v, unsigned n) { for (unsigned i = 0; i < n; i++) p[i] = (uint8_t)(v >> (8 * i)); }

/* The stack that RET far, IRET and POP of a segment find. */
static void dress_stack(struct dcase *c, const struct insn *in, uint64_t *r)
{
    uint8_t frame[32];
    unsigned n = 0, w = in->i.operand_width == 32 ? 4 : 2;
    bool big = c->s.seg[CPU_SS].attr & SEG_DB;
    uint32_t sp = (uint32_t)c->s.gpr[CPU_RSP] & (big ? 0xffffffff : 0xffff);
    uint32_t at = case_physical(c, (uint32_t)c->s.seg[CPU_SS].base + sp);
    uint64_t v = rng_next(r);
    bool real = c->scene->mode == CPU_REAL || c->scene->mode == CPU_V86;
    uint32_t ip = (v & 7) ? AT_CODE + (uint32_t)(v >> 8 & 0xfff) : gen_value(r);
    uint16_t cs = real ? 0 : (v >> 3 & 3) ? c->s.seg[CPU_CS].sel : selector(r);
    switch (in->i.mnemonic) {
    case ZYDIS_MNEMONIC_IRET: case ZYDIS_MNEMONIC_IRETD:
        put_word(frame + n, ip, w), n += w;
        put_word(frame + n, cs | (uint32_t)(v >> 16 & 0xffff0000), w), n += w;
        put_word(frame + n, ((uint32_t)(v >> 32) & 0x247ed5u) | 2, w), n += w;
        put_word(frame + n, AT_STACK + 0x100, w), n += w;
        put_word(frame + n, (v >> 5 & 3) ? SEL_UDATA32 : selector(r), w), n += w;
        break;
    case ZYDIS_MNEMONIC_RET:
        if (in->i.meta.branch_type != ZYDIS_BRANCH_TYPE_FAR) return;
        put_word(frame + n, ip, w), n += w;
        put_word(frame + n, cs, w), n += w;
        put_word(frame + n, AT_STACK + 0x100, w), n += w;
        put_word(frame + n, (v >> 5 & 3) ? SEL_UDATA32 : selector(r), w), n += w;
        break;
    case ZYDIS_MNEMONIC_POP:
        if (in->op[0].type != ZYDIS_OPERAND_TYPE_REGISTER || in->op[0].reg.value < ZYDIS_REGISTER_ES || in->op[0].reg.value > ZYDIS_REGISTER_GS) return;
        put_word(frame, real ? (uint32_t)(v & 0x1fff) : selector(r), w), n = w;
        break;
    case ZYDIS_MNEMONIC_POPF: case ZYDIS_MNEMONIC_POPFD:
        put_word(frame, (uint32_t)v & 0x247ed5u, w), n = w;
        break;
    default: return;
    }
    case_patch(c, at, frame, n);
}

/* What far jumps, LDS and their kin, LGDT, BOUND find at their memory operand. */
static void dress_memory(struct dcase *c, const struct insn *in, uint64_t *r)
{
    const ZydisDecodedOperand *m = NULL;
    for (unsigned k = 0; k < in->i.operand_count_visible && !m; k++)
        if (in->op[k].type == ZYDIS_OPERAND_TYPE_MEMORY) m = &in->op[k];
    if (!m) return;
    uint32_t at = case_physical(c, (uint32_t)c->s.seg[insn_segment(m->mem.segment)].base + insn_offset(in, m, &c->s));
    unsigned w = in->i.operand_width == 32 ? 4 : 2, n = 0;
    uint8_t b[8];
    uint64_t v = rng_next(r);
    bool real = c->scene->mode == CPU_REAL || c->scene->mode == CPU_V86;
    uint16_t sel = real ? (uint16_t)(v & 0x1fff) : selector(r);
    switch (in->i.mnemonic) {
    case ZYDIS_MNEMONIC_JMP: case ZYDIS_MNEMONIC_CALL:
        if (in->i.meta.branch_type != ZYDIS_BRANCH_TYPE_FAR) return;
        put_word(b, AT_CODE + (uint32_t)(v >> 32 & 0xfff), w), put_word(b + w, (v & 3) || real ? sel : c->s.seg[CPU_CS].sel, 2), n = w + 2;
        break;
    case ZYDIS_MNEMONIC_LDS: case ZYDIS_MNEMONIC_LES: case ZYDIS_MNEMONIC_LFS: case ZYDIS_MNEMONIC_LGS: case ZYDIS_MNEMONIC_LSS:
        put_word(b, (uint32_t)(v >> 32), w), put_word(b + w, sel, 2), n = w + 2;
        break;
    case ZYDIS_MNEMONIC_LGDT: put_word(b, (uint32_t)(v & 0xff) | SEL_END, 2), put_word(b + 2, AT_GDT, 4), n = 6; break;
    case ZYDIS_MNEMONIC_LIDT: put_word(b, 0x7ff, 2), put_word(b + 2, real ? 0 : AT_IDT, 4), n = 6; break;
    case ZYDIS_MNEMONIC_MOV: case ZYDIS_MNEMONIC_LLDT: case ZYDIS_MNEMONIC_LTR: case ZYDIS_MNEMONIC_LAR: case ZYDIS_MNEMONIC_LSL:
    case ZYDIS_MNEMONIC_VERR: case ZYDIS_MNEMONIC_VERW: case ZYDIS_MNEMONIC_ARPL:
        if (in->i.mnemonic == ZYDIS_MNEMONIC_MOV && !(in->op[0].type == ZYDIS_OPERAND_TYPE_REGISTER && in->op[0].reg.value >= ZYDIS_REGISTER_ES && in->op[0].reg.value <= ZYDIS_REGISTER_GS)) return;
        put_word(b, sel, 2), n = 2;
        break;
    case ZYDIS_MNEMONIC_LMSW: put_word(b, (uint32_t)c->s.cr0 | (uint32_t)(v & 0xe), 2), n = 2; break;
    default: return;
    }
    case_patch(c, at, b, n);
}

/* Registers that name a selector or a machine status word. */
static void dress_registers(struct dcase *c, const struct insn *in, uint64_t *r)
{
    int k = -1;
    switch (in->i.mnemonic) {
    case ZYDIS_MNEMONIC_MOV:
        if (in->op[0].type != ZYDIS_OPERAND_TYPE_REGISTER || in->op[0].reg.value < ZYDIS_REGISTER_ES || in->op[0].reg.value > ZYDIS_REGISTER_GS) return;
        k = 1;
        break;
    case ZYDIS_MNEMONIC_LAR: case ZYDIS_MNEMONIC_LSL: case ZYDIS_MNEMONIC_ARPL: k = 1; break;
    case ZYDIS_MNEMONIC_LLDT: case ZYDIS_MNEMONIC_LTR: case ZYDIS_MNEMONIC_VERR: case ZYDIS_MNEMONIC_VERW: case ZYDIS_MNEMONIC_LMSW: k = 0; break;
    default: return;
    }
    if (in->op[k].type != ZYDIS_OPERAND_TYPE_REGISTER) return;
    int g = insn_gpr(in->op[k].reg.value);
    if (g < 0) return;
    uint64_t v = rng_next(r);
    uint32_t value = in->i.mnemonic == ZYDIS_MNEMONIC_LMSW ? (uint32_t)((c->s.cr0 & 0xf) ^ (v & 0xe))
                   : c->scene->mode == CPU_REAL || c->scene->mode == CPU_V86 ? (uint32_t)(v & 0x1fff) : selector(r);
    c->s.gpr[g] = (c->s.gpr[g] & 0xffff0000) | value;
}

void gen_operands(struct dcase *c, const struct insn *in, uint64_t *r)
{
    if (insn_repeats(in)) {
        uint64_t v = rng_next(r);
        uint32_t n = (v & 7) == 0 ? 0 : (uint32_t)(v >> 8) % REP_MAX;
        c->s.gpr[CPU_RCX] = in->i.address_width == 16 ? (c->s.gpr[CPU_RCX] & 0xffff0000) | n : n;
    }
    bool outside = (rng_next(r) & 0x7f) == 0; /* let some addresses be anything */
    for (unsigned k = 0; k < in->i.operand_count && !outside; k++) {
        const ZydisDecodedOperand *m = &in->op[k];
        if (m->type != ZYDIS_OPERAND_TYPE_MEMORY || m->mem.type == ZYDIS_MEMOP_TYPE_AGEN) continue;
        if (m->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN && m->mem.base != ZYDIS_REGISTER_ESI && m->mem.base != ZYDIS_REGISTER_EDI
            && m->mem.base != ZYDIS_REGISTER_SI && m->mem.base != ZYDIS_REGISTER_DI && in->i.mnemonic != ZYDIS_MNEMONIC_XLAT) continue;
        aim(c, in, m, r);
    }
    dress_registers(c, in, r);
    dress_memory(c, in, r);
    dress_stack(c, in, r);
}
