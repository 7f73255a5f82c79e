/* guest.h: any state, any memory, any answers from ports, on one vCPU of an engine: it must neither crash, nor hang, nor touch the host.
 *
 * Input: 1 byte of mode, 2 of flags, 8 of registers' seed, 1 of where to enter, then code and data, repeated over all memory. */
#ifndef TESTS_FUZZ_GUEST_H
#define TESTS_FUZZ_GUEST_H

#include "fuzz.h"

void fuzz_guest(const struct engine_ops *e, const uint8_t *data, size_t size);

#endif
