/* fuzz.h: what the fuzzers share: reading an input piece by piece, files that are gone with the program, and which engines there are. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* A promise of the program was broken: say which, and leave the input behind. */
#define must(condition) do { if (!(condition)) fuzz_broken(#condition, __FILE__, __LINE__); } while (0)
void fuzz_broken(const char *what, const char *file, int line) __attribute__((noreturn));

/* An input that is read from its start; past the end come zeros. */
struct input { const uint8_t *at; size_t left; };
uint64_t take(struct input *in, unsigned bytes); /* little endian, up to 8 */
/* A value of the list, or, where the byte says so, any number of that many bytes. */
uint64_t take_of(struct input *in, const uint64_t *list, size_t n, unsigned bytes);

/* A directory of this run's own, removed with what is in it when the program ends; also the home and the state directory. */
const char *fuzz_dir(void);
/* A file in it with these bytes; the path is static for each name. */
const char *fuzz_file(const char *name, const void *bytes, size_t n);

/* Can KVM be used here? If not, the log says so once: "left out: ...". */
bool fuzz_kvm(void);
/* For fuzzers of KVM alone: end the program with the status by which run.sh knows that nothing was fuzzed. */
void fuzz_need_kvm(void);
enum { FUZZ_LEFT_OUT = 3 }; /* libFuzzer ends with 70 to 77, a sanitizer with 1 */

/* After ms kick the vCPU, and again and again until disarmed: a guest that never exits has to end. One at a time. */
void watchdog_arm(const struct engine_ops *e, struct engine_vcpu *v, unsigned ms);
void watchdog_disarm(void);

#endif
