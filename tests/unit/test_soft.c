/* The software CPU: exits, counting, interrupts, debugging, memory that is not RAM, modified code. */
#include <pthread.h>

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

/* --- ports ---------------------------------------------------------------------------------------------------------- */

GUEST(g_ports, ".code16", "mov $0x42, %al; mov $0x500, %dx; out %al, %dx; in %dx, %ax; add $1, %ax; hlt");
static void port_exits(void **state) {
    struct rig *r = *state;
    LOAD(r, g_ports);
    rig_real(r);
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_IO_OUT);
    assert_int_equal(r->x.u.io.port, 0x500);
    assert_int_equal(r->x.u.io.size, 1);
    assert_int_equal(r->x.u.io.count, 1);
    assert_int_equal(*(uint8_t *)r->x.u.io.data, 0x42);
    assert_int_equal(r->x.rip, CODE + 5); /* the OUT itself, not yet finished */
    assert_int_equal(r->s.rip, CODE + 5);
    assert_int_equal(engine_soft.count(r->v), 2);
    rig_complete(r);
    assert_int_equal(r->s.rip, CODE + 6);
    assert_int_equal(engine_soft.count(r->v), 3);
    rig_complete(r); /* nothing pending: nothing happens */
    assert_int_equal(r->s.rip, CODE + 6);
    assert_int_equal(rig_run(r), EXIT_IO_IN);
    memcpy(r->x.u.io.data, "\x34\x12", 2);
    assert_int_equal(rig_run(r), EXIT_HLT);
    assert_int_equal(r->s.gpr[CPU_RAX], 0x1235);
    assert_int_equal(r->s.rip, CODE + sizeof "BADDOOIADDHL" - 2);
    assert_int_equal(engine_soft.count(r->v), 6);
}

GUEST(g_string_ports, ".code16", "mov $0x10, %dx; mov $0x9000, %si; mov $5, %cx; cld; rep outsw; mov $0xa004, %di; mov $3, %cx; std; rep insb; hlt");
static void string_ports(void **state) {
    struct rig *r = *state;
    LOAD(r, g_string_ports);
    memcpy(r->ram + 0x9000, "abcdefghij", 10);
    rig_real(r);
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_IO_OUT);
    assert_int_equal(r->x.u.io.size, 2);
    assert_int_equal(r->x.u.io.count, 5);
    assert_memory_equal(r->x.u.io.data, "abcdefghij", 10);
    rig_run(r);
    assert_int_equal(r->s.gpr[CPU_RSI], 0x900a);
    assert_int_equal(r->x.reason, EXIT_IO_IN);
    assert_int_equal(r->x.u.io.count, 3);
    memcpy(r->x.u.io.data, "xyz", 3);
    assert_int_equal(rig_run(r), EXIT_HLT);
    assert_memory_equal(r->ram + 0xa002, "zyx", 3); /* downwards */
    assert_int_equal(r->s.gpr[CPU_RDI], 0xa001);
    assert_int_equal(r->s.gpr[CPU_RCX], 0);
}

/* --- memory that is not RAM ------------------------------------------------------------------------------------------- */

GUEST(g_mmio, ".code32", "mov $0xfee00000, %ebx; mov (%ebx), %eax; addl $5, 4(%ebx); movl $0x11223344, (%ebx); hlt");
static void mmio(void **state) {
    struct rig *r = *state;
    LOAD(r, g_mmio);
    rig_protected(r);
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_MMIO_READ);
    assert_int_equal(r->x.u.mmio.gpa, 0xfee00000);
    assert_int_equal(r->x.u.mmio.size, 4);
    memcpy(r->x.u.mmio.data, "\x78\x56\x34\x12", 4);
    rig_complete(r);
    assert_int_equal(r->s.gpr[CPU_RAX], 0x12345678);
    assert_int_equal(r->s.rip, CODE + 7);
    assert_int_equal(rig_run(r), EXIT_MMIO_READ);
    assert_int_equal(r->x.u.mmio.gpa, 0xfee00004);
    memcpy(r->x.u.mmio.data, "\x0a\0\0\0", 4);
    assert_int_equal(rig_run(r), EXIT_MMIO_WRITE);
    assert_int_equal(r->x.rip, CODE + 7);
    assert_int_equal(*(uint32_t *)r->x.u.mmio.data, 15);
    assert_int_equal(rig_run(r), EXIT_MMIO_WRITE);
    assert_int_equal(*(uint32_t *)r->x.u.mmio.data, 0x11223344);
    assert_int_equal(rig_run(r), EXIT_HLT);
}

