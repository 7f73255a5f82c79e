/* opcodes.h: the opcode maps (SDM vol. 2, appendix A): which handler, and how its operands are found. */
#ifndef SOFT_OPCODES_H
#define SOFT_OPCODES_H

#include "op.h"

enum row_flags {
    W1 = 1,          /* operands are bytes; else as wide as the operand size */
    W2 = 2,          /* 16 bits, whatever the operand size */
    REG_OP = 4,      /* r and rm are the register in the opcode's low three bits */
    ACC = 8,         /* r and rm are the accumulator, when there is no ModRM byte */
    SUB_REG = 16,    /* sub: ModRM.reg */
    SUB_CC = 32,     /* sub: the opcode's low four bits, a condition */
    SUB_ALU = 64,    /* sub: bits 3-5 of the opcode */
    SUB_W = 128,     /* sub: the operand size */
    ENDS = 256,      /* the last of its block */
    LOCKABLE = 512,  /* LOCK is allowed when the destination is memory */
    LOCKED = 1024,   /* ... and implied */
    MEM_ONLY = 2048, /* the register form is #UD */
    JUMP = 4096,     /* imm is relative; a twin handles targets beyond the limit */
    REG_FORM = 8192, /* ModRM.rm is a general register, whatever mod says (MOV CR) */
    SUB_CONST = 16384,
    D4 = 32768,      /* 32 bits, whatever the operand size */
};

struct row {
    op_fn *fn;
    u32 flags;
    u8 sub;               /* SUB_CONST */
    op_fn *beyond;        /* JUMP */
    const struct row *group; /* by ModRM.reg */
};

extern const struct row soft_map0[256], soft_map1[256];

#endif
