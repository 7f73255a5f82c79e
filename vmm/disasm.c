/* disasm.c: one instruction to Intel syntax. */
#include "disasm.h"

#include <Zydis/Zydis.h>
#include <stdio.h>
#include <string.h>

static const struct { ZydisMachineMode mode; ZydisStackWidth width; } rows[] = {
    [CPU_REAL] = {ZYDIS_MACHINE_MODE_REAL_16, ZYDIS_STACK_WIDTH_16},
    [CPU_V86] = {ZYDIS_MACHINE_MODE_REAL_16, ZYDIS_STACK_WIDTH_16},
    [CPU_PROT16] = {ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16},
    [CPU_PROT32] = {ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32},
    [CPU_COMPAT] = {ZYDIS_MACHINE_MODE_LONG_COMPAT_32, ZYDIS_STACK_WIDTH_32},
    [CPU_LONG] = {ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64},
};

/* A scale of one is no scale: [bx+si], which has none, and [eax+ecx]. */
static void plain_scale(ZydisDecodedOperand *op, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (op[i].type == ZYDIS_OPERAND_TYPE_MEMORY && op[i].mem.scale == 1)
            op[i].mem.scale = 0;
}

static bool decode(enum cpu_mode mode, uint64_t addr, const uint8_t *bytes, size_t n, struct disasm_line *out)
{
    ZydisDecoder decoder;
    ZydisFormatter formatter;
    ZydisDecodedInstruction in;
    ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
    if (!ZYAN_SUCCESS(ZydisDecoderInit(&decoder, rows[mode].mode, rows[mode].width)) ||
        !ZYAN_SUCCESS(ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL)) ||
        !ZYAN_SUCCESS(ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE)) ||
        !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, n, &in, op)))
        return false;
    plain_scale(op, in.operand_count_visible);
    if (!ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &in, op, in.operand_count_visible, out->text, sizeof out->text, addr, NULL)))
        return false;
    out->len = in.length;
    return true;
}

unsigned disasm_one(enum cpu_mode mode, uint64_t addr, const uint8_t *bytes, size_t n, struct disasm_line *out)
{
    *out = (struct disasm_line){.addr = addr};
    if (!n)
        return 0;
    if (n > sizeof out->bytes)
        n = sizeof out->bytes;
    if ((unsigned)mode >= sizeof rows / sizeof rows[0] || !decode(mode, addr, bytes, n, out)) {
        out->len = 1;
        snprintf(out->text, sizeof out->text, "db 0x%02x", bytes[0]);
    }
    memcpy(out->bytes, bytes, out->len);
    return out->len;
}