GUEST(g_mmio_split, ".code32", "mov $0x7ffffe, %ebx; mov (%ebx), %eax; mov %eax, (%ebx); push $0; popl (%ebx); hlt");
static void mmio_across_the_end_of_ram(void **state) {
    struct rig *r = *state;
    LOAD(r, g_mmio_split);
    r->ram[RIG_RAM - 2] = 0x11, r->ram[RIG_RAM - 1] = 0x22;
    rig_protected(r);
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_MMIO_READ);
    assert_int_equal(r->x.u.mmio.gpa, RIG_RAM);
    assert_int_equal(r->x.u.mmio.size, 2);
    memcpy(r->x.u.mmio.data, "\x33\x44", 2);
    assert_int_equal(rig_run(r), EXIT_MMIO_WRITE);
    assert_int_equal(r->s.gpr[CPU_RAX], 0x44332211);
    assert_int_equal(r->x.u.mmio.size, 2);
    assert_int_equal(rd16(r, RIG_RAM - 4), 0);
    assert_int_equal(rig_run(r), EXIT_MMIO_WRITE);
    assert_int_equal(rig_run(r), EXIT_HLT);
    assert_int_equal(r->ram[RIG_RAM - 1], 0);
}

GUEST(g_mmio_rep, ".code32", "cld; mov $0xd0000000, %esi; mov $0xd0001000, %edi; mov $3, %ecx; rep movsb; hlt");
static void rep_movs_between_devices(void **state) {
    struct rig *r = *state;
    LOAD(r, g_mmio_rep);
    rig_protected(r);
    rig_set(r);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(rig_run(r), EXIT_MMIO_READ);
        assert_int_equal(r->x.u.mmio.gpa, 0xd0000000 + i);
        *(uint8_t *)r->x.u.mmio.data = (uint8_t)(7 + i);
        assert_int_equal(rig_run(r), EXIT_MMIO_WRITE);
        assert_int_equal(r->x.u.mmio.gpa, 0xd0001000 + i);
        assert_int_equal(*(uint8_t *)r->x.u.mmio.data, 7 + i);
    }
    assert_int_equal(rig_run(r), EXIT_HLT);
    assert_int_equal(r->s.gpr[CPU_RCX], 0);
}

/* --- counting --------------------------------------------------------------------------------------------------------- */

GUEST(g_loop, ".code16", "mov $1000, %cx\n1: inc %ax; add %ax, %bx; dec %cx; jnz 1b; hlt");
static void count_and_budget_are_exact(void **state) {
    struct rig *r = *state;
    LOAD(r, g_loop);
    rig_real(r);
    rig_set(r);
    for (unsigned at = 1; at < 4002; at += at < 50 ? 1 : 137) {
        engine_soft.set_budget(r->v, at);
        assert_int_equal(rig_run(r), EXIT_BUDGET);
        assert_int_equal(engine_soft.count(r->v), at);
        assert_int_equal(r->s.gpr[CPU_RAX], (at + 2) / 4);
    }
    engine_soft.set_budget(r->v, 0);
    assert_int_equal(rig_run(r), EXIT_HLT);
    assert_int_equal(engine_soft.count(r->v), 4002);
}

static void step_is_one_instruction(void **state) {
    struct rig *r = *state;
    LOAD(r, g_loop);
    rig_real(r);
    rig_set(r);
    rig_debug(r, &(struct engine_debug){.step = true});
    for (unsigned i = 1; i < 100; i++) {
        assert_int_equal(rig_run(r), EXIT_DEBUG);
        assert_int_equal(r->x.u.debug.dr6, 1 << 14);
        assert_int_equal(engine_soft.count(r->v), i);
        assert_int_equal(r->s.rflags & FLAG_TF, 0);
    }
}

