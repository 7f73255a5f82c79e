/* vcpu_impl.h: the inside of a vCPU, for the files of vmm/ that make it up.
 *
 * Reading order: vcpu.c (the thread and its run loop), dispatch.c (what an exit means), control.c (requests), reset.c, step.c
 * (exactly one instruction), inject.c (interrupts), view.c (snapshots), console.c (input and output). */
#ifndef VMM_VCPU_IMPL_H
#define VMM_VCPU_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "clock.h"
#include "machine.h"
#include "vcpu.h"

enum { HYPERCALL_PORT = 0x500 };
enum { IRQ_QUEUE = 256, GOAL_QUEUE = 64, CONSOLE_BATCH = 256, CONSOLE_ROOM = 2048, INPUT_ROOM = 1 << 20 };
enum { SNAPSHOTS = 4, SNAPSHOT_WORDS = (sizeof(struct vcpu_snapshot) + 7) / 8 };

/* Why the run loop must look up from running the guest: set by any thread (vcpu_poke). */
enum {
    ATTEND_REQUEST = 1, /* control.c: something was posted */
    ATTEND_PUBLISH = 2, /* someone looks at the snapshot */
    ATTEND_FLUSH = 4,   /* console output waits */
    ATTEND_IRQ = 8,     /* a vector, an NMI or INTR waits, or waited */
    ATTEND_TIME = 16,   /* deterministic: a timer was armed */
    ATTEND_INPUT = 32,  /* a byte came for a guest that waits for it */
};

/* What handling an exit led to; the run loop acts on it when the exit is handled. */
enum {
    EVENT_STOP = 1,     /* stop at this instruction boundary; v->why says why */
    EVENT_HALT = 2,     /* HLT was executed */
    EVENT_EXIT = 4,     /* the guest ended, v->status */
    EVENT_FAIL = 8,     /* it cannot go on, v->error */
    EVENT_READ = 16,    /* it waits for input inside a hypercall */
};

/* What a vCPU is to do: the first goal is being carried out, the others wait for it. */
enum goal_kind { GOAL_STOP, GOAL_RUN, GOAL_STEP, GOAL_NEXT, GOAL_UNTIL };
struct goal { enum goal_kind kind; bool at_once; /* does not wait for the goal before it */ uint64_t left; struct until until; };

/* Work that another thread waits for: done on the vCPU's thread. */
struct call { int (*fn)(struct vcpu *v, void *arg, struct vm_error *err); void *arg; struct vm_error *err; int result; bool done; struct call *next; };

struct snapshot_slot { _Atomic uint64_t stamp; _Atomic uint64_t word[SNAPSHOT_WORDS]; };

struct vcpu {
    /* --- what every exit touches, side by side: entering the kernel empties the processor's nearest cache ------- */
    _Atomic uint32_t attention;     /* ATTEND_*: any thread sets, the vCPU's takes */
    uint32_t event;                 /* EVENT_* */
    const struct engine_ops *e;
    struct engine_vcpu *ev;
    struct machine *machine;
    struct account *account;        /* written by the vCPU's thread, read by any; as is trace */
    struct trace *trace;
    uint64_t ticks;                 /* end of the last exit's handling; 0: not in the guest lately */
    uint64_t guest_ns;              /* spent in the guest before this exit */
    struct clock_ratio ratio;
    uint64_t stamp_ticks, stamp_ns; /* base of time stamps */
    enum vcpu_state state;          /* changed under lock */
    bool virtual_time;              /* deterministic: time is the instruction count */
    bool irq_waits;                 /* something is to be injected, or an interrupt window is open */
    bool stepping, hlt_ahead;       /* inside step_one(); the instruction is HLT */
    bool out_began;                 /* console output waits, and console_begins() has not seen it */
    size_t out_n;
    struct goal now;                /* being carried out */
    struct vm_exit exit;

