/* kvm.h: the KVM engine's state, shared by its files: kvm.c (machines, vCPUs, running), kvm_state.c (registers),
 * kvm_debug.c (stepping, breakpoints), kvm_interrupt.c, kvm_irqchip.c, kvm_host.c and kvm_probe.c (what this host can do), kvm_stats.c. */
#ifndef VMM_ENGINE_KVM_H
#define VMM_ENGINE_KVM_H

#include <errno.h>
#include <linux/kvm.h>
#include <stdatomic.h>
#include <sys/ioctl.h>

#include "vmm/engine.h"

enum { KVM_SLOTS = 32 };

struct kvm_host { int fd; size_t run_size; /* of a vCPU's shared area */ }; /* /dev/kvm */

struct engine_vm {
    const struct kvm_host *host;
    int fd;
    bool irqchip, block_irq; /* block_irq: this host can hold interrupts back while stepping */
    struct { uint64_t gpa, size; uint8_t *hva; } slot[KVM_SLOTS];
};

struct engine_vcpu {
    struct engine_vm *vm;
    unsigned id;
    int fd, stats_fd;
    struct kvm_run *run;     /* shared with the kernel: exits, and registers by KVM_CAP_SYNC_REGS */
    atomic_int tid;          /* thread in KVM_RUN, 0 before the first run */
    atomic_bool kicked;
    bool pending;            /* an I/O or MMIO exit that re-entry completes */
    bool stashed;            /* complete() met another exit: run() returns it */
    bool ready_stale;        /* run->ready_for_interrupt_injection is from before set_state */
    bool rearm;              /* state was written: a step must be asked for again */
    int injected;            /* vector handed to KVM for the next entry, -1: none */
    struct engine_debug debug;
    struct kvm_lapic_state lapic; /* irqchip: as it was at creation */
};

/* Tests make calls fail here: returns an errno, 0 to go on. NULL outside tests. */
extern int (*kvm_fail_hook)(unsigned long request);
/* The one way into the kernel. A negative errno, or ioctl's result. */
static inline int kvm_call(int fd, unsigned long request, void *arg)
{
    int fail = kvm_fail_hook ? kvm_fail_hook(request) : 0;
    if (fail)
        return -fail;
    int r = ioctl(fd, request, arg);
    return r < 0 ? -errno : r;
}
/* Fill *err after a failed call: what, the ioctl's name, why. Returns r. */
int kvm_error(struct vm_error *err, int r, const char *doing, const char *ioctl_name);

int kvm_host_open(const struct kvm_host **h, struct vm_error *err);
int kvm_host_cpuid(const struct kvm_host *h, const struct kvm_cpuid2 **c, struct vm_error *err); /* any thread */
void kvm_host_forget(void); /* tests: the next machine asks again. No machine may exist. */
int kvm_ready(struct vm_error *err);

int kvm_get_state(struct engine_vcpu *v, struct cpu_state *s, struct vm_error *err);
int kvm_set_state(struct engine_vcpu *v, const struct cpu_state *s, struct vm_error *err);
int kvm_reset_hidden(struct engine_vcpu *v, struct vm_error *err); /* what kvm_set_state does not reach: FPU and MSRs */

int kvm_set_debug(struct engine_vcpu *v, const struct engine_debug *d, struct vm_error *err);
int kvm_apply_debug(struct engine_vcpu *v);
int kvm_arm_step(struct engine_vcpu *v);
/* Single step with a vector to deliver first: 1: delivered, go on; 0: *x is an exit; negative: error. */
int kvm_step_into_handler(struct engine_vcpu *v, int (*enter)(struct engine_vcpu *v));
int kvm_inject_db(struct engine_vcpu *v);

int kvm_create_irqchip(struct engine_vm *vm, struct vm_error *err);
int kvm_note_lapic(struct engine_vcpu *v, struct vm_error *err);
int kvm_vcpu_reset(struct engine_vcpu *v, struct vm_error *err);

bool kvm_can_interrupt(struct engine_vcpu *v);
void kvm_want_window(struct engine_vcpu *v, bool on);
int kvm_interrupt(struct engine_vcpu *v, uint8_t vector, struct vm_error *err);
int kvm_nmi(struct engine_vcpu *v, struct vm_error *err);
bool kvm_halted(struct engine_vcpu *v);

int kvm_probe(struct engine_probe *p, struct vm_error *err);
int kvm_stats_open(struct engine_vcpu *v);
size_t kvm_stats(struct engine_vcpu *v, struct engine_stat *out, size_t max);

/* Used by the probe too. */
int kvm_vm_create(struct engine_vm **out, const struct engine_config *c, struct vm_error *err);
void kvm_vm_destroy(struct engine_vm *vm);
int kvm_vm_map(struct engine_vm *vm, unsigned slot, uint64_t gpa, uint64_t size, void *hva, bool readonly, struct vm_error *err);
int kvm_vcpu_create(struct engine_vm *vm, unsigned id, struct engine_vcpu **out, struct vm_error *err);
void kvm_vcpu_destroy(struct engine_vcpu *v);
int kvm_run_vcpu(struct engine_vcpu *v, struct vm_exit *x, struct vm_error *err);

#endif
