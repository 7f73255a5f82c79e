/* engine.c: the software CPU behind the engine interface: machines, vCPUs and the ops table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "io.h"
#include "soft.h"

static int probe(struct engine_probe *p, struct vm_error *err) {
    (void)err;
    *p = (struct engine_probe){
        .can = CAN_REAL | CAN_PROT32 | CAN_PAGING32 | CAN_STEP | CAN_BREAK | CAN_WATCH | CAN_COUNT | CAN_EVENTS | CAN_DETERMINISTIC,
        .about = "built-in interpreter: real mode, virtual 8086, protected mode with 4 KB and 4 MB pages; Pentium integer set",
        .limits = "no 64-bit mode, no x87 or SSE: a 64-bit or Linux guest needs KVM",
    };
    return 0;
}

static int vm_create(struct engine_vm **out, const struct engine_config *config, struct vm_error *err) {
    if (config->irqchip)
        return err_set(err, ENOTSUP, "creating a machine on the software CPU: it has no in-kernel interrupt controller; "
                                     "use --irqchip user or none");
    if (config->vcpus > SOFT_VCPUS)
        return err_set(err, EINVAL, "creating a machine on the software CPU: %u vCPUs asked for, at most %d are possible",
                       config->vcpus, SOFT_VCPUS);
    struct engine_vm *vm = calloc(1, sizeof *vm);
    if (!vm) return err_set(err, ENOMEM, "creating a machine on the software CPU: out of memory");
    vm->config = *config;
    *out = vm;
    return 0;
}

static void vm_destroy(struct engine_vm *vm) {
    if (!vm) return;
    for (size_t i = 0; i < SOFT_SLOTS; i++) {
        for (u64 p = 0; vm->slot[i].page && p < vm->slot[i].size / PAGE; p++) free(vm->slot[i].page[p].bits);
        free(vm->slot[i].page);
    }
    free(vm);
}

static int vm_map(struct engine_vm *vm, unsigned slot, uint64_t gpa, uint64_t size, void *hva, bool readonly,
                  struct vm_error *err) {
    if (slot >= SOFT_SLOTS || gpa % PAGE || size % PAGE || !size || gpa + size < gpa)
        return err_set(err, EINVAL, "mapping guest memory: slot %u, 0x%llx bytes at 0x%llx is not a page-aligned range of slots 0-%d",
                       slot, (unsigned long long)size, (unsigned long long)gpa, SOFT_SLOTS - 1);
    for (unsigned i = 0; i < SOFT_SLOTS; i++) {
        const struct soft_slot *s = &vm->slot[i];
        if (s->size && i != slot && gpa < s->gpa + s->size && s->gpa < gpa + size)
            return err_set(err, EEXIST, "mapping guest memory: slot %u overlaps slot %u at 0x%llx", slot, i,
                           (unsigned long long)s->gpa);
    }
    struct soft_page *page = calloc((size_t)(size / PAGE), sizeof *page);
    if (!page) return err_set(err, ENOMEM, "mapping guest memory: out of memory for 0x%llx bytes", (unsigned long long)size);
    for (u64 p = 0; vm->slot[slot].page && p < vm->slot[slot].size / PAGE; p++) free(vm->slot[slot].page[p].bits);
    free(vm->slot[slot].page);
    vm->slot[slot] = (struct soft_slot){gpa, size, hva, readonly, page};
    return 0;
}

static int vcpu_create(struct engine_vm *vm, unsigned id, struct engine_vcpu **out, struct vm_error *err) {
    if (id >= SOFT_VCPUS || __atomic_load_n(&vm->vcpu[id], __ATOMIC_ACQUIRE))
        return err_set(err, EINVAL, "creating vCPU %u on the software CPU: the number is taken or above %d", id, SOFT_VCPUS - 1);
    struct engine_vcpu *c = calloc(1, sizeof *c);
    if (!c || !(c->cache = soft_cache_new())) {
        free(c);
        return err_set(err, ENOMEM, "creating vCPU %u on the software CPU: out of memory", id);
    }
    c->vm = vm;
    c->id = id;
    c->smp = vm->config.vcpus > 1;
    c->epoch = 1;
    c->delivering = NOT_DELIVERING;
    c->left = INT64_MAX / 2;
    c->target = (u64)c->left;
    for (unsigned i = 0; i < TLB_SIZE; i++) c->none[i].rtag = c->none[i].wtag = TAG_NONE;
    soft_tlb_flush(c, true);
    /* RESET, but for CS:IP (cpu.h): enough for a vCPU whose state nobody sets. */
    struct cpu_state s = {.rflags = FLAG_1, .cr0 = CR0_ET, .idt = {0, 0x3ff}, .gdt = {0, 0xffff}};
    for (unsigned i = 0; i < CPU_SEGS; i++) s.seg[i] = (struct cpu_seg){.limit = 0xffff, .attr = SEG_P | SEG_S | SEG_WRITE | SEG_ACCESSED};
    s.ldt = (struct cpu_seg){.limit = 0xffff, .attr = SEG_P | 2};
    s.tr = (struct cpu_seg){.limit = 0xffff, .attr = SEG_P | 11};
    s.dr[6] = 0xffff0ff0u;
    s.dr[7] = 0x400;
    soft_set_state(c, &s);
    __atomic_store_n(&vm->vcpu[id], c, __ATOMIC_RELEASE);
    *out = c;
    return 0;
}

static void vcpu_destroy(struct engine_vcpu *c) {
    if (!c) return;
    __atomic_store_n(&c->vm->vcpu[c->id], NULL, __ATOMIC_RELEASE);
    soft_cache_free(c->cache);
    free(c);
}

