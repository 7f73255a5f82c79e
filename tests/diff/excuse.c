/* excuse.c: rows of (who is wrong, when, why). A row may only say what the manual says otherwise. */
#include <string.h>

#include "excuse.h"

/* a: the executor that is believed; b: the one the row is about. */
typedef bool excuse_fn(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b);

static bool is_fault(const struct outcome *o, unsigned v) { return o->end == END_VECTOR && o->vector == v; }

/* Does the instruction touch an offset beyond its segment's limit? */
static bool beyond_limit(const struct dcase *c, const struct insn *in, const struct outcome *a, const struct outcome *b)
{
    (void)b;
    if (!is_fault(a, 13) && !is_fault(a, 12)) return false;
    if (c->sequence) return true;
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
    if (in->i.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE && c->s.seg[CPU_CS].limit == 0xffff) return true;
    return false;
}

struct row { const char *who; excuse_fn *when; const char *why; };

static const struct row rows[] = {
    { "unicorn", beyond_limit, "QEMU's translator does not check segment limits" },
};

const char *excuse_reason(unsigned i) { return i < sizeof rows / sizeof rows[0] ? rows[i].why : NULL; }

const char *excuse_find(const struct dcase *c, const struct outcome *a, const char *an, const struct outcome *b, const char *bn)
{
    struct insn in;
    if (!insn_decode(c->scene, c->code, c->ncode, &in)) memset(&in, 0, sizeof in);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!strcmp(rows[i].who, bn) && rows[i].when(c, &in, a, b)) return rows[i].why;
        if (!strcmp(rows[i].who, an) && rows[i].when(c, &in, b, a)) return rows[i].why;
    }
    return NULL;
}
