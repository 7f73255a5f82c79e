/* insn.c: what the tester needs to know of one decoded instruction. */
#include "case.h"

bool insn_decode(const struct scene *sc, const uint8_t *bytes, size_t n, struct insn *out)
{
    bool wide = sc->mode == CPU_PROT32;
    ZydisDecoder d;
    ZydisDecoderInit(&d, wide ? ZYDIS_MACHINE_MODE_LEGACY_32 : sc->mode == CPU_PROT16 ? ZYDIS_MACHINE_MODE_LEGACY_16 : ZYDIS_MACHINE_MODE_REAL_16,
                     wide ? ZYDIS_STACK_WIDTH_32 : ZYDIS_STACK_WIDTH_16);
    /* v86 decodes as real mode, except for what is refused there: those still decode in a protected 16-bit segment. */
    return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&d, bytes, n, &out->i, out->op));
}

bool insn_wanted(const struct insn *in)
{
    switch (in->i.meta.isa_set) {
    case ZYDIS_ISA_SET_I86: case ZYDIS_ISA_SET_I186: case ZYDIS_ISA_SET_I286REAL: case ZYDIS_ISA_SET_I286PROTECTED:
    case ZYDIS_ISA_SET_I386: case ZYDIS_ISA_SET_I486: case ZYDIS_ISA_SET_I486REAL: case ZYDIS_ISA_SET_PENTIUMREAL:
    case ZYDIS_ISA_SET_CMOV: case ZYDIS_ISA_SET_LAHF: break;
    default: return false;
    }
    switch (in->i.mnemonic) {
    /* Time, model and machine-specific registers: every processor answers differently. */
    case ZYDIS_MNEMONIC_CPUID: case ZYDIS_MNEMONIC_RDTSC: case ZYDIS_MNEMONIC_RDMSR: case ZYDIS_MNEMONIC_WRMSR:
    case ZYDIS_MNEMONIC_RSM: case ZYDIS_MNEMONIC_FWAIT: case ZYDIS_MNEMONIC_SALC: return false;
    case ZYDIS_MNEMONIC_BSWAP: return in->i.operand_width == 32; /* of a 16-bit register: undefined */
    default: break;
    }
    for (unsigned k = 0; k < in->i.operand_count_visible; k++) {
        const ZydisDecodedOperand *o = &in->op[k];
        if (o->type != ZYDIS_OPERAND_TYPE_REGISTER) continue;
        /* Switching modes or arming breakpoints needs a whole program around it: tests/diff/asm has those. */
        if (o->reg.value >= ZYDIS_REGISTER_DR0 && o->reg.value <= ZYDIS_REGISTER_DR15) return false;
        if (o->reg.value >= ZYDIS_REGISTER_CR0 && o->reg.value <= ZYDIS_REGISTER_CR15 && o->reg.value != ZYDIS_REGISTER_CR2
            && (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)) return false;
        if (o->reg.value >= ZYDIS_REGISTER_TR0 && o->reg.value <= ZYDIS_REGISTER_TR7) return false;
    }
    return true;
}

bool insn_branches(const struct insn *in)
{
    switch (in->i.meta.category) {
    case ZYDIS_CATEGORY_CALL: case ZYDIS_CATEGORY_COND_BR: case ZYDIS_CATEGORY_UNCOND_BR: case ZYDIS_CATEGORY_RET:
    case ZYDIS_CATEGORY_INTERRUPT: case ZYDIS_CATEGORY_SYSCALL: case ZYDIS_CATEGORY_SYSRET: case ZYDIS_CATEGORY_SYSTEM: return true;
    default: return in->i.mnemonic == ZYDIS_MNEMONIC_BOUND || in->i.mnemonic == ZYDIS_MNEMONIC_HLT
                 || in->i.mnemonic == ZYDIS_MNEMONIC_STI || in->i.mnemonic == ZYDIS_MNEMONIC_POPF || in->i.mnemonic == ZYDIS_MNEMONIC_POPFD;
    }
}

bool insn_pushes_segment(const struct insn *in)
{
    return in->i.mnemonic == ZYDIS_MNEMONIC_PUSH && in->op[0].type == ZYDIS_OPERAND_TYPE_REGISTER && in->op[0].reg.value >= ZYDIS_REGISTER_ES
        && in->op[0].reg.value <= ZYDIS_REGISTER_GS;
}

bool insn_repeats(const struct insn *in)
{
    return (in->i.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE))
        && (in->i.meta.category == ZYDIS_CATEGORY_STRINGOP || in->i.meta.category == ZYDIS_CATEGORY_IOSTRINGOP);
}

int insn_gpr(ZydisRegister r)
{
    if (r >= ZYDIS_REGISTER_EAX && r <= ZYDIS_REGISTER_EDI) return (int)r - ZYDIS_REGISTER_EAX;
    if (r >= ZYDIS_REGISTER_AX && r <= ZYDIS_REGISTER_DI) return (int)r - ZYDIS_REGISTER_AX;
    if (r >= ZYDIS_REGISTER_AL && r <= ZYDIS_REGISTER_BL) return (int)r - ZYDIS_REGISTER_AL;
    if (r >= ZYDIS_REGISTER_AH && r <= ZYDIS_REGISTER_BH) return (int)r - ZYDIS_REGISTER_AH;
    return -1;
}

