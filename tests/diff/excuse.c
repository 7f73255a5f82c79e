/* excuse.c: rows of (who is wrong, when, why). A row may only say what the manual says otherwise. */
#include <stdlib.h>
#include <string.h>

#include "excuse.h"

/* a: the executor that is believed; b: the one the row is about. */
typedef bool excuse_fn(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b);

static bool contains(const struct dcase *c, ZydisMnemonic m)
{
    struct insn in;
    for (unsigned at = 0; at < c->ncode && insn_decode(c->scene, c->code + at, c->ncode - at, &in); at += in.i.length)
        if (in.i.mnemonic == m) return true;
    return false;
}

static bool is_fault(const struct outcome *o, unsigned v) { return o->end == END_VECTOR && o->vector == v; }

/* Does the instruction touch an offset beyond its segment's limit? */
static bool beyond_limit(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    if (!is_fault(a, 13) && !is_fault(a, 12)) return false;
    if (c->sequence || in->i.mnemonic == ZYDIS_MNEMONIC_ENTER || in->i.mnemonic == ZYDIS_MNEMONIC_XLAT) return true;
    for (unsigned k = 0; k < in->i.operand_count; k++) {
        const ZydisDecodedOperand *m = &in->op[k];
        if (m->type != ZYDIS_OPERAND_TYPE_MEMORY || m->mem.type == ZYDIS_MEMOP_TYPE_AGEN) continue;
        const struct cpu_seg *s = &c->s.seg[insn_segment(m->mem.segment)];
        uint64_t first = insn_offset(in, m, &c->s), bytes = m->size / 8 ? m->size / 8 : 4u;
        bool stack = m->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN && m->mem.segment == ZYDIS_REGISTER_SS;
        if (stack && first > 0xffc0 && s->limit == 0xffff) return true; /* several words at the top of a 64 KB stack */
        if (stack && (first & 0xffff) < 0x40 && s->limit == 0xffff) return true;
        if (insn_repeats(in)) { first = (uint32_t)a->s.gpr[insn_gpr(m->mem.base)]; if (in->i.address_width == 16) first &= 0xffff; }
        if (first + bytes - 1 > s->limit) return true;
    }
    /* A branch beyond the limit of CS. */
    return insn_branches(in) && (c->s.seg[CPU_CS].limit == 0xffff || (uint32_t)b->s.rip > 0xffff);
}

/* SDM vol. 2, PUSH: of a 32-bit push of a segment register the upper half is zero or left as it was. */
static bool push_segment(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    uint32_t sp = (uint32_t)a->s.gpr[CPU_RSP] & (c->s.seg[CPU_SS].attr & SEG_DB ? 0xffffffffu : 0xffffu);
    uint32_t at = case_physical(c, (uint32_t)c->s.seg[CPU_SS].base + sp);
    return !c->sequence && in->i.operand_width == 32 && insn_pushes_segment(in) && a->end == b->end && !memcmp(a->s.gpr, b->s.gpr, sizeof a->s.gpr)
        && at <= RAM_SIZE - 2 && !memcmp(a->ram + at, b->ram + at, 2);
}

static bool test_alias(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)a;
    for (unsigned i = 0; i + 1 < c->ncode; i++)
        if ((c->code[i] == 0xf6 || c->code[i] == 0xf7) && (c->code[i + 1] >> 3 & 7) == 1 && is_fault(b, 6)) return true;
    return in->i.mnemonic == ZYDIS_MNEMONIC_TEST && in->i.raw.modrm.reg == 1;
}

/* Writing to code or read-only data, reading execute-only code. */
static bool wrong_type(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)b;
    if (!is_fault(a, 13) || !(c->s.cr0 & CR0_PE)) return false;
    for (unsigned k = 0; k < in->i.operand_count; k++)
        if (in->op[k].type == ZYDIS_OPERAND_TYPE_MEMORY && in->op[k].mem.segment == ZYDIS_REGISTER_CS) return true;
    return false;
}

/* QEMU sign-extends the immediate of RET; SDM vol. 2 has it unsigned. */
static bool ret_imm(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)a, (void)b;
    return in->i.mnemonic == ZYDIS_MNEMONIC_RET && in->op[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE && (c->s.seg[CPU_SS].attr & SEG_DB)
        && (in->op[0].imm.value.u & 0x8000);
}

