/* handlers.h: the handlers that decode.c's tables name, by file. */
#ifndef SOFT_HANDLERS_H
#define SOFT_HANDLERS_H

#include "op.h"

/* integer.c */
op_fn op_alu_rm_r, op_alu_r_rm, op_alu_rm_i, op_test_rm_r, op_test_rm_i, op_inc, op_dec, op_not, op_neg;
op_fn op_mul, op_imul, op_imul_r_rm, op_imul_r_rm_i, op_div, op_idiv, op_cbw, op_cwd, op_movzx, op_movsx, op_bswap;
op_fn op_daa, op_das, op_aaa, op_aas, op_aam, op_aad;
op_fn op_clc, op_stc, op_cmc, op_cld, op_std, op_salc, op_lahf, op_sahf, op_setcc, op_cmov;
/* bits.c */
op_fn op_shift_1, op_shift_i, op_shift_cl, op_shld_i, op_shld_cl, op_shrd_i, op_shrd_cl, op_bt_i, op_bt_r, op_bsf, op_bsr;
op_fn op_xchg, op_xadd, op_cmpxchg, op_cmpxchg8b;
/* move.c */
op_fn op_mov_rm_r, op_mov_r_rm, op_mov_rm_i, op_lea, op_nop, op_mov_rm_seg, op_mov_seg_rm, op_mov_ss_rm, op_xlat;
/* string.c */
op_fn op_movs, op_cmps, op_stos, op_lods, op_scas;
/* io.c */
op_fn op_in, op_out, op_ins, op_outs;
/* flow.c */
op_fn op_push_rm, op_push_i, op_pop_r, op_pop_m, op_push_seg, op_pop_seg, op_pop_ss, op_pusha, op_popa, op_pushf, op_popf;
op_fn op_enter, op_leave, op_jmp, op_jcc, op_call, op_jmp_beyond, op_jcc_beyond, op_jmp_rm, op_call_rm, op_ret, op_loop;
op_fn op_loop_beyond, op_jmp_far, op_call_far, op_jmp_far_m, op_call_far_m, op_ret_far, op_iret, op_load_far, op_load_far_ss;
op_fn op_int, op_int3, op_int1, op_into, op_bound;
/* system.c */
op_fn op_cli, op_sti, op_hlt, op_mov_r_cr, op_mov_cr_r, op_lmsw, op_smsw, op_clts, op_mov_r_dr, op_mov_dr_r;
op_fn op_lgdt, op_lidt, op_sgdt, op_sidt, op_sldt, op_str, op_lldt, op_ltr, op_lar, op_lsl, op_verr, op_verw, op_arpl;
op_fn op_invlpg, op_wbinvd, op_cpuid, op_rdtsc, op_rdmsr, op_wrmsr, op_ud, op_too_long, op_esc, op_wait;

/* system.c, far.c */
void soft_shadow(struct engine_vcpu *c, u64 *since);
u32 soft_flags_mask(const struct engine_vcpu *c, unsigned w);

#endif
