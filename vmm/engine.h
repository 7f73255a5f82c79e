/* engine.h: what executes guest instructions. The one seam between the lab and KVM or the software CPU.
 *
 * Both engines return the same exits, take the same devices and are driven by the same run loop (vcpu.c). Nothing
 * above this interface asks which engine it is, except to show its name.
 *
 * Threads: probe, vm_create, vm_map: any one thread. Functions that take an engine_vcpu are called from that vCPU's
 * own thread only, except kick (any thread, never blocks). vm-wide functions marked "any thread" lock by themselves. */
#ifndef VMM_ENGINE_H
#define VMM_ENGINE_H

#include "cpu.h"
#include "error.h"
#include "exit.h"

struct engine_vm;
struct engine_vcpu;

/* What a host's engine can run or do, found by trying it (probe), never by guessing. */
enum engine_can {
    CAN_REAL = 1 << 0, CAN_PROT32 = 1 << 1, CAN_PAGING32 = 1 << 2, CAN_LONG = 1 << 3, CAN_LINUX = 1 << 4,
    CAN_STEP = 1 << 5, CAN_BREAK = 1 << 6, CAN_IRQCHIP = 1 << 7, /* in-kernel PIC/IOAPIC/LAPIC/PIT */
    CAN_COUNT = 1 << 8,  /* exact instruction count */
    CAN_EVENTS = 1 << 9, /* reports exceptions and interrupts taken */
    CAN_DETERMINISTIC = 1 << 10,
    CAN_WATCH = 1 << 11,  /* watchpoints on data (CAN_BREAK: on instructions) */
};

struct engine_probe {
    uint32_t can;          /* CAN_* */
    char about[160];       /* what stands behind its title: "API 12, hardware virtualization" / "built-in interpreter: ..." */
    char limits[240];      /* what it cannot do here and why, "" if nothing */
};

/* An event inside the guest that is no exit: only engines with CAN_EVENTS report them. */
struct engine_event {
    enum { EVENT_EXCEPTION, EVENT_INTERRUPT, EVENT_SOFT_INT, EVENT_NMI } kind;
    uint8_t vector;
    bool has_error;
    uint32_t error;
    uint64_t rip;  /* of the instruction interrupted or at fault */
    uint64_t cr2;  /* #PF */
};

struct engine_config {
    unsigned vcpus;
    bool irqchip;        /* in-kernel interrupt controllers and PIT (needs CAN_IRQCHIP) */
    bool deterministic;  /* time is the instruction count (needs CAN_DETERMINISTIC) */
    /* Called on the vCPU's thread, must not block. May be NULL. */
    void (*on_event)(void *ctx, unsigned vcpu, const struct engine_event *e);
    void *ctx;
};

/* Hardware debug facilities of one vCPU. */
struct engine_debug {
    bool step;  /* EXIT_DEBUG after one instruction */
    struct { bool on; uint64_t addr /* linear */; uint8_t len /* 1,2,4,8 */; uint8_t type; } slot[4];
};
enum { DEBUG_EXEC = 0, DEBUG_WRITE = 1, DEBUG_ACCESS = 3 }; /* DR7 R/W values (SDM vol. 3, 17.2.4) */

struct engine_stat { char name[48]; uint64_t value; };

struct engine_ops {
    const char *name;   /* "kvm", "soft" */
    const char *title;  /* "Linux KVM", "software CPU" */

    /* Try what this host can do; cached by engine.c. Negative errno when the engine cannot be used at all. */
    int (*probe)(struct engine_probe *p, struct vm_error *err);

    /* Can it be used at all, and run real mode? In microseconds, for those who need no more. May be NULL. */
    int (*ready)(struct vm_error *err);

    /* What takes long and is the same for every machine: found out on another thread while one is being made. May be NULL. */
    void (*prepare)(void);

    int (*vm_create)(struct engine_vm **vm, const struct engine_config *c, struct vm_error *err);
    void (*vm_destroy)(struct engine_vm *vm); /* after all its vCPUs */
    /* Map host memory at [gpa, gpa+size), page aligned. slot: 0..31. Before vCPUs run. */
    int (*vm_map)(struct engine_vm *vm, unsigned slot, uint64_t gpa, uint64_t size, void *hva, bool readonly,
                  struct vm_error *err);
    /* In-kernel irqchip only, may be NULL. Any thread. */
    int (*vm_irq_line)(struct engine_vm *vm, unsigned gsi, bool level, struct vm_error *err);

