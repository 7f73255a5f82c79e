/* kvm_host.c: what is asked of this host's KVM once per process: /dev/kvm itself, what it must be able to do, and the CPU's
 * features. Only answers are kept: what failed is tried again. */
#include "kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum { CPUID_MAX = 128 };

static struct {
    pthread_mutex_t lock;
    bool open, asked;
    struct kvm_host host;
    _Alignas(struct kvm_cpuid2) char cpuid[sizeof(struct kvm_cpuid2) + CPUID_MAX * sizeof(struct kvm_cpuid_entry2)];
} once = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int no_device(struct vm_error *err, int e)
{
    if (e == ENOENT)
        return err_set(err, e, "this host has no /dev/kvm: virtualization is off in the firmware, not compiled in, or hidden by a container");
    if (e == EACCES || e == EPERM)
        return err_set(err, e, "you may not open /dev/kvm: join the group that owns it (`sudo usermod -aG kvm $USER`, then log in again)");
    return err_set(err, e, "/dev/kvm cannot be opened: %s", strerror(e));
}

static int check_capabilities(int sys, struct vm_error *err)
{
    static const struct { long cap; const char *name; int mask; } needed[] = {
        {KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY", 1},
        {KVM_CAP_SYNC_REGS, "KVM_CAP_SYNC_REGS", KVM_SYNC_X86_REGS},
        {KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT", 1},
    };
    int version = kvm_call(sys, KVM_GET_API_VERSION, NULL);
    if (version != KVM_API_VERSION)
        return err_set(err, ENOTSUP, "/dev/kvm speaks API version %d, not %d", version, KVM_API_VERSION);
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (!((kvm_call(sys, KVM_CHECK_EXTENSION, (void *)needed[i].cap)) & needed[i].mask))
            return err_set(err, ENOTSUP, "this kernel's KVM lacks %s: Linux 4.18 or later has it", needed[i].name);
    return 0;
}

static int open_device(struct vm_error *err)
{
    int sys = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (sys < 0)
        return no_device(err, errno);
    int r = check_capabilities(sys, err);
    if (r == 0 && (r = kvm_call(sys, KVM_GET_VCPU_MMAP_SIZE, NULL)) < 0)
        kvm_error(err, r, "asking for the size of the run area", "KVM_GET_VCPU_MMAP_SIZE");
    if (r < 0) {
        close(sys);
        return r;
    }
    once.host = (struct kvm_host){sys, (size_t)r};
    once.open = true;
    return 0;
}

int kvm_host_open(const struct kvm_host **h, struct vm_error *err)
{
    pthread_mutex_lock(&once.lock);
    int r = once.open ? 0 : open_device(err);
    pthread_mutex_unlock(&once.lock);
    *h = &once.host;
    return r;
}

int kvm_ready(struct vm_error *err)
{
    const struct kvm_host *h;
    return kvm_host_open(&h, err);
}

int kvm_host_cpuid(const struct kvm_host *h, const struct kvm_cpuid2 **c, struct vm_error *err)
{
    struct kvm_cpuid2 *all = (struct kvm_cpuid2 *)once.cpuid;
    int r = 0;
    pthread_mutex_lock(&once.lock);
    if (!once.asked) {
        all->nent = CPUID_MAX;
        r = kvm_call(h->fd, KVM_GET_SUPPORTED_CPUID, all);
        once.asked = r >= 0;
    }
    pthread_mutex_unlock(&once.lock);
    *c = all;
    return r < 0 ? kvm_error(err, r, "asking for the CPU's features", "KVM_GET_SUPPORTED_CPUID") : 0;
}

void kvm_host_forget(void)
{
    pthread_mutex_lock(&once.lock);
    if (once.open)
        close(once.host.fd);
    once.open = once.asked = false;
    pthread_mutex_unlock(&once.lock);
}
