/* vcpu.h: one virtual processor, its thread, and how to control and watch it.
 *
 * The state of a vCPU belongs to its thread. Control functions post a request and return at once; the thread carries
 * it out, in order. All functions here may be called from any thread unless they say otherwise; none waits for the
 * guest except those named vcpu_wait_*(). */
#ifndef VMM_VCPU_H
#define VMM_VCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "account.h"
#include "cpu.h"
#include "engine.h"
#include "error.h"
#include "exit.h"
#include "trace.h"

struct machine;
struct vcpu;

enum vcpu_state { VCPU_CREATED, VCPU_RUNNING, VCPU_PAUSED, VCPU_HALTED, VCPU_EXITED, VCPU_FAILED, VCPU_STATES };
const char *vcpu_state_name(enum vcpu_state s); /* "running" */
/* Not executing and not about to: created, paused, exited, failed. (halted waits for an interrupt: it is "running") */
bool vcpu_state_stopped(enum vcpu_state s);

unsigned vcpu_id(const struct vcpu *v);            /* as the person counts: 0, 1, 2... */
const char *vcpu_name(const struct vcpu *v);       /* of its guest: "hello" */
struct machine *vcpu_machine(const struct vcpu *v);

/* --- run control. Return 0, or a negative errno with *err when the request makes no sense in the current state (an
 * exited guest cannot step: reset it). err may be NULL. ----------------------------------------------------------- */
int vcpu_resume(struct vcpu *v, struct vm_error *err);              /* also starts a created one */
int vcpu_pause(struct vcpu *v, struct vm_error *err);               /* no-op when stopped */
int vcpu_step(struct vcpu *v, uint64_t n, struct vm_error *err);    /* exactly n instructions, then paused */
int vcpu_next(struct vcpu *v, struct vm_error *err);                /* until the next exit has been handled, then paused */

struct until {
    enum { UNTIL_REASON, UNTIL_PORT, UNTIL_ADDRESS } kind;
    enum exit_reason reason;  /* UNTIL_REASON */
    uint64_t value;           /* port, or linear address of an instruction */
};
int vcpu_until(struct vcpu *v, const struct until *u, struct vm_error *err); /* runs, then paused */

/* Instructions per second, shown as they execute; 0: full speed. Applies while running. */
int vcpu_speed(struct vcpu *v, unsigned per_second, struct vm_error *err);
/* Image and registers as at creation; state created; counters 0. Those that run the same guest in the same memory are reset together. */
int vcpu_reset(struct vcpu *v, struct vm_error *err);
struct vcpu *vcpu_first(struct vcpu *v); /* of those: the one with the lowest number */

/* Queue a vector / an NMI for delivery as soon as the guest can take it. With a halted guest: wakes it. -EAGAIN when 256 wait. */
int vcpu_irq(struct vcpu *v, uint8_t vector, struct vm_error *err);
int vcpu_nmi(struct vcpu *v, struct vm_error *err);

/* Breakpoints and watchpoints: 4 slots (DR0-DR3). The reason of a stop names the slot. */
struct vcpu_break { bool on; uint8_t type /* DEBUG_* */, len; uint64_t addr; uint64_t hits; };
int vcpu_break_set(struct vcpu *v, uint64_t linear, uint8_t type, uint8_t len, unsigned *slot, struct vm_error *err); /* -ENOSPC: names the four */
int vcpu_break_clear(struct vcpu *v, unsigned slot, struct vm_error *err);
void vcpu_breaks(struct vcpu *v, struct vcpu_break out[4]);

/* --- state of a stopped vCPU (-EBUSY "is running: pause it first" otherwise) --------------------------------------- */
int vcpu_get_state(struct vcpu *v, struct cpu_state *s, struct vm_error *err);
int vcpu_set_state(struct vcpu *v, const struct cpu_state *s, struct vm_error *err);