    unsigned index, id;
    char name[64];
    pthread_t thread;
    bool started;
    struct vcpu *first;             /* of those that run the same guest in the same memory: perhaps ourselves */
    unsigned together, met;         /* of the first: how many they are, how many have come to a meeting (machine's reset_lock) */
    uint64_t meetings;              /* likewise: that are over */

    /* --- shared, under lock --------------------------------------------------------------------------------- */
    pthread_mutex_t lock;
    pthread_cond_t wake;            /* the vCPU's thread sleeps here */
    pthread_cond_t changed;         /* others wait here: vcpu_wait_*(), calls */
    bool asleep;                    /* in pthread_cond_wait(wake) */
    bool quit, reset_wanted, taking /* a goal or a reset has begun, its state is not told yet */;
    struct goal goal[GOAL_QUEUE];   /* posted, not taken yet */
    unsigned goals;
    uint64_t posted, taken;         /* requests: for vcpu_wait_idle() */
    struct call *calls, **calls_end;
    struct vcpu_break slot[4];
    bool slots_changed, account_reset;
    unsigned speed;
    uint8_t irq[IRQ_QUEUE];
    unsigned irq_head, irqs, nmis;
    struct cpu_state stopped_cpu;   /* of a stopped vCPU */
    uint8_t *input;                 /* a ring of INPUT_ROOM bytes */
    size_t input_head, input_n;
    bool input_end, input_wanted;   /* wanted: our thread sleeps until a byte comes */
    char *postmortem;

    /* --- the vCPU's thread only ------------------------------------------------------------------------------ */
    struct cpu_state cpu;           /* as last read from the engine */
    bool halted;                    /* HLT executed, no interrupt since */
    bool reading;                   /* in WAITCHAR */
    int status;
    struct vm_error error;
    bool engine_error;              /* EVENT_FAIL: not an exit, the engine's call failed */
    char why[200];
    bool window;                    /* we asked for EXIT_IRQ_WINDOW */
    bool off_break;                 /* leave the breakpoint under RIP before arming it again */
    struct engine_debug debug;      /* as last given to the engine */
    struct vcpu_break armed[4];     /* our copy of slot[] */
    uint64_t step_rip;
    unsigned step_hlt_len;
    uint64_t flush_ticks;           /* when console output was last passed on */
    unsigned last_result;           /* what IN from the hypercall port reads */
    unsigned empty_polls;
    uint64_t last_poll;             /* clock_now() at the end of the last empty GETCHAR */
    uint64_t steps, stops, idle_skip /* deterministic: time that passed in HLT */;
    unsigned slow;                  /* our copy of speed */
    uint64_t own_exit_ns, notice_ticks, next_insn_at;
    uint64_t start_count;           /* engine count at reset */
    struct vcpu_snapshot snap;      /* the next publication */
    struct cpu_state last_stop;
    char out[CONSOLE_ROOM];
    uint64_t published;
    bool active;                    /* time passes for us */

    /* --- written by the vCPU's thread, read by any --------------------------------------------------------------- */
    atomic_bool out_waits;
    _Atomic uint64_t virtual_now;
    _Atomic unsigned pending;
    struct snapshot_slot view[SNAPSHOTS];
    _Atomic unsigned view_at;
};

/* vcpu.c */
int vcpu_create(struct machine *m, unsigned index, struct vcpu **out, struct vm_error *err); /* and its thread, which waits */
int vcpu_start(struct vcpu *v, struct vm_error *err); /* its processor, in the boot state */
void vcpu_quit(struct vcpu *v);                       /* asks its thread to end */
void vcpu_join(struct vcpu *v);                       /* waits until it has */
void vcpu_destroy(struct vcpu *v);
int vcpu_thread_create(pthread_t *t, void *(*fn)(void *), void *arg); /* with signals blocked */
void vcpu_poke(struct vcpu *v, uint32_t why);         /* any thread: look up, wherever you are */
bool vcpu_over(const struct vcpu *v);                   /* lock held: its guest has ended, and no reset is asked for or under way */
void vcpu_sleep(struct vcpu *v, uint64_t until);      /* until attention, or clock_now() == until */
void vcpu_run_once(struct vcpu *v);                   /* enter the guest, handle one exit */
int vcpu_finish_insn(struct vcpu *v);                 /* to an instruction boundary; handles the exits that needs */
int vcpu_refresh(struct vcpu *v);                     /* finish, and read the state into v->cpu */
void vcpu_failed(struct vcpu *v, const struct vm_error *err); /* the guest cannot go on */
int vcpu_boot(struct vcpu *v, struct vm_error *err);  /* image and registers as at creation */

