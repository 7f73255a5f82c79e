/* step.c: exactly one instruction, breakpoints, and running until something happens.
 *
 * What differs between hosts is evened out here: an IN or OUT that exits is completed by re-entry and is then the step,
 * whether a debug exit follows or not; HLT is looked for before it is stepped, for some hosts step past it silently. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "machine_impl.h"
#include "vcpu_impl.h"

static uint64_t rip(const struct vcpu *v) { return cpu_linear_rip(&v->cpu); }

static bool wants_address(const struct vcpu *v)
{
    return v->now.kind == GOAL_UNTIL && v->now.until.kind == UNTIL_ADDRESS;
}

/* Probing takes a moment, so it is put off until a breakpoint is wanted. */
static bool can_break(const struct vcpu *v)
{
    const struct engine_probe *p = NULL;
    return engine_probe(v->e, &p, NULL) == 0 && p->can & CAN_BREAK;
}

/* The slot that UNTIL may use: a free one, or 4 when the person has all of them. */
static unsigned until_slot(const struct vcpu *v)
{
    unsigned i = 0;
    while (i < 4 && v->armed[i].on)
        i++;
    return i;
}

/* Execution breakpoints are left out while a single instruction is stepped: it may be the one under a breakpoint. */
void step_arm(struct vcpu *v, bool step)
{
    struct engine_debug d;
    struct vm_error err = {0};
    unsigned u = until_slot(v);
    memset(&d, 0, sizeof d);
    d.step = step;
    for (unsigned i = 0; i < 4; i++) {
        const struct vcpu_break *b = &v->armed[i];
        if (!b->on || (b->type == DEBUG_EXEC && (step || !can_break(v))))
            continue;
        d.slot[i].on = true;
        d.slot[i].addr = b->addr;
        d.slot[i].len = b->len;
        d.slot[i].type = b->type;
    }
    if (!step && wants_address(v) && u < 4 && can_break(v)) {
        d.slot[u].on = true;
        d.slot[u].addr = v->now.until.value;
        d.slot[u].len = 1;
        d.slot[u].type = DEBUG_EXEC;
    }
    if (memcmp(&d, &v->debug, sizeof d) == 0)
        return;
    if (v->e->set_debug(v->ev, &d, &err) < 0)
        vcpu_failed(v, &err);
    else
        v->debug = d;
}

/* --- breakpoints ------------------------------------------------------------------------------------------------- */

static void hit(struct vcpu *v, unsigned slot)
{
    static const char *const what[] = {[DEBUG_EXEC] = "breakpoint", [DEBUG_WRITE] = "watchpoint: write to", [DEBUG_ACCESS] = "watchpoint: access to"};
    const struct vcpu_break *b = &v->armed[slot];
    pthread_mutex_lock(&v->lock);
    v->slot[slot].hits++;
    pthread_mutex_unlock(&v->lock);
    if (b->type == DEBUG_EXEC)
        control_stop_at(v, "breakpoint %u at 0x%llx", slot, (unsigned long long)b->addr);
    else
        control_stop_at(v, "%s 0x%llx (slot %u)", what[b->type], (unsigned long long)b->addr, slot);
}

static void reached(struct vcpu *v)
{
    control_stop_at(v, "reached 0x%llx", (unsigned long long)v->now.until.value);
}

/* Does an instruction begin here that a breakpoint, or UNTIL, waits for? */
static void check_exec(struct vcpu *v)
{
    for (unsigned i = 0; i < 4; i++)
        if (v->armed[i].on && v->armed[i].type == DEBUG_EXEC && v->armed[i].addr == rip(v))
            hit(v, i);
    if (wants_address(v) && rip(v) == v->now.until.value)
        reached(v);
}

static void check_data(struct vcpu *v)
{
    for (unsigned i = 0; i < 4; i++)
        if (v->exit.u.debug.dr6 & 1u << i && v->armed[i].on && v->armed[i].type != DEBUG_EXEC)
            hit(v, i);
}

/* While running freely; in step_one() the end of the step looks. */
void step_debug_exit(struct vcpu *v)
{
    check_data(v);
    if (v->stepping)
        return;
    uint64_t at = v->exit.u.debug.linear;
    for (unsigned i = 0; i < 4; i++)
        if (v->armed[i].on && v->armed[i].type == DEBUG_EXEC && v->armed[i].addr == at)
            hit(v, i);
    if (wants_address(v) && at == v->now.until.value)
        reached(v);
    if (!(v->event & EVENT_STOP))
        step_exit_handled(v);
}

