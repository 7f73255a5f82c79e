/* kvm_debug.c: single step and breakpoints by KVM_SET_GUEST_DEBUG, which leaves the guest's own debug registers alone. */
#include <errno.h>
#include <string.h>

#include "kvm.h"

/* DR7 (SDM vol. 3, 17.2.4): local and exact enables, kind and length of each slot. */
static uint64_t dr7_of(const struct engine_debug *d)
{
    static const uint64_t length[9] = {[1] = 0, [2] = 1, [4] = 3, [8] = 2};
    uint64_t dr7 = 0x400;
    for (unsigned i = 0; i < 4; i++)
        if (d->slot[i].on)
            dr7 |= 0x300 | 2ull << (2 * i) | (uint64_t)d->slot[i].type << (16 + 4 * i) | length[d->slot[i].len & 15] << (18 + 4 * i);
    return dr7;
}

static bool any_slot(const struct engine_debug *d)
{
    return d->slot[0].on || d->slot[1].on || d->slot[2].on || d->slot[3].on;
}

static int apply(struct engine_vcpu *v, const struct engine_debug *d)
{
    struct kvm_guest_debug g = {0};
    if (d->step)
        g.control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP | (v->vm->block_irq && v->injected < 0 ? KVM_GUESTDBG_BLOCKIRQ : 0);
    if (any_slot(d)) {
        g.control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP;
        for (unsigned i = 0; i < 4; i++)
            g.arch.debugreg[i] = d->slot[i].addr;
        g.arch.debugreg[7] = dr7_of(d);
    }
    return kvm_call(v->fd, KVM_SET_GUEST_DEBUG, &g);
}

int kvm_apply_debug(struct engine_vcpu *v)
{
    return apply(v, &v->debug);
}

/* KVM sets TF only while RIP is what it was at KVM_SET_GUEST_DEBUG, and drops it when registers are written elsewhere: ask again
 * for the step after every write. */
int kvm_arm_step(struct engine_vcpu *v)
{
    int r = v->run->kvm_dirty_regs ? kvm_call(v->fd, KVM_SET_REGS, &v->run->s.regs.regs) : 0;
    if (r < 0)
        return r;
    v->run->kvm_dirty_regs = 0;
    v->rearm = false;
    return kvm_apply_debug(v);
}

int kvm_set_debug(struct engine_vcpu *v, const struct engine_debug *d, struct vm_error *err)
{
    int r = apply(v, d);
    if (r < 0)
        return kvm_error(err, r, "setting breakpoints", "KVM_SET_GUEST_DEBUG");
    v->debug = *d;
    return 0;
}

/* --- stepping into an interrupt handler --------------------------------------------------------------------------------- */

/* Host address of n guest bytes, through the guest's paging; NULL: not in RAM. */
static uint8_t *host(struct engine_vcpu *v, uint64_t linear, size_t n)
{
    struct kvm_translation t = {.linear_address = linear};
    if (kvm_call(v->fd, KVM_TRANSLATE, &t) < 0 || !t.valid)
        return NULL;
    for (unsigned i = 0; i < KVM_SLOTS; i++) {
        uint64_t gpa = v->vm->slot[i].gpa, size = v->vm->slot[i].size;
        if (t.physical_address >= gpa && t.physical_address - gpa < size && n <= size - (t.physical_address - gpa))
            return v->vm->slot[i].hva + (t.physical_address - gpa);
    }
    return NULL;
}

static bool read_linear(struct engine_vcpu *v, uint64_t linear, void *buf, size_t n)
{
    const uint8_t *p = host(v, linear, n);
    if (p)
        memcpy(buf, p, n);
    return p;
}

/* Linear address of a vector's handler: from the vector table in real mode (SDM vol. 3, 20.1.4), else from its gate (6.11)
 * and the segment that names. */
