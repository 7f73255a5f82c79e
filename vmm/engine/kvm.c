/* kvm.c: Linux KVM behind the engine interface (Documentation/virt/kvm/api.rst in the kernel's sources).
 *
 * A machine is a file descriptor, a vCPU another; KVM_RUN executes the guest until it needs us. Registers come with the
 * exit (KVM_CAP_SYNC_REGS), so looking at them costs no system call. */
#include "kvm.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int (*kvm_fail_hook)(unsigned long request);

int kvm_error(struct vm_error *err, int r, const char *doing, const char *ioctl_name)
{
    return err_set(err, -r, "KVM: %s: %s failed: %s.", doing, ioctl_name, strerror(-r));
}

/* --- kicks: a signal that does nothing but interrupt KVM_RUN ------------------------------------------------------------ */

static int kick_signal(void) { return SIGRTMIN + 5; }
static void on_kick(int sig) { (void)sig; }

static void install_kick(void)
{
    struct sigaction a = {.sa_handler = on_kick}; /* no SA_RESTART: KVM_RUN must return */
    sigemptyset(&a.sa_mask);
    sigaction(kick_signal(), &a, NULL);
}

static void allow_kick(void)
{
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, kick_signal());
    pthread_sigmask(SIG_UNBLOCK, &s, NULL);
}

static void immediate(struct engine_vcpu *v, bool on)
{
    __atomic_store_n(&v->run->immediate_exit, on, __ATOMIC_SEQ_CST);
}

/* immediate_exit makes a KVM_RUN that is about to begin return; the signal ends one that has begun. No wake-up is lost. */
static void kick(struct engine_vcpu *v)
{
    atomic_store(&v->kicked, true);
    immediate(v, true);
    int tid = atomic_load(&v->tid);
    if (tid)
        syscall(SYS_tgkill, getpid(), tid, kick_signal());
}

/* --- machines -------------------------------------------------------------------------------------------------------------- */

/* Intel needs three pages for a TSS and one for an identity page table, out of the guest's way, before the first vCPU. */
static int place_tss(struct engine_vm *vm, struct vm_error *err)
{
    uint64_t identity = 0xfffbc000;
    int r = kvm_call(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity);
    if (r < 0 && r != -EINVAL && r != -ENOTTY)
        return kvm_error(err, r, "placing the identity page table", "KVM_SET_IDENTITY_MAP_ADDR");
    r = kvm_call(vm->fd, KVM_SET_TSS_ADDR, (void *)0xfffbd000ul);
    if (r < 0 && r != -EINVAL && r != -ENOTTY)
        return kvm_error(err, r, "placing the task state segment", "KVM_SET_TSS_ADDR");
    return 0;
}

/* KVM moves RIP over an OUT to port 0x7E before it exits (for old firmware's sake): under single step it then reports the step and
 * forgets the exit (KVM API 4.116; KVM_X86_QUIRK_OUT_7E_INC_RIP). A KVM that cannot be told otherwise is used as it is. */
static void disable_quirks(struct engine_vm *vm)
{
    struct kvm_enable_cap cap = {.cap = KVM_CAP_DISABLE_QUIRKS, .args = {KVM_X86_QUIRK_OUT_7E_INC_RIP}};
    kvm_call(vm->fd, KVM_ENABLE_CAP, &cap);
}

static int open_vm(struct engine_vm *vm, const struct engine_config *c, struct vm_error *err)
{
    int r = kvm_host_open(&vm->host, err);
    if (r < 0)
        return r;
    do
        vm->fd = kvm_call(vm->host->fd, KVM_CREATE_VM, NULL);
    while (vm->fd == -EINTR);
    if (vm->fd < 0)
        return kvm_error(err, vm->fd, "creating a machine", "KVM_CREATE_VM");
    disable_quirks(vm);
    r = place_tss(vm, err);
    if (r == 0 && c->irqchip)
        r = kvm_create_irqchip(vm, err);
    vm->irqchip = c->irqchip;
    if (c->irqchip)
        vm->block_irq = (kvm_call(vm->fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_SET_GUEST_DEBUG2) & (int)KVM_GUESTDBG_BLOCKIRQ) > 0;
    return r;
}

int kvm_vm_create(struct engine_vm **out, const struct engine_config *c, struct vm_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_kick);
    struct engine_vm *vm = calloc(1, sizeof *vm);
    if (!vm)
        return err_set(err, ENOMEM, "KVM: creating a machine: out of memory");
    vm->fd = -1;
    int r = open_vm(vm, c, err);
    if (r < 0)
        kvm_vm_destroy(vm);
    else
        *out = vm;
    return r;
}

