/* kvm_stats.c: the kernel's own counters of a vCPU (KVM_CAP_BINARY_STATS_FD): exits that never reach user space. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm.h"

/* Opened at creation: while the vCPU runs, its other ioctls would wait. -1: this kernel has none. */
int kvm_stats_open(struct engine_vcpu *v)
{
    int fd = kvm_call(v->fd, KVM_GET_STATS_FD, NULL);
    return fd >= 0 ? fd : -1;
}

static bool read_at(int fd, void *buf, size_t n, uint64_t at)
{
    return pread(fd, buf, n, (off_t)at) == (ssize_t)n;
}

static size_t one(int fd, const struct kvm_stats_header *h, const uint8_t *raw, struct engine_stat *out)
{
    struct kvm_stats_desc d;
    memcpy(&d, raw, sizeof d);
    uint32_t type = d.flags & KVM_STATS_TYPE_MASK;
    if (d.size != 1 || type == KVM_STATS_TYPE_LINEAR_HIST || type == KVM_STATS_TYPE_LOG_HIST)
        return 0; /* histograms do not fit a line */
    if (!read_at(fd, &out->value, sizeof out->value, (uint64_t)h->data_offset + d.offset))
        return 0;
    size_t n = h->name_size < sizeof out->name ? h->name_size : sizeof out->name;
    memcpy(out->name, raw + sizeof d, n);
    out->name[n - 1] = 0;
    return 1;
}

size_t kvm_stats(struct engine_vcpu *v, struct engine_stat *out, size_t max)
{
    struct kvm_stats_header h;
    size_t n = 0;
    if (v->stats_fd < 0 || !read_at(v->stats_fd, &h, sizeof h, 0) || h.name_size == 0)
        return 0;
    size_t each = sizeof(struct kvm_stats_desc) + h.name_size;
    uint8_t *raw = malloc(each * h.num_desc);
    if (raw && read_at(v->stats_fd, raw, each * h.num_desc, h.desc_offset))
        for (uint32_t i = 0; i < h.num_desc && n < max; i++)
            n += one(v->stats_fd, &h, raw + i * each, &out[n]);
    free(raw);
    return n;
}