    int (*vcpu_create)(struct engine_vm *vm, unsigned id, struct engine_vcpu **v, struct vm_error *err);
    void (*vcpu_destroy)(struct engine_vcpu *v);
    /* What set_state does not reach goes back to the state at creation: pending events, a sleep in the kernel, the local APIC
     * and, with the first vCPU, the in-kernel chips. Before the guest is entered. May be NULL. */
    int (*vcpu_reset)(struct engine_vcpu *v, struct vm_error *err);

    /* Run until an exit. Returns 0 and fills *x, or a negative errno with *err (the vCPU is then failed). A kick that
     * came before the call makes it return EXIT_KICK at once: no wake-up is lost. */
    int (*run)(struct engine_vcpu *v, struct vm_exit *x, struct vm_error *err);
    /* run() again and again: after each exit handled(ctx) is called, on this thread, until it returns false. May be NULL. On some hosts the
     * first return from a function that was called before the kernel was entered costs a sixth of an exit (docs/tricks.md): here
     * there is none until the end. */
    int (*run_on)(struct engine_vcpu *v, struct vm_exit *x, bool (*handled)(void *ctx), void *ctx, struct vm_error *err);
    /* Finish the instruction whose I/O or MMIO exit was just handled, and execute nothing more. 0: done (or nothing
     * was pending), state read afterwards is that of an instruction boundary. 1: the instruction made one more exit, which
     * run() returns next. */
    int (*complete)(struct engine_vcpu *v, struct vm_error *err);
    void (*kick)(struct engine_vcpu *v); /* any thread */

    /* Cheap access at an exit, without a whole get_state (KVM: the synced registers). */
    uint64_t (*get_gpr)(struct engine_vcpu *v, enum cpu_gpr r);
    void (*set_gpr)(struct engine_vcpu *v, enum cpu_gpr r, uint64_t value);
    int (*get_state)(struct engine_vcpu *v, struct cpu_state *s, struct vm_error *err);
    int (*set_state)(struct engine_vcpu *v, const struct cpu_state *s, struct vm_error *err);

    /* Interrupts without an in-kernel irqchip: can_interrupt says whether a vector would be taken now; otherwise ask
     * for EXIT_IRQ_WINDOW. interrupt: -EAGAIN if it cannot be taken now. With an irqchip, interrupt() still delivers a
     * vector once when possible (it is how a person injects). */
    bool (*can_interrupt)(struct engine_vcpu *v);
    void (*want_window)(struct engine_vcpu *v, bool on);
    int (*interrupt)(struct engine_vcpu *v, uint8_t vector, struct vm_error *err);
    int (*nmi)(struct engine_vcpu *v, struct vm_error *err);
    /* In-kernel irqchip: HLT does not exit but sleeps in the kernel. Does it, as of the last exit? May be NULL. */
    bool (*halted)(struct engine_vcpu *v);

    int (*set_debug)(struct engine_vcpu *v, const struct engine_debug *d, struct vm_error *err);

    /* CAN_COUNT; NULL otherwise. count: instructions retired since creation (a REP iteration counts as one step of
     * the hardware: one instruction when it completes). budget: EXIT_BUDGET when count() reaches the value, 0: none. */
    uint64_t (*count)(struct engine_vcpu *v);
    void (*set_budget)(struct engine_vcpu *v, uint64_t at);

    /* The engine's own statistics of this vCPU (KVM: binary stats fd). Returns how many; may be NULL. Any thread. */
    size_t (*stats)(struct engine_vcpu *v, struct engine_stat *out, size_t max);

    /* The VMM wrote to guest RAM: engines that keep decoded code forget what they know of [gpa, gpa+size). Any thread; NULL
     * when the engine keeps nothing. */
    void (*vm_written)(struct engine_vm *vm, uint64_t gpa, uint64_t size);
};

extern const struct engine_ops engine_kvm, engine_soft;

/* The table of engines, NULL past the end: engine_at(0) is the preferred one. */
const struct engine_ops *engine_at(size_t i);
const struct engine_ops *engine_find(const char *name);

/* Probe result of an engine, found once per process and kept. Negative errno when unusable; *err says why
 * (no /dev/kvm; permission: which group; not an x86 host; missing capability). Any thread. */
int engine_probe(const struct engine_ops *e, const struct engine_probe **p, struct vm_error *err);

/* Choose: want = NULL or "auto", "kvm", "soft"; need = CAN_*. reason: a sentence for the screen ("soft: this KVM cannot
 * run 32-bit paging"). Forcing the impossible is an error that names the cause. */
int engine_choose(const char *want, uint32_t need, const struct engine_ops **out, char *reason, size_t reason_size,
                  struct vm_error *err);

#endif
