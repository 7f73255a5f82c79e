/* system.c: instructions of the operating system: control registers, descriptor tables, CPUID, HLT (SDM vol. 3, 2.8). */
#include <string.h>
#include <time.h>

#include "code.h"
#include "flags.h"
#include "handlers.h"
#include "mem.h"
#include "seg.h"
#include "stack.h"

static inline void need_cpl0(struct engine_vcpu *c) {
    if (c->cpl != 0) soft_raise_err(c, EX_GP, 0);
}
static inline void need_protected(struct engine_vcpu *c) {
    if (!soft_protected(c)) soft_raise(c, EX_UD);
}

/* A shadow lasts while count() is what it is right after this instruction. Shadows do not add up: an STI in one starts none. */
void soft_shadow(struct engine_vcpu *c, u64 *since) { *since = soft_count(c); }

/* --- interrupts on and off, HLT ------------------------------------------------------------------------------------------- */

PLAIN(op_cli) {
    if ((c->cr0 & CR0_PE) && c->cpl > soft_iopl(c)) soft_raise_err(c, EX_GP, 0);
    c->eflags &= ~(u32)FLAG_IF;
}
FLOW(op_sti) {
    if ((c->cr0 & CR0_PE) && c->cpl > soft_iopl(c)) soft_raise_err(c, EX_GP, 0);
    if (!(c->eflags & FLAG_IF)) soft_shadow(c, &c->sti_at);
    c->eflags |= FLAG_IF;
    c->eip = op_next_eip(o);
}
const struct op *op_hlt(struct engine_vcpu *c, const struct op *o) {
    c->cur = o;
    need_cpl0(c);
    c->cur = NULL;
    c->eip = op_next_eip(o);
    memset(&c->exit, 0, sizeof c->exit);
    c->exit.reason = EXIT_HLT;
    c->exit.rip = c->eip;
    c->want_exit = true;
    return NULL;
}

/* --- control registers ----------------------------------------------------------------------------------------------------- */

enum { CR4_OURS = CR4_TSD | CR4_DE | CR4_PSE | CR4_PGE };
#define CR0_OURS (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG)

static void set_cr0(struct engine_vcpu *c, u32 v) {
    if ((v & CR0_PG) && !(v & CR0_PE)) soft_raise_err(c, EX_GP, 0);
    if ((v & CR0_NW) && !(v & CR0_CD)) soft_raise_err(c, EX_GP, 0);
    u32 old = c->cr0;
    c->cr0 = (v & CR0_OURS) | CR0_ET;
    if ((old ^ c->cr0) & (CR0_PG | CR0_WP | CR0_PE)) soft_tlb_flush(c, true);
    if ((old ^ c->cr0) & (CR0_PE | CR0_AM)) soft_mode_changed(c);
}

/* sub: number of the register, rm: general register */
PLAIN(op_mov_r_cr) {
    need_cpl0(c);
    u32 v = o->sub == 0 ? c->cr0 : o->sub == 2 ? c->cr2 : o->sub == 3 ? c->cr3 : c->cr4;
    reg_set32(c, o->rm, v);
}
FLOW(op_mov_cr_r) {
    need_cpl0(c);
    u32 v = reg32(c, o->rm);
    switch (o->sub) {
    case 0: set_cr0(c, v); break;
    case 2: c->cr2 = v; break;
    case 3:
        c->cr3 = v;
        soft_tlb_flush(c, false);
        break;
    default: {
        if (v & ~(u32)CR4_OURS) soft_raise_err(c, EX_GP, 0);
        u32 old = c->cr4;
        c->cr4 = v;
        if ((old ^ v) & (CR4_PSE | CR4_PGE)) soft_tlb_flush(c, true);
        if ((old ^ v) & CR4_DE) soft_careful_update(c);
        break;
    }
    }
    c->eip = op_next_eip(o);
}
FLOW(op_lmsw) { /* cannot clear PE */
    need_cpl0(c);
    u32 v = rm_load(c, o, 2);
    set_cr0(c, (c->cr0 & ~(u32)(CR0_MP | CR0_EM | CR0_TS)) | (v & (CR0_PE | CR0_MP | CR0_EM | CR0_TS)));
    c->eip = op_next_eip(o);
}
PLAIN(op_smsw) {
    if (o->flags & OP_MEM) rm_store(c, o, c->cr0, 2);
    else reg_set(c, o->rm, c->cr0, o->w);
}
PLAIN(op_clts) {
    need_cpl0(c);
    c->cr0 &= ~(u32)CR0_TS;
}