static void kick_before_run_is_not_lost(void **state) {
    struct rig *r = *state;
    LOAD(r, g_loop);
    rig_real(r);
    rig_set(r);
    engine_soft.kick(r->v);
    assert_int_equal(rig_run(r), EXIT_KICK);
    assert_int_equal(engine_soft.count(r->v), 0);
    assert_int_equal(rig_run(r), EXIT_HLT);
}

GUEST(g_spin, ".code16", "1: inc %eax; jmp 1b");
static void *kicker(void *v) {
    engine_soft.kick(v);
    return NULL;
}
static void kick_from_another_thread(void **state) {
    struct rig *r = *state;
    pthread_t t;
    LOAD(r, g_spin);
    rig_real(r);
    rig_set(r);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(pthread_create(&t, NULL, kicker, r->v), 0);
        assert_int_equal(rig_run(r), EXIT_KICK);
        pthread_join(t, NULL);
    }
}

/* --- interrupts --------------------------------------------------------------------------------------------------------- */

GUEST(g_sti, ".code16", "cli; sti; inc %ax; inc %bx; hlt");
static void window_opens_after_the_shadow_of_sti(void **state) {
    struct rig *r = *state;
    struct vm_error err;
    LOAD(r, g_sti);
    rig_real(r);
    wr32(r, 0x20 * 4, 0x9000);
    r->ram[0x9000] = 0xcf; /* iret */
    rig_set(r);
    assert_false(engine_soft.can_interrupt(r->v));
    assert_true(engine_soft.interrupt(r->v, 0x20, &err) < 0);
    engine_soft.want_window(r->v, true);
    assert_int_equal(rig_run(r), EXIT_IRQ_WINDOW);
    assert_int_equal(r->s.gpr[CPU_RAX], 1);
    assert_int_equal(r->s.gpr[CPU_RBX], 0);
    engine_soft.want_window(r->v, false);
    assert_true(engine_soft.can_interrupt(r->v));
    assert_int_equal(engine_soft.interrupt(r->v, 0x20, &err), 0);
    rig_get(r);
    assert_int_equal(r->s.rip, 0x9000);
    assert_int_equal(r->s.rflags & FLAG_IF, 0);
    assert_int_equal(r->event[0].kind, EVENT_INTERRUPT);
    assert_int_equal(rig_run(r), EXIT_HLT);
    assert_int_equal(r->s.gpr[CPU_RBX], 1);
    assert_int_equal(r->s.rflags & FLAG_IF, FLAG_IF);
}

GUEST(g_nmi, ".code16", "nop; hlt; nop; hlt");
static void nmi_is_blocked_until_iret(void **state) {
    struct rig *r = *state;
    struct vm_error err;
    LOAD(r, g_nmi);
    rig_real(r);
    wr32(r, 2 * 4, 0x9000);
    memcpy(r->ram + 0x9000, "\x90\xcf", 2);
    rig_go(r);
    assert_int_equal(engine_soft.nmi(r->v, &err), 0);
    assert_true(engine_soft.nmi(r->v, &err) < 0);
    rig_get(r);
    assert_true(r->s.nmi_blocked);
    assert_int_equal(rig_run(r), EXIT_HLT);
    assert_int_equal(r->s.rip, CODE + 4);
    assert_false(r->s.nmi_blocked);
    assert_int_equal(engine_soft.nmi(r->v, &err), 0);
}

/* --- debugging ------------------------------------------------------------------------------------------------------------ */

GUEST(g_watch, ".code16", "mov $0x9000, %bx; movb $1, 1(%bx); mov (%bx), %ax; movw $7, 3(%bx); nop; nop; hlt");
static void vmm_breakpoints(void **state) {
    struct rig *r = *state;
    LOAD(r, g_watch);
    rig_real(r);
    rig_set(r);
    struct engine_debug d = {.slot = {{true, 0x9004, 1, DEBUG_WRITE}, {true, 0x9000, 1, DEBUG_ACCESS}, {true, CODE + 14, 1, DEBUG_EXEC}}};
    rig_debug(r, &d);
    assert_int_equal(rig_run(r), EXIT_DEBUG);
    assert_int_equal(r->x.u.debug.dr6, 2); /* the word read at 9000 */
    assert_int_equal(r->s.rip, CODE + 9);
    assert_int_equal(rig_run(r), EXIT_DEBUG);
    assert_int_equal(r->x.u.debug.dr6, 1);
    assert_int_equal(r->s.rip, CODE + 14);
    assert_int_equal(rig_run(r), EXIT_DEBUG);
    assert_int_equal(r->x.u.debug.dr6, 4);
    assert_int_equal(r->x.u.debug.linear, CODE + 14);
    assert_int_equal(r->s.dr[6], 0xffff0ff0); /* the guest sees nothing */
    assert_int_equal(rig_run(r), EXIT_HLT);
    assert_int_equal(r->events, 0);
}

