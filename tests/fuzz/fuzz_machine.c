/* fuzz_machine.c: whole machines from hostile images, on both engines. The first byte chooses the boot protocol and how the rest is read: as
 * an image, or as a list of port accesses that becomes a real-mode guest which makes them, on every device there is. The second chooses the
 * engine, and what else happens to the machine. */
#include "fuzz.h"
#include "vmm/machine.h"
#include "vmm/vcpu.h"

static const uint16_t ports[] = { 0x20, 0x21, 0xa0, 0xa1, 0x40, 0x41, 0x42, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x80, 0x92, 0xe9, 0x1f0, 0x1f7, 0x2f8, 0x3f6,
    0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff, 0x500, 0x501, 0x510, 0x511, 0x512, 0x520, 0x600, 0x604, 0xcf8, 0xcfc };

/* Two bytes per access: what, and the value. mov dx, port; mov al, value; in/out; at the end hlt. */
static size_t accesses(const uint8_t *data, size_t n, uint8_t *out, size_t max)
{
    size_t k = 0;
    for (size_t i = 0; i + 2 <= n && k + 16 < max; i += 2) {
        uint16_t port = ports[(data[i] >> 2) % (sizeof ports / sizeof ports[0])];
        if (data[i] == 0xff) port = (uint16_t)(data[i + 1] * 257);
        out[k++] = 0xba, out[k++] = (uint8_t)port, out[k++] = (uint8_t)(port >> 8);
        out[k++] = 0xb0, out[k++] = data[i + 1];
        out[k++] = 0xb7, out[k++] = data[i + 1]; /* mov bh */
        if (data[i] & 2) out[k++] = 0x66;
        out[k++] = data[i] & 1 ? 0xec | (data[i] >> 1 & 1) : 0xee | (data[i] >> 1 & 1);
    }
    out[k++] = 0xf4;
    return k;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t image[0x8000];
    if (size < 4) return 0;
    size_t protocols = 0;
    while (boot_at(protocols)) protocols++;
    struct vm_error err = { 0, "" };
    struct guest_config g = { .image = { "fuzz", data + 2, size - 2 }, .boot = boot_at(data[0] % protocols) };
    struct machine_config c = { .engine = fuzz_kvm() && data[1] & 0x10 ? "kvm" : "soft", .headless = true, .deterministic = data[1] & 1, .vcpus = 1, .guests = &g,
                                .irqchip = data[1] & 0x20 ? IRQCHIP_KERNEL : data[1] & 2 ? IRQCHIP_USER : IRQCHIP_NONE };
    if (data[0] & 0x80) {
        g.boot = boot_find("real");
        g.image = (struct boot_image){ "ports", image, accesses(data + 2, size - 2, image, sizeof image) };
        c.irqchip = IRQCHIP_USER;
    }
    struct machine *m = NULL;
    if (machine_create(&m, &c, &err) < 0) return 0;
    struct vcpu *v = machine_vcpu(m, 0);
    vcpu_input(v, data, size < 16 ? size : 16);
    vcpu_resume(v, NULL);
    if (!vcpu_wait_stopped(v, 15)) vcpu_pause(v, NULL);
    if (data[1] & 4) vcpu_irq(v, data[1], NULL), vcpu_step(v, 3, NULL);
    vcpu_wait_stopped(v, 15);
    char text[512];
    vcpu_postmortem(v, text, sizeof text);
    if (data[1] & 8) vcpu_reset(v, NULL), vcpu_wait_idle(v, 15);
    machine_destroy(m);
    return 0;
}
