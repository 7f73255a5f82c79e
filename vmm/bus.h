/* bus.h: who answers a port or an MMIO address.
 *
 * One handler type for both. String I/O is unrolled by the dispatcher: a handler sees one element at a time. */
#ifndef VMM_BUS_H
#define VMM_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct vcpu;

struct bus_access {
    struct vcpu *vcpu;   /* who asks; its thread is the caller */
    uint64_t addr;       /* absolute port number or GPA */
    uint64_t offset;     /* addr - start of the range */
    uint8_t size;        /* bytes: 1, 2, 4 (ports), 1..8 (MMIO) */
    bool write;
};

/* On a write *value holds the data; on a read the handler sets it. Called on the vCPU's thread, with the machine's
 * device lock held when the range asked for it. Must not block. */
typedef void bus_fn(void *owner, const struct bus_access *a, uint64_t *value);

struct bus_range {
    uint64_t start, size;
    const char *name;    /* shown in counters: "hypercall", "uart" */
    bus_fn *fn;
    void *owner;
    uint8_t flags;       /* BUS_* */
};
enum {
    BUS_NOLOCK = 1, /* the handler needs no device lock (per-vCPU state only) */
    BUS_BYTES = 2,  /* an 8-bit device: a wider access is one to each port, the lowest first, as on the bus of a PC */
};

enum { BUS_MAX = 64 };
struct bus { struct bus_range range[BUS_MAX]; unsigned n; };

/* Ranges may not overlap (-EEXIST names both). Before vCPUs run. */
int bus_add(struct bus *b, const struct bus_range *r, struct vm_error *err);
/* NULL: nobody; a read then floats high (all ones), a write is lost. Any thread, once vCPUs run the bus is constant. */
const struct bus_range *bus_find(const struct bus *b, uint64_t addr);

#endif