/* --- debug registers ---------------------------------------------------------------------------------------------------------- */

static unsigned dr_number(struct engine_vcpu *c, const struct op *o) {
    need_cpl0(c);
    unsigned n = o->sub;
    if (n == 4 || n == 5) { /* names of 6 and 7, unless debugging extensions are on */
        if (c->cr4 & CR4_DE) soft_raise(c, EX_UD);
        n += 2;
    }
    if (c->dr[7] & 1 << 13) { /* GD: any access is a debug exception (SDM vol. 3, 17.2.4) */
        c->dr[6] |= 1 << 13;
        c->dr[7] &= ~(1u << 13);
        c->fault_db = true;
        soft_raise(c, EX_DB);
    }
    return n;
}
PLAIN(op_mov_r_dr) {
    unsigned n = dr_number(c, o);
    reg_set32(c, o->rm, c->dr[n]);
}
FLOW(op_mov_dr_r) {
    unsigned n = dr_number(c, o);
    u32 v = reg32(c, o->rm);
    if (n == 6) v = (v & 0xe00fu) | 0xffff0ff0u;
    if (n == 7) v = (v & 0xffff2fffu) | 0x400;
    c->dr[n] = v;
    c->eip = op_next_eip(o);
    soft_careful_update(c);
}

/* --- descriptor tables ------------------------------------------------------------------------------------------------------------ */

/* Of the base, 16-bit operands store and load 24 bits (SDM vol. 2, LGDT; SGDT stores all 32 since the 386). */
static inline void load_table(struct engine_vcpu *c, const struct op *o, u32 *base, u16 *limit) {
    need_cpl0(c);
    u32 ea = ea_full(c, o);
    u32 l = soft_load(c, o->seg, ea, 2), b = soft_load(c, o->seg, (ea + 2) & o->amask, 4);
    *limit = (u16)l;
    *base = o->w == 2 ? b & 0xffffff : b;
}
static inline void store_table(struct engine_vcpu *c, const struct op *o, u32 base, u16 limit) {
    u32 ea = ea_full(c, o);
    soft_probe_write(c, o->seg, (ea + 2) & o->amask, 4);
    soft_store(c, o->seg, ea, limit, 2);
    soft_store(c, o->seg, (ea + 2) & o->amask, base, 4);
}
PLAIN(op_lgdt) { load_table(c, o, &c->gdt_base, &c->gdt_limit); }
PLAIN(op_lidt) { load_table(c, o, &c->idt_base, &c->idt_limit); }
PLAIN(op_sgdt) { store_table(c, o, c->gdt_base, c->gdt_limit); }
PLAIN(op_sidt) { store_table(c, o, c->idt_base, c->idt_limit); }

static inline void store_selector(struct engine_vcpu *c, const struct op *o, u16 sel) {
    need_protected(c);
    if (o->flags & OP_MEM) rm_store(c, o, sel, 2);
    else reg_set(c, o->rm, sel, o->w);
}
PLAIN(op_sldt) { store_selector(c, o, c->ldt.sel); }
PLAIN(op_str) { store_selector(c, o, c->tr.sel); }

enum { TYPE_LDT = 2, TYPE_TSS16 = 1, TYPE_TSS32 = 9, TSS_BUSY = 2 };

