/* machine.h: RAM + bus + devices + 1..N vCPUs + the engine that runs them. */
#ifndef VMM_MACHINE_H
#define VMM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot.h"
#include "bus.h"
#include "device.h"
#include "engine.h"

struct machine;
struct vcpu;

enum irqchip { IRQCHIP_AUTO, IRQCHIP_NONE, IRQCHIP_USER, IRQCHIP_KERNEL };
enum { MACHINE_VCPUS = 64, MACHINE_REGIONS = 64, SLICE_SIZE = 0x40000 };

/* One guest image and how it is entered. */
struct guest_config {
    struct boot_image image;      /* bytes are copied; kept for reset */
    const struct boot_protocol *boot;
    struct boot_args args;
};

/* What happens to a machine is told here. Every function is called on a vCPU's thread (or the caller's, at creation),
 * must not block, may be NULL. */
struct observer {
    void *ctx;
    void (*console)(void *ctx, struct vcpu *v, const void *bytes, size_t n); /* guest output, in order, in batches */
    void (*reset)(void *ctx, struct vcpu *v);   /* it was reset: what it prints from now on is of a new run */
    void (*changed)(void *ctx, struct vcpu *v); /* its state changed (paused, halted, exited...) or a notice was left */
    /* A vCPU or timer thread begins: the front end's chance to take system calls away from it. When that fails no guest of the machine runs. */
    int (*thread)(void *ctx, struct vm_error *err);
};

struct machine_config {
    const char *engine;           /* NULL/"auto", "kvm", "soft" */
    enum irqchip irqchip;         /* AUTO: none for real mode, kernel on kvm else user for protected mode */
    bool deterministic;
    bool headless;                /* nobody can inject: HLT with IF=1 and no device that could interrupt is the end */
    uint64_t ram;                 /* 0: the protocol's default; ignored for isolated slices */
    unsigned vcpus;               /* how many guests[] */
    const struct guest_config *guests; /* one per vCPU; share mode: several; SMP: images equal */
    unsigned first_id;            /* number of the first vCPU, as the person counts them */
    const char *disk;             /* file behind the block device, NULL: none */
    struct machine *replaces;     /* this one is destroyed next: what only one can hold, the disk's file, is taken over from it. NULL: none */
    uint64_t tick_ns;             /* 0: the PIT as the guest programs it */
    struct observer observer;
};

/* Build a machine: choose the engine, map RAM (only the slices of its guests in real mode: a stray access is an MMIO
 * exit), create devices and vCPU threads. vCPUs start in state created: vcpu_resume() runs them. On failure nothing is
 * left behind. */
int machine_create(struct machine **m, const struct machine_config *c, struct vm_error *err);
/* Stop and join every vCPU thread, free everything, in reverse order. Not from a vCPU thread. */
void machine_destroy(struct machine *m);

const struct engine_ops *machine_engine(const struct machine *m);
const char *machine_engine_reason(const struct machine *m); /* why this engine, a sentence */
enum irqchip machine_irqchip(const struct machine *m);      /* never AUTO */
unsigned machine_vcpus(const struct machine *m);
struct vcpu *machine_vcpu(struct machine *m, unsigned i);
const struct machine_config *machine_config(const struct machine *m);
struct bus *machine_ports(struct machine *m);
struct bus *machine_mmio(struct machine *m);

/* --- RAM. The one place where a GPA becomes a host pointer; overflow-checked. Any thread (racing a running guest
 * reads whatever is there). --------------------------------------------------------------------------------------- */

/* Host pointer for [gpa, gpa+len), all inside one region, else NULL. */
void *machine_ptr(struct machine *m, uint64_t gpa, uint64_t len);
/* Copies; return how many bytes were inside RAM (stops at the first that is not). Byte-wise atomic. */
size_t machine_read(struct machine *m, uint64_t gpa, void *buf, size_t len);
size_t machine_write(struct machine *m, uint64_t gpa, const void *buf, size_t len);
/* The i-th RAM region; false past the end. */
bool machine_region(const struct machine *m, unsigned i, uint64_t *gpa, uint64_t *size);

/* --- interrupts ------------------------------------------------------------------------------------------------- */

/* Drive an ISA line 0..15 (device lock held or machine stopped): to the in-kernel chip or our PIC. */
void machine_irq(struct machine *m, unsigned line, bool level);
/* The user-space PIC registers itself: intr() says whether INTR is raised, ack() takes the vector (or -1). Both are
 * called on the boot vCPU's thread with the device lock held. The PIC calls machine_intr_changed() (any thread, any
 * lock state) when INTR may have risen, so that a sleeping or running vCPU notices. */
struct machine_pic {
    void *self;
    bool (*intr)(void *self);
    int (*ack)(void *self);
    void (*set_irq)(void *self, unsigned line, bool level);
    bool (*open)(void *self); /* could any line get through, as it is programmed now? Device lock held */
};
void machine_set_pic(struct machine *m, const struct machine_pic *pic);
void machine_intr_changed(struct machine *m);

void machine_lock(struct machine *m);   /* the device lock */
void machine_unlock(struct machine *m);

/* --- time: nanoseconds since the machine started; stands still while every vCPU is paused; virtual time (the
 * instruction count) when deterministic. -------------------------------------------------------------------------- */
uint64_t machine_now(struct machine *m);
struct machine_timer;
/* fn runs under the device lock, on the timer thread (deterministic: on the vCPU's thread at the exact count). */
struct machine_timer *machine_timer_new(struct machine *m, void (*fn)(void *ctx), void *ctx);
void machine_timer_arm(struct machine_timer *t, uint64_t at_ns); /* absolute machine_now() time; device lock held */
void machine_timer_disarm(struct machine_timer *t);              /* device lock held */
/* Could anything interrupt a halted vCPU: a timer armed, a device with input pending or open? And would the PIC let it through? (headless HLT) */
bool machine_can_wake(struct machine *m);

/* --- devices ----------------------------------------------------------------------------------------------------- */
/* The i-th device of this machine, NULL past the end. show() locks. */
const struct device_ops *machine_device(const struct machine *m, size_t i);
void *machine_device_self(const struct machine *m, const struct device_ops *ops); /* of the machine's device with these ops, NULL: it has none */
size_t machine_device_show(struct machine *m, size_t i, struct device_line *out, size_t max);
/* Slow the timer interrupt down for a class: its period in ns, 0 as the guest programs it, UINT64_MAX off. Any thread. -ENOTSUP when
 * no timer of ours ticks (in-kernel PIT, or none): try --irqchip user. */
int machine_set_tick(struct machine *m, uint64_t ns, struct vm_error *err);

#endif