/* Guest-linear memory through the vCPU's paging (translated with the last snapshot when running). Return how many bytes were
 * mapped; *fault, if not NULL, is the first address that was not. Does not set A/D bits. */
size_t vcpu_mem_read(struct vcpu *v, uint64_t linear, void *buf, size_t len, uint64_t *fault);
size_t vcpu_mem_write(struct vcpu *v, uint64_t linear, const void *buf, size_t len, uint64_t *fault);

/* --- watching ------------------------------------------------------------------------------------------------------ */

struct vcpu_snapshot {
    uint64_t seq;                 /* rises with every publication */
    enum vcpu_state state;
    int status;                   /* VCPU_EXITED: the guest's exit status */
    bool reading;                 /* blocked in a hypercall that waits for input */
    struct cpu_state cpu;         /* at the last publication */
    struct cpu_state prev;        /* at the stop before the last: what changed stands out */
    uint8_t code[64]; uint8_t ncode; /* bytes at linear RIP */
    uint64_t steps;               /* instructions executed by step/speed */
    uint64_t count;               /* exact instruction count, UINT64_MAX: unknown */
    uint64_t now_ns;
    unsigned pending;             /* injected vectors and NMIs that wait */
    struct vm_exit exit;          /* the last exit (pointers inside are NULL) */
    uint64_t stops;               /* how often it came to a stop */
    char why[200];                /* why it is in this state, in words: "step", "breakpoint 1 at 0x7c05", "HLT with interrupts off" */
    char notice[200];             /* the last thing worth telling: unknown hypercall, access outside its memory */
    uint64_t notices;             /* how many there were */
};
/* Copy the latest snapshot; never waits for the guest. Asks the vCPU to publish a fresh one at its next exit. */
void vcpu_snapshot(struct vcpu *v, struct vcpu_snapshot *out);
/* Kick a running vCPU so that it publishes, even if it never exits (call a few times a second while on screen). */
void vcpu_sample(struct vcpu *v);
/* Why a failed vCPU failed: several lines of words (what happened, the instruction disassembled, which fault led to
 * which). "" if it did not. Valid until reset. */
size_t vcpu_postmortem(struct vcpu *v, char *buf, size_t size);

void vcpu_account(struct vcpu *v, struct account_view *out);
void vcpu_account_reset(struct vcpu *v);
const struct trace *vcpu_trace(struct vcpu *v);
size_t vcpu_engine_stats(struct vcpu *v, struct engine_stat *out, size_t max);

/* Wait until it is stopped, or halted for good (timeout_ms < 0: for ever). True if it is. For scripts, tests, headless. */
bool vcpu_wait_stopped(struct vcpu *v, int timeout_ms);
/* Wait until every request posted before this call was carried out (not: until a step completed). */
bool vcpu_wait_idle(struct vcpu *v, int timeout_ms);

/* --- console input ------------------------------------------------------------------------------------------------- */
/* Append to the input queue (1 MiB). Returns how many bytes were taken; the caller keeps the rest and tries again. */
size_t vcpu_input(struct vcpu *v, const void *bytes, size_t n);
size_t vcpu_input_room(struct vcpu *v);
size_t vcpu_input_pending(struct vcpu *v); /* bytes that wait */
bool vcpu_input_has(struct vcpu *v, bool (*wanted)(uint8_t byte)); /* is one of them such a byte? */
void vcpu_input_eof(struct vcpu *v); /* no more will come */

/* --- for devices and hypercalls, on the vCPU's own thread only ------------------------------------------------------ */
uint64_t vcpu_gpr(struct vcpu *v, enum cpu_gpr r);
void vcpu_set_gpr(struct vcpu *v, enum cpu_gpr r, uint64_t value);
void vcpu_console(struct vcpu *v, const void *bytes, size_t n); /* guest output */
int vcpu_getchar(struct vcpu *v);   /* next input byte, -1: none now, -2: end of input */
void vcpu_exit(struct vcpu *v, int status);
void vcpu_notice(struct vcpu *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
