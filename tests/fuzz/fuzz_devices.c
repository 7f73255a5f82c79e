/* fuzz_devices.c: any sequence of accesses to every device's ports and memory-mapped registers, through the bus, on a machine whose vCPU
 * never runs; in between time passes, lines change, keys arrive, the machine is reset, somebody looks.
 *
 * Input: 1 byte of what the machine has, then operations of 6 bytes: what, which range, offset, count, and two of value. */
#include "fuzz.h"
#include "vmm/machine_impl.h"
#include "vmm/vcpu.h"

enum { OP = 6, DISK_BYTES = 4 * 512 + 100, NS = 1000000 };

/* A disk of four and a bit sectors. */
static const char *disk(void)
{
    static const uint8_t bytes[DISK_BYTES];
    static const char *path;
    return path ? path : (path = fuzz_file("disk", bytes, sizeof bytes));
}

/* One instruction's worth: a string instruction is `count` accesses of its size to the same port. */
static void access_range(struct machine *m, const struct bus_range *r, const uint8_t *op)
{
    static const uint8_t sizes[] = { 1, 2, 4, 8 };
    bool mmio = op[0] & 0x40;
    struct bus_access a = { .vcpu = m->vcpu[0], .offset = op[2] % r->size, .size = sizes[op[0] & (mmio ? 3 : 1)], .write = op[0] & 8 };
    if (!mmio && op[0] & 2)
        a.size = 4;
    a.addr = r->start + a.offset;
    uint64_t value = (op[4] | (uint64_t)op[5] << 8) * (op[0] & 4 ? 0x0001000100010001u : 1);
    if (a.size < 8)
        value &= (1ull << a.size * 8) - 1;
    for (unsigned n = op[3] & 0x80 ? (op[3] & 0x7fu) * 8 : 1; n; n--) {
        uint64_t v = a.write ? value++ : UINT64_MAX;
        if (!(r->flags & BUS_NOLOCK))
            machine_lock(m);
        r->fn(r->owner, &a, &v);
        if (!(r->flags & BUS_NOLOCK))
            machine_unlock(m);
    }
}

static void pass_time(struct machine *m, uint64_t ns)
{
    machine_lock(m);
    atomic_fetch_add(&m->frozen, ns);
    timer_run_due(m, machine_now(m));
    machine_unlock(m);
}

static void look(struct machine *m)
{
    struct device_line lines[32];
    for (size_t i = 0; i < m->devices; i++)
        for (size_t max = 0; max <= 32; max += 16)
            must(machine_device_show(m, i, lines, max) <= max);
    machine_can_wake(m);
}

/* What else happens to a machine; the PIC is asked as a vCPU would that may be interrupted. */
static void elsewhere(struct machine *m, const uint8_t *op)
{
    switch (op[1] % 8) {
    case 0: pass_time(m, (uint64_t)op[2] * op[3] * NS); break;
    case 1: pass_time(m, op[2]); break;
    case 2: vcpu_input(m->vcpu[0], op + 2, 1 + op[5] % 4u); break;
    case 3: machine_reset_devices(m); break;
    case 4: machine_set_tick(m, op[2] & 1 ? UINT64_MAX : (uint64_t)op[3] * NS, NULL); break;
    case 5: look(m); break;
    default:
        machine_lock(m);
        if (op[1] & 8)
            machine_irq(m, op[2] & 15, op[3] & 1);
        else if (m->pic.intr && m->pic.intr(m->pic.self))
            must(m->pic.ack(m->pic.self) <= 255);
        machine_unlock(m);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t hlt[] = { 0xf4 };
    if (!size)
        return 0;
    struct vm_error err;
    struct guest_config g = { .image = { "hlt", hlt, sizeof hlt }, .boot = boot_find(data[0] & 4 ? "flat32" : "real") };
    struct machine_config c = { .engine = "soft", .irqchip = data[0] & 1 ? IRQCHIP_NONE : IRQCHIP_USER, .vcpus = 1, .guests = &g };
    if (data[0] & 2)
        c.disk = disk();
    struct machine *m;
    must(machine_create(&m, &c, &err) == 0);
    for (const uint8_t *op = data + 1; op + OP <= data + size; op += OP) {
        const struct bus *b = op[0] & 0x40 && m->mmio.n ? &m->mmio : &m->ports;
        if (op[0] & 0x80 || !b->n)
            elsewhere(m, op);
        else
            access_range(m, &b->range[op[1] % b->n], op);
    }
    look(m);
    machine_destroy(m);
    return 0;
}
