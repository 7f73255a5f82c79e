/* ram.c: guest memory, and the one place where a guest-physical address becomes a host pointer. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "machine_impl.h"

#define PAGE 4096u
/* RAM above this continues at 4 GB: below it lie the APICs, and the pages that KVM needs on Intel. */
#define HOLE 0xc0000000ull

static int add_region(struct machine *m, uint64_t gpa, uint64_t size, struct vm_error *err)
{
    if (m->regions == MACHINE_REGIONS)
        return err_set(err, ENOSPC, "creating guest memory: more than %d regions", MACHINE_REGIONS);
    /* Nothing is reserved: a page exists once the guest touches it. */
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return err_set(err, errno, "Cannot get %llu KB of memory for the guest: %s. Try a smaller --mem.",
                       (unsigned long long)size >> 10, strerror(errno));
    m->region[m->regions] = (struct region){gpa, size, p};
    int r = m->engine->vm_map(m->vm, m->regions, gpa, size, p, false, err);
    m->regions++;
    return r;
}

int ram_create(struct machine *m, struct vm_error *err)
{
    bool real = m->guests[0].boot->need & CAN_REAL;
    if (m->isolated)
        return add_region(m, (uint64_t)m->guests[0].args.slot * SLICE_SIZE, SLICE_SIZE, err);
    uint64_t size = m->config.ram;
    if (real) { /* all slices of a shared machine, in one piece */
        size = 0;
        for (unsigned i = 0; i < m->vcpus; i++)
            if (size < (m->guests[i].args.slot + 1ull) * SLICE_SIZE)
                size = (m->guests[i].args.slot + 1ull) * SLICE_SIZE;
    }
    size = (size + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    m->config.ram = size;
    int r = add_region(m, 0, size < HOLE ? size : HOLE, err);
    if (r == 0 && size > HOLE)
        r = add_region(m, 1ull << 32, size - HOLE, err);
    return r;
}

void ram_destroy(struct machine *m)
{
    while (m->regions) {
        m->regions--;
        munmap(m->region[m->regions].hva, m->region[m->regions].size);
    }
}

void *machine_ptr(struct machine *m, uint64_t gpa, uint64_t len)
{
    for (unsigned i = 0; i < m->regions; i++) {
        const struct region *r = &m->region[i];
        if (gpa >= r->gpa && gpa - r->gpa < r->size && len <= r->size - (gpa - r->gpa))
            return r->hva + (gpa - r->gpa);
    }
    return NULL;
}

/* How many of the len bytes at gpa lie in one region; *p: where. */
static size_t piece(struct machine *m, uint64_t gpa, size_t len, uint8_t **p)
{
    for (unsigned i = 0; i < m->regions; i++) {
        const struct region *r = &m->region[i];
        if (gpa < r->gpa || gpa - r->gpa >= r->size)
            continue;
        uint64_t left = r->size - (gpa - r->gpa);
        *p = r->hva + (gpa - r->gpa);
        return len < left ? len : (size_t)left;
    }
    return 0;
}

/* The guest may run meanwhile on another thread, so every access is an atomic one. */
size_t machine_read(struct machine *m, uint64_t gpa, void *buf, size_t len)
{
    uint8_t *out = buf, *p;
    size_t done = 0, n;
    while (done < len && (n = piece(m, gpa + done, len - done, &p)) > 0) {
        for (size_t i = 0; i < n; i++)
            out[done + i] = __atomic_load_n(p + i, __ATOMIC_RELAXED);
        done += n;
    }
    return done;
}

size_t machine_write(struct machine *m, uint64_t gpa, const void *buf, size_t len)
{
    const uint8_t *in = buf;
    uint8_t *p;
    size_t done = 0, n;
    while (done < len && (n = piece(m, gpa + done, len - done, &p)) > 0) {
        for (size_t i = 0; i < n; i++)
            __atomic_store_n(p + i, in[done + i], __ATOMIC_RELAXED);
        if (m->engine->vm_written)
            m->engine->vm_written(m->vm, gpa + done, n);
        done += n;
    }
    return done;
}

bool machine_region(const struct machine *m, unsigned i, uint64_t *gpa, uint64_t *size)
{
    if (i >= m->regions)
        return false;
    *gpa = m->region[i].gpa;
    *size = m->region[i].size;
    return true;
}

/* Zero again, as at creation, and given back to the host. */
void ram_clear(struct machine *m, uint64_t gpa, uint64_t size)
{
    void *p = machine_ptr(m, gpa, size);
    if (!p)
        return;
    if (madvise(p, size, MADV_DONTNEED) != 0)
        memset(p, 0, size);
    if (m->engine->vm_written)
        m->engine->vm_written(m->vm, gpa, size);
}
