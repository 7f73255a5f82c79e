/* opcodes.c: the opcode maps. A row without a handler is an invalid opcode. */
#include "opcodes.h"

#include "handlers.h"

#define SEGNO(n) SUB_CONST, .sub = (n)

static const struct row group1b[8] = {
    {.fn = op_alu_rm_i, .flags = W1 | SUB_REG | LOCKABLE}, {.fn = op_alu_rm_i, .flags = W1 | SUB_REG | LOCKABLE}, {.fn = op_alu_rm_i, .flags = W1 | SUB_REG | LOCKABLE},
    {.fn = op_alu_rm_i, .flags = W1 | SUB_REG | LOCKABLE}, {.fn = op_alu_rm_i, .flags = W1 | SUB_REG | LOCKABLE}, {.fn = op_alu_rm_i, .flags = W1 | SUB_REG | LOCKABLE},
    {.fn = op_alu_rm_i, .flags = W1 | SUB_REG | LOCKABLE}, {.fn = op_alu_rm_i, .flags = W1 | SUB_REG},
};
static const struct row group1[8] = {
    {.fn = op_alu_rm_i, .flags = SUB_REG | LOCKABLE}, {.fn = op_alu_rm_i, .flags = SUB_REG | LOCKABLE}, {.fn = op_alu_rm_i, .flags = SUB_REG | LOCKABLE},
    {.fn = op_alu_rm_i, .flags = SUB_REG | LOCKABLE}, {.fn = op_alu_rm_i, .flags = SUB_REG | LOCKABLE}, {.fn = op_alu_rm_i, .flags = SUB_REG | LOCKABLE},
    {.fn = op_alu_rm_i, .flags = SUB_REG | LOCKABLE}, {.fn = op_alu_rm_i, .flags = SUB_REG},
};
static const struct row group1a[8] = {{.fn = op_pop_m, .flags = 0}};
static const struct row group3b[8] = {{.fn = op_test_rm_i, .flags = W1}, {.fn = op_test_rm_i, .flags = W1}, {.fn = op_not, .flags = W1 | LOCKABLE}, {.fn = op_neg, .flags = W1 | LOCKABLE},
                                      {.fn = op_mul, .flags = W1}, {.fn = op_imul, .flags = W1}, {.fn = op_div, .flags = W1}, {.fn = op_idiv, .flags = W1}};
static const struct row group3[8] = {{.fn = op_test_rm_i, .flags = 0}, {.fn = op_test_rm_i, .flags = 0}, {.fn = op_not, .flags = LOCKABLE}, {.fn = op_neg, .flags = LOCKABLE},
                                     {.fn = op_mul, .flags = 0}, {.fn = op_imul, .flags = 0}, {.fn = op_div, .flags = 0}, {.fn = op_idiv, .flags = 0}};
static const struct row group4[8] = {{.fn = op_inc, .flags = W1 | LOCKABLE}, {.fn = op_dec, .flags = W1 | LOCKABLE}};
static const struct row group5[8] = {{.fn = op_inc, .flags = LOCKABLE}, {.fn = op_dec, .flags = LOCKABLE}, {.fn = op_call_rm, .flags = ENDS}, {.fn = op_call_far_m, .flags = ENDS | MEM_ONLY},
                                     {.fn = op_jmp_rm, .flags = ENDS}, {.fn = op_jmp_far_m, .flags = ENDS | MEM_ONLY}, {.fn = op_push_rm, .flags = 0}};
