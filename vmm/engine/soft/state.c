/* state.c: the architectural state as the rest of vmlab sees it, to and from the CPU's own. */
#include <string.h>

#include "code.h"
#include "flags.h"
#include "mem.h"
#include "seg.h"
#include "soft.h"

u32 soft_eflags(const struct engine_vcpu *c) { return (c->eflags & ~(u32)FLAG_ARITH) | soft_arith_flags(c) | FLAG_1; }

void soft_set_eflags(struct engine_vcpu *c, u32 value) {
    u32 old = c->eflags;
    c->eflags = (value & FLAG_KNOWN & ~(u32)FLAG_ARITH) | FLAG_1;
    soft_set_arith_flags(c, value);
    if ((old ^ c->eflags) & (FLAG_VM | FLAG_AC)) soft_mode_changed(c);
    if ((old ^ c->eflags) & (FLAG_TF | FLAG_RF)) soft_careful_update(c);
}

/* Which table the fast path looks at. Alignment checks and data breakpoints need every access to take the slow path. */
void soft_mode_changed(struct engine_vcpu *c) {
    c->user = c->cpl == 3;
    bool align = (c->cr0 & CR0_AM) && (c->eflags & FLAG_AC) && c->user;
    c->tlb = align || c->watching ? c->none : c->mmu[c->user];
    for (unsigned i = 0; i < CPU_SEGS; i++) soft_seg_seal(c, &c->seg[i]);
    soft_env_update(c);
}

static struct cpu_seg seg_out(const struct soft_seg *s) {
    return (struct cpu_seg){.base = s->base, .limit = s->limit, .attr = s->attr, .sel = s->sel};
}

static struct soft_seg seg_in(const struct cpu_seg *s) {
    return (struct soft_seg){.base = (u32)s->base, .limit = s->limit, .attr = s->attr, .sel = s->sel, .rlim = -1, .wlim = -1};
}

void soft_get_state(struct engine_vcpu *c, struct cpu_state *s) {
    memset(s, 0, sizeof *s);
    for (unsigned i = 0; i < 8; i++) s->gpr[i] = c->gpr[i];
    s->rip = c->eip;
    s->rflags = soft_eflags(c);
    for (unsigned i = 0; i < CPU_SEGS; i++) s->seg[i] = seg_out(&c->seg[i]);
    s->ldt = seg_out(&c->ldt);
    s->tr = seg_out(&c->tr);
    s->gdt = (struct cpu_table){c->gdt_base, c->gdt_limit};
    s->idt = (struct cpu_table){c->idt_base, c->idt_limit};
    s->cr0 = c->cr0, s->cr2 = c->cr2, s->cr3 = c->cr3, s->cr4 = c->cr4;
    s->cr8 = c->state_cr8, s->efer = c->state_efer;
    for (unsigned i = 0; i < 8; i++) s->dr[i] = i == 4 || i == 5 ? 0 : c->dr[i];
    s->shadow_sti = c->sti_at == soft_count(c);
    s->shadow_ss = c->ss_at == soft_count(c);
    s->nmi_blocked = c->nmi_blocked;
}

void soft_set_state(struct engine_vcpu *c, const struct cpu_state *s) {
    soft_tlb_flush(c, true); /* page tables may have been written along with the state */
    /* An instruction that waits for an answer is abandoned, and what was about to be told is no longer true. */
    c->pending = PEND_NONE;
    c->nread = c->read_at = c->nwrite = c->write_at = 0;
    c->held = c->task_trap = c->injecting = false;
    c->delivering = NOT_DELIVERING;
    c->trap_dr6 = c->watch_hit = 0;
    for (unsigned i = 0; i < 8; i++) c->gpr[i] = (u32)s->gpr[i];
    c->eip = (u32)s->rip;
    for (unsigned i = 0; i < CPU_SEGS; i++) c->seg[i] = seg_in(&s->seg[i]);
    c->ldt = seg_in(&s->ldt);
    c->tr = seg_in(&s->tr);
    c->gdt_base = (u32)s->gdt.base, c->gdt_limit = s->gdt.limit;
    c->idt_base = (u32)s->idt.base, c->idt_limit = s->idt.limit;
    c->cr0 = (u32)s->cr0, c->cr2 = (u32)s->cr2, c->cr3 = (u32)s->cr3, c->cr4 = (u32)s->cr4;
    c->state_cr8 = s->cr8, c->state_efer = s->efer;
    for (unsigned i = 0; i < 8; i++) c->dr[i] = i == 4 || i == 5 ? 0 : (u32)s->dr[i];
    c->dr[6] = (c->dr[6] & 0xe00fu) | 0xffff0ff0u;
    c->dr[7] |= 0x400;
    soft_set_eflags(c, (u32)s->rflags);
    /* The CPL is SS.DPL, as in hardware's own VM state (SDM vol. 3, 24.4.1). */
    c->cpl = !(c->cr0 & CR0_PE) ? 0 : c->eflags & FLAG_VM ? 3 : (u8)(c->seg[CPU_SS].attr >> SEG_DPL_SHIFT & 3);
    c->sti_at = s->shadow_sti ? soft_count(c) : UINT64_MAX;
    c->ss_at = s->shadow_ss ? soft_count(c) : UINT64_MAX;
    c->nmi_blocked = s->nmi_blocked;
    c->resume = false;
    soft_mode_changed(c);
    soft_careful_update(c);
}
