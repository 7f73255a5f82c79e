/* difftest: the software CPU against other processors, one instruction or a short sequence at a time.
 *
 *   difftest [--pair A,B] [--n CASES] [--seed S] [--scene NAME] [--case SEED] [--show N] [--verbose] [--coverage] [--write FILE]
 *   difftest --regress FILE...
 *
 * Executors: soft, kvm (both through engine.h), unicorn. Exit status 0: no unexcused difference; 1: some; 2: usage. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "case.h"
#include "excuse.h"

static const struct exec_ops *const executors[] = { &exec_soft, &exec_kvm, &exec_unicorn };

struct side { const struct exec_ops *ops; struct exec *e; };

struct totals {
    uint64_t run, same, excused, differ, vectors, insns;
    uint64_t lost, outside;
    struct { const char *why; uint64_t n; } excuse[32];
    uint64_t opcode[512];
    uint64_t scene[16], bad[16];
};

static int usage(const char *why)
{
    fprintf(stderr, "difftest: %s\nusage: difftest [--pair A,B] [--n CASES] [--seed S] [--scene NAME] [--case SEED] [--show N] [--verbose] [--coverage]\n"
                    "       difftest --regress FILE...\nexecutors: soft, kvm, unicorn\nscenes:", why);
    for (size_t i = 0; i < nscenes; i++) fprintf(stderr, " %s", scenes[i].name);
    fprintf(stderr, "\n");
    return 2;
}

static const struct exec_ops *executor(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof executors / sizeof executors[0]; i++)
        if (strlen(executors[i]->name) == n && !strncmp(executors[i]->name, name, n)) return executors[i];
    return NULL;
}

static void count_excuse(struct totals *t, const char *why)
{
    for (size_t i = 0; i < sizeof t->excuse / sizeof t->excuse[0]; i++) {
        if (!t->excuse[i].why) t->excuse[i].why = why;
        if (t->excuse[i].why == why || !strcmp(t->excuse[i].why, why)) { t->excuse[i].n++; return; }
    }
}

/* The memory of each scene, and a working image that equals it between cases. */
static uint8_t *scene_ram[16], *scene_image[16];

static bool one(struct side *a, struct side *b, uint64_t seed, const struct scene *only, struct totals *t, int show, bool verbose, const char *file)
{
    static struct dcase c;
    static struct outcome oa, ob;
    static struct verdict v;
    case_generate(&c, seed, only);
    size_t k = (size_t)(c.scene - scenes);
    if (!a->ops->can(a->e, c.scene) || !b->ops->can(b->e, c.scene)) return true;
    if (!scene_ram[k]) {
        scene_ram[k] = malloc(RAM_SIZE);
        scene_image[k] = malloc(RAM_SIZE);
        scene_memory(c.scene, scene_ram[k]);
        memcpy(scene_image[k], scene_ram[k], RAM_SIZE);
    }
    case_apply(&c, scene_image[k]);
    a->ops->run(a->e, &c, scene_image[k], &oa);
    b->ops->run(b->e, &c, scene_image[k], &ob);
    case_undo(&c, scene_ram[k], scene_image[k]);
    outcome_compare(&c, &oa, a->ops->name, &ob, b->ops->name, &v);
    t->run++;
    t->insns += c.ninsn;
    t->scene[k]++;
    t->opcode[c.opcode & 511]++;
    if (oa.end == END_VECTOR) t->vectors++;
    if (!v.differ) t->same++;
    else if (v.excused) t->excused++, count_excuse(t, v.excuse);
    else t->differ++, t->bad[k]++;
    if (verbose || (v.differ && !v.excused && t->differ <= (uint64_t)show)) case_print(&c, &oa, a->ops->name, &ob, b->ops->name, &v);
    if (file && regress_write(&c, &ob, file) < 0) perror(file); /* the second of the pair is the one believed */
    return !v.differ || v.excused;
}