static const struct row group11b[8] = {{.fn = op_mov_rm_i, .flags = W1}};
static const struct row group11[8] = {{.fn = op_mov_rm_i, .flags = 0}};
static const struct row group6[8] = {{.fn = op_sldt, .flags = 0}, {.fn = op_str, .flags = 0}, {.fn = op_lldt, .flags = 0}, {.fn = op_ltr, .flags = 0}, {.fn = op_verr, .flags = 0}, {.fn = op_verw, .flags = 0}};
static const struct row group7[8] = {{.fn = op_sgdt, .flags = MEM_ONLY}, {.fn = op_sidt, .flags = MEM_ONLY}, {.fn = op_lgdt, .flags = MEM_ONLY}, {.fn = op_lidt, .flags = MEM_ONLY},
                                     {.fn = op_smsw, .flags = 0}, {0}, {.fn = op_lmsw, .flags = ENDS}, {.fn = op_invlpg, .flags = MEM_ONLY | ENDS}};
static const struct row group8[8] = {{0}, {0}, {0}, {0}, {.fn = op_bt_i, .flags = SUB_REG}, {.fn = op_bt_i, .flags = SUB_REG | LOCKABLE},
                                     {.fn = op_bt_i, .flags = SUB_REG | LOCKABLE}, {.fn = op_bt_i, .flags = SUB_REG | LOCKABLE}};
static const struct row group9[8] = {{0}, {.fn = op_cmpxchg8b, .flags = MEM_ONLY | LOCKABLE}};

/* The six forms of an ALU operation, and a run of eight or sixteen opcodes that differ in a register or condition. */
#define ALU6(at, lock)                                                                                             \
    [at] = {.fn = op_alu_rm_r, .flags = W1 | SUB_ALU | (lock)}, [at + 1] = {.fn = op_alu_rm_r, .flags = SUB_ALU | (lock)},                       \
    [at + 2] = {.fn = op_alu_r_rm, .flags = W1 | SUB_ALU}, [at + 3] = {.fn = op_alu_r_rm, .flags = SUB_ALU},                                     \
    [at + 4] = {.fn = op_alu_rm_i, .flags = W1 | SUB_ALU | ACC}, [at + 5] = {.fn = op_alu_rm_i, .flags = SUB_ALU | ACC}
#define RUN8(at, ...)                                                                                              \
    [at] = {__VA_ARGS__}, [at + 1] = {__VA_ARGS__}, [at + 2] = {__VA_ARGS__}, [at + 3] = {__VA_ARGS__},            \
    [at + 4] = {__VA_ARGS__}, [at + 5] = {__VA_ARGS__}, [at + 6] = {__VA_ARGS__}, [at + 7] = {__VA_ARGS__}
#define RUN16(at, ...) RUN8(at, __VA_ARGS__), RUN8(at + 8, __VA_ARGS__)
#define PAIR(at, handler, f) [at] = {.fn = handler, .flags = W1 | (f)}, [at + 1] = {.fn = handler, .flags = (f)}