int insn_segment(ZydisRegister r)
{
    return r >= ZYDIS_REGISTER_ES && r <= ZYDIS_REGISTER_GS ? (int)r - ZYDIS_REGISTER_ES : CPU_DS;
}

static uint32_t reg_value(ZydisRegister r, const struct cpu_state *s)
{
    int g = insn_gpr(r);
    if (g < 0) return 0;
    uint32_t v = (uint32_t)s->gpr[g];
    return r >= ZYDIS_REGISTER_EAX && r <= ZYDIS_REGISTER_EDI ? v : v & 0xffff;
}

uint32_t insn_offset(const struct insn *in, const ZydisDecodedOperand *m, const struct cpu_state *s)
{
    uint32_t v = (uint32_t)m->mem.disp.value + reg_value(m->mem.base, s);
    if (m->mem.index != ZYDIS_REGISTER_NONE) v += reg_value(m->mem.index, s) * (m->mem.scale ? m->mem.scale : 1u);
    /* BT and its kin with a register operand reach beyond the operand (SDM vol. 2, BT). */
    if (in->i.mnemonic == ZYDIS_MNEMONIC_BT || in->i.mnemonic == ZYDIS_MNEMONIC_BTS || in->i.mnemonic == ZYDIS_MNEMONIC_BTR || in->i.mnemonic == ZYDIS_MNEMONIC_BTC)
        if (in->op[1].type == ZYDIS_OPERAND_TYPE_REGISTER) {
            if (in->i.operand_width == 16) v += (uint32_t)(((int16_t)reg_value(in->op[1].reg.value, s) >> 4) * 2);
            else v += (uint32_t)(((int32_t)reg_value(in->op[1].reg.value, s) >> 5) * 4);
        }
    return in->i.address_width == 16 ? v & 0xffff : v;
}

static unsigned shift_count(const struct insn *in, const struct cpu_state *s)
{
    const ZydisDecodedOperand *o = &in->op[in->i.mnemonic == ZYDIS_MNEMONIC_SHLD || in->i.mnemonic == ZYDIS_MNEMONIC_SHRD ? 2 : 1];
    return (o->type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? (unsigned)o->imm.value.u : (unsigned)s->gpr[CPU_RCX]) & 31;
}

/* The shifts: what is undefined depends on the count (SDM vol. 2, SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD). */
static uint32_t undefined_shift(const struct insn *in, const struct cpu_state *s, bool exact)
{
    bool by_reg = in->op[1].type == ZYDIS_OPERAND_TYPE_REGISTER || in->i.mnemonic == ZYDIS_MNEMONIC_SHLD || in->i.mnemonic == ZYDIS_MNEMONIC_SHRD;
    unsigned n = shift_count(in, s), width = in->op[0].size;
    uint32_t u = 0;
    bool any = !exact && by_reg;
    switch (in->i.mnemonic) {
    case ZYDIS_MNEMONIC_ROL: case ZYDIS_MNEMONIC_ROR: case ZYDIS_MNEMONIC_RCL: case ZYDIS_MNEMONIC_RCR:
        if (any || n > 1) u |= FLAG_OF;
        return u;
    case ZYDIS_MNEMONIC_SHLD: case ZYDIS_MNEMONIC_SHRD:
        if (any || n) u |= FLAG_AF;
        if (any || n > 1) u |= FLAG_OF;
        if (any || n > width) u |= FLAG_CF | FLAG_PF | FLAG_ZF | FLAG_SF | FLAG_OF;
        return u;
    default:
        if (any || n) u |= FLAG_AF;
        if (any || n > 1) u |= FLAG_OF;
        /* A count of the width itself is defined for SHL and SHR only by what hardware does: the last bit out. */
        if (any || (n >= width && in->i.mnemonic != ZYDIS_MNEMONIC_SAR)) u |= FLAG_CF;
        return u;
    }
}

/* SDM vol. 2, SHLD, SHRD: "If the count is greater than the operand size, the result is undefined"; AMD's differs from Intel's. */
bool insn_result_undefined(const struct insn *in, const struct cpu_state *s, bool exact)
{
    if ((in->i.mnemonic != ZYDIS_MNEMONIC_SHLD && in->i.mnemonic != ZYDIS_MNEMONIC_SHRD) || in->op[0].size != 16) return false;
    return (!exact && in->op[2].type == ZYDIS_OPERAND_TYPE_REGISTER) || shift_count(in, s) > 16;
}

uint32_t insn_undefined(const struct insn *in, const struct cpu_state *s, bool exact)
{
    switch (in->i.meta.category) {
    case ZYDIS_CATEGORY_SHIFT: case ZYDIS_CATEGORY_ROTATE: return undefined_shift(in, s, exact);
    default: break;
    }
    uint32_t u = in->i.cpu_flags ? in->i.cpu_flags->undefined : 0;
    return u & (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF);
}
