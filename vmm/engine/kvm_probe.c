/* kvm_probe.c: what this host's KVM can really do, by doing it on a scratch machine. Capabilities alone do not tell: some
 * hosts advertise what their emulator cannot run. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "kvm.h"

enum { RAM = 0x10000, CODE = 0x1000, DATA = 0x2000, PML4 = 0x3000, PDPT = 0x4000, PD = 0x5000 };

struct scratch { struct engine_vm *vm; struct engine_vcpu *v; uint8_t *ram; };

static struct cpu_seg flat(uint16_t sel, uint32_t attr)
{
    return (struct cpu_seg){.limit = 0xffffffffu, .sel = sel, .attr = attr | SEG_P | SEG_S | SEG_ACCESSED | SEG_G};
}

static void protected_mode(struct cpu_state *s, bool wide)
{
    cpu_reset(s);
    for (unsigned i = 0; i < CPU_SEGS; i++)
        s->seg[i] = flat(0x10, SEG_WRITE | SEG_DB);
    s->seg[CPU_CS] = flat(0x08, SEG_CODE | SEG_READ | (wide ? SEG_L : SEG_DB));
    s->cr0 = CR0_PE | CR0_ET;
    s->rip = CODE;
    s->gpr[CPU_RSP] = RAM;
}

static void long_mode(struct scratch *k, struct cpu_state *s)
{
    const uint64_t p = 3, pml4 = PDPT | p, pdpt = PD | p, pd = 0 | p | 0x80;
    protected_mode(s, true);
    memcpy(k->ram + PML4, &pml4, 8);
    memcpy(k->ram + PDPT, &pdpt, 8);
    memcpy(k->ram + PD, &pd, 8);
    s->cr0 |= CR0_PG | CR0_NE;
    s->cr3 = PML4;
    s->cr4 = CR4_PAE;
    s->efer = EFER_LME | EFER_LMA;
}

/* Run code from a state to its first exit. */
static bool exits_with(struct scratch *k, const struct cpu_state *s, const uint8_t *code, size_t n, enum exit_reason want, struct vm_exit *x)
{
    memcpy(k->ram + CODE, code, n);
    return kvm_set_state(k->v, s, NULL) == 0 && kvm_run_vcpu(k->v, x, NULL) == 0 && x->reason == want;
}

static bool can_real(struct scratch *k)
{
    static const uint8_t hlt[] = {0xf4};
    struct cpu_state s;
    struct vm_exit x;
    cpu_reset(&s);
    s.rip = CODE;
    return exits_with(k, &s, hlt, sizeof hlt, EXIT_HLT, &x);
}

static bool can_prot32(struct scratch *k)
{
    static const uint8_t code[] = {0xb8, 0x78, 0x56, 0x34, 0x12, 0xf4}; /* mov eax, 0x12345678; hlt */
    struct cpu_state s;
    struct vm_exit x;
    protected_mode(&s, false);
    return exits_with(k, &s, code, sizeof code, EXIT_HLT, &x) && k->v->run->s.regs.regs.rax == 0x12345678;
}

/* PE|PG with 4 MB pages, read back by kvm_set_state. */
static bool can_paging32(struct scratch *k)
{
    static const uint8_t hlt[] = {0xf4};
    const uint32_t pde = 0x83;
    struct cpu_state s;
    struct vm_exit x;
    protected_mode(&s, false);
    memcpy(k->ram + PML4, &pde, 4);
    s.cr0 |= CR0_PG;
    s.cr3 = PML4;
    s.cr4 = CR4_PSE;
    return exits_with(k, &s, hlt, sizeof hlt, EXIT_HLT, &x);
}

static bool can_long(struct scratch *k)
{
    static const uint8_t code[] = {0x48, 0xb8, 8, 7, 6, 5, 4, 3, 2, 1, 0xf4}; /* mov rax, 0x0102030405060708; hlt */
    struct cpu_state s;
    struct vm_exit x;
    long_mode(k, &s);
    return exits_with(k, &s, code, sizeof code, EXIT_HLT, &x) && k->v->run->s.regs.regs.rax == 0x0102030405060708;
}

/* An instruction of every Linux kernel that emulators tend to lack. */
static bool can_linux(struct scratch *k)
{
    static const uint8_t code[] = {0xf0, 0x48, 0x0f, 0xc7, 0x0e, 0xf4}; /* lock cmpxchg16b [rsi]; hlt */
    struct cpu_state s;
    struct vm_exit x;
    long_mode(k, &s);
    s.gpr[CPU_RSI] = DATA;
    return exits_with(k, &s, code, sizeof code, EXIT_HLT, &x);
}