const struct row soft_map0[256] = {
    ALU6(0x00, LOCKABLE), ALU6(0x08, LOCKABLE), ALU6(0x10, LOCKABLE), ALU6(0x18, LOCKABLE),
    ALU6(0x20, LOCKABLE), ALU6(0x28, LOCKABLE), ALU6(0x30, LOCKABLE), ALU6(0x38, 0),
    [0x06] = {.fn = op_push_seg, .flags = SEGNO(CPU_ES)}, [0x07] = {.fn = op_pop_seg, .flags = SEGNO(CPU_ES)},
    [0x0e] = {.fn = op_push_seg, .flags = SEGNO(CPU_CS)},
    [0x16] = {.fn = op_push_seg, .flags = SEGNO(CPU_SS)}, [0x17] = {.fn = op_pop_ss, .flags = ENDS | SEGNO(CPU_SS)},
    [0x1e] = {.fn = op_push_seg, .flags = SEGNO(CPU_DS)}, [0x1f] = {.fn = op_pop_seg, .flags = SEGNO(CPU_DS)},
    [0x27] = {.fn = op_daa, .flags = 0}, [0x2f] = {.fn = op_das, .flags = 0}, [0x37] = {.fn = op_aaa, .flags = 0}, [0x3f] = {.fn = op_aas, .flags = 0},
    RUN8(0x40, .fn = op_inc, .flags = REG_OP), RUN8(0x48, .fn = op_dec, .flags = REG_OP), RUN8(0x50, .fn = op_push_rm, .flags = REG_OP), RUN8(0x58, .fn = op_pop_r, .flags = REG_OP),
    [0x60] = {.fn = op_pusha, .flags = 0}, [0x61] = {.fn = op_popa, .flags = 0}, [0x62] = {.fn = op_bound, .flags = MEM_ONLY}, [0x63] = {.fn = op_arpl, .flags = W2},
    [0x68] = {.fn = op_push_i, .flags = 0}, [0x69] = {.fn = op_imul_r_rm_i, .flags = 0}, [0x6a] = {.fn = op_push_i, .flags = 0}, [0x6b] = {.fn = op_imul_r_rm_i, .flags = 0},
    PAIR(0x6c, op_ins, ENDS | SUB_CONST), PAIR(0x6e, op_outs, ENDS | SUB_CONST),
    RUN16(0x70, .fn = op_jcc, .flags = SUB_CC | JUMP | ENDS, .beyond = op_jcc_beyond),
    [0x80] = {.flags = W1, .group = group1b}, [0x81] = {.flags = 0, .group = group1},
    [0x82] = {.flags = W1, .group = group1b}, [0x83] = {.flags = 0, .group = group1},
    PAIR(0x84, op_test_rm_r, 0), PAIR(0x86, op_xchg, LOCKABLE | LOCKED),
    PAIR(0x88, op_mov_rm_r, 0), PAIR(0x8a, op_mov_r_rm, 0),
    [0x8c] = {.fn = op_mov_rm_seg, .flags = SUB_REG}, [0x8d] = {.fn = op_lea, .flags = MEM_ONLY}, [0x8e] = {.fn = op_mov_seg_rm, .flags = SUB_REG},
    [0x8f] = {.flags = 0, .group = group1a},
    [0x90] = {.fn = op_nop, .flags = 0}, [0x91] = {.fn = op_xchg, .flags = REG_OP}, [0x92] = {.fn = op_xchg, .flags = REG_OP}, [0x93] = {.fn = op_xchg, .flags = REG_OP},
    [0x94] = {.fn = op_xchg, .flags = REG_OP}, [0x95] = {.fn = op_xchg, .flags = REG_OP}, [0x96] = {.fn = op_xchg, .flags = REG_OP}, [0x97] = {.fn = op_xchg, .flags = REG_OP},
    [0x98] = {.fn = op_cbw, .flags = 0}, [0x99] = {.fn = op_cwd, .flags = 0}, [0x9a] = {.fn = op_call_far, .flags = ENDS}, [0x9b] = {.fn = op_wait, .flags = 0},
    [0x9c] = {.fn = op_pushf, .flags = 0}, [0x9d] = {.fn = op_popf, .flags = ENDS}, [0x9e] = {.fn = op_sahf, .flags = 0}, [0x9f] = {.fn = op_lahf, .flags = 0},
    PAIR(0xa0, op_mov_r_rm, ACC), PAIR(0xa2, op_mov_rm_r, ACC), PAIR(0xa4, op_movs, 0), PAIR(0xa6, op_cmps, 0),
    PAIR(0xa8, op_test_rm_i, ACC), PAIR(0xaa, op_stos, 0), PAIR(0xac, op_lods, 0), PAIR(0xae, op_scas, 0),
    RUN8(0xb0, .fn = op_mov_rm_i, .flags = W1 | REG_OP), RUN8(0xb8, .fn = op_mov_rm_i, .flags = REG_OP),
    PAIR(0xc0, op_shift_i, SUB_REG), [0xc2] = {.fn = op_ret, .flags = ENDS}, [0xc3] = {.fn = op_ret, .flags = ENDS},
    [0xc4] = {.fn = op_load_far, .flags = MEM_ONLY | SEGNO(CPU_ES)}, [0xc5] = {.fn = op_load_far, .flags = MEM_ONLY | SEGNO(CPU_DS)},
    [0xc6] = {.flags = W1, .group = group11b}, [0xc7] = {.flags = 0, .group = group11},
    [0xc8] = {.fn = op_enter, .flags = 0}, [0xc9] = {.fn = op_leave, .flags = 0}, [0xca] = {.fn = op_ret_far, .flags = ENDS}, [0xcb] = {.fn = op_ret_far, .flags = ENDS},
    [0xcc] = {.fn = op_int3, .flags = ENDS}, [0xcd] = {.fn = op_int, .flags = ENDS}, [0xce] = {.fn = op_into, .flags = ENDS}, [0xcf] = {.fn = op_iret, .flags = ENDS},
    PAIR(0xd0, op_shift_1, SUB_REG), PAIR(0xd2, op_shift_cl, SUB_REG),
    [0xd4] = {.fn = op_aam, .flags = W1}, [0xd5] = {.fn = op_aad, .flags = W1}, [0xd6] = {.fn = op_salc, .flags = 0}, [0xd7] = {.fn = op_xlat, .flags = W1},
    RUN8(0xd8, .fn = op_esc, .flags = 0),
    [0xe0] = {.fn = op_loop, .flags = JUMP | ENDS | SUB_CONST, .sub = 0, .beyond = op_loop_beyond},
    [0xe1] = {.fn = op_loop, .flags = JUMP | ENDS | SUB_CONST, .sub = 1, .beyond = op_loop_beyond},
    [0xe2] = {.fn = op_loop, .flags = JUMP | ENDS | SUB_CONST, .sub = 2, .beyond = op_loop_beyond},
    [0xe3] = {.fn = op_loop, .flags = JUMP | ENDS | SUB_CONST, .sub = 3, .beyond = op_loop_beyond},
    PAIR(0xe4, op_in, ENDS), PAIR(0xe6, op_out, ENDS),
    [0xe8] = {.fn = op_call, .flags = JUMP | ENDS, .beyond = op_jmp_beyond}, [0xe9] = {.fn = op_jmp, .flags = JUMP | ENDS, .beyond = op_jmp_beyond},
    [0xea] = {.fn = op_jmp_far, .flags = ENDS}, [0xeb] = {.fn = op_jmp, .flags = JUMP | ENDS, .beyond = op_jmp_beyond},
    [0xec] = {.fn = op_in, .flags = W1 | ENDS | SUB_CONST, .sub = 1}, [0xed] = {.fn = op_in, .flags = ENDS | SUB_CONST, .sub = 1},
    [0xee] = {.fn = op_out, .flags = W1 | ENDS | SUB_CONST, .sub = 1}, [0xef] = {.fn = op_out, .flags = ENDS | SUB_CONST, .sub = 1},
    [0xf1] = {.fn = op_int1, .flags = ENDS}, [0xf4] = {.fn = op_hlt, .flags = ENDS}, [0xf5] = {.fn = op_cmc, .flags = 0},
    [0xf6] = {.flags = W1, .group = group3b}, [0xf7] = {.flags = 0, .group = group3},
    [0xf8] = {.fn = op_clc, .flags = 0}, [0xf9] = {.fn = op_stc, .flags = 0}, [0xfa] = {.fn = op_cli, .flags = 0}, [0xfb] = {.fn = op_sti, .flags = ENDS},
    [0xfc] = {.fn = op_cld, .flags = 0}, [0xfd] = {.fn = op_std, .flags = 0}, [0xfe] = {.flags = W1, .group = group4}, [0xff] = {.flags = 0, .group = group5},
};