static void summary(const struct side *a, const struct side *b, const struct totals *t, double seconds, bool coverage, bool quiet)
{
    unsigned ops = 0;
    for (unsigned i = 0; i < 512; i++) ops += t->opcode[i] != 0;
    printf("%s against %s: %llu cases (%llu instructions, %u opcodes, %llu exceptions), %llu same, %llu excused, %llu different, %.1f s\n", a->ops->name, b->ops->name,
           (unsigned long long)t->run, (unsigned long long)t->insns, ops, (unsigned long long)t->vectors, (unsigned long long)t->same, (unsigned long long)t->excused,
           (unsigned long long)t->differ, seconds);
    /* Each scene is one check: all of its cases agree, or differ as a row of excuse.c says. */
    unsigned bad = 0, scenes_run = 0;
    for (size_t i = 0; i < nscenes; i++) scenes_run += t->scene[i] != 0, bad += t->bad[i] != 0;
    printf("diff-%s-%s (scenes): %u passed, %u failed\n", a->ops->name, b->ops->name, scenes_run - bad, bad);
    if (quiet) return;
    for (size_t i = 0; i < sizeof t->excuse / sizeof t->excuse[0] && t->excuse[i].why; i++)
        printf("  excused %8llu: %s\n", (unsigned long long)t->excuse[i].n, t->excuse[i].why);
    for (size_t i = 0; i < nscenes; i++)
        if (t->scene[i]) printf("  %-10s %llu\n", scenes[i].name, (unsigned long long)t->scene[i]);
    for (unsigned i = 0; coverage && i < 512; i++)
        if (t->opcode[i]) printf("  opcode %s%02x %llu\n", i > 255 ? "0f " : "", i & 255, (unsigned long long)t->opcode[i]);
}

int main(int argc, char **argv)
{
    static const struct option opts[] = { { "pair", 1, 0, 'p' }, { "n", 1, 0, 'n' }, { "seed", 1, 0, 's' }, { "scene", 1, 0, 'm' }, { "case", 1, 0, 'c' },
        { "show", 1, 0, 'w' }, { "verbose", 0, 0, 'v' }, { "coverage", 0, 0, 'o' }, { "regress", 0, 0, 'r' }, { "write", 1, 0, 'f' }, { "quiet", 0, 0, 'q' }, { "if-usable", 0, 0, 'u' }, { "help", 0, 0, 'h' }, { 0, 0, 0, 0 } };
    const char *pair = "soft,unicorn", *file = NULL;
    uint64_t n = 20000, seed = 1;
    const struct scene *only = NULL;
    int show = 10, k;
    bool verbose = false, coverage = false, regress = false, quiet = false, if_usable = false;
    while ((k = getopt_long(argc, argv, "", opts, NULL)) != -1) switch (k) {
        case 'p': pair = optarg; break;
        case 'n': n = strtoull(optarg, NULL, 0); break;
        case 's': seed = strtoull(optarg, NULL, 0); break;
        case 'm': if (!(only = scene_find(optarg))) return usage("no such scene"); break;
        case 'c': seed = strtoull(optarg, NULL, 0), n = 1, verbose = true; break;
        case 'w': show = atoi(optarg); break;
        case 'v': verbose = true; break;
        case 'o': coverage = true; break;
        case 'q': quiet = true; break;
        case 'u': if_usable = true; break;
        case 'f': file = optarg; break;
        case 'r': regress = true; break;
        default: return usage("which case?");
    }
    if (regress) {
        unsigned ran = 0;
        int failed = regress_run(argc - optind, argv + optind, &ran);
        printf("diff-regress: %u passed, %d failed\n", ran - (unsigned)failed, failed);
        return failed || !ran;
    }
    const char *comma = strchr(pair, ',');
    struct side a, b;
    if (!comma || !(a.ops = executor(pair, (size_t)(comma - pair))) || !(b.ops = executor(comma + 1, strlen(comma + 1)))) return usage("--pair names two executors");
    char why[512] = "";
    if (!(a.e = a.ops->open(why, sizeof why)) || !(b.e = b.ops->open(why, sizeof why))) {
        fprintf(if_usable ? stdout : stderr, "%s: not run: %s\n", pair, why);
        return if_usable ? 0 : 1;
    }
    struct totals t = { .run = 0 };
    struct timespec t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    for (uint64_t i = 0; i < n; i++) one(&a, &b, seed + i, only, &t, show, verbose, file);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    summary(&a, &b, &t, (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9, coverage, quiet);
    a.ops->close(a.e);
    b.ops->close(b.e);
    for (size_t i = 0; i < nscenes; i++) free(scene_ram[i]), free(scene_image[i]);
    return t.differ || !t.run;
}
