/* run.c: from one exit to the next. execute() finds blocks and enters them; they call each other until something wants
 * attention. An instruction that cannot be finished comes back here by longjmp, in guarded(). */
#include <string.h>

#include "code.h"
#include "io.h"
#include "mem.h"
#include "soft.h"

/* --- block ends ------------------------------------------------------------------------------------------------------ */

/* Enter a block, if the budget allows all of it. */
static inline const struct op *enter(struct engine_vcpu *c, struct block *b) {
    if (UNLIKELY(c->left < (i64)b->n || b->guarded)) return NULL;
    c->left -= b->n;
#ifdef SOFT_TAIL_CALLS
    return b->op->fn(c, b->op); /* a tail call, too, once this is inlined */
#else
    return b->op;
#endif
}

static inline unsigned jump_slot(u32 eip) { return (eip ^ eip >> 10) % JUMP_SIZE; }

static struct block *find(struct engine_vcpu *c) {
    unsigned slot = jump_slot(c->eip);
    struct block *b = c->jump[slot].to;
    if (LIKELY(c->jump[slot].epoch == c->epoch && b->eip == c->eip && b->env == c->env)) return b;
    b = soft_block_find(c, false);
    b->guarded = c->breaking && soft_debug_in_block(c, c->seg[CPU_CS].base + b->eip, b->bytes);
    c->jump[slot].to = b;
    c->jump[slot].epoch = c->epoch;
    return b;
}

const struct op *soft_dispatch(struct engine_vcpu *c, const struct op *o) {
    (void)o;
    c->cur = NULL;
    if (UNLIKELY(attention(c))) return NULL;
    return enter(c, find(c));
}

/* The slow part of soft_chain(): find the successor and remember it. */
const struct op *soft_chain_find(struct engine_vcpu *c, const struct op *o, unsigned way, u32 eip) {
    struct block *from = op_block(o);
    u32 flushes = c->flushes;
    c->eip = eip;
    c->cur = NULL;
    if (UNLIKELY(attention(c))) return NULL;
    struct block *b = find(c);
    if (c->flushes == flushes && !b->guarded) from->link[way] = (struct block_link){b, c->epoch};
    return enter(c, b);
}

const struct op *soft_leave(struct engine_vcpu *c, const struct op *o) {
    c->left += op_block(o)->n - ((i64)o->idx + o->n);
    c->eip = op_next_eip(o);
    c->cur = NULL;
    return NULL;
}

/* --- leaving an instruction ------------------------------------------------------------------------------------------ */

void soft_unwind(struct engine_vcpu *c) {
    const struct op *o = c->cur;
    if (!o) return;
    c->eip = op_eip(o);
    c->left += (i64)op_block(o)->n - o->idx;
    c->cur = NULL;
}

static bool entering(const struct engine_vcpu *c) { return c->delivering != NOT_DELIVERING || c->injecting; }

/* What was given up in the middle has written nothing; a trap comes behind an instruction whose writes stand. */
static void unwrite(struct engine_vcpu *c) {
    if (c->cur || entering(c)) c->nwrite = c->write_at = 0;
}

static void guarded(struct engine_vcpu *c, void (*work)(struct engine_vcpu *c)) {
    switch (setjmp(c->out)) {
    case 0:
        work(c);
        break;
    case OUT_FAULT:
        unwrite(c);
        soft_unwind(c);
        c->nread = c->read_at = 0;
        c->watch_hit = 0;
        c->injecting = false;
        if (c->debug.step) c->trap_dr6 |= 1 << 14;
        if (c->stuck_at != soft_count(c)) c->stuck_at = soft_count(c), c->stuck = 0;
        /* A handler that faults at once executes nothing for ever: no budget ends that, so the VMM gets to look. */
        if (++c->stuck % STUCK == 0) __atomic_fetch_or(&c->attention, ATT_KICK, __ATOMIC_RELAXED);
        soft_deliver_fault(c); /* comes back here when it faults itself */
        break;
    default: /* OUT_EXIT */
        unwrite(c);
        soft_unwind(c);
        c->exit.rip = c->eip;
        break;
    }
    soft_debug_report(c);
}

/* --- the loop -------------------------------------------------------------------------------------------------------- */

static void simple_exit(struct engine_vcpu *c, enum exit_reason reason) {
    memset(&c->exit, 0, sizeof c->exit);
    c->exit.reason = reason;
    c->exit.rip = c->eip;
    c->want_exit = true;
}

static void enter_from_loop(struct engine_vcpu *c, struct block *b) {
    c->left -= b->n;
#ifdef SOFT_TAIL_CALLS
    b->op->fn(c, b->op);
#else
    for (const struct op *o = b->op; o;) o = o->fn(c, o);
#endif
}