static bool handler(struct engine_vcpu *v, uint8_t vector, uint64_t *linear)
{
    struct kvm_sregs s;
    uint8_t g[16] = {0}, d[8];
    if (kvm_call(v->fd, KVM_GET_SREGS, &s) < 0)
        return false;
    if (!(s.cr0 & CR0_PE)) {
        uint16_t e[2];
        if (!read_linear(v, s.idt.base + vector * 4u, e, sizeof e))
            return false;
        *linear = (uint32_t)(((uint32_t)e[1] << 4) + e[0]);
        return true;
    }
    bool wide = s.efer & EFER_LMA;
    if (!read_linear(v, s.idt.base + (uint64_t)vector * (wide ? 16u : 8u), g, wide ? 16 : 8))
        return false;
    uint64_t offset = (uint64_t)g[0] | (uint64_t)g[1] << 8 | (uint64_t)g[6] << 16 | (uint64_t)g[7] << 24;
    unsigned sel = g[2] | (unsigned)g[3] << 8;
    if (wide) {
        for (unsigned i = 0; i < 4; i++)
            offset |= (uint64_t)g[8 + i] << (32 + 8 * i);
        *linear = offset;
        return true;
    }
    if (!(g[5] & 8)) /* a 16-bit gate */
        offset &= 0xffff;
    if (!read_linear(v, (sel & 4 ? s.ldt.base : s.gdt.base) + (sel & 0xfff8u), d, sizeof d))
        return false;
    uint32_t base = (uint32_t)d[2] | (uint32_t)d[3] << 8 | (uint32_t)d[4] << 16 | (uint32_t)d[7] << 24;
    *linear = (uint32_t)(base + offset);
    return true;
}

/* In real mode delivery is three pushes and a jump (SDM vol. 3, 20.1.4): done here, on any host. */
static bool deliver_real(struct engine_vcpu *v)
{
    struct kvm_regs *r = &v->run->s.regs.regs;
    struct kvm_vcpu_events e;
    struct kvm_sregs s;
    uint16_t gate[2];
    if (kvm_call(v->fd, KVM_GET_SREGS, &s) < 0 || s.cr0 & CR0_PE || kvm_call(v->fd, KVM_GET_VCPU_EVENTS, &e) < 0)
        return false;
    const uint16_t push[3] = {(uint16_t)r->rip, s.cs.selector, (uint16_t)r->rflags};
    uint16_t sp = (uint16_t)(r->rsp - sizeof push);
    uint8_t *stack = sp <= 0xffff - sizeof push ? host(v, s.ss.base + sp, sizeof push) : NULL;
    if (!stack || !read_linear(v, s.idt.base + (uint64_t)v->injected * 4, gate, sizeof gate))
        return false;
    e.interrupt.injected = 0;
    e.flags = 0;
    memset(s.interrupt_bitmap, 0, sizeof s.interrupt_bitmap);
    s.cs.selector = gate[1];
    s.cs.base = (uint64_t)gate[1] << 4;
    if (kvm_call(v->fd, KVM_SET_VCPU_EVENTS, &e) < 0 || kvm_call(v->fd, KVM_SET_SREGS, &s) < 0)
        return false;
    memcpy(stack, push, sizeof push);
    r->rip = gate[0];
    r->rsp = (r->rsp & ~0xffffull) | sp;
    r->rflags &= ~(uint64_t)(FLAG_IF | FLAG_TF | FLAG_AC | FLAG_RF);
    v->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
    v->injected = -1;
    return true;
}

/* Stepping sets the trap flag, and delivering an interrupt pushes the flags and clears it: the step would end behind the
 * whole handler, with TF on the guest's stack. So deliver first, up to a breakpoint at the handler, then step from there. */
int kvm_step_into_handler(struct engine_vcpu *v, int (*enter)(struct engine_vcpu *v))
{
    struct engine_debug d;
    uint64_t at;
    if (deliver_real(v) || !handler(v, (uint8_t)v->injected, &at))
        return 0;
    memset(&d, 0, sizeof d);
    d.slot[0].on = true;
    d.slot[0].addr = at;
    d.slot[0].len = 1;
    int r = apply(v, &d);
    if (r == 0)
        r = enter(v);
    int back = kvm_apply_debug(v);
    if (r == 0 && v->run->exit_reason == KVM_EXIT_DEBUG) {
        v->injected = -1;
        return back;
    }
    return r < 0 ? r : 1;
}

/* A debug exception that is the guest's own (its TF, its debug registers): give it back. Returns 1 if done. */
int kvm_inject_db(struct engine_vcpu *v)
{
    struct kvm_debugregs d;
    struct kvm_vcpu_events e;
    if (kvm_call(v->fd, KVM_GET_DEBUGREGS, &d) < 0 || kvm_call(v->fd, KVM_GET_VCPU_EVENTS, &e) < 0)
        return 0;
    d.dr6 |= v->run->debug.arch.dr6 & 0xe00f;
    e.exception.injected = 1;
    e.exception.nr = v->run->debug.arch.exception == 3 ? 3 : 1;
    e.exception.has_error_code = 0;
    e.flags = 0;
    return kvm_call(v->fd, KVM_SET_DEBUGREGS, &d) >= 0 && kvm_call(v->fd, KVM_SET_VCPU_EVENTS, &e) >= 0;
}