PLAIN(op_lldt) {
    need_protected(c);
    need_cpl0(c);
    u16 sel = (u16)rm_load(c, o, 2);
    struct desc d;
    if (!(sel & ~3u)) {
        c->ldt = (struct soft_seg){.sel = sel, .attr = SEG_UNUSABLE, .rlim = -1, .wlim = -1};
        return;
    }
    if (sel & 4) soft_raise_err(c, EX_GP, sel & ~3u);
    soft_desc_read(c, sel, &d, EX_GP);
    if ((d.attr & 0x1f) != TYPE_LDT) soft_raise_err(c, EX_GP, sel & ~3u);
    if (!(d.attr & SEG_P)) soft_raise_err(c, EX_NP, sel & ~3u);
    c->ldt = soft_seg_from(&d);
}
PLAIN(op_ltr) {
    need_protected(c);
    need_cpl0(c);
    u16 sel = (u16)rm_load(c, o, 2);
    struct desc d;
    if (!(sel & ~3u)) soft_raise_err(c, EX_GP, 0);
    if (sel & 4) soft_raise_err(c, EX_GP, sel & ~3u);
    soft_desc_read(c, sel, &d, EX_GP);
    unsigned type = d.attr & 0x1f;
    if (type != TYPE_TSS16 && type != TYPE_TSS32) soft_raise_err(c, EX_GP, sel & ~3u);
    if (!(d.attr & SEG_P)) soft_raise_err(c, EX_NP, sel & ~3u);
    soft_lin_store(c, d.addr + 5, (d.hi >> 8 & 0xff) | TSS_BUSY, 1, false);
    d.attr |= TSS_BUSY;
    c->tr = soft_seg_from(&d);
}

/* --- asking about selectors: ZF tells whether it may be used --------------------------------------------------------------------------- */

/* Descriptor of a selector that is visible at this privilege, for LAR and LSL. types: bit mask of system types that count. */
static bool visible(struct engine_vcpu *c, u16 sel, struct desc *d, u32 types) {
    if (!(sel & ~3u) || !soft_desc_try(c, sel, d)) return false;
    if (!(d->attr & SEG_S) && !(types >> (d->attr & 15) & 1)) return false;
    if (attr_code(d->attr) && (d->attr & SEG_CONFORM)) return true;
    return attr_dpl(d->attr) >= c->cpl && attr_dpl(d->attr) >= (sel & 3u);
}
PLAIN(op_lar) {
    need_protected(c);
    struct desc d;
    bool ok = visible(c, (u16)rm_load(c, o, 2), &d, 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 9 | 1 << 11 | 1 << 12);
    if (ok) reg_set(c, o->r, d.hi & 0x00f0ff00u, o->w);
    set_zf(c, ok);
}
PLAIN(op_lsl) {
    need_protected(c);
    struct desc d;
    bool ok = visible(c, (u16)rm_load(c, o, 2), &d, 1 << 1 | 1 << 2 | 1 << 3 | 1 << 9 | 1 << 11);
    if (ok) reg_set(c, o->r, d.limit, o->w);
    set_zf(c, ok);
}
PLAIN(op_verr) {
    need_protected(c);
    struct desc d;
    bool ok = visible(c, (u16)rm_load(c, o, 2), &d, 0);
    set_zf(c, ok && (attr_data(d.attr) || (d.attr & SEG_READ)));
}
PLAIN(op_verw) {
    need_protected(c);
    struct desc d;
    bool ok = visible(c, (u16)rm_load(c, o, 2), &d, 0);
    set_zf(c, ok && attr_data(d.attr) && (d.attr & SEG_WRITE));
}
PLAIN(op_arpl) {
    need_protected(c);
    u32 a = rm_load(c, o, 2), rpl = reg16(c, o->r) & 3;
    bool raise = (a & 3) < rpl;
    if (raise) rm_store(c, o, (a & ~3u) | rpl, 2); /* a selector that stays may lie in read-only memory */
    set_zf(c, raise);
}

/* --- caches and TLB ---------------------------------------------------------------------------------------------------------------------- */