/* 0F 18 - 0F 1F with a ModRM byte: reserved, and a NOP on processors that do not use them (SDM vol. 2, table A-3). */
static bool hint_nop(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in, (void)a, (void)b;
    for (unsigned i = 0; i + 1 < c->ncode && c->op[0] == '('; i++)
        if (c->code[i] == 0x0f && c->code[i + 1] >= 0x18 && c->code[i + 1] <= 0x1f) return true;
    return false;
}

/* The instructions changed themselves. */
static bool self_modified(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    for (unsigned k = 0; k < in->i.operand_count; k++) { /* perhaps with the bytes that were there */
        const ZydisDecodedOperand *m = &in->op[k];
        if (m->type != ZYDIS_OPERAND_TYPE_MEMORY) continue;
        uint32_t at = case_physical(c, (uint32_t)c->s.seg[insn_segment(m->mem.segment)].base + insn_offset(in, m, &c->s));
        if (at - (c->at - 8) < c->ncode + 16) return true;
    }
    return memcmp(a->ram + c->at, c->code, c->ncode) || memcmp(b->ram + c->at, c->code, c->ncode)
        || a->ram[c->at + c->ncode] != 0xf4; /* the HLT behind them */
}

static bool shutdown(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)c, (void)in, (void)b;
    return a->end == END_SHUTDOWN || is_fault(a, 8);
}

static bool int6(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)c;
    return in->i.mnemonic == ZYDIS_MNEMONIC_INT && is_fault(a, 6) && is_fault(b, 6);
}

/* A branch into the tester's own handlers looks like an exception. */
static bool into_handlers(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in, (void)a;
    uint32_t at = (uint32_t)b->s.rip - AT_HANDLER, base = c->scene->mode == CPU_REAL || c->scene->mode == CPU_V86 ? b->s.seg[CPU_CS].sel * 16u : 0;
    return b->end == END_DONE && (at < HANDLER_SPACE * 256 || at + base < HANDLER_SPACE * 256);
}

static bool ltr_null(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)c;
    return in->i.mnemonic == ZYDIS_MNEMONIC_LTR && is_fault(a, 13) && a->error == 0 && b->end == END_DONE;
}

/* The second part of a structure at offset FFFE: at offset 0 (each word has its own address) or beyond the limit? */
static bool far_pointer_wraps(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)a, (void)b;
    if (c->sequence)
        return contains(c, ZYDIS_MNEMONIC_LDS) || contains(c, ZYDIS_MNEMONIC_LES) || contains(c, ZYDIS_MNEMONIC_LSS)
            || contains(c, ZYDIS_MNEMONIC_LFS) || contains(c, ZYDIS_MNEMONIC_LGS);
    switch (in->i.mnemonic) {
    case ZYDIS_MNEMONIC_LDS: case ZYDIS_MNEMONIC_LES: case ZYDIS_MNEMONIC_LSS: case ZYDIS_MNEMONIC_LFS: case ZYDIS_MNEMONIC_LGS:
    case ZYDIS_MNEMONIC_JMP: case ZYDIS_MNEMONIC_CALL: case ZYDIS_MNEMONIC_BOUND: case ZYDIS_MNEMONIC_LGDT: case ZYDIS_MNEMONIC_LIDT:
    case ZYDIS_MNEMONIC_SGDT: case ZYDIS_MNEMONIC_SIDT: break;
    default: return false;
    }
    for (unsigned k = 0; k < in->i.operand_count; k++)
        if (in->op[k].type == ZYDIS_OPERAND_TYPE_MEMORY && in->i.address_width == 16 && insn_offset(in, &in->op[k], &c->s) > 0xfff8) return true;
    return false;
}

static bool io_permission(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)c;
    return is_fault(a, 13) && a->error == 0 && (b->end != END_VECTOR || b->vector == 14) && (in->i.meta.category == ZYDIS_CATEGORY_IO || in->i.meta.category == ZYDIS_CATEGORY_IOSTRINGOP);
}

