/* kvm_interrupt.c: vectors and NMIs into the guest, with KVM's interrupt controller or without it. */
#include <errno.h>

#include "kvm.h"

/* What KVM said at the last exit, unless the state was changed since, or the chip is in the kernel and KVM does not say. */
bool kvm_can_interrupt(struct engine_vcpu *v)
{
    struct kvm_vcpu_events e;
    if (v->injected >= 0)
        return false;
    if (!v->ready_stale && !v->vm->irqchip)
        return v->run->ready_for_interrupt_injection;
    return v->run->s.regs.regs.rflags & FLAG_IF && kvm_call(v->fd, KVM_GET_VCPU_EVENTS, &e) == 0 && !e.interrupt.injected &&
           !e.interrupt.shadow && !e.exception.injected && !e.nmi.injected;
}

void kvm_want_window(struct engine_vcpu *v, bool on)
{
    v->run->request_interrupt_window = on;
}

/* With the chip in the kernel, KVM_INTERRUPT is not legal: the vector is put where KVM keeps one being delivered. */
static int interrupt_past_chip(struct engine_vcpu *v, uint8_t vector, struct vm_error *err)
{
    struct kvm_vcpu_events e;
    struct kvm_mp_state mp = {KVM_MP_STATE_RUNNABLE};
    int r = kvm_call(v->fd, KVM_GET_VCPU_EVENTS, &e);
    if (r < 0)
        return kvm_error(err, r, "injecting an interrupt", "KVM_GET_VCPU_EVENTS");
    e.interrupt.injected = 1;
    e.interrupt.nr = vector;
    e.interrupt.soft = 0;
    e.flags = 0;
    r = kvm_call(v->fd, KVM_SET_VCPU_EVENTS, &e);
    if (r < 0)
        return kvm_error(err, r, "injecting an interrupt", "KVM_SET_VCPU_EVENTS");
    r = kvm_call(v->fd, KVM_SET_MP_STATE, &mp);
    return r < 0 ? kvm_error(err, r, "waking the guest", "KVM_SET_MP_STATE") : 0;
}

int kvm_interrupt(struct engine_vcpu *v, uint8_t vector, struct vm_error *err)
{
    struct kvm_interrupt i = {vector};
    if (!kvm_can_interrupt(v))
        return err_set(err, EAGAIN, "vCPU %u cannot take interrupt 0x%02x now: interrupts are off", v->id, vector);
    int r = v->vm->irqchip ? interrupt_past_chip(v, vector, err) : kvm_call(v->fd, KVM_INTERRUPT, &i);
    if (r < 0)
        return v->vm->irqchip ? r : kvm_error(err, r, "injecting an interrupt", "KVM_INTERRUPT");
    v->injected = vector;
    return 0;
}

/* One can wait while another is handled, as in a processor; of more than that KVM would make one. */
int kvm_nmi(struct engine_vcpu *v, struct vm_error *err)
{
    struct kvm_vcpu_events e;
    int r = kvm_call(v->fd, KVM_GET_VCPU_EVENTS, &e);
    if (r < 0)
        return kvm_error(err, r, "injecting an NMI", "KVM_GET_VCPU_EVENTS");
    if (e.nmi.pending)
        return err_set(err, EAGAIN, "vCPU %u cannot take an NMI now: another one waits", v->id);
    r = kvm_call(v->fd, KVM_NMI, NULL);
    if (r < 0)
        return kvm_error(err, r, "injecting an NMI", "KVM_NMI");
    return 0;
}

bool kvm_halted(struct engine_vcpu *v)
{
    struct kvm_mp_state mp;
    return v->vm->irqchip && kvm_call(v->fd, KVM_GET_MP_STATE, &mp) == 0 && mp.mp_state == KVM_MP_STATE_HALTED;
}
