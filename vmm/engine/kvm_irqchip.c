/* kvm_irqchip.c: interrupt controllers and timer in the kernel, in the state that our own models start in: vectors 08h and
 * 70h, every line masked, timer counter 0 at 10 ms, so that a guest finds the same machine with either (docs/devices.md). */
#include <errno.h>
#include <string.h>

#include "kvm.h"

enum { FIRMWARE_COUNT = 11932 }; /* 10 ms at 1.193182 MHz, as in dev/pit.c */

static int reset_pic(struct engine_vm *vm, unsigned chip)
{
    struct kvm_irqchip c = {.chip_id = chip};
    int r = kvm_call(vm->fd, KVM_GET_IRQCHIP, &c);
    if (r < 0)
        return r;
    uint8_t elcr_mask = c.chip.pic.elcr_mask;
    memset(&c.chip.pic, 0, sizeof c.chip.pic);
    c.chip.pic.imr = 0xff;
    c.chip.pic.irq_base = chip == KVM_IRQCHIP_PIC_MASTER ? 0x08 : 0x70;
    c.chip.pic.elcr_mask = elcr_mask;
    return kvm_call(vm->fd, KVM_SET_IRQCHIP, &c);
}

static int reset_ioapic(struct engine_vm *vm)
{
    struct kvm_irqchip c = {.chip_id = KVM_IRQCHIP_IOAPIC};
    int r = kvm_call(vm->fd, KVM_GET_IRQCHIP, &c);
    if (r < 0)
        return r;
    c.chip.ioapic.irr = c.chip.ioapic.ioregsel = 0;
    for (unsigned i = 0; i < KVM_IOAPIC_NUM_PINS; i++)
        c.chip.ioapic.redirtbl[i].bits = 1u << 16; /* masked */
    return kvm_call(vm->fd, KVM_SET_IRQCHIP, &c);
}

static int reset_pit(struct engine_vm *vm)
{
    struct kvm_pit_state2 s;
    int r = kvm_call(vm->fd, KVM_GET_PIT2, &s);
    if (r < 0)
        return r;
    for (unsigned i = 0; i < 3; i++) {
        struct kvm_pit_channel_state *c = &s.channels[i];
        memset(c, 0, sizeof *c);
        c->count = i == 0 ? FIRMWARE_COUNT : 0x10000;
        c->mode = i == 0 ? 2 : 3;
        c->rw_mode = 3; /* low byte, then high byte */
        c->gate = i != 2;
    }
    return kvm_call(vm->fd, KVM_SET_PIT2, &s);
}

static int reset_chips(struct engine_vm *vm, struct vm_error *err)
{
    int r = reset_pic(vm, KVM_IRQCHIP_PIC_MASTER);
    if (r == 0)
        r = reset_pic(vm, KVM_IRQCHIP_PIC_SLAVE);
    if (r == 0)
        r = reset_ioapic(vm);
    if (r < 0)
        return kvm_error(err, r, "resetting the interrupt controllers in the kernel", "KVM_SET_IRQCHIP");
    r = reset_pit(vm);
    return r < 0 ? kvm_error(err, r, "resetting the timer in the kernel", "KVM_SET_PIT2") : 0;
}

int kvm_create_irqchip(struct engine_vm *vm, struct vm_error *err)
{
    struct kvm_pit_config pit = {.flags = KVM_PIT_SPEAKER_DUMMY};
    int r = kvm_call(vm->fd, KVM_CREATE_IRQCHIP, NULL);
    if (r < 0)
        return kvm_error(err, r, "creating the interrupt controllers in the kernel (try --irqchip user)", "KVM_CREATE_IRQCHIP");
    r = kvm_call(vm->fd, KVM_CREATE_PIT2, &pit);
    if (r < 0)
        return kvm_error(err, r, "creating the timer in the kernel (try --irqchip user)", "KVM_CREATE_PIT2");
    return 0;
}

/* Once, after creation: what the local APIC looks like after its own reset. */
int kvm_note_lapic(struct engine_vcpu *v, struct vm_error *err)
{
    int r = kvm_call(v->fd, KVM_GET_LAPIC, &v->lapic);
    return r < 0 ? kvm_error(err, r, "reading the local APIC", "KVM_GET_LAPIC") : 0;
}

/* Vectors and NMIs on their way are forgotten too. */
static int forget_events(struct engine_vcpu *v)
{
    struct kvm_vcpu_events e;
    memset(&e, 0, sizeof e);
    e.flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW;
    return kvm_call(v->fd, KVM_SET_VCPU_EVENTS, &e);
}

int kvm_vcpu_reset(struct engine_vcpu *v, struct vm_error *err)
{
    struct kvm_mp_state mp = {KVM_MP_STATE_RUNNABLE};
    int r = forget_events(v);
    if (r < 0)
        return kvm_error(err, r, "resetting a vCPU", "KVM_SET_VCPU_EVENTS");
    v->injected = -1;
    if (atomic_load(&v->tid) && (r = kvm_reset_hidden(v, err)) < 0) /* it has run: at creation there is nothing to do */
        return r;
    if (!v->vm->irqchip)
        return 0;
    if (v->id == 0 && (r = reset_chips(v->vm, err)) < 0)
        return r;
    r = kvm_call(v->fd, KVM_SET_LAPIC, &v->lapic);
    if (r < 0)
        return kvm_error(err, r, "resetting the local APIC", "KVM_SET_LAPIC");
    r = kvm_call(v->fd, KVM_SET_MP_STATE, &mp); /* others than the first would wait for a start-up IPI: ours start at once */
    return r < 0 ? kvm_error(err, r, "starting a vCPU", "KVM_SET_MP_STATE") : 0;
}