/* SDM vol. 2, PUSHF: VM and RF are cleared in the image on the stack. */
static bool pushfd_v86(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in, (void)a, (void)b;
    return c->scene->mode == CPU_V86 && contains(c, ZYDIS_MNEMONIC_PUSHFD);
}

static bool lock_neg(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in, (void)a, (void)b;
    struct insn i;
    for (unsigned at = 0; at < c->ncode && insn_decode(c->scene, c->code + at, c->ncode - at, &i); at += i.i.length)
        if (i.i.mnemonic == ZYDIS_MNEMONIC_NEG && (i.i.attributes & ZYDIS_ATTRIB_HAS_LOCK)) return true;
    return false;
}

/* SDM vol. 2, 2.1.1: at most one prefix of a group; which of F2 and F3 counts is left open. */
static bool two_reps(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in, (void)a, (void)b;
    struct insn i;
    for (unsigned at = 0; at < c->ncode && insn_decode(c->scene, c->code + at, c->ncode - at, &i); at += i.i.length) {
        unsigned seen = 0;
        for (unsigned k = 0; k < i.i.raw.prefix_count; k++) seen |= i.i.raw.prefixes[k].value == 0xf2 ? 1u : i.i.raw.prefixes[k].value == 0xf3 ? 2u : 0u;
        if (seen == 3) return true;
    }
    return false;
}

/* SDM vol. 2, ENTER: #PF if a write with the final stack pointer would fault. */
static bool enter_probe(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in, (void)b;
    return (is_fault(a, 14) || c->scene->paging) && contains(c, ZYDIS_MNEMONIC_ENTER);
}

/* A write to a page that may only be read: the manual has W/R set in the error code even when the operand is read first. */
static bool read_before_write(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)c, (void)in;
    return is_fault(a, 14) && is_fault(b, 14) && a->s.cr2 == b->s.cr2 && a->s.rip == b->s.rip && a->error == (b->error | 2);
}

/* Undefined here, but not in a processor of today. */
static bool newer_insn(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)c;
    return is_fault(a, 6) && !is_fault(b, 6) && !insn_wanted(in);
}

/* A branch straight into the tester's handlers: what is taken for a pushed frame is only what was on the stack. */
static bool branched_in(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in;
    return c->branch && a->in_handler && b->in_handler && a->end == b->end;
}

/* KVM steps by setting TF, which PUSHF stores. */
static bool pushes_tf(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in, (void)a, (void)b;
    return contains(c, ZYDIS_MNEMONIC_PUSHF) || contains(c, ZYDIS_MNEMONIC_PUSHFD);
}

/* SDM vol. 2, INS: it is not said whether the port is read before the store faults. */
static bool ins_fault(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in;
    return (is_fault(a, 13) || is_fault(a, 14)) && a->nio < b->nio
        && (contains(c, ZYDIS_MNEMONIC_INSB) || contains(c, ZYDIS_MNEMONIC_INSW) || contains(c, ZYDIS_MNEMONIC_INSD));
}

/* SDM vol. 2, ENTER: what goes to (E)BP is as wide as the operand. */
static bool enter_width(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in, (void)a, (void)b;
    unsigned stack = c->s.seg[CPU_SS].attr & SEG_DB ? 32 : 16;
    struct insn i;
    for (unsigned at = 0; at < c->ncode && insn_decode(c->scene, c->code + at, c->ncode - at, &i); at += i.i.length)
        if (i.i.mnemonic == ZYDIS_MNEMONIC_ENTER && i.i.operand_width != stack) return true;
    return false;
}

/* SDM vol. 2, ARPL: only a selector whose RPL is raised is written. */
static bool arpl_write(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in;
    return contains(c, ZYDIS_MNEMONIC_ARPL) && !is_fault(a, 14) && (is_fault(b, 14) || c->scene->paging); /* a dirty bit, too */
}

