/* bench.h: what the parts of `make bench` share. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- guests.c: the benchmark guests, built twice from one source: 16-bit and 32-bit */

enum guest_kind { KIND_COMPUTE, KIND_REP, KIND_PAGE /* the trap and its reference */ };
struct bench_guest {
    const char *name;
    enum guest_kind kind;
    uint32_t rep_bytes; /* bytes that REP moves per repeat: work is then counted in elements, 0: in instructions */
};
extern const struct bench_guest bench_guests[];
extern const size_t bench_nguests;

enum { GUEST_AT = 0x10000, GUEST_MAX = 4096, MARK_START = 1, MARK_END = 2, MARK_DONE = 3, BOOT_SECTORS = GUEST_MAX / 512 };

/* BUILD/bench/NAME BITS.bin with repeat patched in. Returns its size, 0 if it cannot be read. */
size_t guest_load(const char *build, const char *name, unsigned bits, uint32_t repeat, uint8_t *out);

struct timing {
    bool ok;
    double seconds;       /* from MARK_START to MARK_END */
    uint64_t insns;       /* executed in between, when the executor counts */
    uint32_t result;
    double launch;        /* peers: by the clock, from the start of the program to MARK_START */
    long resident_kb;     /* peers: after MARK_DONE */
    char why[200];        /* when not ok */
};

/* --- run_engine.c: on one of our engines, through engine.h */
void run_on_engine(const char *engine, const uint8_t *image, size_t size, unsigned bits, struct timing *t);

/* --- run_peer.c: on QEMU TCG or Bochs, from a floppy image */
void run_on_qemu(const char *build, const uint8_t *image, size_t size, unsigned bits, struct timing *t);
void run_on_bochs(const char *build, const uint8_t *image, size_t size, unsigned bits, struct timing *t);
void peer_run(char *const *argv, struct timing *t); /* a program whose guest says the marks on its stdout */
void bochs_conf(const char *build, const char *rest, char *conf, char *rc, size_t n); /* writes both files, says where */
bool peer_present(const char *program);
double cpu_seconds_of(int pid); /* processor time of all threads that a process has */

/* --- bare.c: exits per second, and seconds from nothing to the first exit; 0: KVM cannot be used */
double bare_exit_rate(const uint8_t *code, size_t n, double seconds, bool in_place);
double bare_launch(const uint8_t *code, size_t n, bool features); /* features: with the host's CPU features, as the core makes a vCPU */

/* --- cpu.c, core.c, screen.c, peers.c: the sections of the table. Each adds rows. */
struct options { const char *build; unsigned rounds; bool peers, quick; const char *only; };
void bench_cpu(const struct options *o);
void bench_core(const struct options *o);
int bench_launch(const char *who); /* --launch WHO: this program is started to time one; struct launch on stdout */
void bench_screen(const struct options *o);
void bench_peers(const struct options *o);

/* --- table.c: rows as they come, HELD or MISSED, and JSON at the end */
enum verdict { V_NONE, V_HELD, V_MISSED, V_NOT_RUN };
void row(const char *section, const char *name, double value, const char *unit);
/* at_least: value must be >= hold, else <= hold. */
void row_hold(const char *section, const char *name, double value, const char *unit, double hold, bool at_least);
void row_absent(const char *section, const char *name, const char *why);
int table_missed(void);
void table_json(void);
void table_markdown(void); /* the part of docs/performance.md that a run fills */
extern bool table_quiet;

double now_seconds(void);
double cpu_seconds_used(void); /* of this process: what else runs on the machine does not count */
double median(double *v, size_t n);
double least(const double *v, size_t n);
double best_tenth(double *v, size_t n); /* the value that a tenth of them stay below */

#endif
