/* fault.c: how an instruction is given up: exceptions, double and triple faults (SDM vol. 3, 6.15), failures. */
#include <string.h>

#include "op.h"
#include "soft.h"

_Noreturn static void leave(struct engine_vcpu *c, int how) { longjmp(c->out, how); }

_Noreturn void soft_raise(struct engine_vcpu *c, u8 vector) {
    c->ex_vector = vector;
    c->ex_has_error = false;
    c->ex_error = 0;
    leave(c, OUT_FAULT);
}

_Noreturn void soft_raise_err(struct engine_vcpu *c, u8 vector, u32 error) {
    c->ex_vector = vector;
    c->ex_has_error = true;
    c->ex_error = vector == EX_PF || vector == EX_AC ? error : error | c->ext;
    leave(c, OUT_FAULT);
}

_Noreturn void soft_page_fault(struct engine_vcpu *c, u32 linear, u32 error) {
    c->cr2 = linear;
    soft_raise_err(c, EX_PF, error);
}

_Noreturn void soft_leave_with_exit(struct engine_vcpu *c) {
    c->want_exit = true;
    leave(c, OUT_EXIT);
}

_Noreturn void soft_fail(struct engine_vcpu *c, enum soft_failure code) {
    memset(&c->exit, 0, sizeof c->exit);
    c->exit.reason = EXIT_INTERNAL;
    c->exit.u.fail.code = code;
    soft_leave_with_exit(c);
}

/* Contributory exceptions and page faults, which combine to a double fault (SDM vol. 3, table 6-5). */
static bool contributory(u8 v) { return v == EX_DE || (v >= EX_TS && v <= EX_GP); }
static bool doubles(u8 first, u8 second) {
    if (first == EX_PF) return second == EX_PF || contributory(second);
    return contributory(first) && contributory(second);
}

static void shutdown(struct engine_vcpu *c) {
    memset(&c->exit, 0, sizeof c->exit);
    c->exit.reason = EXIT_SHUTDOWN;
    c->exit.rip = c->fault[0].eip;
    c->exit.u.fail.nfault = c->nfault;
    for (unsigned i = 0; i < c->nfault; i++) {
        c->exit.u.fail.fault[i].vector = c->fault[i].vector;
        c->exit.u.fail.fault[i].error = c->fault[i].error;
        c->exit.u.fail.fault[i].rip = c->fault[i].eip;
        c->exit.u.fail.fault[i].cr2 = c->fault[i].vector == EX_PF ? c->fault[i].cr2 : 0;
    }
    c->nfault = 0;
    c->want_exit = true;
}

static void report(struct engine_vcpu *c) {
    stat_inc(&c->stats.exceptions);
    if (!c->vm->config.on_event) return;
    struct engine_event e = {.kind = EVENT_EXCEPTION, .vector = c->ex_vector, .has_error = c->ex_has_error && (c->cr0 & CR0_PE), .error = c->ex_error,
                             .rip = c->eip, .cr2 = c->ex_vector == EX_PF ? c->cr2 : 0};
    c->vm->config.on_event(c->vm->config.ctx, c->id, &e);
}

/* The story of a triple fault has three parts: the first exception, what was met while delivering it, and the double fault
 * (a benign exception may lead to two others in between: the later of them tells nothing new). */
static void remember(struct engine_vcpu *c) {
    if (c->nfault == 2 && c->ex_vector != EX_DF) return;
    c->fault[c->nfault].vector = c->ex_vector;
    c->fault[c->nfault].error = c->ex_error;
    c->fault[c->nfault].eip = c->eip;
    c->fault[c->nfault].cr2 = c->cr2;
    c->nfault++;
}

/* Called with the exception in ex_* and c->eip at the instruction. When the delivery itself faults it leaves by longjmp,
 * and we are called again: delivering says which exception was on its way. */
void soft_deliver_fault(struct engine_vcpu *c) {
    u8 first = c->delivering;
    c->ext = 0;
    report(c);
    if (first == EX_DF) {
        c->delivering = NOT_DELIVERING;
        shutdown(c);
        return;
    }
    if (first == NOT_DELIVERING) c->nfault = 0;
    remember(c);
    if (first != NOT_DELIVERING && doubles(first, c->ex_vector)) {
        c->ex_vector = EX_DF;
        c->ex_has_error = true;
        c->ex_error = 0;
        report(c);
        remember(c);
    }
    c->delivering = c->ex_vector;
    soft_enter_fault(c);
}

void soft_enter_fault(struct engine_vcpu *c) {
    soft_interrupt(c, c->ex_vector, INT_FAULT, c->ex_has_error, c->ex_error, c->eip);
    c->delivering = NOT_DELIVERING;
    c->nfault = 0;
}