static bool page_tables(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    bool marks = false, more = false; /* registers that differ by accessed and dirty bits only, read from a table */
    for (int i = 0; i < 8; i++) marks |= a->s.gpr[i] != b->s.gpr[i], more |= (a->s.gpr[i] ^ b->s.gpr[i]) & ~(uint64_t)0x60;
    if (c->scene->paging && c->sequence && marks && !more) return true;
    for (unsigned k = 0; k < in->i.operand_count && c->scene->paging; k++) {
        const ZydisDecodedOperand *m = &in->op[k];
        if (m->type == ZYDIS_OPERAND_TYPE_MEMORY && case_physical(c, insn_offset(in, m, &c->s)) - (AT_PD - 0x100) < 0x2100) return true;
    }
    return false;
}

/* The store faults: the manual's rule is that nothing has happened yet. */
static bool shift_fault(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)c;
    return is_fault(a, 14) && is_fault(b, 14) && (in->i.meta.category == ZYDIS_CATEGORY_ROTATE || in->i.meta.category == ZYDIS_CATEGORY_SHIFT);
}

/* Where several bytes, both operands of CMPS or several words of PUSHA fault, the manual does not say which is found first. */
static bool fault_order(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    if (!is_fault(a, 14) || !is_fault(b, 14) || a->s.rip != b->s.rip) return false;
    uint32_t apart = (uint32_t)(a->s.cr2 - b->s.cr2);
    if (!apart) return false;
    return apart + 16 < 32 || contains(c, ZYDIS_MNEMONIC_PUSHA) || contains(c, ZYDIS_MNEMONIC_PUSHAD) || in->i.meta.category == ZYDIS_CATEGORY_STRINGOP || contains(c, ZYDIS_MNEMONIC_CMPSB) || contains(c, ZYDIS_MNEMONIC_CMPSW)
        || contains(c, ZYDIS_MNEMONIC_CMPSD);
}

/* SDM vol. 2, PUSHA: EAX is pushed first, so its word faults first. QEMU of Unicorn 2.1 stores the lowest word, EDI's, first. */
static bool pusha_order(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in;
    return is_fault(a, 14) && is_fault(b, 14) && a->s.rip == b->s.rip && (uint32_t)(a->s.cr2 - b->s.cr2) < 32
        && (contains(c, ZYDIS_MNEMONIC_PUSHA) || contains(c, ZYDIS_MNEMONIC_PUSHAD));
}

/* A store in the middle of a block faults: QEMU has dropped flags that a later instruction overwrites. */
static bool dead_flags(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in;
    return c->sequence && is_fault(a, 14) && is_fault(b, 14) && a->s.rip == b->s.rip && a->s.cr2 == b->s.cr2
        && !memcmp(a->s.gpr, b->s.gpr, sizeof a->s.gpr);
}

/* Here KVM may itself be an emulator; the nested rig's is not. */
static bool not_delivered(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)c, (void)in;
    return a->end == END_VECTOR && (b->end == END_HLT || b->end == END_SHUTDOWN);
}

static bool stepped_hlt(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)c, (void)in;
    return a->end == END_HLT && b->end == END_DONE && a->s.rip == b->s.rip;
}

/* HLT is privileged: no processor halts in ring 3. */
static bool halted_user(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in, (void)a;
    return c->scene->user && b->end == END_HLT;
}

/* The tester steps KVM, which is done with TF. */
static bool step_shows(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in;
    return a->end == END_VECTOR && b->end == END_VECTOR && a->vector == b->vector && a->s.rip == b->s.rip
        && ((a->s.rflags ^ b->s.rflags) & ~(uint64_t)(c->undefined | FLAG_RF)) == FLAG_TF && !memcmp(a->s.gpr, b->s.gpr, sizeof a->s.gpr);
}

/* The saved EIP lies where it belongs less the base of SS. */
static bool frame_without_base(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in;
    uint32_t base = (uint32_t)c->s.seg[CPU_SS].base, at = b->frame_at - base + (b->has_error ? 4 : 0), eip;
    if (a->end != END_VECTOR || b->end != END_VECTOR || a->vector != b->vector || !base || at > RAM_SIZE - 4) return false;
    memcpy(&eip, b->ram + at, 4);
    return eip == (uint32_t)a->s.rip;
}

/* INT n through a gate that is there: not executed at all, or a #GP(0), which no gate of the scene gives. */
static bool int_refused(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    if (in->i.mnemonic != ZYDIS_MNEMONIC_INT || !is_fault(a, (unsigned)in->op[0].imm.value.u)) return false;
    return (b->end == END_DONE && b->s.rip == c->s.rip) || (is_fault(b, 13) && b->error == 0);
}

