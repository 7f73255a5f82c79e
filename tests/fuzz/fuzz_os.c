/* fuzz_os.c: 1K OS started from any disk on the software CPU, and its files used: no panic, and an end within a count of instructions
 * that does not depend on the host.
 *
 * Input: an archive (tar_image.h), then what is changed in it: 3 bytes each, where and what. */
#include <stdio.h>
#include <string.h>

#include "tar_image.h"
#include "vmm/machine.h"
#include "vmm/vcpu.h"

enum { KERNEL_BYTES = 1 << 20, CONSOLE_BYTES = 1 << 16, LOOK_MS = 5, COUNTERS = 4096 };
#define MOST 50000000ull /* instructions; a healthy disk takes 1.3 million */

static const char typed[] = "files\ncat a\ncat note\nwrite a some text\nwrite note\nline 1\nline 2\n.\nfiles\ncat a\n0\n";

/* The guest is not instrumented: lines that it never printed before count as covered code. */
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[COUNTERS];

static struct { char text[CONSOLE_BYTES]; size_t n; } console;

static void print(void *ctx, struct vcpu *v, const void *bytes, size_t n)
{
    (void)ctx, (void)v;
    size_t room = sizeof console.text - 1 - console.n;
    n = n < room ? n : room;
    memcpy(console.text + console.n, bytes, n);
    console.n += n;
}

static uint8_t kernel[KERNEL_BYTES];
static size_t kernel_bytes;

/* The fuzzer is in build/fuzz, the kernel in build/os-1k. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char path[4096];
    (void)argc;
    const char *slash = strrchr((*argv)[0], '/');
    must(slash);
    snprintf(path, sizeof path, "%.*s/../os-1k/kernel.bin", (int)(slash - (*argv)[0]), (*argv)[0]);
    FILE *f = fopen(path, "r");
    must(f && (kernel_bytes = fread(kernel, 1, sizeof kernel, f)) > 0);
    fclose(f);
    return 0;
}

static void note_lines(void)
{
    uint32_t h = 0;
    for (size_t i = 0; i < console.n; i++) {
        h = (h ^ (uint8_t)console.text[i]) * 16777619u;
        if (console.text[i] == '\n')
            counters[(h ^ h >> 12) % COUNTERS] = 1, h = 0;
    }
}

static uint64_t count(struct vcpu *v)
{
    struct vcpu_snapshot s;
    vcpu_sample(v);
    vcpu_snapshot(v, &s);
    return s.count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tar_image image;
    struct input in = { data, size };
    struct vm_error err = { 0 };
    struct vcpu_snapshot end;
    tar_image(&image, &in);
    size_t n = image.sectors * TAR_SECTOR;
    while (in.left >= 3) {
        size_t at = take(&in, 2) % n;
        image.bytes[at] = (uint8_t)take(&in, 1);
    }
    struct guest_config g = { .image = { "1k-os", kernel, kernel_bytes }, .boot = boot_find("paging") };
    struct machine_config c = { .engine = "soft", .deterministic = true, .headless = true, .vcpus = 1, .guests = &g,
                                .disk = fuzz_file("disk", image.bytes, n - take(&in, 1)), .observer = { .console = print } };
    struct machine *m = NULL;
    must(machine_create(&m, &c, &err) == 0 || n == TAR_SECTOR);
    if (!m)
        return 0;
    struct vcpu *v = machine_vcpu(m, 0);
    console.n = 0;
    must(vcpu_input(v, typed, sizeof typed - 1) == sizeof typed - 1);
    vcpu_input_eof(v);
    vcpu_resume(v, NULL);
    while (!vcpu_wait_stopped(v, LOOK_MS))
        must(count(v) < MOST || !fwrite(console.text, 1, console.n, stderr));
    vcpu_snapshot(v, &end);
    machine_destroy(m);
    console.text[console.n] = '\0';
    note_lines();
    bool well = end.state == VCPU_EXITED && end.status == 0 && end.count < MOST && memmem(console.text, console.n, "Thank you", 9); /* files have zero bytes, too */
    if (!well)
        fprintf(stderr, "%s\n%s: %s, status %d after %llu instructions\n", console.text, vcpu_state_name(end.state), end.why, end.status, (unsigned long long)end.count);
    must(well);
    return 0;
}