const struct row soft_map1[256] = {
    [0x00] = {.flags = W2, .group = group6}, [0x01] = {.flags = 0, .group = group7}, [0x02] = {.fn = op_lar, .flags = 0}, [0x03] = {.fn = op_lsl, .flags = 0},
    [0x06] = {.fn = op_clts, .flags = 0}, [0x08] = {.fn = op_wbinvd, .flags = 0}, [0x09] = {.fn = op_wbinvd, .flags = 0},
    RUN8(0x18, .fn = op_nop, .flags = 0), /* hints of later processors, which this one may ignore (P6) */
    [0x20] = {.fn = op_mov_r_cr, .flags = SUB_REG | REG_FORM | D4}, [0x21] = {.fn = op_mov_r_dr, .flags = SUB_REG | REG_FORM | D4},
    [0x22] = {.fn = op_mov_cr_r, .flags = SUB_REG | REG_FORM | D4 | ENDS}, [0x23] = {.fn = op_mov_dr_r, .flags = SUB_REG | REG_FORM | D4 | ENDS},
    [0x30] = {.fn = op_wrmsr, .flags = 0}, [0x31] = {.fn = op_rdtsc, .flags = 0}, [0x32] = {.fn = op_rdmsr, .flags = 0},
    RUN16(0x40, .fn = op_cmov, .flags = SUB_CC), RUN16(0x80, .fn = op_jcc, .flags = SUB_CC | JUMP | ENDS, .beyond = op_jcc_beyond),
    RUN16(0x90, .fn = op_setcc, .flags = W1 | SUB_CC),
    [0xa0] = {.fn = op_push_seg, .flags = SEGNO(CPU_FS)}, [0xa1] = {.fn = op_pop_seg, .flags = SEGNO(CPU_FS)}, [0xa2] = {.fn = op_cpuid, .flags = 0},
    [0xa3] = {.fn = op_bt_r, .flags = SUB_CONST, .sub = 4}, [0xa4] = {.fn = op_shld_i, .flags = 0}, [0xa5] = {.fn = op_shld_cl, .flags = 0},
    [0xa8] = {.fn = op_push_seg, .flags = SEGNO(CPU_GS)}, [0xa9] = {.fn = op_pop_seg, .flags = SEGNO(CPU_GS)},
    [0xab] = {.fn = op_bt_r, .flags = LOCKABLE | SUB_CONST, .sub = 5}, [0xac] = {.fn = op_shrd_i, .flags = 0}, [0xad] = {.fn = op_shrd_cl, .flags = 0},
    [0xaf] = {.fn = op_imul_r_rm, .flags = 0}, PAIR(0xb0, op_cmpxchg, LOCKABLE),
    [0xb2] = {.fn = op_load_far_ss, .flags = MEM_ONLY | ENDS | SEGNO(CPU_SS)}, [0xb3] = {.fn = op_bt_r, .flags = LOCKABLE | SUB_CONST, .sub = 6},
    [0xb4] = {.fn = op_load_far, .flags = MEM_ONLY | SEGNO(CPU_FS)}, [0xb5] = {.fn = op_load_far, .flags = MEM_ONLY | SEGNO(CPU_GS)},
    [0xb6] = {.fn = op_movzx, .flags = W1 | SUB_W}, [0xb7] = {.fn = op_movzx, .flags = W2 | SUB_W}, [0xba] = {.flags = 0, .group = group8},
    [0xbb] = {.fn = op_bt_r, .flags = LOCKABLE | SUB_CONST, .sub = 7}, [0xbc] = {.fn = op_bsf, .flags = 0}, [0xbd] = {.fn = op_bsr, .flags = 0},
    [0xbe] = {.fn = op_movsx, .flags = W1 | SUB_W}, [0xbf] = {.fn = op_movsx, .flags = W2 | SUB_W},
    PAIR(0xc0, op_xadd, LOCKABLE), [0xc7] = {.flags = 0, .group = group9}, RUN8(0xc8, .fn = op_bswap, .flags = REG_OP),
};