/* IN and OUT with a REP prefix, which they ignore. */
static bool rep_in(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in;
    struct insn i;
    for (unsigned at = 0; at < c->ncode && insn_decode(c->scene, c->code + at, c->ncode - at, &i); at += i.i.length)
        if (i.i.meta.category == ZYDIS_CATEGORY_IO && a->nio < b->nio) return true;
    return false;
}

static bool aad_sign(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in, (void)a, (void)b;
    return contains(c, ZYDIS_MNEMONIC_AAD) || contains(c, ZYDIS_MNEMONIC_AAM);
}

/* Only the upper half of ESP differs, where the stack is 16 bits wide. */
static bool esp_half(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)in;
    return !(c->s.seg[CPU_SS].attr & SEG_DB) && (a->s.gpr[CPU_RSP] ^ b->s.gpr[CPU_RSP]) >> 16 && (uint16_t)a->s.gpr[CPU_RSP] == (uint16_t)b->s.gpr[CPU_RSP]
        && a->s.rip == b->s.rip && a->vector == b->vector;
}

/* SDM vol. 2, INT n: real-address mode pushes 16-bit words. */
static bool int_operand_size(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)a, (void)b;
    return c->scene->mode == CPU_REAL && in->i.meta.category == ZYDIS_CATEGORY_INTERRUPT && in->i.operand_width == 32;
}

static bool other_ud(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    if (is_fault(a, 6) && is_fault(b, 13)) return true;
    return is_fault(b, 6) && (in->i.mnemonic == ZYDIS_MNEMONIC_INT1 || c->scene->user || test_alias(c, in, a, b));
}

static bool int1(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)c;
    return in->i.mnemonic == ZYDIS_MNEMONIC_INT1 && is_fault(a, 1) && is_fault(b, 6);
}

/* SDM vol. 2, SMSW: the upper half of a 32-bit register destination is undefined. */
static bool smsw32(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    if (c->sequence || in->i.mnemonic != ZYDIS_MNEMONIC_SMSW || in->i.operand_width != 32 || in->op[0].type != ZYDIS_OPERAND_TYPE_REGISTER) return false;
    for (int i = 0; i < 8; i++)
        if ((uint16_t)a->s.gpr[i] != (uint16_t)b->s.gpr[i]) return false;
    return a->end == b->end;
}

struct row { const char *who; excuse_fn *when; const char *why; };

