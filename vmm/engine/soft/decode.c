/* decode.c: from bytes to ops. Zydis finds the parts of an instruction; the opcode maps say what they mean. */
#include <string.h>

#include <Zydis/Zydis.h>

#include "code.h"
#include "handlers.h"
#include "hot.h"
#include "mem.h"
#include "opcodes.h"

enum { LONGEST = 15 };

struct prefixes { bool lock, rep, repne, opsize, addrsize; int seg; };

static struct prefixes prefixes_of(const ZydisDecodedInstruction *z) {
    struct prefixes p = {.seg = -1};
    for (unsigned i = 0; i < z->raw.prefix_count; i++) switch (z->raw.prefixes[i].value) {
        case 0xf0: p.lock = true; break;
        case 0xf2: p.repne = true, p.rep = false; break; /* of several, the last counts */
        case 0xf3: p.rep = true, p.repne = false; break;
        case 0x66: p.opsize = true; break;
        case 0x67: p.addrsize = true; break;
        case 0x26: p.seg = CPU_ES; break;
        case 0x2e: p.seg = CPU_CS; break;
        case 0x36: p.seg = CPU_SS; break;
        case 0x3e: p.seg = CPU_DS; break;
        case 0x64: p.seg = CPU_FS; break;
        case 0x65: p.seg = CPU_GS; break;
        default: break;
        }
    return p;
}

/* --- memory operands (SDM vol. 2, tables 2-1 to 2-3) --------------------------------------------------------------- */

static void set_base(struct op *o, unsigned r) {
    o->base = (u8)(r * 4);
    if (r == CPU_RSP || r == CPU_RBP) o->seg = CPU_SS;
}

static void memory16(struct op *o, unsigned mod, unsigned rm) {
    static const struct { u8 base, index; } form[8] = {
        {CPU_RBX, CPU_RSI}, {CPU_RBX, CPU_RDI}, {CPU_RBP, CPU_RSI}, {CPU_RBP, CPU_RDI},
        {CPU_RSI, ZERO_REG}, {CPU_RDI, ZERO_REG}, {CPU_RBP, ZERO_REG}, {CPU_RBX, ZERO_REG}};
    if (mod == 0 && rm == 6) return; /* a bare displacement */
    set_base(o, form[rm].base);
    o->index = (u8)(form[rm].index * 4);
}

static void memory32(struct op *o, const ZydisDecodedInstruction *z) {
    unsigned mod = z->raw.modrm.mod, rm = z->raw.modrm.rm;
    if (rm != 4) {
        if (mod != 0 || rm != 5) set_base(o, rm);
        return;
    }
    if (mod != 0 || z->raw.sib.base != 5) set_base(o, z->raw.sib.base);
    if (z->raw.sib.index != 4) {
        o->index = (u8)(z->raw.sib.index * 4);
        o->scale = z->raw.sib.scale;
    }
}

static void memory(struct op *o, const ZydisDecodedInstruction *z, const struct prefixes *p) {
    o->flags |= OP_MEM;
    if (z->attributes & ZYDIS_ATTRIB_HAS_MODRM) {
        if (o->amask == 0xffff) memory16(o, z->raw.modrm.mod, z->raw.modrm.rm);
        else memory32(o, z);
    }
    o->disp = (u32)z->raw.disp.value;
    if (p->seg >= 0) o->seg = (u8)p->seg;
}

/* --- one instruction -------------------------------------------------------------------------------------------------- */

static const struct row *row_of(const ZydisDecodedInstruction *z) {
    if (z->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY) return NULL; /* VEX and the like */
    const struct row *row;
    if (z->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT) row = &soft_map0[z->opcode];
    else if (z->opcode_map == ZYDIS_OPCODE_MAP_0F) row = &soft_map1[z->opcode];
    else return NULL;
    if (row->group) row = &row->group[z->raw.modrm.reg];
    return row->fn ? row : NULL;
}

/* Segment registers, control and debug registers that do not exist. */
static bool bad_register(const struct op *o) {
    if (o->fn == op_mov_seg_rm) return o->sub == CPU_CS || o->sub >= CPU_SEGS;
    if (o->fn == op_mov_rm_seg) return o->sub >= CPU_SEGS;
    if (o->fn == op_mov_r_cr || o->fn == op_mov_cr_r) return o->sub == 1 || o->sub > 4;
    return false;
}