void kvm_vm_destroy(struct engine_vm *vm)
{
    if (vm->fd >= 0)
        close(vm->fd);
    free(vm);
}

int kvm_vm_map(struct engine_vm *vm, unsigned slot, uint64_t gpa, uint64_t size, void *hva, bool readonly, struct vm_error *err)
{
    struct kvm_userspace_memory_region m = {
        .slot = slot, .flags = readonly ? KVM_MEM_READONLY : 0, .guest_phys_addr = gpa, .memory_size = size, .userspace_addr = (uintptr_t)hva,
    };
    if (slot >= KVM_SLOTS)
        return err_set(err, EINVAL, "KVM: mapping guest memory: slot %u, there are %d", slot, KVM_SLOTS);
    int r = kvm_call(vm->fd, KVM_SET_USER_MEMORY_REGION, &m);
    if (r < 0)
        return kvm_error(err, r, "mapping guest memory", "KVM_SET_USER_MEMORY_REGION");
    vm->slot[slot].gpa = gpa;
    vm->slot[slot].size = size;
    vm->slot[slot].hva = hva;
    return 0;
}

static int irq_line(struct engine_vm *vm, unsigned gsi, bool level, struct vm_error *err)
{
    struct kvm_irq_level l = {.irq = gsi, .level = level};
    int r = kvm_call(vm->fd, KVM_IRQ_LINE, &l);
    return r < 0 ? kvm_error(err, r, "driving an interrupt line", "KVM_IRQ_LINE") : 0;
}

/* --- vCPUs ------------------------------------------------------------------------------------------------------------------ */

/* The guest sees the host's CPU features, as far as KVM can give them: long mode needs its bit. */
static int copy_cpuid(struct engine_vcpu *v, struct vm_error *err)
{
    const struct kvm_cpuid2 *c;
    int r = kvm_host_cpuid(v->vm->host, &c, err);
    if (r == 0 && (r = kvm_call(v->fd, KVM_SET_CPUID2, (void *)(uintptr_t)c)) < 0)
        kvm_error(err, r, "setting the CPU's features", "KVM_SET_CPUID2");
    return r;
}

/* Asking for them takes as long as creating a machine where each CPUID instruction is itself an exit. */
static void prepare(void)
{
    const struct kvm_host *h;
    const struct kvm_cpuid2 *c;
    if (kvm_host_open(&h, NULL) == 0)
        kvm_host_cpuid(h, &c, NULL);
}