static const struct row rows[] = {
    { "unicorn", beyond_limit, "QEMU's translator does not check segment limits" },
    { "unicorn", push_segment, "the upper half of a 32-bit push of a segment register is not defined" },
    { "unicorn", test_alias, "QEMU refuses F6/1 and F7/1, which processors execute as TEST" },
    { "unicorn", wrong_type, "QEMU's translator does not check segment types" },
    { "unicorn", ret_imm, "QEMU sign-extends the immediate of RET" },
    { "unicorn", hint_nop, "Zydis refuses some of the reserved NOPs 0F 18 to 0F 1F" },
    { "unicorn", self_modified, "Unicorn does not see code that modifies the block it is in" },
    { "unicorn", shutdown, "Unicorn delivers no exception, so it can fault only once" },
    { "unicorn", int6, "Unicorn takes INT 6 for an invalid instruction" },
    { "unicorn", into_handlers, "a branch into the tester's handlers, which looks like an exception" },
    { "unicorn", ltr_null, "QEMU's LTR accepts a null selector" },
    { "unicorn", far_pointer_wraps, "where the second part of a far pointer or table register at offset FFFE is read from is not defined" },
    { "unicorn", io_permission, "Unicorn does not check whether a port may be used" },
    { "unicorn", pushfd_v86, "QEMU's PUSHFD shows EFLAGS.VM" },
    { "unicorn", lock_neg, "QEMU's LOCK NEG takes its flags from the wrong value (KVM agrees with the manual)" },
    { "unicorn", two_reps, "both REP and REPNE before an instruction: which counts is not defined" },
    { "unicorn", enter_probe, "QEMU's ENTER does not probe the final stack pointer" },
    { "unicorn", enter_width, "the ENTER of Unicorn's QEMU writes (E)BP as wide as the stack (QEMU 7.2 does not)" },
    { "unicorn", arpl_write, "QEMU's ARPL writes also what it does not change" },
    { "unicorn", page_tables, "an operand in the page tables, whose accessed bits Unicorn does not always set" },
    { "unicorn", shift_fault, "QEMU's shifts change flags before their store faults" },
    { "unicorn", dead_flags, "QEMU drops flags that it takes for dead when a store in mid-block faults" },
    { "unicorn", pusha_order, "QEMU's PUSHA stores the last word first, so another word faults first" },
    { "unicorn", fault_order, "which byte or operand faults first is not defined" },
    { "kvm", not_delivered, "a KVM that emulates does not deliver some exceptions" },
    { "kvm", stepped_hlt, "a KVM that emulates steps over HLT" },
    { "kvm", halted_user, "a KVM that emulates halts in ring 3, at instructions it lacks" },
    { "kvm", step_shows, "a KVM that emulates pushes the TF it is stepped by" },
    { "kvm", frame_without_base, "a KVM that emulates pushes a frame without the base of SS" },
    { "kvm", int_refused, "a KVM that emulates refuses some INT n" },
    { "kvm", enter_width, "KVM's emulator pushes (E)BP of ENTER as wide as the stack" },
    { "kvm", newer_insn, "a KVM that emulates has instructions that a Pentium has not" },
    { "kvm", rep_in, "KVM's emulator reads ahead at an IN with a REP prefix" },
    { "kvm", aad_sign, "KVM's emulator gets the flags of AAD and AAM wrong (Unicorn agrees with the manual)" },
    { "kvm", int_operand_size, "KVM's emulator pushes 32 bits for an INT with an operand-size prefix" },
    { "kvm", esp_half, "KVM's emulator clears the upper half of ESP on a 16-bit stack" },
    { "kvm", other_ud, "KVM's emulator lacks this instruction" },
    { "kvm", push_segment, "the upper half of a 32-bit push of a segment register is not defined" },
    { "kvm", far_pointer_wraps, "where the second part of a far pointer or table register at offset FFFE is read from is not defined" },
    { "kvm", smsw32, "the upper half of SMSW to a 32-bit register is undefined" },
    { "kvm", hint_nop, "Zydis refuses some of the reserved NOPs 0F 18 to 0F 1F" },
    { "kvm", shutdown, "a fault that cannot be delivered" },
    { "qemu", read_before_write, "QEMU reads an operand before it asks whether it may write it" },
    { "qemu", newer_insn, "QEMU's processor has instructions that a Pentium has not" },
    { "kvm", branched_in, "a branch into the tester's handlers, which looks like an exception" },
    { "kvm", pushes_tf, "KVM's single step shows in the flags that PUSHF stores" },
    { "kvm", ins_fault, "KVM reads the port before it knows that the store faults" },
    { "unicorn", int1, "QEMU knows no INT1" },
    { "unicorn", smsw32, "the upper half of SMSW to a 32-bit register is undefined" },
};

const char *excuse_reason(unsigned i) { return i < sizeof rows / sizeof rows[0] ? rows[i].why : NULL; }

/* Is the row about this executor? In the nested rig KVM's processor is QEMU, whose translator is Unicorn's. */
static bool about(const struct row *r, const char *executor)
{
    if (!strcmp(r->who, executor)) return true;
    return !strcmp(executor, "kvm") && getenv("VMLAB_RIG") && (!strcmp(r->who, "unicorn") || !strcmp(r->who, "qemu"));
}

const char *excuse_find(const struct dcase *c, const struct outcome *a, const char *an, const struct outcome *b, const char *bn)
{
    struct insn in;
    if (!insn_decode(c->scene, c->code, c->ncode, &in)) memset(&in, 0, sizeof in);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (about(&rows[i], bn) && rows[i].when(c, &in, a, b)) return rows[i].why;
        if (about(&rows[i], an) && rows[i].when(c, &in, b, a)) return rows[i].why;
    }
    return NULL;
}
