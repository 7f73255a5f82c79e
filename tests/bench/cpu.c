/* cpu.c: instructions per second of the software CPU, of KVM here, of QEMU TCG and of Bochs, on the same code in the same run. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

enum who { SOFT, KVM, TCG, BOCHS, WHO };
static const char *const who_name[WHO] = { "soft", "kvm", "tcg", "bochs" };
/* Rates that are expected, in units per second, to choose how long a guest runs; only SOFT is measured first. */
static const double guess[WHO] = { 3e8, 4e6, 8e8, 8e7 };
static const double seconds_wanted[WHO] = { 0.4, 0.3, 0.4, 0.6 };

struct mean { double log_sum; unsigned n; };
static void mean_add(struct mean *m, double ratio) { if (ratio > 0) m->log_sum += log(ratio), m->n++; }
static double mean_of(const struct mean *m) { return m->n ? exp(m->log_sum / m->n) : 0; }

static void run_on(enum who w, const char *build, const uint8_t *image, size_t size, unsigned bits, struct timing *t)
{
    switch (w) {
    case SOFT: run_on_engine("soft", image, size, bits, t); break;
    case KVM: run_on_engine("kvm", image, size, bits, t); break;
    case TCG: run_on_qemu(build, image, size, bits, t); break;
    default: run_on_bochs(build, image, size, bits, t); break;
    }
}

/* Units of work in one repeat, exact: from the software CPU's own count, or the elements that REP moves. */
static double units_per_repeat(const struct options *o, const struct bench_guest *g, unsigned bits)
{
    if (g->rep_bytes) return g->rep_bytes / (bits / 8.0);
    uint8_t image[GUEST_MAX];
    struct timing one, two;
    size_t n = guest_load(o->build, g->name, bits, 1, image);
    run_on_engine("soft", image, n, bits, &one);
    n = guest_load(o->build, g->name, bits, 2, image);
    run_on_engine("soft", image, n, bits, &two);
    return one.ok && two.ok ? (double)(two.insns - one.insns) : 0;
}

/* Units per second, 0 and a reason if it failed. *result: what the kernel computed, the same for everybody. */
static double measure(const struct options *o, enum who w, const struct bench_guest *g, unsigned bits, double units, uint32_t *result, char *why, size_t whysize)
{
    uint8_t image[GUEST_MAX];
    struct timing t;
    double rate = guess[w];
    for (int trial = 0; trial < 2; trial++) {
        double wanted = (o->quick ? 0.1 : 1) * (trial ? seconds_wanted[w] : 0.02);
        if (trial == 0 && w >= TCG) continue; /* booting them twice costs more than it gives */
        double repeat = rate * wanted / units;
        if (g->rep_bytes && w == TCG) repeat /= 2;
        if (!strcmp(g->name, "samepage") && w == TCG) repeat /= 2000; /* it translates the page again and again */
        size_t n = guest_load(o->build, g->name, bits, repeat < 1 ? 1 : (uint32_t)repeat, image);
        run_on(w, o->build, image, n, bits, &t);
        if (!t.ok || t.seconds <= 0) { snprintf(why, whysize, "%s", t.why[0] ? t.why : "too fast to measure"); return 0; }
        rate = units * (repeat < 1 ? 1 : (double)(uint32_t)repeat) / t.seconds;
    }
    /* The kernels' results do not depend on the repeat, except where they say so (memory that is carried over). */
    if (g->kind != KIND_PAGE && *result && *result != t.result) { snprintf(why, whysize, "computed %08x instead of %08x", t.result, *result); return 0; }
    *result = t.result;
    return rate;
}

struct sums { struct mean bochs, tcg, rep_tcg; double page[2]; double dec; };

static void guest_rows(const struct options *o, const struct bench_guest *g, unsigned bits, struct sums *s)
{
    const char *section = "CPU: millions of instructions (REP: elements) per second of processor time";
    char name[96], why[200] = "";
    snprintf(name, sizeof name, "%s %u-bit", g->name, bits);
    double units = units_per_repeat(o, g, bits), rate[WHO] = { 0 };
    if (units <= 0) { row_absent(section, name, "the software CPU does not run it"); return; }
    double all[WHO][16];
    uint32_t result = 0;
    unsigned rounds = o->rounds > 16 ? 16 : o->rounds;
    for (unsigned r = 0; r < rounds; r++)
        for (int w = 0; w < WHO; w++) {
            if (w >= TCG && r > 0) { all[w][r] = all[w][0]; continue; } /* booting a peer takes seconds: once */
            all[w][r] = w >= TCG && !o->peers ? 0 : measure(o, (enum who)w, g, bits, units, &result, why, sizeof why);
        }
    for (int w = 0; w < WHO; w++) {
        rate[w] = median(all[w], rounds);
        char label[128];
        snprintf(label, sizeof label, "%s, %s", name, who_name[w]);
        if (rate[w] > 0) row(section, label, rate[w] / 1e6, "M/s");
        else if (w < TCG || o->peers) row_absent(section, label, why[0] ? why : "not asked for");
    }
    if (g->kind == KIND_COMPUTE) {
        if (rate[BOCHS] > 0) mean_add(&s->bochs, rate[SOFT] / rate[BOCHS]);
        if (rate[TCG] > 0) mean_add(&s->tcg, rate[SOFT] / rate[TCG]);
    } else if (g->kind == KIND_REP && rate[TCG] > 0) mean_add(&s->rep_tcg, rate[SOFT] / rate[TCG]);
    if (!strcmp(g->name, "otherpage")) s->page[bits == 32] = rate[SOFT];
    if (!strcmp(g->name, "dec") && (s->dec == 0 || rate[SOFT] < s->dec)) s->dec = rate[SOFT];
    if (!strcmp(g->name, "samepage") && rate[SOFT] > 0 && s->page[bits == 32] > 0) {
        snprintf(name, sizeof name, "slower with data and stack in the code's page, %u-bit", bits);
        row_hold(section, name, s->page[bits == 32] / rate[SOFT], "x", 3, false);
    }
}

void bench_cpu(const struct options *o)
{
    struct sums s = { .dec = 0 };
    for (size_t i = 0; i < bench_nguests; i++)
        for (unsigned bits = 16; bits <= 32; bits += 16)
            if (!o->only || !strcmp(o->only, bench_guests[i].name)) guest_rows(o, &bench_guests[i], bits, &s);
    const char *section = "CPU: ratios";
    if (s.dec > 0) row_hold(section, "soft, the tight loop (slower of 16-bit and 32-bit)", s.dec / 1e6, "M/s", 300, true);
    if (s.bochs.n) row_hold(section, "soft / Bochs, compute guests, geometric mean", mean_of(&s.bochs), "x", 3, true);
    else row_absent(section, "soft / Bochs", "no measurement of Bochs");
    if (s.tcg.n) row_hold(section, "soft / QEMU TCG, compute guests, geometric mean", mean_of(&s.tcg), "x", 0.25, true);
    else row_absent(section, "soft / QEMU TCG", "no measurement of QEMU");
    if (s.rep_tcg.n) row_hold(section, "soft / QEMU TCG, REP string guests, geometric mean", mean_of(&s.rep_tcg), "x", 2, true);
}