FLOW(op_invlpg) {
    need_cpl0(c);
    soft_tlb_invlpg(c, c->seg[o->seg].base + ea_full(c, o));
    c->eip = op_next_eip(o);
}
PLAIN(op_wbinvd) {
    need_cpl0(c);
}

/* --- what kind of processor ------------------------------------------------------------------------------------------------------------------ */

enum { CPUID_DE = 1 << 2, CPUID_PSE = 1 << 3, CPUID_TSC = 1 << 4, CPUID_MSR = 1 << 5, CPUID_CX8 = 1 << 8, CPUID_PGE = 1 << 13,
       CPUID_CMOV = 1 << 15 };

/* A family 5 processor without FPU; CMOV and global pages, of family 6, are there and said so. */
PLAIN(op_cpuid) {
    u32 a = 0, b = 0, x = 0, d = 0;
    if (c->gpr[CPU_RAX] == 0) {
        a = 1, b = 0x616c6d76, d = 0x6f732062, x = 0x20207466; /* "vmlab soft  " */
    } else if (c->gpr[CPU_RAX] == 1) {
        a = 0x521; /* family 5, model 2, stepping 1 */
        b = c->id << 24;
        d = CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR | CPUID_CX8 | CPUID_PGE | CPUID_CMOV;
    }
    c->gpr[CPU_RAX] = a, c->gpr[CPU_RBX] = b, c->gpr[CPU_RCX] = x, c->gpr[CPU_RDX] = d;
}

/* Deterministic: one tick per instruction. Else one per nanosecond. */
static u64 tsc(const struct engine_vcpu *c, const struct op *o) {
    if (c->vm->config.deterministic) return soft_count(c) - (op_block(o)->n - o->idx) + c->tsc_offset;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec + c->tsc_offset;
}
PLAIN(op_rdtsc) {
    if ((c->cr4 & CR4_TSD) && (c->cr0 & CR0_PE) && c->cpl != 0) soft_raise_err(c, EX_GP, 0);
    u64 t = tsc(c, o);
    c->gpr[CPU_RAX] = (u32)t, c->gpr[CPU_RDX] = (u32)(t >> 32);
}

enum { MSR_TSC = 0x10, MSR_MC_ADDR = 0, MSR_MC_TYPE = 1 };
PLAIN(op_rdmsr) {
    need_cpl0(c);
    u64 v;
    switch (c->gpr[CPU_RCX]) {
    case MSR_TSC: v = tsc(c, o); break;
    case MSR_MC_ADDR: case MSR_MC_TYPE: v = 0; break; /* no machine check was ever seen */
    default: soft_raise_err(c, EX_GP, 0);
    }
    c->gpr[CPU_RAX] = (u32)v, c->gpr[CPU_RDX] = (u32)(v >> 32);
}
PLAIN(op_wrmsr) {
    need_cpl0(c);
    u64 v = (u64)c->gpr[CPU_RDX] << 32 | c->gpr[CPU_RAX];
    switch (c->gpr[CPU_RCX]) {
    case MSR_TSC: c->tsc_offset += v - tsc(c, o); break;
    case MSR_MC_ADDR: case MSR_MC_TYPE: break;
    default: soft_raise_err(c, EX_GP, 0);
    }
}

/* --- what is not there ------------------------------------------------------------------------------------------------------------------------ */

PLAIN(op_ud) {
    soft_raise(c, EX_UD);
}
PLAIN(op_too_long) {
    soft_raise_err(c, EX_GP, 0);
}
/* ESC: with EM or TS set #NM, as with an FPU. Otherwise a processor without FPU lets the instruction go by (the bus is
 * never answered), having computed its address: programs find out that there is none by FNINIT, FNSTSW leaving memory
 * as it was (SDM vol. 1, 8.1; Intel 387 manual). */
PLAIN(op_esc) {
    if (c->cr0 & (CR0_EM | CR0_TS)) soft_raise(c, EX_NM);
}
PLAIN(op_wait) {
    if ((c->cr0 & (CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS)) soft_raise(c, EX_NM);
}
