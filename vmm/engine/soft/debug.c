/* debug.c: single step, breakpoints and watchpoints: the guest's own through TF and DR7, the VMM's through set_debug()
 * without a trace in the guest (SDM vol. 3, 17.2). A block with an execution breakpoint in it, and any code while TF is set
 * or the VMM steps, runs one instruction at a time (run.c). While a data breakpoint is armed every access takes the slow
 * path, and a hit leaves the block after the instruction. */
#include <string.h>

#include "code.h"
#include "mem.h"
#include "soft.h"

enum { DR6_BD = 1 << 13, DR6_BS = 1 << 14, DR6_BT = 1 << 15 };
enum { RW_EXEC, RW_WRITE, RW_IO, RW_ACCESS };

struct bp { bool on; u32 addr; u8 len, type; };

static struct bp guest_bp(const struct engine_vcpu *c, unsigned i) {
    static const u8 len[] = {1, 2, 8, 4};
    u32 control = c->dr[7] >> (16 + 4 * i);
    struct bp b = {.on = c->dr[7] >> (2 * i) & 3, .addr = c->dr[i], .len = len[control >> 2 & 3], .type = control & 3};
    if (b.type == RW_IO && !(c->cr4 & CR4_DE)) b.on = false;
    return b;
}

static struct bp vmm_bp(const struct engine_vcpu *c, unsigned i) {
    return (struct bp){c->debug.slot[i].on, (u32)c->debug.slot[i].addr, c->debug.slot[i].len, c->debug.slot[i].type};
}

/* Slots 0-3 are the guest's, 4-7 the VMM's. */
static struct bp bp_at(const struct engine_vcpu *c, unsigned i) { return i < 4 ? guest_bp(c, i) : vmm_bp(c, i - 4); }

void soft_careful_update(struct engine_vcpu *c) {
    bool careful = (c->eflags & (FLAG_TF | FLAG_RF)) || c->debug.step || c->task_trap, watching = false, breaking = false;
    for (unsigned i = 0; i < 8; i++) {
        struct bp b = bp_at(c, i);
        breaking |= b.on && b.type == RW_EXEC;
        watching |= b.on && (b.type == RW_WRITE || b.type == RW_ACCESS);
    }
    if (careful) __atomic_fetch_or(&c->attention, ATT_CAREFUL, __ATOMIC_RELAXED);
    else __atomic_fetch_and(&c->attention, ~(u32)ATT_CAREFUL, __ATOMIC_RELAXED);
    if (breaking || c->breaking) soft_links_cut(c); /* blocks are looked at anew: soft_debug_in_block() */
    c->breaking = breaking;
    if (watching != c->watching) {
        c->watching = watching;
        soft_mode_changed(c);
    }
}

/* Is there an execution breakpoint in [lin, lin+len)? */
bool soft_debug_in_block(const struct engine_vcpu *c, u32 lin, u32 len) {
    for (unsigned i = 0; i < 8; i++) {
        struct bp b = bp_at(c, i);
        if (b.on && b.type == RW_EXEC && b.addr - lin < len) return true;
    }
    return false;
}

/* Data and port breakpoints are aligned to their length; an access that overlaps one hits it. */
static bool overlaps(const struct bp *b, u32 addr, unsigned size) {
    u32 first = b->addr & ~(u32)(b->len - 1u);
    return addr - first < b->len || first - addr < size;
}

void soft_watch(struct engine_vcpu *c, u32 lin, unsigned size, bool write) {
    if (!c->cur) return; /* the processor's own accesses, to descriptors and stacks of an event, count, too, but the
                          * instruction they belong to has none */
    for (unsigned i = 0; i < 8; i++) {
        struct bp b = bp_at(c, i);
        if (b.on && (b.type == RW_ACCESS || (b.type == RW_WRITE && write)) && overlaps(&b, lin, size)) c->watch_hit |= 1u << i;
    }
    if (!c->watch_hit) return;
    c->leave = 1;
    __atomic_fetch_or(&c->attention, ATT_LEAVE, __ATOMIC_RELAXED);
}

void soft_debug_port(struct engine_vcpu *c, u32 port, unsigned size) {
    for (unsigned i = 0; i < 4; i++) {
        struct bp b = guest_bp(c, i);
        if (b.on && b.type == RW_IO && overlaps(&b, port, size)) c->watch_hit |= 1u << i;
    }
}

static void debug_exit(struct engine_vcpu *c, u32 dr6) {
    memset(&c->exit, 0, sizeof c->exit);
    c->exit.reason = EXIT_DEBUG;
    c->exit.rip = c->eip;
    c->exit.u.debug.dr6 = dr6;
    c->exit.u.debug.linear = c->seg[CPU_CS].base + c->eip;
    c->trap_dr6 = 0;
    c->want_exit = true;
}

bool soft_debug_fetch(struct engine_vcpu *c) {
    u32 lin = c->seg[CPU_CS].base + c->eip, guest = 0, vmm = 0;
    for (unsigned i = 0; i < 8; i++) {
        struct bp b = bp_at(c, i);
        if (b.on && b.type == RW_EXEC && b.addr == lin) i < 4 ? (guest |= 1u << i) : (vmm |= 1u << (i - 4));
    }
    bool again = c->resume && c->resume_eip == c->eip;
    c->resume = false;
    if (vmm && !again) {
        c->resume = true;
        c->resume_eip = c->eip;
        debug_exit(c, vmm);
        return true;
    }
    if (guest && !(c->eflags & FLAG_RF)) {
        c->dr[6] |= guest;
        c->fault_db = true;
        soft_raise(c, EX_DB);
    }
    return false;
}

/* After an instruction that began with TF (tf) and RF (rf): what it leads to. */
void soft_debug_after(struct engine_vcpu *c, bool tf, bool rf) {
    if (rf && !c->rf_keep) soft_set_eflags(c, soft_eflags(c) & ~(u32)FLAG_RF);
    c->rf_keep = false;
    u32 hits = c->watch_hit, dr6 = hits & 15;
    c->watch_hit = 0;
    c->trap_dr6 |= hits >> 4 | (c->debug.step ? (u32)DR6_BS : 0);
    if (tf && !c->inhibit_trap) dr6 |= DR6_BS;
    if (c->task_trap) {
        dr6 |= DR6_BT;
        c->task_trap = false;
        soft_careful_update(c);
    }
    if (c->ss_at == soft_count(c)) dr6 = 0; /* the shadow of MOV SS and POP SS */
    if (dr6) {
        c->dr[6] |= dr6;
        soft_raise(c, EX_DB);
    }
}

void soft_debug_report(struct engine_vcpu *c) {
    if (c->want_exit && c->exit.reason == EXIT_HLT) c->trap_dr6 = 0; /* that exit is the step */
    if (c->write_at < c->nwrite) return; /* a device learns of the instruction first */
    if (c->trap_dr6 && !c->want_exit) debug_exit(c, c->trap_dr6);
}