static void immediates(struct op *o, const ZydisDecodedInstruction *z, const struct row *row, const struct block *b, u32 limit) {
    o->imm = (u32)z->raw.imm[0].value.u;
    if (row->fn == op_jmp_far || row->fn == op_call_far || row->fn == op_enter) o->imm2 = (u16)z->raw.imm[1].value.u;
    if (row->fn == op_alu_rm_i || row->fn == op_mov_rm_i || row->fn == op_test_rm_i) o->imm &= o->w == 1 ? 0xff : o->w == 2 ? 0xffff : ~0u;
    if (!(row->flags & JUMP)) return;
    o->imm = b->eip + o->off + o->len + (u32)z->raw.imm[0].value.s;
    if (o->w == 2) o->imm &= 0xffff;
    if (o->imm > limit) o->fn = row->beyond;
}

/* Fill in *o (w, flags SS16 and position are set by the caller). False: invalid opcode. */
static bool translate(struct engine_vcpu *c, struct op *o, const ZydisDecodedInstruction *z, const struct block *b) {
    const struct row *row = row_of(z);
    if (!row) return false;
    struct prefixes p = prefixes_of(z);
    bool big = c->seg[CPU_CS].attr & SEG_DB;
    u8 size = big != p.opsize ? 4 : 2;
    u32 f = row->flags;
    o->fn = row->fn;
    o->w = f & W1 ? 1 : f & W2 ? 2 : f & D4 ? 4 : size;
    o->amask = big != p.addrsize ? 0xffffffffu : 0xffff;
    if (o->amask == 0xffff) o->flags |= OP_A16;
    if (p.lock) o->flags |= OP_LOCK;
    if (p.rep) o->flags |= OP_REP;
    if (p.repne) o->flags |= OP_REPNE;
    o->base = o->index = ZERO_REG * 4;
    o->seg = p.seg >= 0 ? (u8)p.seg : CPU_DS;
    bool modrm = z->attributes & ZYDIS_ATTRIB_HAS_MODRM;
    u8 reg_w = f & SUB_W ? size : o->w;
    if (f & REG_OP) {
        o->rm = reg_off(z->opcode & 7u, o->w);
        o->r = o->fn == op_xchg ? 0 : o->rm; /* XCHG with the accumulator */
    } else if (modrm) {
        o->r = reg_off(z->raw.modrm.reg, reg_w);
        if (z->raw.modrm.mod == 3 || (f & REG_FORM)) o->rm = reg_off(z->raw.modrm.rm, o->w);
        else memory(o, z, &p);
    } else if (z->raw.disp.size && (o->fn == op_mov_r_rm || o->fn == op_mov_rm_r)) {
        memory(o, z, &p); /* MOV moffs */
    }
    if (f & SUB_REG) o->sub = z->raw.modrm.reg;
    else if (f & SUB_CC) o->sub = z->opcode & 15;
    else if (f & SUB_ALU) o->sub = z->opcode >> 3 & 7;
    else if (f & SUB_W) o->sub = size;
    else if (f & SUB_CONST) o->sub = row->sub;
    if ((f & MEM_ONLY) && !(o->flags & OP_MEM)) return false;
    if (p.lock && !((f & LOCKABLE) && (o->flags & OP_MEM))) return false;
    if ((f & LOCKED) && (o->flags & OP_MEM)) o->flags |= OP_LOCK;
    if (bad_register(o)) return false;
    if (f & ENDS) o->flags |= OP_ENDS;
    if (o->fn == op_mov_seg_rm && o->sub == CPU_SS) o->fn = op_mov_ss_rm, o->flags |= OP_ENDS;
    if (o->fn == op_ins || o->fn == op_outs) o->sub = 1; /* the port is in DX */
    immediates(o, z, row, b, c->seg[CPU_CS].limit);
    return true;
}

/* --- blocks -------------------------------------------------------------------------------------------------------------- */

/* Up to 15 bytes at block offset `off` into b->copy. Returns how many there are; stops at the end of the page unless
 * `beyond`, which may fault. */
static u32 fetch(struct engine_vcpu *c, struct block *b, u32 off, bool beyond) {
    u32 in_page = PAGE - b->gpa % PAGE, n = 0;
    for (; n < LONGEST && off + n < in_page; n++) b->copy[off + n] = host_load8(b->host + off + n);
    if (n == LONGEST || !beyond) return n;
    u64 gpa;
    u32 lin = c->seg[CPU_CS].base + b->eip + in_page;
    const u8 *second = soft_lin_ptr(c, lin, c->user ? ACC_USER : ACC_READ, &gpa);
    if (!second) soft_fail(c, FAIL_FETCH);
    b->host2 = second;
    soft_ram(c, gpa, false, &b->page2);
    for (; n < LONGEST; n++) b->copy[off + n] = host_load8(second + (off + n - in_page));
    return n;
}