/* time, as this vCPU sees it: vcpu_time.c */
uint64_t vcpu_virtual_now(struct vcpu *v);
uint64_t vcpu_stamp(struct vcpu *v, uint64_t ticks);  /* machine time by the cheap clock */
void vcpu_set_budget(struct vcpu *v);                 /* deterministic: until the next timer */
void vcpu_budget_exit(struct vcpu *v);

/* dispatch.c */
void dispatch(struct vcpu *v);
void vcpu_on_event(void *machine, unsigned index, const struct engine_event *e);

/* control.c */
bool control_attend(struct vcpu *v);                  /* take requests; false: the thread ends */
void control_settle(struct vcpu *v);                  /* act on v->event */
void control_stop_at(struct vcpu *v, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* EVENT_STOP */
void control_state(struct vcpu *v, enum vcpu_state s, const char *why);

/* reset.c */
void reset_join(struct vcpu *v);                      /* at creation: with whom it will be reset */
void reset_do(struct vcpu *v);                        /* a reset is wanted: returns when all have been reset, or the machine ends */
void reset_end(struct machine *m);                    /* the machine ends: nobody is waited for any more */

/* step.c */
void step_one(struct vcpu *v);
void step_arm(struct vcpu *v, bool step);             /* give the engine the breakpoints of the person and of UNTIL */
void step_debug_exit(struct vcpu *v);                 /* EXIT_DEBUG */
bool step_must_leave(struct vcpu *v);                 /* a breakpoint lies under RIP */
void step_exit_handled(struct vcpu *v);               /* NEXT, UNTIL: was this the exit? */

/* inject.c */
bool inject(struct vcpu *v);                          /* before the guest is entered; true: something was delivered */
bool inject_waits(struct vcpu *v);                    /* something is queued that could wake a halted vCPU */
bool inject_can_come(struct vcpu *v);                 /* could a device still wake it? Takes the device lock */
bool inject_nmi_waits(struct vcpu *v);                /* any thread: for a guest that runs and did not take it yet */
void inject_no_window(struct vcpu *v);
void inject_reset(struct vcpu *v);
void inject_forget(struct vcpu *v);                   /* lock held, any thread: what is queued is not delivered any more */

/* view.c */
void view_publish(struct vcpu *v);
size_t vcpu_fetch(struct vcpu *v, const struct cpu_state *s, uint8_t *code, size_t n); /* bytes at RIP */
void trace_now(struct vcpu *v, struct trace_entry *e); /* stamps it, too */

/* console.c */
void console_flush(struct vcpu *v);
void console_begins(struct vcpu *v);                  /* after the exit that left output in an empty buffer */
void console_forget(struct vcpu *v);                  /* lock held, any thread: the input that waits */
bool vcpu_console_waits(struct vcpu *v);
bool vcpu_input_open(struct vcpu *v);                 /* more bytes may come, or wait */
bool vcpu_input_comes(struct vcpu *v);                /* more bytes may come */
bool console_ready(struct vcpu *v, bool want);        /* a byte waits or the end is reached; want: else wake us then */

/* hypercall.c */
void hypercall_port(void *owner, const struct bus_access *a, uint64_t *value);
void hypercall_resume(struct vcpu *v);                /* WAITCHAR: the byte is here */

/* postmortem.c */
char *postmortem(struct vcpu *v);

#endif
