/* kvm_state.c: a processor's state to and from KVM: general and system registers, debug registers, interrupt shadows. */
#include <errno.h>
#include <string.h>

#include "kvm.h"

static struct cpu_seg seg_in(const struct kvm_segment *k)
{
    uint32_t attr = (uint32_t)k->type | (k->s ? SEG_S : 0u) | (uint32_t)k->dpl << SEG_DPL_SHIFT | (k->present ? SEG_P : 0u) |
                    (k->avl ? SEG_AVL : 0u) | (k->l ? SEG_L : 0u) | (k->db ? SEG_DB : 0u) | (k->g ? SEG_G : 0u) | (k->unusable ? SEG_UNUSABLE : 0u);
    return (struct cpu_seg){.base = k->base, .limit = k->limit, .attr = attr, .sel = k->selector};
}

static struct kvm_segment seg_out(const struct cpu_seg *s)
{
    return (struct kvm_segment){
        .base = s->base, .limit = s->limit, .selector = s->sel, .type = s->attr & SEG_TYPE, .s = !!(s->attr & SEG_S),
        .dpl = s->attr >> SEG_DPL_SHIFT & 3, .present = !!(s->attr & SEG_P), .avl = !!(s->attr & SEG_AVL), .l = !!(s->attr & SEG_L),
        .db = !!(s->attr & SEG_DB), .g = !!(s->attr & SEG_G), .unusable = !!(s->attr & SEG_UNUSABLE),
    };
}

/* Where KVM keeps the segment of a number. */
static struct kvm_segment *segment(struct kvm_sregs *k, unsigned i)
{
    struct kvm_segment *const at[CPU_SEGS] = {[CPU_ES] = &k->es, [CPU_CS] = &k->cs, [CPU_SS] = &k->ss, [CPU_DS] = &k->ds, [CPU_FS] = &k->fs, [CPU_GS] = &k->gs};
    return at[i];
}

static void regs_in(const struct kvm_regs *k, struct cpu_state *s)
{
    const uint64_t g[CPU_GPRS] = {k->rax, k->rcx, k->rdx, k->rbx, k->rsp, k->rbp, k->rsi, k->rdi, k->r8, k->r9, k->r10, k->r11, k->r12, k->r13, k->r14, k->r15};
    memcpy(s->gpr, g, sizeof g);
    s->rip = k->rip;
    s->rflags = k->rflags;
}

static struct kvm_regs regs_out(const struct cpu_state *s)
{
    const uint64_t *g = s->gpr;
    return (struct kvm_regs){
        .rax = g[0], .rcx = g[1], .rdx = g[2], .rbx = g[3], .rsp = g[4], .rbp = g[5], .rsi = g[6], .rdi = g[7], .r8 = g[8], .r9 = g[9],
        .r10 = g[10], .r11 = g[11], .r12 = g[12], .r13 = g[13], .r14 = g[14], .r15 = g[15], .rip = s->rip, .rflags = s->rflags | FLAG_1,
    };
}

int kvm_get_state(struct engine_vcpu *v, struct cpu_state *s, struct vm_error *err)
{
    struct kvm_sregs k;
    struct kvm_debugregs d;
    struct kvm_vcpu_events e;
    int r = kvm_call(v->fd, KVM_GET_SREGS, &k);
    if (r < 0)
        return kvm_error(err, r, "reading the system registers", "KVM_GET_SREGS");
    if ((r = kvm_call(v->fd, KVM_GET_DEBUGREGS, &d)) < 0)
        return kvm_error(err, r, "reading the debug registers", "KVM_GET_DEBUGREGS");
    if ((r = kvm_call(v->fd, KVM_GET_VCPU_EVENTS, &e)) < 0)
        return kvm_error(err, r, "reading the pending events", "KVM_GET_VCPU_EVENTS");
    memset(s, 0, sizeof *s); /* all of it, so that states can be compared byte by byte */
    regs_in(&v->run->s.regs.regs, s);
    for (unsigned i = 0; i < CPU_SEGS; i++)
        s->seg[i] = seg_in(segment(&k, i));
    s->ldt = seg_in(&k.ldt);
    s->tr = seg_in(&k.tr);
    s->gdt = (struct cpu_table){k.gdt.base, k.gdt.limit};
    s->idt = (struct cpu_table){k.idt.base, k.idt.limit};
    s->cr0 = k.cr0, s->cr2 = k.cr2, s->cr3 = k.cr3, s->cr4 = k.cr4, s->cr8 = k.cr8, s->efer = k.efer;
    for (unsigned i = 0; i < 4; i++)
        s->dr[i] = d.db[i];
    s->dr[6] = d.dr6;
    s->dr[7] = d.dr7;
    s->shadow_sti = e.interrupt.shadow & KVM_X86_SHADOW_INT_STI;
    s->shadow_ss = e.interrupt.shadow & KVM_X86_SHADOW_INT_MOV_SS;
    s->nmi_blocked = e.nmi.masked;
    return 0;
}

