/* bare.c: the baseline: the least that a program can do with /dev/kvm. One VM, one page of code, one vCPU, KVM_RUN in a loop. */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

enum { RAM = 0x40000 };

struct bare { int kvm, vm, cpu; long run_size; struct kvm_run *run; void *ram; };

/* The processor that the core makes: one with the features of the host. Without them a guest has no long mode, no PAE, no SSE. */
static bool give_features(const struct bare *b)
{
    enum { MAX = 128 };
    struct kvm_cpuid2 *c = calloc(1, sizeof *c + MAX * sizeof c->entries[0]);
    if (!c) return false;
    c->nent = MAX;
    bool ok = ioctl(b->kvm, KVM_GET_SUPPORTED_CPUID, c) == 0 && ioctl(b->cpu, KVM_SET_CPUID2, c) == 0;
    free(c);
    return ok;
}

static bool bare_open(struct bare *b, const uint8_t *code, size_t n, bool features)
{
    memset(b, 0xff, sizeof *b);
    b->run = MAP_FAILED, b->ram = MAP_FAILED;
    if ((b->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC)) < 0 || (b->vm = ioctl(b->kvm, KVM_CREATE_VM, 0)) < 0) return false;
    ioctl(b->vm, KVM_SET_TSS_ADDR, 0xfffbd000UL);
    b->ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (b->ram == MAP_FAILED) return false;
    memcpy(b->ram, code, n);
    struct kvm_userspace_memory_region m = { .memory_size = RAM, .userspace_addr = (uintptr_t)b->ram };
    if (ioctl(b->vm, KVM_SET_USER_MEMORY_REGION, &m) < 0 || (b->cpu = ioctl(b->vm, KVM_CREATE_VCPU, 0)) < 0) return false;
    b->run_size = ioctl(b->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    b->run = mmap(NULL, (size_t)b->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, b->cpu, 0);
    struct kvm_sregs s;
    if (b->run == MAP_FAILED || (features && !give_features(b)) || ioctl(b->cpu, KVM_GET_SREGS, &s) < 0) return false;
    s.cs.base = 0, s.cs.selector = 0;
    struct kvm_regs r = { .rflags = 2, .rsp = 0xfff0 };
    return ioctl(b->cpu, KVM_SET_SREGS, &s) == 0 && ioctl(b->cpu, KVM_SET_REGS, &r) == 0;
}

static void bare_close(struct bare *b)
{
    if (b->run != MAP_FAILED) munmap(b->run, (size_t)b->run_size);
    if (b->ram != MAP_FAILED) munmap(b->ram, RAM);
    if (b->cpu >= 0) close(b->cpu);
    if (b->vm >= 0) close(b->vm);
    if (b->kvm >= 0) close(b->kvm);
}

/* KVM_RUN as anybody calls it, or in place of the call: no return from a function follows the kernel then (docs/tricks.md). */
static inline long enter(int cpu, bool in_place)
{
    if (!in_place) return ioctl(cpu, KVM_RUN, 0);
    long r = SYS_ioctl;
    __asm__ volatile("syscall" : "+a"(r) : "D"(cpu), "S"(KVM_RUN), "d"(0) : "rcx", "r11", "memory");
    return r;
}

double bare_exit_rate(const uint8_t *code, size_t n, double seconds, bool in_place)
{
    struct bare b;
    double rate = 0;
    if (bare_open(&b, code, n, false)) {
        double t0 = now_seconds(), t = t0, c0 = cpu_seconds_used();
        uint64_t exits = 0;
        while (t - t0 < seconds) {
            for (int i = 0; i < 256; i++, exits++)
                if (enter(b.cpu, in_place) < 0 || b.run->exit_reason != KVM_EXIT_IO) goto out;
            t = now_seconds();
        }
        rate = (double)exits / (cpu_seconds_used() - c0);
    }
out:
    bare_close(&b);
    return rate;
}

double bare_launch(const uint8_t *code, size_t n, bool features)
{
    struct bare b;
    double t0 = now_seconds(), took = 0;
    if (bare_open(&b, code, n, features) && ioctl(b.cpu, KVM_RUN, 0) == 0 && b.run->exit_reason == KVM_EXIT_IO) took = now_seconds() - t0;
    bare_close(&b);
    return took;
}