GUEST(g_tf, ".code16", "pushf; pop %ax; or $0x100, %ax; push %ax; popf; nop; nop; hlt");
static void guest_single_step(void **state) {
    struct rig *r = *state;
    LOAD(r, g_tf);
    rig_real(r);
    wr32(r, 1 * 4, 0x9000);
    memcpy(r->ram + 0x9000, "\x43\xcf", 2); /* inc bx; iret */
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_HLT);
    assert_int_equal(r->s.gpr[CPU_RBX], 2); /* after each NOP, not after POPF */
    assert_int_equal(r->event[0].vector, 1);
    assert_int_equal(r->event[0].rip, CODE + 8);
    assert_int_equal(r->s.dr[6] & 1 << 14, 1 << 14);
}

/* --- modified code -------------------------------------------------------------------------------------------------------- */

GUEST(g_smc, ".code16", "movb $0x43, 1f - g_smc + 0x8000\n 1: .byte 0x40\n nop; hlt");
static void code_modified_in_its_own_block(void **state) {
    struct rig *r = *state;
    LOAD(r, g_smc);
    rig_real(r);
    rig_go(r);
    assert_int_equal(r->s.gpr[CPU_RAX], 0); /* INC AX became INC BX */
    assert_int_equal(r->s.gpr[CPU_RBX], 1);
}

GUEST(g_smc_loop, ".code16", "mov $100, %cx\n 1: add $1, %ax; incb 1b + 2 - g_smc_loop + 0x8000; loop 1b; hlt");
static void code_modified_in_a_loop(void **state) {
    struct rig *r = *state;
    LOAD(r, g_smc_loop);
    rig_real(r);
    rig_go(r);
    assert_int_equal(r->s.gpr[CPU_RAX], 100 * 101 / 2);
}

static void code_modified_from_outside(void **state) {
    struct rig *r = *state;
    struct vm_error err;
    LOAD(r, g_loop);
    rig_real(r);
    rig_go(r);
    memcpy(r->ram + CODE, "\xb8\x34\x12\xf4", 4); /* by the VMM: mov ax, 1234; hlt */
    r->s.rip = CODE;
    engine_soft.set_state(r->v, &r->s, &err);
    assert_int_equal(rig_run(r), EXIT_HLT);
    assert_int_equal(r->s.gpr[CPU_RAX], 0x1234);
}

GUEST(g_beside, ".code16", "mov $20000, %cx\n 1: incw 2f - g_beside + 0x8000; loop 1b; hlt\n 2: .word 0");
static void data_beside_code_decodes_nothing_anew(void **state) {
    struct rig *r = *state;
    struct engine_stat st[16];
    LOAD(r, g_beside);
    rig_real(r);
    rig_go(r);
    assert_int_equal(rd16(r, CODE + (uint32_t)(g_beside_end - g_beside) - 2), 20000);
    size_t n = engine_soft.stats(r->v, st, 16);
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(st[i].name, "code invalidations")) assert_int_equal(st[i].value, 0);
        if (!strcmp(st[i].name, "blocks decoded")) assert_true(st[i].value >= 1 && st[i].value <= 10);
    }
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(port_exits), T(string_ports), T(mmio), T(mmio_across_the_end_of_ram), T(rep_movs_between_devices),
        T(count_and_budget_are_exact), T(step_is_one_instruction), T(kick_before_run_is_not_lost), T(kick_from_another_thread),
        T(window_opens_after_the_shadow_of_sti), T(nmi_is_blocked_until_iret), T(vmm_breakpoints), T(guest_single_step),
        T(code_modified_in_its_own_block), T(code_modified_in_a_loop), T(code_modified_from_outside),
        T(data_beside_code_decodes_nothing_anew),
    };
    return cmocka_run_group_tests_name("software CPU", tests, NULL, NULL);
}