static int set_sregs(struct engine_vcpu *v, const struct cpu_state *s, struct vm_error *err)
{
    struct kvm_sregs k;
    int r = kvm_call(v->fd, KVM_GET_SREGS, &k); /* for the APIC base, and an interrupt on its way in */
    if (r < 0)
        return kvm_error(err, r, "reading the system registers", "KVM_GET_SREGS");
    for (unsigned i = 0; i < CPU_SEGS; i++)
        *segment(&k, i) = seg_out(&s->seg[i]);
    k.ldt = seg_out(&s->ldt);
    k.tr = seg_out(&s->tr);
    k.gdt = (struct kvm_dtable){.base = s->gdt.base, .limit = s->gdt.limit};
    k.idt = (struct kvm_dtable){.base = s->idt.base, .limit = s->idt.limit};
    k.cr0 = s->cr0, k.cr2 = s->cr2, k.cr3 = s->cr3, k.cr4 = s->cr4, k.cr8 = s->cr8, k.efer = s->efer;
    r = kvm_call(v->fd, KVM_SET_SREGS, &k);
    if (r == -EINVAL)
        return err_set(err, EINVAL, "KVM does not accept these system registers together (CR0 0x%llx, CR4 0x%llx, EFER 0x%llx): KVM_SET_SREGS failed.",
                       (unsigned long long)s->cr0, (unsigned long long)s->cr4, (unsigned long long)s->efer);
    if (r < 0)
        return kvm_error(err, r, "setting the system registers", "KVM_SET_SREGS");
    if (!(s->cr0 & CR0_PG))
        return 0;
    /* Some hosts accept paging and silently leave it off. */
    if ((r = kvm_call(v->fd, KVM_GET_SREGS, &k)) < 0)
        return kvm_error(err, r, "reading the system registers", "KVM_GET_SREGS");
    if (!(k.cr0 & CR0_PG))
        return err_set(err, ENOTSUP, "This host's KVM cannot run the guest with %s paging: it dropped CR0.PG. Use --engine soft.", s->efer & EFER_LME ? "64-bit" : "32-bit");
    return 0;
}

static int set_events(struct engine_vcpu *v, const struct cpu_state *s, struct vm_error *err)
{
    struct kvm_vcpu_events e;
    int r = kvm_call(v->fd, KVM_GET_VCPU_EVENTS, &e);
    if (r < 0)
        return kvm_error(err, r, "reading the pending events", "KVM_GET_VCPU_EVENTS");
    e.interrupt.shadow = (uint8_t)((s->shadow_sti ? KVM_X86_SHADOW_INT_STI : 0) | (s->shadow_ss ? KVM_X86_SHADOW_INT_MOV_SS : 0));
    e.nmi.masked = s->nmi_blocked;
    e.flags = KVM_VCPUEVENT_VALID_SHADOW;
    r = kvm_call(v->fd, KVM_SET_VCPU_EVENTS, &e);
    return r < 0 ? kvm_error(err, r, "setting the pending events", "KVM_SET_VCPU_EVENTS") : 0;
}

