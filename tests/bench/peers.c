/* peers.c: what a virtual machine costs before it computes anything, here and elsewhere: from the start of the program to the guest's
 * first output, one exit for an OUT to a port that nobody answers, and resident memory.
 *
 * The guest is the same few instructions everywhere. QEMU and Bochs get them in place of their BIOS, so that no firmware is measured. */
#include <stdio.h>
#include <string.h>

#include "bench.h"

enum { ROM = 0x10000, CODE_MAX = 64 };
static const char *const section = "Peers: a guest that says a byte, leaves for OUT 0x80 again and again, and stays";

/* MARK_START, then `outs` times OUT 0x80, MARK_END, MARK_DONE, for ever. A mark is said on port 0xE9, or by hypercall PUTCHAR. */
static size_t guest_code(uint8_t *c, bool hypercall, uint32_t outs)
{
    size_t n = 0;
    const uint8_t loop[] = { 0xe6, 0x80, 0x66, 0x49, 0x75, 0xfa }; /* out 0x80, al; dec ecx; jnz */
    for (uint8_t mark = MARK_START; mark <= MARK_DONE; mark++) {
        const uint8_t e9[] = { 0xba, 0xe9, 0x00, 0xb0, mark, 0xee }, call[] = { 0xba, 0x00, 0x05, 0xb3, mark, 0xb0, 0x01, 0xee };
        memcpy(c + n, hypercall ? call : e9, hypercall ? sizeof call : sizeof e9);
        n += hypercall ? sizeof call : sizeof e9;
        if (mark != MARK_START) continue;
        c[n++] = 0x66, c[n++] = 0xb9; /* mov ecx, outs */
        memcpy(c + n, &outs, 4), n += 4;
        memcpy(c + n, loop, sizeof loop), n += sizeof loop;
    }
    c[n++] = 0xeb, c[n++] = 0xfe;
    return n;
}

static bool write_image(const char *path, bool rom, uint32_t outs)
{
    static const uint8_t reset[] = { 0xea, 0x00, 0x00, 0x00, 0xf0 }; /* at F000:FFF0: jmp F000:0000 */
    static uint8_t image[ROM];
    memset(image, 0xf4, sizeof image);
    size_t n = guest_code(image, !rom, outs);
    memcpy(image + 0xfff0, reset, sizeof reset);
    FILE *f = fopen(path, "wb");
    if (!f) return false;
    bool ok = fwrite(image, 1, rom ? ROM : n, f) == (rom ? ROM : n);
    return fclose(f) == 0 && ok;
}

enum how { VMLAB, QEMU, BOCHS };
struct peer { const char *name, *program; enum how how; const char *engine; uint32_t outs; };

static void run_once(const struct options *o, const struct peer *p, struct timing *t)
{
    char image[600], program[600], conf[600], rc[600], rest[700];
    memset(t, 0, sizeof *t);
    snprintf(image, sizeof image, "%s/bench/peer.%s", o->build, p->how == VMLAB ? "bin" : "rom");
    if (!write_image(image, p->how != VMLAB, p->outs)) { snprintf(t->why, sizeof t->why, "cannot write the guest's image"); return; }
    snprintf(program, sizeof program, p->how == VMLAB ? "%s/vmlab" : "qemu-system-x86_64", o->build);
    char *vmlab[] = { program, "--headless", "--engine", (char *)p->engine, image, NULL };
    char *qemu[] = { program, "-nodefaults", "-display", "none", "-m", "16", "-accel", (char *)p->engine, "-bios", image, "-debugcon", "stdio", NULL };
    char *bochs[] = { "bochs", "-q", "-f", conf, "-rc", rc, NULL };
    if (p->how == BOCHS) {
        snprintf(rest, sizeof rest, "romimage: file=%s, address=0xffff0000\n", image);
        bochs_conf(o->build, rest, conf, rc, sizeof conf);
    }
    peer_run(p->how == VMLAB ? vmlab : p->how == QEMU ? qemu : bochs, t);
}

static void peer_rows(const struct options *o, const struct peer *p)
{
    double launch[32], exits[32];
    char name[96];
    struct timing t;
    size_t n = o->rounds * 3 > 32 ? 32 : o->rounds * 3;
    for (size_t i = 0; i < n; i++) {
        run_once(o, p, &t);
        if (!t.ok) { row_absent(section, p->name, t.why); return; }
        launch[i] = t.launch * 1e3, exits[i] = t.seconds / p->outs * 1e9;
    }
    snprintf(name, sizeof name, "%s: launch to first output, least", p->name);
    row(section, name, least(launch, n), "ms");
    snprintf(name, sizeof name, "%s: launch to first output, median", p->name);
    row(section, name, median(launch, n), "ms");
    snprintf(name, sizeof name, "%s: one exit, processor time", p->name);
    row(section, name, median(exits, n), "ns");
    snprintf(name, sizeof name, "%s: resident memory", p->name);
    row(section, name, (double)t.resident_kb / 1024, "MB");
}

void bench_peers(const struct options *o)
{
    static const struct peer peers[] = {
        { "vmlab, software CPU", NULL, VMLAB, "soft", 2000000 }, { "vmlab, KVM", NULL, VMLAB, "kvm", 60000 },
        { "QEMU TCG", "qemu-system-x86_64", QEMU, "tcg", 1000000 }, { "QEMU KVM", "qemu-system-x86_64", QEMU, "kvm", 60000 },
        { "Bochs", "bochs", BOCHS, NULL, 1000000 },
    };
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        if (peers[i].program && !o->peers) continue;
        if (peers[i].program && !peer_present(peers[i].program)) { row_absent(section, peers[i].name, "not installed: make bench-peers installs it"); continue; }
        peer_rows(o, &peers[i]);
    }
}