/* No hardware looks out for this address: there is no slot left, or the host's KVM has none (nested in an emulator). Then
 * every instruction is stepped and looked at, which is slow and just as exact. */
static bool must_look(const struct vcpu *v)
{
    bool wanted = wants_address(v);
    for (unsigned i = 0; i < 4; i++)
        wanted |= v->armed[i].on && v->armed[i].type == DEBUG_EXEC;
    return wanted && ((wants_address(v) && until_slot(v) == 4) || !can_break(v));
}

/* Something under RIP would stop the guest before it moved at all; or nobody but us looks out for it. */
bool step_must_leave(struct vcpu *v)
{
    if (must_look(v))
        return true;
    if (!v->off_break)
        return false;
    v->off_break = false;
    if (wants_address(v) && v->now.until.value == rip(v))
        return true;
    for (unsigned i = 0; i < 4; i++)
        if (v->armed[i].on && v->armed[i].type == DEBUG_EXEC && v->armed[i].addr == rip(v))
            return true;
    return false;
}

/* --- next, until -------------------------------------------------------------------------------------------------- */

void step_exit_handled(struct vcpu *v)
{
    const struct vm_exit *x = &v->exit;
    const struct until *u = &v->now.until;
    bool io = x->reason == EXIT_IO_IN || x->reason == EXIT_IO_OUT;
    bool ours = x->reason == EXIT_IRQ_WINDOW || x->reason == EXIT_KICK || x->reason == EXIT_BUDGET; /* we asked for it, not the guest */
    if (v->now.kind == GOAL_NEXT && !(v->stepping && x->reason == EXIT_DEBUG) && !ours) {
        if (io)
            control_stop_at(v, "next exit: %s port 0x%x", exit_name(x->reason), x->u.io.port);
        else
            control_stop_at(v, "next exit: %s", exit_name(x->reason));
    } else if (v->now.kind == GOAL_UNTIL && u->kind == UNTIL_PORT && io && x->u.io.port == u->value) {
        control_stop_at(v, "%s port 0x%x", exit_name(x->reason), x->u.io.port);
    } else if (v->now.kind == GOAL_UNTIL && u->kind == UNTIL_REASON && x->reason == u->reason && !(v->stepping && x->reason == EXIT_DEBUG)) {
        control_stop_at(v, "exit: %s", exit_name(x->reason));
    }
}

/* --- one instruction ------------------------------------------------------------------------------------------------ */

struct peek { bool hlt, rep, sti; };

/* What is about to be executed? Prefixes may come before HLT (SDM vol. 2, 2.1.1). */
static struct peek peek(struct vcpu *v)
{
    uint8_t code[15];
    struct peek p = {false, false, false};
    size_t n = vcpu_fetch(v, &v->cpu, code, sizeof code);
    bool longmode = cpu_mode(&v->cpu) == CPU_LONG;
    p.sti = n > 0 && code[0] == 0xfb;
    for (size_t i = 0; i < n; i++) {
        switch (code[i]) {
        case 0xf2: case 0xf3: p.rep = true; break;
        case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0x66: case 0x67: break;
        case 0xf4:
            p.hlt = cpu_cpl(&v->cpu) == 0; /* #GP otherwise */
            v->step_hlt_len = (unsigned)i + 1;
            return p;
        default:
            if (longmode && (code[i] & 0xf0) == 0x40)
                break;
            return p;
        }
    }
    return p;
}

/* After STI some hosts hold the single-step trap back together with interrupts, and one more instruction would be
 * executed. STI is simple enough to do it here: IF = 1, and a shadow of one instruction (SDM vol. 2, STI). False: it
 * faults, or virtual interrupts are in play, and the processor does it. */
static bool step_sti(struct vcpu *v)
{
    struct cpu_state s = v->cpu;
    bool privileged = !(s.cr0 & CR0_PE) || cpu_cpl(&s) <= (s.rflags & FLAG_IOPL) >> 12;
    if (!privileged || s.rflags & (FLAG_IF | FLAG_VM | FLAG_TF) || s.cr4 & (CR4_VME | CR4_PVI))
        return false;
    s.rflags |= FLAG_IF;
    s.rip++;
    s.shadow_sti = true;
    return v->e->set_state(v->ev, &s, NULL) == 0 && v->e->get_state(v->ev, &v->cpu, NULL) == 0;
}

/* Is the step over with the exit that was just handled? */
static bool step_over(struct vcpu *v)
{
    switch (v->exit.reason) {
    case EXIT_KICK: case EXIT_IRQ_WINDOW: case EXIT_BUDGET: return false;
    default: return true;
    }
}

