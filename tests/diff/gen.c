/* gen.c: a case from its seed: scene, registers, one instruction or a short sequence. */
#include <stdio.h>
#include <string.h>

#include "case.h"

uint64_t rng_next(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static bool chance(uint64_t *r, unsigned one_in) { return rng_next(r) % one_in == 0; }

uint32_t port_answer(uint16_t port, unsigned size, unsigned nth)
{
    uint64_t s = (uint64_t)port << 16 | size << 8 | nth;
    return (uint32_t)(rng_next(&s) & (size == 4 ? 0xffffffff : (1u << (8 * size)) - 1));
}

/* Opcodes are drawn from the whole one-byte and 0F maps alike, so that rare ones are not rare here. */
static unsigned raw_bytes(uint64_t *r, uint8_t *b, unsigned *opcode)
{
    static const uint8_t segs[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 };
    unsigned n = 0;
    if (chance(r, 4)) b[n++] = 0x66;
    if (chance(r, 6)) b[n++] = 0x67;
    if (chance(r, 8)) b[n++] = segs[rng_next(r) % 6];
    unsigned op = (unsigned)(rng_next(r) % 512);
    bool string = (op >= 0xa4 && op <= 0xaf) || (op >= 0x6c && op <= 0x6f);
    if (chance(r, string ? 2 : 40)) b[n++] = 0xf2 + (uint8_t)(rng_next(r) & 1);
    if (chance(r, 24)) b[n++] = 0xf0;
    if (op >= 0x100) b[n++] = 0x0f;
    b[n++] = (uint8_t)op;
    *opcode = op;
    for (unsigned i = 0; i < 10; i++) {
        uint64_t v = rng_next(r);
        static const uint8_t edge[] = { 0, 1, 0x7f, 0x80, 0xff, 0xfe };
        b[n + i] = i > 1 && (v & 3) == 0 ? edge[(v >> 8) % 6] : (uint8_t)(v >> 32);
    }
    return n + 10;
}

static void registers(struct dcase *c, uint64_t *r)
{
    struct cpu_state *s = &c->s;
    memset(s, 0, sizeof *s);
    s->dr[6] = 0xffff0ff0;
    s->dr[7] = 0x400;
    for (int g = 0; g < 8; g++) s->gpr[g] = gen_value(r);
    s->rflags = (rng_next(r) & (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_DF | FLAG_OF)) | FLAG_1;
    if (chance(r, 4)) s->rflags |= FLAG_IF;
    if (chance(r, 32)) s->rflags |= FLAG_NT;
    if (chance(r, 16)) s->rflags |= FLAG_ID;
    if (c->scene->user && chance(r, 2)) s->rflags |= rng_next(r) & FLAG_IOPL;
    c->scene->state(s);
    bool real = c->scene->mode == CPU_REAL || c->scene->mode == CPU_V86;
    if (real)
        for (int i = 0; i < CPU_SEGS; i++) {
            if (i == CPU_CS || chance(r, 3)) continue;
            s->seg[i].sel = (uint16_t)(rng_next(r) & 0x1fff);
            s->seg[i].base = s->seg[i].sel * 16u;
        }
    /* The code: within one page, or across two, or right before the end of the 64 KB of a 16-bit segment. */
    uint64_t v = rng_next(r);
    c->at = AT_CODE + (uint32_t)(v >> 32) % (CODE_END - AT_CODE - 0x200);
    if ((v & 15) == 0) c->at = AT_CODE + 0x1000 - 1 - (uint32_t)(v >> 8 & 7);
    if (real) {
        uint16_t sel = (uint16_t)((v >> 4 & 1) ? 0 : (v >> 16) % (AT_CODE / 16));
        s->seg[CPU_CS].sel = sel;
        s->seg[CPU_CS].base = sel * 16u;
    }
    s->rip = c->at - (uint32_t)s->seg[CPU_CS].base;
    uint32_t sp = AT_STACK + ((uint32_t)rng_next(r) & 0x1ffe);
    if (chance(r, 4)) sp |= 1;
    uint32_t ssb = (uint32_t)s->seg[CPU_SS].base;
    if (sp < ssb) sp += ssb; /* anywhere in that segment will do */
    s->gpr[CPU_RSP] = sp - ssb;
    if (!(s->seg[CPU_SS].attr & SEG_DB)) s->gpr[CPU_RSP] = (s->gpr[CPU_RSP] & 0xffff) | (rng_next(r) & 0xffff0000);
    if (chance(r, 2)) s->gpr[CPU_RBP] = (uint32_t)(s->gpr[CPU_RSP] + (rng_next(r) & 0x7c));
}

/* One more instruction at c->code + c->ncode. Its operands may change registers, so only the first may be aimed. */
static bool append(struct dcase *c, uint64_t *r, bool first, uint32_t *taint)
{
    uint8_t b[24];
    struct insn in;
    unsigned opcode, n = raw_bytes(r, b, &opcode);
    bool valid = insn_decode(c->scene, b, n < 15 ? n : 15, &in);
    if (!valid) {
        if (!first || c->sequence || !chance(r, 16)) return false;
        uint8_t more[15] = { 0 };
        memcpy(more, b, 8);
        if (insn_decode(c->scene, more, sizeof more, &in)) return false; /* just cut short: what follows in memory would complete it */
        memcpy(c->code, b, 8);
        c->ncode = 8;
        c->ninsn = 1;
        c->opcode = opcode;
        strcpy(c->op, "(invalid)");
        return true;
    }
    if (!insn_wanted(&in)) return false;
    if (c->sequence && (insn_branches(&in) || insn_pushes_segment(&in))) return false;
    bool touches = false;
    for (unsigned k = 0; k < in.i.operand_count; k++) touches |= in.op[k].type == ZYDIS_OPERAND_TYPE_MEMORY && in.op[k].mem.type != ZYDIS_MEMOP_TYPE_AGEN;
    if (!first && touches && !chance(r, 4)) return false;
    if (!first && insn_repeats(&in)) return false;
    const ZydisAccessedFlags *f = in.i.cpu_flags;
    if (f && (f->tested & *taint)) return false;
    if (c->ncode + in.i.length + 2 > CASE_BYTES) return false;
    memcpy(c->code + c->ncode, b, in.i.length);
    c->ncode += in.i.length;
    c->ninsn++;
    if (first) {
        c->opcode = opcode;
        snprintf(c->op, sizeof c->op, "%s", ZydisMnemonicGetString(in.i.mnemonic));
        c->rep = insn_repeats(&in);
        c->branch = insn_branches(&in);
        gen_operands(c, &in, r);
        insn_decode(c->scene, c->code, c->ncode, &in);
    }
    if (insn_result_undefined(&in, &c->s, first)) {
        c->ncode -= in.i.length;
        c->ninsn--;
        return false;
    }
    uint32_t u = insn_undefined(&in, &c->s, first);
    *taint |= u;
    c->undefined |= u;
    return true;
}

void case_generate(struct dcase *c, uint64_t seed, const struct scene *only)
{
    uint64_t state = seed * 0x2545f4914f6cdd1d + 1, *r = &state;
    memset(c, 0, sizeof *c);
    c->seed = seed;
    uint64_t pick = rng_next(r);
    c->scene = only ? only : &scenes[pick % nscenes];
    c->sequence = chance(r, 5);
    registers(c, r);
    uint32_t taint = 0;
    while (!append(c, r, true, &taint)) { }
    if (c->sequence && c->op[0] != '(') {
        unsigned want = 2 + (unsigned)(rng_next(r) % 6);
        for (unsigned tries = 0; c->ninsn < want && tries < 64; tries++) append(c, r, false, &taint);
    }
}

void case_apply(const struct dcase *c, uint8_t *image)
{
    for (unsigned i = 0; i < c->npatch; i++) memcpy(image + c->patch[i].at, c->patch[i].bytes, c->patch[i].n);
    memcpy(image + c->at, c->code, c->ncode);
}

void case_undo(const struct dcase *c, const uint8_t *scene_ram, uint8_t *image)
{
    for (unsigned i = 0; i < c->npatch; i++) memcpy(image + c->patch[i].at, scene_ram + c->patch[i].at, c->patch[i].n);
    memcpy(image + c->at, scene_ram + c->at, c->ncode);
}
