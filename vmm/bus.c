/* bus.c: ranges of ports or addresses, kept sorted. */
#include "bus.h"

#include <errno.h>
#include <string.h>

static bool overlap(const struct bus_range *a, const struct bus_range *b)
{
    return a->start <= b->start ? b->start - a->start < a->size : a->start - b->start < b->size;
}

int bus_add(struct bus *b, const struct bus_range *r, struct vm_error *err)
{
    unsigned at = 0;
    if (!r->size || r->start + (r->size - 1) < r->start || !r->fn)
        return err_set(err, EINVAL, "adding %s to a bus: 0x%llx bytes at 0x%llx is no range", r->name,
                       (unsigned long long)r->size, (unsigned long long)r->start);
    if (b->n == BUS_MAX)
        return err_set(err, ENOSPC, "adding %s to a bus: all %d places are taken", r->name, BUS_MAX);
    for (unsigned i = 0; i < b->n; i++) {
        if (overlap(&b->range[i], r))
            return err_set(err, EEXIST, "adding %s to a bus: 0x%llx already belongs to %s", r->name,
                           (unsigned long long)r->start, b->range[i].name);
        if (b->range[i].start < r->start)
            at = i + 1;
    }
    memmove(&b->range[at + 1], &b->range[at], (b->n - at) * sizeof b->range[0]);
    b->range[at] = *r;
    b->n++;
    return 0;
}

const struct bus_range *bus_find(const struct bus *b, uint64_t addr)
{
    unsigned low = 0, high = b->n;
    while (low < high) {
        unsigned mid = (low + high) / 2;
        const struct bus_range *r = &b->range[mid];
        if (addr < r->start)
            high = mid;
        else if (addr - r->start >= r->size)
            low = mid + 1;
        else
            return r;
    }
    return NULL;
}