static bool can_step(struct scratch *k)
{
    static const uint8_t code[] = {0x90, 0x90, 0xf4};
    struct engine_debug d = {.step = true}, off = {0};
    struct cpu_state s;
    struct vm_exit x;
    cpu_reset(&s);
    s.rip = CODE;
    bool can = kvm_set_debug(k->v, &d, NULL) == 0 && exits_with(k, &s, code, sizeof code, EXIT_DEBUG, &x) && k->v->run->s.regs.regs.rip == CODE + 1;
    return kvm_set_debug(k->v, &off, NULL) == 0 && can;
}

static bool stops_at(struct scratch *k, uint8_t type, uint64_t addr, uint64_t rip)
{
    static const uint8_t code[] = {0x90, 0xa2, DATA & 0xff, DATA >> 8, 0x90, 0xf4}; /* nop; mov [DATA], al; nop; hlt */
    struct engine_debug d, off = {0};
    struct cpu_state s;
    struct vm_exit x;
    memset(&d, 0, sizeof d);
    d.slot[1].on = true;
    d.slot[1].addr = addr;
    d.slot[1].len = 1;
    d.slot[1].type = type;
    cpu_reset(&s);
    s.rip = CODE;
    bool can = kvm_set_debug(k->v, &d, NULL) == 0 && exits_with(k, &s, code, sizeof code, EXIT_DEBUG, &x) && k->v->run->s.regs.regs.rip == rip;
    return kvm_set_debug(k->v, &off, NULL) == 0 && can;
}

static bool can_irqchip(void)
{
    struct engine_vm *vm = NULL;
    struct engine_config c = {.vcpus = 1, .irqchip = true};
    if (kvm_vm_create(&vm, &c, NULL) < 0)
        return false;
    kvm_vm_destroy(vm);
    return true;
}

static int build(struct scratch *k, struct vm_error *err)
{
    struct engine_config c = {.vcpus = 1};
    void *p = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return err_set(err, errno, "no memory for a scratch machine");
    k->ram = p;
    int r = kvm_vm_create(&k->vm, &c, err);
    if (r == 0)
        r = kvm_vm_map(k->vm, 0, 0, RAM, p, false, err);
    return r < 0 ? r : kvm_vcpu_create(k->vm, 0, &k->v, err);
}

static void take_apart(struct scratch *k)
{
    if (k->v)
        kvm_vcpu_destroy(k->v);
    if (k->vm)
        kvm_vm_destroy(k->vm);
    if (k->ram)
        munmap(k->ram, RAM);
}

static void describe(struct engine_probe *p)
{
    static const struct { uint32_t can; const char *text; } lacks[] = {
        {CAN_REAL, "real mode"}, {CAN_PROT32, "32-bit protected mode"}, {CAN_PAGING32, "32-bit paging"}, {CAN_LONG, "64-bit mode"},
        {CAN_LINUX, "Linux guests"}, {CAN_STEP, "single step"}, {CAN_BREAK, "breakpoints"}, {CAN_WATCH, "watchpoints"}, {CAN_IRQCHIP, "an in-kernel interrupt controller"},
    };
    size_t n = 0;
    snprintf(p->about, sizeof p->about, "API %d, %s", KVM_API_VERSION,
             p->can & CAN_PAGING32 && p->can & CAN_LINUX ? "hardware virtualization" : "a software back end");
    for (size_t i = 0; i < sizeof lacks / sizeof lacks[0]; i++)
        if (!(p->can & lacks[i].can) && n < sizeof p->limits)
            n += (size_t)snprintf(p->limits + n, sizeof p->limits - n, "%s%s", n ? ", " : "this KVM cannot run: ", lacks[i].text);
}

int kvm_probe(struct engine_probe *p, struct vm_error *err)
{
    static const struct { uint32_t can; bool (*test)(struct scratch *k); } tests[] = {
        {CAN_REAL, can_real}, {CAN_PROT32, can_prot32}, {CAN_STEP, can_step}, {CAN_LONG, can_long}, {CAN_PAGING32, can_paging32}, {CAN_LINUX, can_linux},
    };
    struct scratch k = {0};
    memset(p, 0, sizeof *p);
    int r = build(&k, err);
    if (r == 0) {
        for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
            if (tests[i].test(&k))
                p->can |= tests[i].can;
        if (stops_at(&k, DEBUG_EXEC, CODE + 1, CODE + 1))
            p->can |= CAN_BREAK;
        if (stops_at(&k, DEBUG_WRITE, DATA, CODE + 4))
            p->can |= CAN_WATCH;
        if (can_irqchip())
            p->can |= CAN_IRQCHIP;
        describe(p);
    }
    take_apart(&k);
    return r;
}
