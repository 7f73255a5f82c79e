/* alu.h: the eight operations of opcodes 00-3F and 80-83, shared by the reference handlers and their fast twins. */
#ifndef SOFT_ALU_H
#define SOFT_ALU_H

#include "flags.h"

enum { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };

static inline u32 alu(struct engine_vcpu *c, unsigned what, u32 a, u32 b, unsigned w) {
    switch (what) {
    case ALU_ADD: return do_add(c, a, b, 0, w);
    case ALU_OR: return do_logic(c, a | b, w);
    case ALU_ADC: return do_add(c, a, b, get_cf(c), w);
    case ALU_SBB: return do_sub(c, a, b, get_cf(c), w);
    case ALU_AND: return do_logic(c, a & b, w);
    case ALU_XOR: return do_logic(c, a ^ b, w);
    default: return do_sub(c, a, b, 0, w);
    }
}

#endif
