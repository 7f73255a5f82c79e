/* The software CPU: flags that the manual leaves undefined are those of a 386. */
#include "soft_rig.h"

static int setup(void **state) {
    struct rig *r = malloc(sizeof *r);
    rig_open(r);
    *state = r;
    return 0;
}
static int teardown(void **state) {
    rig_close(*state);
    free(*state);
    return 0;
}

enum { CF = FLAG_CF, PF = FLAG_PF, AF = FLAG_AF, ZF = FLAG_ZF, SF = FLAG_SF, OF = FLAG_OF, ALL = CF | PF | AF | ZF | SF | OF };

struct flags_case { const char *code; uint32_t eax, ecx, before, after; };

/* Each in a block of its own, and behind another instruction that sets flags; by registers, so that fast twins run. */
static void check_flags(struct rig *r, const struct flags_case *k) {
    struct cpu_state clean = r->s;
    memset(r->ram + CODE, 0xf4, 16);
    memcpy(r->ram + CODE, k->code, strlen(k->code));
    rig_real(r);
    r->s.gpr[CPU_RAX] = k->eax;
    r->s.gpr[CPU_RCX] = k->ecx;
    r->s.rflags = FLAG_1 | k->before;
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_HLT);
    if ((r->s.rflags & ALL) != k->after) print_error("case eax=%x ecx=%x flags=%x of %02x\n", k->eax, k->ecx, k->before, (uint8_t)k->code[0]);
    assert_int_equal(r->s.rflags & ALL, k->after);
    r->s = clean;
}
#define CASES(name, ...)                                                                                     \
    static void name(void **state) {                                                                         \
        static const struct flags_case cases[] = {__VA_ARGS__};                                              \
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_flags(*state, &cases[i]);            \
    }

#define AAA "\x37"
#define AAS "\x3f"
#define DAA "\x27"
#define DAS "\x2f"
#define AAM "\xd4\x0a"
#define AAD "\xd5\x0a"
/* SF, ZF, PF and OF of AAA and AAS: of the addition or subtraction of 6 (or nothing), before the upper half of AL is cleared. */
CASES(ascii_adjustments, {AAA, 0, 0, 0, PF | ZF}, {AAA, 1, 0, PF | ZF | SF | OF, 0}, {AAA, 0x7a, 0, 0, CF | AF | SF | OF},
      {AAA, 0x7b, 0, AF, CF | PF | AF | SF | OF}, {AAS, 0, 0, SF | OF, PF | ZF}, {AAS, 0, 0, AF, CF | PF | AF | SF},
      {AAS, 1, 0, PF | ZF | SF | OF, 0}, {AAS, 0x680, 0, AF, CF | AF | OF})
/* OF of DAA and DAS: of the whole adjustment. CF, AF, OF of AAD: of its addition. */
CASES(decimal_adjustments, {DAA, 0x1a, 0, AF | OF, AF}, {DAA, 0x1a, 0, CF, CF | AF | SF | OF}, {DAS, 0x80, 0, OF, SF}, {DAS, 0x80, 0, AF, AF | OF},
      {AAM, 0, 0, CF | AF | OF, ZF | PF}, {AAD, 1, 0, CF | AF | OF, 0}, {AAD, 0xd8e, 0, 0, CF | AF | OF}, {AAD, 0x106, 0, 0, AF}, {AAD, 0x1f7, 0, 0, CF | AF})

#define SHL_CL "\xd2\xe0"
#define SHR_CL "\xd2\xe8"
#define SHL_CL_W "\xd3\xe0"
#define SHR_CL_W "\xd3\xe8"
/* AF is set. CF after a shift by a multiple of the width: the bit that is shifted out last, as if it went round. OF: the formula for 1. */
CASES(shifts, {SHR_CL, 0x81, 1, 0, CF | AF | OF}, {SHR_CL, 0x82, 2, 0, CF | AF}, {SHR_CL, 0x80, 8, 0, CF | PF | AF | ZF}, {SHR_CL, 0, 8, CF, PF | AF | ZF},
      {SHR_CL, 0x80, 16, 0, CF | PF | AF | ZF}, {SHR_CL, 0, 16, CF, PF | AF | ZF}, {SHR_CL, 0x80, 24, 0, CF | PF | AF | ZF}, {SHR_CL, 0x80, 9, 0, PF | AF | ZF},
      {SHR_CL, 0x80, 32, 0, 0}, {SHR_CL_W, 0x8000, 16, 0, CF | PF | AF | ZF}, {SHR_CL_W, 0, 16, CF, PF | AF | ZF}, {SHR_CL_W, 0x8000, 32, 0, 0},
      {SHL_CL, 0x81, 1, 0, CF | AF | OF}, {SHL_CL, 0x41, 2, 0, CF | AF | OF}, {SHL_CL, 1, 8, 0, CF | PF | AF | ZF | OF}, {SHL_CL, 0, 8, CF, PF | AF | ZF},
      {SHL_CL, 1, 16, 0, CF | PF | AF | ZF | OF}, {SHL_CL, 1, 24, 0, CF | PF | AF | ZF | OF}, {SHL_CL, 1, 9, 0, PF | AF | ZF}, {SHL_CL, 1, 32, 0, 0},
      {SHL_CL_W, 1, 16, 0, CF | PF | AF | ZF | OF}, {SHL_CL_W, 0, 16, CF, PF | AF | ZF}, {SHL_CL_W, 1, 32, 0, 0})
/* The same through the forms that have fast twins: SHL AL, 1; SHR AX, 2; SHR EAX, 1; SHL EAX, 3. */
CASES(shifts_by_constants, {"\xd0\xe0", 0x81, 0, 0, CF | AF | OF}, {"\xc1\xe8\x02", 0x8002, 0, 0, CF | PF | AF}, {"\x66\xd1\xe8", 0x80000001, 0, 0, CF | PF | AF | OF},
      {"\x66\xc1\xe0\x03", 0x20000001, 0, 0, CF | AF | OF}, {"\xc0\xe8\x08", 0x80, 0, 0, CF | PF | AF | ZF})

#define RCR_CL "\xd2\xd8"
#define RCL_CL "\xd2\xd0"
CASES(rotates_by_a_whole_turn, {RCR_CL, 0, 9, 0, 0}, {RCR_CL, 0, 9, CF | OF, CF}, {RCR_CL, 0x40, 9, 0, OF}, {RCR_CL, 0x40, 9, CF | OF, CF | OF},
      {RCL_CL, 0, 9, 0, 0}, {RCL_CL, 0, 9, CF | OF, CF | OF}, {RCL_CL, 0x80, 9, 0, OF}, {RCL_CL, 0x80, 9, CF | OF, CF})

#define BT_CX "\x0f\xa3\xc8"
#define BTS_CX "\x0f\xab\xc8"
/* A 386 finds the bit by rotating through a clear carry: OF is what that leaves. */
CASES(bit_tests, {BT_CX, 1, 0, 0, CF}, {BT_CX, 1, 0, CF, CF}, {BT_CX, 1, 1, 0, OF}, {BT_CX, 1, 1, CF, OF}, {BT_CX, 1, 2, CF, OF}, {BT_CX, 1, 3, 0, 0},
      {BT_CX, 1, 3, CF | OF, 0}, {BTS_CX, 1, 1, 0, OF}, {BTS_CX, 1, 3, OF, 0})

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(ascii_adjustments), T(decimal_adjustments), T(shifts), T(shifts_by_constants), T(rotates_by_a_whole_turn), T(bit_tests),
    };
    return cmocka_run_group_tests_name("software CPU, undefined flags", tests, NULL, NULL);
}
