/* disasm.h: bytes to Intel syntax, by Zydis. Any thread. */
#ifndef VMM_DISASM_H
#define VMM_DISASM_H

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"

struct disasm_line { uint64_t addr; uint8_t len; uint8_t bytes[15]; char text[96]; };

/* Decode one instruction that would execute with mode's default sizes at addr. Bytes that are no instruction give len = 1 and
 * "db 0x..". Returns len, 0 when n is 0. */
unsigned disasm_one(enum cpu_mode mode, uint64_t addr, const uint8_t *bytes, size_t n, struct disasm_line *out);

#endif