/* RESET clears the time stamp counter (SDM vol. 3, table 9-1). Where it is the host's clock it goes on as at creation. */
static int vcpu_reset(struct engine_vcpu *c, struct vm_error *err) {
    (void)err;
    c->tsc_offset = c->vm->config.deterministic ? 0 - soft_count(c) : 0;
    return 0;
}

static int run(struct engine_vcpu *c, struct vm_exit *x, struct vm_error *err) {
    (void)err;
    return soft_run(c, x);
}

static int complete(struct engine_vcpu *c, struct vm_error *err) {
    (void)err;
    soft_complete(c);
    return c->held;
}

static void kick(struct engine_vcpu *c) { __atomic_fetch_or(&c->attention, ATT_KICK, __ATOMIC_RELEASE); }

static uint64_t get_gpr(struct engine_vcpu *c, enum cpu_gpr r) { return r < 8 ? c->gpr[r] : 0; }
static void set_gpr(struct engine_vcpu *c, enum cpu_gpr r, uint64_t value) {
    if (r < 8) c->gpr[r] = (u32)value;
}

static int get_state(struct engine_vcpu *c, struct cpu_state *s, struct vm_error *err) {
    (void)err;
    soft_get_state(c, s);
    return 0;
}

static int set_state(struct engine_vcpu *c, const struct cpu_state *s, struct vm_error *err) {
    if (s->efer & (EFER_LME | EFER_LMA))
        return err_set(err, ENOTSUP, "setting the state of vCPU %u: the software CPU has no 64-bit mode (EFER.LME is set); use KVM", c->id);
    soft_set_state(c, s);
    return 0;
}

/* --- interrupts ------------------------------------------------------------------------------------------------ */

static bool can_interrupt(struct engine_vcpu *c) { return soft_interruptible(c); }

static void want_window(struct engine_vcpu *c, bool on) {
    if (on) __atomic_fetch_or(&c->attention, ATT_WINDOW, __ATOMIC_RELAXED);
    else __atomic_fetch_and(&c->attention, ~(u32)ATT_WINDOW, __ATOMIC_RELAXED);
}

static int interrupt(struct engine_vcpu *c, uint8_t vector, struct vm_error *err) {
    soft_complete(c);
    if (c->held || !soft_interruptible(c)) /* held: something else must be reported first */
        return err_set(err, EAGAIN, "vCPU %u cannot take interrupt 0x%02x now: interrupts are off (IF=0 or in the shadow of STI or MOV SS)", c->id, vector);
    soft_inject(c, vector, false);
    return 0;
}

static int nmi(struct engine_vcpu *c, struct vm_error *err) {
    soft_complete(c);
    if (c->held || c->nmi_blocked || c->ss_at == soft_count(c))
        return err_set(err, EAGAIN, "vCPU %u cannot take an NMI now: one is being handled until its IRET, or it is in the shadow of MOV SS", c->id);
    soft_inject(c, EX_NMI, true);
    return 0;
}

static int set_debug(struct engine_vcpu *c, const struct engine_debug *d, struct vm_error *err) {
    for (unsigned i = 0; i < 4; i++)
        if (d->slot[i].on && (d->slot[i].type == 2 || d->slot[i].type > 3 || (d->slot[i].len != 1 && d->slot[i].len != 2 && d->slot[i].len != 4 && d->slot[i].len != 8)))
            return err_set(err, EINVAL, "breakpoint %u: type %u with length %u is none the processor has (exec, write, access; 1, 2, 4 or 8 bytes)",
                           i, d->slot[i].type, d->slot[i].len);
    c->debug = *d;
    soft_careful_update(c);
    return 0;
}

/* --- counting ---------------------------------------------------------------------------------------------------- */

static uint64_t count(struct engine_vcpu *c) { return soft_count(c); }

static void set_budget(struct engine_vcpu *c, uint64_t at) {
    u64 now = soft_count(c);
    c->budget = at;
    c->left = at ? (at > now ? (i64)(at - now) : 0) : INT64_MAX / 2;
    c->target = now + (u64)c->left;
}

static size_t stats(struct engine_vcpu *c, struct engine_stat *out, size_t max) {
    const struct { const char *name; const u64 *value; } row[] = {
        {"instructions decoded", &c->stats.decoded}, {"blocks decoded", &c->stats.blocks},
        {"block lookups", &c->stats.lookups}, {"block cache hits", &c->stats.hits},
        {"code invalidations", &c->stats.invalidations}, {"block cache flushes", &c->stats.flushes},
        {"TLB misses", &c->stats.tlb_misses}, {"page walks", &c->stats.walks},
        {"exceptions", &c->stats.exceptions}, {"interrupts", &c->stats.interrupts},
    };
    size_t n = sizeof row / sizeof *row;
    for (size_t i = 0; i < n && i < max; i++) {
        size_t len = strlen(row[i].name);
        memcpy(out[i].name, row[i].name, len + 1);
        out[i].value = __atomic_load_n(row[i].value, __ATOMIC_RELAXED);
    }
    return n < max ? n : max;
}

const struct engine_ops engine_soft = {
    .name = "soft", .title = "software CPU", .probe = probe,
    .vm_create = vm_create, .vm_destroy = vm_destroy, .vm_map = vm_map,
    .vcpu_create = vcpu_create, .vcpu_destroy = vcpu_destroy, .vcpu_reset = vcpu_reset,
    .run = run, .complete = complete, .kick = kick,
    .get_gpr = get_gpr, .set_gpr = set_gpr, .get_state = get_state, .set_state = set_state,
    .can_interrupt = can_interrupt, .want_window = want_window, .interrupt = interrupt, .nmi = nmi,
    .set_debug = set_debug, .count = count, .set_budget = set_budget, .stats = stats,
};
