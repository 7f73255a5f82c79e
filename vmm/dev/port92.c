/* port92.c: system control port A (PS/2 Technical Reference): bit 0 a fast reset, bit 1 the A20 gate.
 *
 * Both engines always decode address line 20, as KVM does; the bit is kept and shown, so that guests which switch it
 * and read it back go on. */
#include <errno.h>
#include <stdlib.h>

#include "dev.h"
#include "vmm/machine.h"
#include "vmm/vcpu.h"

struct port92 { uint8_t value; };

static void port(void *owner, const struct bus_access *a, uint64_t *value)
{
    struct port92 *p = owner;
    if (!a->write) {
        *value = p->value;
        return;
    }
    bool reset = *value & 1 && !(p->value & 1);
    p->value = (uint8_t)(*value & 0xdb);
    if (reset) {
        vcpu_notice(a->vcpu, "the guest pulled the reset line through port 92h");
        vcpu_exit(a->vcpu, 0);
    }
}

static void reset(void *self)
{
    ((struct port92 *)self)->value = 2; /* firmware leaves A20 on */
}

static int wanted(const struct machine_config *c)
{
    (void)c;
    return 1;
}

static int create(struct machine *m, void **self, struct vm_error *err)
{
    struct port92 *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(err, ENOMEM, "creating port 92h: out of memory");
    reset(p);
    int r = bus_add(machine_ports(m), &(struct bus_range){0x92, 1, "port92", port, p, BUS_BYTES}, err);
    if (r < 0) {
        free(p);
        return r;
    }
    *self = p;
    return 0;
}

static size_t show(void *self, struct device_line *out, size_t max)
{
    return dev_line(out, 0, max, "value", "%02Xh  A20 %s", ((struct port92 *)self)->value, ((struct port92 *)self)->value & 2 ? "on" : "off");
}

const struct device_ops dev_port92 = {
    .name = "port92", .title = "system control port A", .wanted = wanted, .create = create, .destroy = free, .reset = reset, .show = show,
};