static int open_vcpu(struct engine_vcpu *v, struct vm_error *err)
{
    v->fd = kvm_call(v->vm->fd, KVM_CREATE_VCPU, (void *)(unsigned long)v->id);
    if (v->fd < 0)
        return kvm_error(err, v->fd, "creating a vCPU", "KVM_CREATE_VCPU");
    void *p = mmap(NULL, v->vm->host->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
    if (p == MAP_FAILED)
        return err_set(err, errno, "KVM: creating a vCPU: mapping its run area failed: %s.", strerror(errno));
    v->run = p;
    v->run->kvm_valid_regs = KVM_SYNC_X86_REGS;
    int r = copy_cpuid(v, err);
    if (r == 0 && v->vm->irqchip)
        r = kvm_note_lapic(v, err);
    v->stats_fd = kvm_stats_open(v);
    return r;
}

int kvm_vcpu_create(struct engine_vm *vm, unsigned id, struct engine_vcpu **out, struct vm_error *err)
{
    struct engine_vcpu *v = calloc(1, sizeof *v);
    if (!v)
        return err_set(err, ENOMEM, "KVM: creating a vCPU: out of memory");
    v->vm = vm;
    v->id = id;
    v->fd = v->stats_fd = -1;
    v->injected = -1;
    v->ready_stale = true;
    int r = open_vcpu(v, err);
    if (r < 0)
        kvm_vcpu_destroy(v);
    else
        *out = v;
    return r;
}

void kvm_vcpu_destroy(struct engine_vcpu *v)
{
    if (v->run)
        munmap(v->run, v->vm->host->run_size);
    if (v->stats_fd >= 0)
        close(v->stats_fd);
    if (v->fd >= 0)
        close(v->fd);
    free(v);
}

/* --- running ------------------------------------------------------------------------------------------------------------------ */

static void failure(const struct kvm_run *run, struct vm_exit *x)
{
    x->reason = EXIT_INTERNAL;
    x->u.fail.code = run->internal.suberror;
    x->u.fail.insn_len = 0;
    if (run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION && run->emulation_failure.ndata >= 3 &&
        run->emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES) {
        uint8_t n = run->emulation_failure.insn_size;
        x->u.fail.insn_len = n < sizeof x->u.fail.insn ? n : sizeof x->u.fail.insn;
        memcpy(x->u.fail.insn, run->emulation_failure.insn_bytes, x->u.fail.insn_len);
    }
}

static void port_exit(struct engine_vcpu *v, struct vm_exit *x)
{
    struct kvm_run *run = v->run;
    x->reason = run->io.direction == KVM_EXIT_IO_OUT ? EXIT_IO_OUT : EXIT_IO_IN;
    x->u.io.port = run->io.port;
    x->u.io.size = run->io.size;
    x->u.io.count = run->io.count;
    x->u.io.data = (char *)run + run->io.data_offset;
    v->pending = true;
}

/* KVM's exit in our words. Ports come first: the kernel leaves the processor with nothing to predict a jump through a
 * table by, and it costs as much as the rest of this. */
static inline void translate(struct engine_vcpu *v, struct vm_exit *x)
{
    struct kvm_run *run = v->run;
    x->rip = run->s.regs.regs.rip;
    if (run->exit_reason == KVM_EXIT_IO) {
        port_exit(v, x);
        return;
    }
    switch (run->exit_reason) {
    case KVM_EXIT_MMIO:
        x->reason = run->mmio.is_write ? EXIT_MMIO_WRITE : EXIT_MMIO_READ;
        x->u.mmio.gpa = run->mmio.phys_addr;
        x->u.mmio.size = (uint8_t)run->mmio.len;
        x->u.mmio.data = run->mmio.data;
        v->pending = true;
        break;
    case KVM_EXIT_HLT: x->reason = EXIT_HLT; break;
    case KVM_EXIT_IRQ_WINDOW_OPEN: x->reason = EXIT_IRQ_WINDOW; break;
    case KVM_EXIT_INTR: x->reason = EXIT_KICK; break;
    case KVM_EXIT_DEBUG:
        x->reason = EXIT_DEBUG;
        x->u.debug.dr6 = run->debug.arch.dr6;
        x->u.debug.linear = run->debug.arch.pc;
        break;
    case KVM_EXIT_SHUTDOWN:
        memset(&x->u.fail, 0, sizeof x->u.fail);
        x->reason = EXIT_SHUTDOWN;
        break;
    case KVM_EXIT_FAIL_ENTRY:
        memset(&x->u.fail, 0, sizeof x->u.fail);
        x->reason = EXIT_FAIL_ENTRY;
        x->u.fail.code = run->fail_entry.hardware_entry_failure_reason;
        break;
    case KVM_EXIT_INTERNAL_ERROR:
        failure(run, x);
        break;
    default:
        memset(&x->u.fail, 0, sizeof x->u.fail);
        x->reason = EXIT_INTERNAL;
        x->u.fail.code = 0x10000u + run->exit_reason;
        break;
    }
}

static bool took_kick(struct engine_vcpu *v)
{
    immediate(v, false);
    return atomic_exchange(&v->kicked, false);
}

/* The one call that is made for every exit, without the C library's two jumps in between, which nothing predicts after the kernel. */
static inline int kvm_enter(int fd)
{
    if (kvm_fail_hook)
        return kvm_call(fd, KVM_RUN, NULL);
    long r = SYS_ioctl;
    __asm__ volatile("syscall" : "+a"(r) : "D"(fd), "S"(KVM_RUN), "d"(0) : "rcx", "r11", "memory");
    return (int)r;
}

static inline int enter(struct engine_vcpu *v)
{
    int r = v->debug.step && (v->rearm || v->run->kvm_dirty_regs) ? kvm_arm_step(v) : 0;
    if (r < 0)
        return r;
    do
        r = kvm_enter(v->fd);
    while (r == -EAGAIN);
    v->pending = false;
    v->ready_stale = false;
    return r;
}

/* Asleep in the kernel's HLT with interrupts off: the exit that a guest without an in-kernel chip would have made. */
static bool sleeps_for_good(struct engine_vcpu *v)
{
    struct kvm_mp_state mp;
    return v->vm->irqchip && !(v->run->s.regs.regs.rflags & FLAG_IF) && kvm_call(v->fd, KVM_GET_MP_STATE, &mp) == 0 &&
           mp.mp_state == KVM_MP_STATE_HALTED;
}

/* A kick ended KVM_RUN: was the vector that we gave delivered before? */
static void check_injected(struct engine_vcpu *v)
{
    struct kvm_vcpu_events e;
    if (v->injected >= 0 && kvm_call(v->fd, KVM_GET_VCPU_EVENTS, &e) == 0 && !e.interrupt.injected)
        v->injected = -1;
}

static inline __attribute__((always_inline)) int run_once(struct engine_vcpu *v, struct vm_exit *x, struct vm_error *err)
{
    int r = 0;
    if (!atomic_load_explicit(&v->tid, memory_order_relaxed)) {
        allow_kick();
        atomic_store(&v->tid, (int)syscall(SYS_gettid));
    }
    for (;;) {
        bool stashed = v->stashed;
        v->stashed = false;
        if (v->injected >= 0 && v->debug.step && !stashed)
            r = kvm_step_into_handler(v, enter);
        if (r == 0 && !stashed)
            r = enter(v);
        if (r == -EINTR) {
            took_kick(v);
            check_injected(v);
            x->reason = sleeps_for_good(v) ? EXIT_HLT : EXIT_KICK;
            x->rip = v->run->s.regs.regs.rip;
            return 0;
        }
        if (r < 0)
            return kvm_error(err, r, "running the guest", "KVM_RUN");
        v->injected = -1;
        translate(v, x);
        r = 0;
        if (x->reason != EXIT_DEBUG || v->debug.step || x->u.debug.dr6 & 0xf || !kvm_inject_db(v))
            return 0;
    }
}

int kvm_run_vcpu(struct engine_vcpu *v, struct vm_exit *x, struct vm_error *err) { return run_once(v, x, err); }

static int run_on(struct engine_vcpu *v, struct vm_exit *x, bool (*handled)(void *ctx), void *ctx, struct vm_error *err)
{
    int r;
    do
        r = run_once(v, x, err);
    while (r == 0 && handled(ctx));
    return r;
}

/* Re-entry with immediate_exit finishes the instruction and executes no other: EINTR, or a debug exit that belongs to the
 * step (which of the two depends on the host), or the next exit of the same instruction. */
static int complete(struct engine_vcpu *v, struct vm_error *err)
{
    if (!v->pending)
        return v->stashed;
    immediate(v, true);
    int r = enter(v);
    immediate(v, false);
    if (atomic_load(&v->kicked))
        immediate(v, true);
    if (r == -EINTR || r == -EAGAIN)
        return 0;
    if (r < 0)
        return kvm_error(err, r, "completing an instruction", "KVM_RUN");
    if (v->run->exit_reason == KVM_EXIT_INTR || (v->run->exit_reason == KVM_EXIT_DEBUG && v->debug.step))
        return 0;
    v->stashed = true;
    return 1;
}

static uint64_t *gpr(struct engine_vcpu *v, enum cpu_gpr r)
{
    struct kvm_regs *k = &v->run->s.regs.regs;
    __u64 *const at[] = {&k->rax, &k->rcx, &k->rdx, &k->rbx, &k->rsp, &k->rbp, &k->rsi, &k->rdi,
                         &k->r8, &k->r9, &k->r10, &k->r11, &k->r12, &k->r13, &k->r14, &k->r15};
    return (uint64_t *)at[r];
}

static uint64_t get_gpr(struct engine_vcpu *v, enum cpu_gpr r) { return *gpr(v, r); }

static void set_gpr(struct engine_vcpu *v, enum cpu_gpr r, uint64_t value)
{
    *gpr(v, r) = value;
    v->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
}

const struct engine_ops engine_kvm = {
    .name = "kvm", .title = "Linux KVM", .probe = kvm_probe, .ready = kvm_ready,
    .vm_create = kvm_vm_create, .vm_destroy = kvm_vm_destroy, .vm_map = kvm_vm_map, .vm_irq_line = irq_line, .prepare = prepare,
    .vcpu_create = kvm_vcpu_create, .vcpu_destroy = kvm_vcpu_destroy, .vcpu_reset = kvm_vcpu_reset,
    .run = kvm_run_vcpu, .run_on = run_on, .complete = complete, .kick = kick, .get_gpr = get_gpr, .set_gpr = set_gpr,
    .get_state = kvm_get_state, .set_state = kvm_set_state,
    .can_interrupt = kvm_can_interrupt, .want_window = kvm_want_window, .interrupt = kvm_interrupt, .nmi = kvm_nmi, .halted = kvm_halted,
    .set_debug = kvm_set_debug, .stats = kvm_stats,
};