static void stepped(struct vcpu *v)
{
    v->steps++;
    if (v->now.kind == GOAL_STEP && --v->now.left == 0)
        control_stop_at(v, "step");
}

void step_one(struct vcpu *v)
{
    if (v->irq_waits)
        inject(v);
    if (vcpu_refresh(v) < 0 || v->event)
        return;
    struct peek p = peek(v);
    if (p.sti && !v->e->count && step_sti(v)) { /* engines that count are exact by themselves */
        check_exec(v);
        stepped(v);
        return;
    }
    step_arm(v, true);
    if (v->event) /* without the trap it would run on */
        return;
    inject_no_window(v); /* the next step looks again anyway, and some hosts lose the step when the window opens in it */
    v->stepping = true;
    v->hlt_ahead = p.hlt;
    v->step_rip = v->cpu.rip;
    do
        vcpu_run_once(v);
    while (!step_over(v) && !v->event && !(atomic_load(&v->attention) & ATTEND_REQUEST));
    bool over = step_over(v) && !(v->event & EVENT_FAIL);
    if (over && vcpu_refresh(v) == 0) {
        /* Leaving a breakpoint means leaving the whole of a repeated instruction. */
        if (p.rep && v->now.kind != GOAL_STEP && v->cpu.rip == v->step_rip)
            v->off_break = true;
        else
            check_exec(v);
        stepped(v);
    }
    v->stepping = v->hlt_ahead = false;
}

/* --- any thread: setting them ------------------------------------------------------------------------------------------ */

static int check_break(struct vcpu *v, uint64_t linear, uint8_t type, uint8_t len, struct vm_error *err)
{
    const struct engine_probe *p = NULL;
    if (type != DEBUG_EXEC && type != DEBUG_WRITE && type != DEBUG_ACCESS)
        return err_set(err, EINVAL, "There is no kind %u of breakpoint.", type);
    if ((len != 1 && len != 2 && len != 4 && len != 8) || (type == DEBUG_EXEC && len != 1))
        return err_set(err, EINVAL, "A watchpoint covers 1, 2, 4 or 8 bytes, a breakpoint 1, not %u.", len);
    if (linear & (len - 1u))
        return err_set(err, EINVAL, "A watchpoint of %u bytes must lie at a multiple of %u; 0x%llx does not.", len, len, (unsigned long long)linear);
    if (type != DEBUG_EXEC && (engine_probe(v->e, &p, NULL) < 0 || !(p->can & CAN_WATCH)))
        return err_set(err, ENOTSUP, "The engine %s has breakpoints but no watchpoints on this host. Try --engine soft.", v->e->name);
    return 0;
}

int vcpu_break_set(struct vcpu *v, uint64_t linear, uint8_t type, uint8_t len, unsigned *slot, struct vm_error *err)
{
    engine_probe(v->e, NULL, NULL);
    int r = check_break(v, linear, type, len, err);
    if (r < 0)
        return r;
    pthread_mutex_lock(&v->lock);
    unsigned i = 0;
    while (i < 4 && v->slot[i].on)
        i++;
    if (i == 4) {
        unsigned long long a[4];
        for (unsigned k = 0; k < 4; k++)
            a[k] = v->slot[k].addr;
        r = err_set(err, ENOSPC, "All 4 breakpoints of vCPU %u are taken (0x%llx, 0x%llx, 0x%llx, 0x%llx): `delete` one first.", v->id, a[0], a[1], a[2], a[3]);
    } else {
        v->slot[i] = (struct vcpu_break){true, type, len, linear, 0};
        v->slots_changed = true;
        v->posted++;
        if (slot)
            *slot = i;
    }
    pthread_mutex_unlock(&v->lock);
    if (r == 0)
        vcpu_poke(v, ATTEND_REQUEST);
    return r;
}

int vcpu_break_clear(struct vcpu *v, unsigned slot, struct vm_error *err)
{
    pthread_mutex_lock(&v->lock);
    int r = slot < 4 && v->slot[slot].on ? 0 : err_set(err, ENOENT, "vCPU %u has no breakpoint %u.", v->id, slot);
    if (r == 0) {
        v->slot[slot].on = false;
        v->slots_changed = true;
        v->posted++;
    }
    pthread_mutex_unlock(&v->lock);
    if (r == 0)
        vcpu_poke(v, ATTEND_REQUEST);
    return r;
}

void vcpu_breaks(struct vcpu *v, struct vcpu_break out[4])
{
    pthread_mutex_lock(&v->lock);
    memcpy(out, v->slot, sizeof v->slot);
    pthread_mutex_unlock(&v->lock);
}
