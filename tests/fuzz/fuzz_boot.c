/* fuzz_boot.c: every boot protocol on both engines, with images of every awkward size, at every awkward place, in machines of every awkward
 * size. Either there is a machine whose memory holds the image, or a sentence says why not.
 *
 * Input: 1 byte of protocol, 1 of engine and vCPUs, then which size, load address, entry, memory and slot (take_of()), then the image. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "vmm/machine.h"
#include "vmm/vcpu.h"

enum { LARGEST = 16 << 20, PAGE = 4096, VCPUS = 4, STEPS = 20, WAIT_MS = 20 };
#define KB 1024ull
#define MB (KB * KB)
#define GB (KB * MB)
#define AROUND(x) (x) - 1, (x), (x) + 1
#define COUNT(a) (sizeof a / sizeof *a)

static const uint64_t sizes[] = { 0, 1, 2, 16, AROUND(512), AROUND(4 * KB), AROUND(SLICE_SIZE), AROUND(MB - 4 * KB), AROUND(MB), AROUND(4 * MB - 4 * KB), AROUND(4 * MB) };
static const uint64_t places[] = { 0x1000, 0, AROUND(0x500), AROUND(0x528), AROUND(0xd28), AROUND(0x1000), AROUND(MB), AROUND(MB + 0x2000), AROUND(MB + 0x6000), AROUND(4 * MB),
    AROUND(2 * GB), AROUND(4 * GB), 1ull << 63, UINT64_MAX - 4095, UINT64_MAX };
static const uint64_t memories[] = { 0, 4 * MB, AROUND(PAGE), 64 * KB, MB, MB + 8 * KB, 16 * MB, 64 * MB, 3 * GB - 4 * KB, 3 * GB, 3 * GB + PAGE };
static const uint64_t slots[] = { 0, 1, 2, 3, 4, 5, UINT32_MAX };

/* The image: the input's bytes over and over, in one block as large as the largest. */
static const uint8_t *image(struct input *in)
{
    static uint8_t *bytes;
    if (!bytes)
        must((bytes = malloc(LARGEST)));
    for (size_t i = 0; i < 2 * PAGE; i++)
        bytes[i] = in->left ? in->at[i % in->left] : 0xf4;
    return bytes;
}

/* What was promised where: the image, whole, unless it is one of several over each other. */
static void look(struct machine *m, const struct guest_config *g)
{
    static uint8_t page[2 * PAGE];
    bool real = g->boot->need & CAN_REAL;
    uint64_t at = real ? (uint64_t)g->args.slot * SLICE_SIZE : g->args.has & BOOT_HAS_LOAD ? g->args.load : 0x1000;
    size_t n = g->image.size < sizeof page ? g->image.size : sizeof page;
    must(machine_ptr(m, at, g->image.size));
    must(machine_read(m, at, page, n) == n);
    must(!memcmp(page, g->image.bytes, n));
}

static void run(struct machine *m)
{
    char text[512];
    for (unsigned i = 0; i < machine_vcpus(m); i++) {
        struct vcpu *v = machine_vcpu(m, i);
        vcpu_step(v, STEPS, NULL);
        if (!vcpu_wait_stopped(v, WAIT_MS))
            vcpu_pause(v, NULL);
        vcpu_postmortem(v, text, sizeof text);
        vcpu_reset(v, NULL);
        vcpu_wait_idle(v, WAIT_MS);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guest_config g[VCPUS];
    struct input in = { data, size };
    struct vm_error err = { 0 };
    size_t protocols = 0;
    while (boot_at(protocols))
        protocols++;
    const struct boot_protocol *boot = boot_at(take(&in, 1) % protocols);
    uint8_t how = (uint8_t)take(&in, 1);
    bool kvm = fuzz_kvm() && how & 0x80, share = how & 0x40;
    struct machine_config c = { .engine = kvm ? "kvm" : "soft", .headless = true, .vcpus = 1 + (how & 3) % VCPUS, .guests = g };
    struct guest_config one = { .image = { "fuzz", NULL, take_of(&in, sizes, COUNT(sizes), 3) }, .boot = boot };
    one.args.has = how >> 2 & 3;
    one.args.load = take_of(&in, places, COUNT(places), 8);
    one.args.entry = take_of(&in, places, COUNT(places), 8);
    c.ram = take_of(&in, memories, COUNT(memories), 3);
    one.args.slot = (unsigned)take_of(&in, slots, COUNT(slots), 1);
    one.image.bytes = image(&in);
    for (unsigned i = 0; i < c.vcpus; i++) {
        g[i] = one;
        g[i].args.slot += share ? i : 0;
    }
    struct machine *m = NULL;
    int r = machine_create(&m, &c, &err);
    if (r < 0) {
        must(!m && err.code == -r && strlen(err.text) > 20);
        return 0;
    }
    must(one.image.size);
    look(m, &g[0]);
    run(m);
    machine_destroy(m);
    return 0;
}
