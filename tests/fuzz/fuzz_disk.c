/* fuzz_disk.c: any file behind the disk, and any accesses to its ports: what the guest reads and what the file then holds is compared with
 * a model made from docs/devices.md.
 *
 * Input: 1 byte of what file, 2 of its size, then operations of 4 bytes: what, and three of operands. */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "vmm/machine_impl.h"
#include "vmm/vcpu.h"

enum { SECTOR = 512, SECTORS = 8, FILE_BYTES = SECTORS * SECTOR };
enum { ST_ERROR = 2, ST_PRESENT = 4 };

/* The disk as its description says it is. */
struct model {
    uint8_t file[FILE_BYTES], buffer[SECTOR];
    size_t size;
    uint32_t sector, capacity;
    unsigned at;
    uint8_t error;
};

static uint8_t model_command(struct model *d, uint8_t op)
{
    size_t at = (size_t)d->sector * SECTOR;
    d->at = 0;
    if (op < 1 || op > 3)
        return 5;
    if (op == 3)
        return 0;
    if (d->sector >= d->capacity)
        return 1;
    if (op == 2) {
        memcpy(d->file + at, d->buffer, SECTOR);
        d->size = d->size > at + SECTOR ? d->size : at + SECTOR;
    } else {
        memcpy(d->buffer, d->file + at, SECTOR);
    }
    return 0;
}

static uint64_t model_window(struct model *d, bool write, unsigned size, uint64_t value)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < size; i++, d->at = (d->at + 1) % SECTOR) {
        if (write)
            d->buffer[d->at] = (uint8_t)(value >> 8 * i);
        v |= (uint64_t)d->buffer[d->at] << 8 * i;
    }
    return v;
}

static uint64_t ones(unsigned size) { return size == 8 ? UINT64_MAX : (1ull << size * 8) - 1; }

/* One access; what it reads. */
static uint64_t model_access(struct model *d, unsigned offset, bool write, unsigned size, uint64_t value)
{
    if (offset >= 12)
        return model_window(d, write, size, value);
    if (write && offset == 0)
        d->sector = (uint32_t)value;
    if (write && offset == 4)
        d->error = model_command(d, value & 0x7f);
    if (write && offset == 7)
        d->at = 0;
    switch (offset) {
    case 0: return d->sector & ones(size);
    case 5: return ST_PRESENT | (d->error ? ST_ERROR : 0);
    case 6: return d->error;
    case 8: return d->capacity & ones(size);
    case 4: case 7: return 0xff;
    default: return ones(size);
    }
}

/* --- the real one ---------------------------------------------------------------------------------------------------------------- */

static const struct bus_range *ports(struct machine *m)
{
    const struct bus_range *r = bus_find(&m->ports, 0x600);
    must(r && r->start == 0x600 && r->size == 16);
    return r;
}

static void both(struct machine *m, struct model *d, unsigned offset, bool write, unsigned size, uint64_t value)
{
    const struct bus_range *r = ports(m);
    struct bus_access a = { .vcpu = m->vcpu[0], .offset = offset, .addr = r->start + offset, .size = (uint8_t)size, .write = write };
    uint64_t v = write ? value & ones(size) : UINT64_MAX;
    machine_lock(m);
    r->fn(r->owner, &a, &v);
    machine_unlock(m);
    uint64_t want = model_access(d, offset, write, size, value & ones(size));
    must(write || (v & ones(size)) == want);
}

static void step(struct machine *m, struct model *d, struct input *in)
{
    static const uint8_t sizes[] = { 1, 2, 4, 1 };
    uint8_t what = (uint8_t)take(in, 1), x = (uint8_t)take(in, 1), y = (uint8_t)take(in, 1), z = (uint8_t)take(in, 1);
    bool write = what & 0x80;
    switch (what % 8) {
    case 0: both(m, d, 0, true, 4, x % (SECTORS + 2)); break;
    case 1: both(m, d, 0, true, 4, x | (uint32_t)y << 12 | (uint32_t)z << 24); break;
    case 2: both(m, d, 4, true, 1, x % 5 | (y & 0x80)); break;
    case 3: both(m, d, 4, true, 1, x); break;
    case 4: /* a string instruction */
        for (unsigned n = y; n; n--, x = (uint8_t)(x * 5 + z))
            both(m, d, 12, write, sizes[z & 3], x * 0x01010101u);
        break;
    case 5:
        machine_reset_devices(m);
        d->sector = d->at = d->error = 0;
        memset(d->buffer, 0, sizeof d->buffer);
        break;
    default: both(m, d, x % 16, write, sizes[what >> 4 & 3], y | (uint64_t)z << 8);
    }
}

/* What the file holds afterwards: what was written, and nothing else. */
static void compare_file(const char *path, const struct model *d)
{
    static uint8_t bytes[FILE_BYTES + 1];
    FILE *f = fopen(path, "r");
    must(f);
    must(fread(bytes, 1, sizeof bytes, f) == d->size);
    must(!memcmp(bytes, d->file, d->size));
    fclose(f);
}

/* A file is a disk from one sector on; without one there is no machine, and a sentence says why. */
static struct machine *make(const char *path, size_t size)
{
    static const uint8_t hlt[] = { 0xf4 };
    struct vm_error err = { 0 };
    struct guest_config g = { .image = { "hlt", hlt, sizeof hlt }, .boot = boot_find("real") };
    struct machine_config c = { .engine = "soft", .irqchip = IRQCHIP_NONE, .vcpus = 1, .guests = &g, .disk = path };
    struct machine *m = NULL;
    int r = machine_create(&m, &c, &err);
    must((r == 0) == (size >= SECTOR));
    must(r == 0 || strstr(err.text, "smaller than one sector"));
    return r == 0 ? m : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model d;
    struct input in = { data, size };
    uint8_t seed = (uint8_t)take(&in, 1);
    memset(&d, 0, sizeof d);
    d.size = take(&in, 2) % (FILE_BYTES + 1);
    for (size_t i = 0; i < d.size; i++)
        d.file[i] = (uint8_t)(seed * i + (i >> 8));
    d.capacity = (uint32_t)((d.size + SECTOR - 1) / SECTOR);
    const char *path = fuzz_file("disk", d.file, d.size);
    struct machine *m = make(path, d.size);
    if (!m)
        return 0;
    while (in.left)
        step(m, &d, &in);
    machine_destroy(m);
    compare_file(path, &d);
    return 0;
}