int kvm_set_state(struct engine_vcpu *v, const struct cpu_state *s, struct vm_error *err)
{
    struct kvm_debugregs d = {.db = {s->dr[0], s->dr[1], s->dr[2], s->dr[3]}, .dr6 = s->dr[6], .dr7 = s->dr[7]};
    struct kvm_regs k = regs_out(s);
    int r = set_sregs(v, s, err);
    if (r < 0)
        return r;
    if ((r = kvm_call(v->fd, KVM_SET_REGS, &k)) < 0)
        return kvm_error(err, r, "setting the registers", "KVM_SET_REGS");
    v->run->s.regs.regs = k;
    v->run->kvm_dirty_regs = 0;
    if ((r = kvm_call(v->fd, KVM_SET_DEBUGREGS, &d)) < 0)
        return kvm_error(err, r, "setting the debug registers", "KVM_SET_DEBUGREGS");
    v->run->cr8 = s->cr8; /* without a local APIC in the kernel each KVM_RUN takes it from here (KVM API 5) */
    v->ready_stale = v->rearm = true;
    return set_events(v, s, err);
}

/* --- what struct cpu_state does not hold ---------------------------------------------------------------------------- */

/* Model-specific registers that a guest may have written, as at creation; those by which it asked KVM to write into its memory first. What
 * a host does not have was not written. */
static int reset_msrs(struct engine_vcpu *v)
{
    static const struct { uint32_t index; uint64_t value; } rows[] = {
        {0x4b564d02, 0}, {0x4b564d03, 0}, {0x4b564d04, 0}, {0x4b564d01, 0}, {0x12, 0}, /* async page faults, steal time, PV EOI, clocks */
        {0x10, 0}, {0x174, 0}, {0x175, 0}, {0x176, 0},                                 /* TSC; SYSENTER CS, ESP, EIP */
        {0x1d9, 0}, {0x277, 0x0007040600070406},                                       /* DEBUGCTL; PAT (SDM vol. 3, 11.12.4) */
        {0xc0000081, 0}, {0xc0000082, 0}, {0xc0000083, 0}, {0xc0000084, 0},            /* STAR, LSTAR, CSTAR, FMASK */
        {0xc0000102, 0}, {0xc0000103, 0},                                              /* kernel GS base, TSC_AUX */
    };
    int r = 0;
    for (size_t i = 0; r >= 0 && i < sizeof rows / sizeof rows[0]; i++) {
        union { struct kvm_msrs head; char room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)]; } m = {.head = {.nmsrs = 1}};
        m.head.entries[0] = (struct kvm_msr_entry){.index = rows[i].index, .data = rows[i].value};
        r = kvm_call(v->fd, KVM_SET_MSRS, &m);
    }
    return r;
}

/* x87 and SSE as after FNINIT, what came later in its initial state (SDM vol. 1, 13.4: the XSAVE area). */
static int reset_fpu(struct engine_vcpu *v, struct vm_error *err)
{
    struct kvm_xsave x;
    struct kvm_xcrs xcr = {.nr_xcrs = 1, .xcrs = {{.xcr = 0, .value = 1}}};
    memset(&x, 0, sizeof x);
    x.region[0] = 0x37f;       /* FCW */
    x.region[24 / 4] = 0x1f80; /* MXCSR */
    x.region[512 / 4] = 3;     /* XSTATE_BV: both are in use */
    int r = kvm_call(v->fd, KVM_SET_XSAVE, &x);
    if (r < 0)
        return kvm_error(err, r, "resetting the FPU", "KVM_SET_XSAVE");
    r = kvm_call(v->fd, KVM_SET_XCRS, &xcr);
    return r < 0 && r != -EINVAL ? kvm_error(err, r, "resetting the FPU", "KVM_SET_XCRS") : 0; /* EINVAL: a host without XSAVE has no XCR0 */
}

int kvm_reset_hidden(struct engine_vcpu *v, struct vm_error *err)
{
    int r = reset_msrs(v);
    if (r < 0)
        return kvm_error(err, r, "resetting the model-specific registers", "KVM_SET_MSRS");
    return reset_fpu(v, err);
}