/* One instruction, with everything that can happen before and after it. */
static void one(struct engine_vcpu *c) {
    c->read_at = 0;
    c->inhibit_trap = c->rf_keep = false;
    c->watch_hit = 0;
    if (c->task_trap) soft_debug_after(c, false, false); /* the T bit traps before the new task's first instruction */
    if (soft_debug_fetch(c)) return;
    bool tf = c->eflags & FLAG_TF, rf = c->eflags & FLAG_RF;
    u64 before = soft_count(c);
    __atomic_fetch_or(&c->attention, ATT_ONE, __ATOMIC_RELAXED);
    enter_from_loop(c, soft_block_find(c, true));
    __atomic_fetch_and(&c->attention, ~(u32)ATT_ONE, __ATOMIC_RELAXED);
    c->pend_tf = tf;
    c->nread = c->read_at = 0;
    bool done = soft_count(c) != before; /* else it goes on, and its breakpoint was met */
    if (!done) c->resume = true, c->resume_eip = c->eip;
    if (c->pending == PEND_NONE) soft_debug_after(c, tf, rf && done);
    soft_debug_report(c);
}

static void deliver(struct engine_vcpu *c) {
    c->injecting = true;
    if (c->inject_nmi) c->nmi_blocked = true;
    soft_interrupt(c, c->inject_vector, INT_EXTERNAL, false, 0, c->eip);
    c->injecting = false;
}

/* What was given up for a read outside RAM runs again and finds the answer: an instruction, or the way into a handler. */
static void again(struct engine_vcpu *c) {
    if (!entering(c)) {
        c->resume = true, c->resume_eip = c->eip;
        one(c);
        return;
    }
    c->read_at = 0;
    if (c->injecting) deliver(c);
    else soft_enter_fault(c);
    c->nread = c->read_at = 0;
}

/* Deal with what attention asks for. True: go on executing. */
static bool attend(struct engine_vcpu *c) {
    u32 att = attention(c);
    if (att & ATT_ONE) __atomic_fetch_and(&c->attention, ~(u32)ATT_ONE, __ATOMIC_RELAXED);
    if (att & ATT_LEAVE) {
        __atomic_fetch_and(&c->attention, ~(u32)ATT_LEAVE, __ATOMIC_RELAXED);
        c->leave = 0;
        if (c->watch_hit) {
            soft_debug_after(c, false, false);
            soft_debug_report(c);
            if (c->want_exit) return false;
        }
    }
    if (c->write_at < c->nwrite) return !soft_mmio_report(c);
    soft_debug_report(c); /* a step that had to wait for its writes */
    if (c->want_exit) return false;
    if (att & ATT_CODE) soft_code_attend(c);
    if (c->nread) return true; /* an instruction in the middle is finished first */
    if (att & ATT_KICK) {
        __atomic_fetch_and(&c->attention, ~(u32)ATT_KICK, __ATOMIC_ACQUIRE);
        simple_exit(c, EXIT_KICK);
    } else if ((att & ATT_WINDOW) && soft_interruptible(c)) {
        simple_exit(c, EXIT_IRQ_WINDOW);
    } else if (c->left <= 0) {
        simple_exit(c, EXIT_BUDGET);
    }
    return !c->want_exit;
}

static void execute(struct engine_vcpu *c) {
    while (!c->want_exit && attend(c)) {
        u32 att = attention(c);
        if (c->nread) {
            again(c);
            continue;
        }
        /* With IF clear no window opens inside a block: only the last instruction of one can set it. */
        if ((att & ATT_CAREFUL) || ((att & ATT_WINDOW) && (c->eflags & FLAG_IF))) {
            one(c);
            continue;
        }
        struct block *b = find(c);
        if ((i64)b->n <= c->left && !b->guarded) enter_from_loop(c, b);
        else one(c);
    }
}

int soft_run(struct engine_vcpu *c, struct vm_exit *x) {
    c->entry++;
    soft_links_cut(c);
    c->want_exit = c->held;
    c->held = false;
    if (!c->want_exit && c->pending != PEND_NONE) {
        guarded(c, soft_io_finish);
        if (!c->want_exit && c->debug.step && !c->trap_dr6) c->trap_dr6 = 1 << 14;
        soft_debug_report(c);
    }
    while (!c->want_exit) guarded(c, execute);
    *x = c->exit;
    return 0;
}

static void finish(struct engine_vcpu *c) {
    if (c->pending != PEND_NONE) soft_io_finish(c);
    else if (c->nread) again(c);
}

void soft_complete(struct engine_vcpu *c) {
    if (c->held) return;
    if (c->pending == PEND_NONE && !c->nread) { /* complete but for writes that are still to be told */
        c->held = c->write_at < c->nwrite && soft_mmio_report(c);
        if (!c->held && c->debug.step) c->trap_dr6 = 0; /* completing is the step */
        return;
    }
    c->want_exit = false;
    bool step = c->debug.step;
    c->debug.step = false; /* completing is the step: no EXIT_DEBUG will follow */
    guarded(c, finish);
    c->debug.step = step;
    c->held = c->want_exit;
}

void soft_inject(struct engine_vcpu *c, u8 vector, bool nmi) {
    if (c->held) return;
    c->inject_vector = vector;
    c->inject_nmi = nmi;
    c->want_exit = false;
    guarded(c, deliver);
    c->held = c->want_exit;
}

bool soft_interruptible(struct engine_vcpu *c) {
    if (!(c->eflags & FLAG_IF)) return false;
    /* The instruction that waits for its I/O ends any shadow it is in. */
    return c->pending != PEND_NONE || !soft_shadowed(c);
}