static void decoder_init(ZydisDecoder *d, bool big) {
    ZydisDecoderInit(d, big ? ZYDIS_MACHINE_MODE_LEGACY_32 : ZYDIS_MACHINE_MODE_LEGACY_16,
                     big ? ZYDIS_STACK_WIDTH_32 : ZYDIS_STACK_WIDTH_16);
    static const ZydisDecoderMode later[] = {ZYDIS_DECODER_MODE_MPX, ZYDIS_DECODER_MODE_CET, ZYDIS_DECODER_MODE_LZCNT,
                                             ZYDIS_DECODER_MODE_TZCNT, ZYDIS_DECODER_MODE_WBNOINVD, ZYDIS_DECODER_MODE_CLDEMOTE};
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) ZydisDecoderEnableMode(d, later[i], ZYAN_FALSE);
}

enum outcome { GOOD, INVALID, TOO_LONG, NEXT_PAGE };

/* Decode the instruction at block offset `off` of which n bytes are known. */
static enum outcome decode_one(struct engine_vcpu *c, const ZydisDecoder *d, struct block *b, struct op *o, u32 off, u32 n) {
    ZydisDecodedInstruction z;
    ZyanStatus st = ZydisDecoderDecodeInstruction(d, NULL, b->copy + off, n, &z);
    if (st == ZYDIS_STATUS_NO_MORE_DATA) return n < LONGEST ? NEXT_PAGE : TOO_LONG;
    if (st == ZYDIS_STATUS_INSTRUCTION_TOO_LONG) return TOO_LONG;
    o->len = ZYAN_SUCCESS(st) ? z.length : 1;
    if (!ZYAN_SUCCESS(st) || !translate(c, o, &z, b)) return INVALID;
    return GOOD;
}

void soft_decode(struct engine_vcpu *c, struct block *b) {
    const struct soft_seg *cs = &c->seg[CPU_CS];
    ZydisDecoder d;
    decoder_init(&d, cs->attr & SEG_DB);
    u32 in_page = PAGE - b->gpa % PAGE, off = 0;
    bool ended = false;
    while (!ended && b->nop < BLOCK_OPS - 1 && off < BLOCK_BYTES - LONGEST && off < in_page && !(b->one && b->n)) {
        struct op *o = &b->op[b->nop];
        *o = (struct op){.idx = (u8)b->n, .pos = b->nop, .off = (u8)off, .n = 1};
        if (!(c->seg[CPU_SS].attr & SEG_DB)) o->flags |= OP_SS16;
        u8 keep = o->flags;
        bool first = b->n == 0;
        u32 n = fetch(c, b, off, false);
        enum outcome r = decode_one(c, &d, b, o, off, n);
        if (r == NEXT_PAGE) {
            if (!first) break; /* it may fault: only when it is reached */
            n = fetch(c, b, off, true);
            o->flags = keep;
            r = decode_one(c, &d, b, o, off, n);
        }
        if (r != GOOD) {
            if (!first) break;
            *o = (struct op){.fn = r == INVALID ? op_ud : op_too_long, .n = 1, .len = (u8)n, .flags = OP_ENDS};
        } else if (cs->limit - b->eip < off + o->len - 1u) { /* reaches beyond the limit */
            if (!first) break;
            soft_raise_err(c, EX_GP, 0);
        }
        off += o->len;
        b->nop++;
        b->n++;
        ended = o->flags & OP_ENDS;
    }
    b->bytes = (u8)off;
    b->bytes1 = (u8)(off < in_page ? off : in_page);
    if (b->bytes1 == b->bytes) b->page2 = NULL, b->host2 = NULL;
    if (!b->one && b->nop > 1) soft_fuse(&b->op[b->nop - 2], &b->op[b->nop - 1]);
    for (unsigned i = 0; i < b->nop; i++) soft_specialise(&b->op[i]);
    /* Also behind a jump: string I/O that has nothing to do goes on there. */
    b->op[b->nop] = (struct op){.fn = b->one ? op_stop : op_end, .idx = (u8)b->n, .pos = b->nop, .off = (u8)off};
    b->nop++;
}
