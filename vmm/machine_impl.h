/* machine_impl.h: the inside of a machine, for the files of vmm/ that make it up. */
#ifndef VMM_MACHINE_IMPL_H
#define VMM_MACHINE_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "machine.h"

enum { MACHINE_DEVICES = 16, MACHINE_TIMERS = 16 };

struct region { uint64_t gpa, size; uint8_t *hva; };

struct machine_timer { struct machine *m; void (*fn)(void *ctx); void *ctx; uint64_t at; /* UINT64_MAX: not armed */ };

struct machine {
    struct machine_config config;   /* guests[] and image bytes are our copies */
    struct guest_config *guests;
    const struct engine_ops *engine;
    struct engine_vm *vm;
    char reason[200];
    bool isolated;                  /* real-mode guest that has only its slice */

    struct region region[MACHINE_REGIONS];
    unsigned regions;

    struct bus ports, mmio;
    struct vcpu *vcpu[MACHINE_VCPUS];
    unsigned vcpus;
    struct { const struct device_ops *ops; void *self; } device[MACHINE_DEVICES];
    size_t devices;

    atomic_bool thread_failed;      /* observer.thread did, for this reason (lock) */
    struct vm_error thread_error;

    pthread_mutex_t lock;           /* the device lock: devices, PIC, timers */
    struct machine_pic pic;

    /* reset.c */
    pthread_mutex_t reset_lock;     /* that a reset is wanted, and the meetings of those who are reset */
    pthread_cond_t reset_met;       /* with reset_lock: a meeting is over */
    bool ending;                    /* reset_lock */

    /* timer.c */
    struct machine_timer *timer[MACHINE_TIMERS];
    unsigned timers;
    pthread_cond_t timer_wake;      /* with lock */
    pthread_t timer_thread;
    bool timer_started, timer_quit; /* lock */
    unsigned looks;                 /* the timer thread's turns at looking after vCPUs */
    atomic_bool ticking;            /* some vCPU has console output that waits, and the timer thread knows */
    pthread_mutex_t time_lock;      /* leaf: the four below */
    unsigned active;                /* vCPUs that run or are halted: time passes */
    _Atomic uint64_t origin;        /* clock_now() at machine time 0, while time passes */
    _Atomic uint64_t frozen;        /* machine time while it stands still */
    atomic_bool passing;
};

/* ram.c */
int ram_create(struct machine *m, struct vm_error *err);
void ram_destroy(struct machine *m);
void ram_clear(struct machine *m, uint64_t gpa, uint64_t size);

/* timer.c */
int timer_init(struct machine *m);
int timer_start(struct machine *m, struct vm_error *err); /* begin its thread, once */
void timer_stop(struct machine *m);     /* join the thread */
void timer_destroy(struct machine *m);
void timer_reset(struct machine *m);    /* machine time 0, nothing armed; device lock held */
void timer_active(struct machine *m, bool on);  /* a vCPU begins, or ceases, to let time pass */
void timer_flush_soon(struct machine *m);       /* console output or an NMI waits in a vCPU: kick it within some milliseconds */
uint64_t timer_next(struct machine *m);         /* earliest armed, UINT64_MAX; device lock held */
void timer_run_due(struct machine *m, uint64_t now); /* device lock held */

/* machine.c */
int machine_enter(struct machine *m, unsigned i, struct cpu_state *s, struct vm_error *err); /* image and entry state of vCPU i */
void machine_reset_devices(struct machine *m);
void machine_thread_begins(struct machine *m); /* first thing on every thread of ours */
bool machine_thread_failed(struct machine *m, struct vm_error *err); /* one of them is not what the front end wants: why */

enum { NS_PER_INSN = 10 }; /* deterministic time: a processor of 100 million instructions a second */

#endif
