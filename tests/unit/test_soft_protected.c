/* The software CPU in protected mode: segments, privilege, faults, paging, tasks, virtual 8086 mode. Each test lays out
 * what it needs in the rig's tables, runs a few instructions and looks where they stopped and why. */
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

/* Expect the handler of `vector`, with this error code (none: -1) and EIP of the fault on its stack. */
static void expect_fault(struct rig *r, int vector, int64_t error, uint32_t eip) {
    assert_int_equal(rig_vector(r), vector);
    unsigned n = 0;
    if (error >= 0) assert_int_equal(rig_stack(r, n++), error);
    assert_int_equal(rig_stack(r, n), eip);
}

/* --- segments --------------------------------------------------------------------------------------------------------- */

GUEST(g_load_ds, ".code32", "mov %ax, %ds; mov (%ebx), %ecx; mov %ecx, (%ebx); hlt");
static void ds_case(void **state, unsigned sel, uint32_t off, int vector, int64_t error, uint32_t eip) {
    struct rig *r = *state;
    LOAD(r, g_load_ds);
    rig_protected(r);
    rig_desc(r, 0x30, 0x9000, 0xff, 0x4093);          /* data, limit ff */
    rig_desc(r, 0x38, 0x9000, 0xff, 0x4097);          /* data, expand-down above ff */
    rig_desc(r, 0x40, 0x9000, 0xff, 0x4091);          /* read-only */
    rig_desc(r, 0x48, 0x9000, 0xff, 0x4013);          /* not present */
    rig_desc(r, 0x50, 0x9000, 0xff, 0x4099);          /* execute-only code */
    r->s.gpr[CPU_RAX] = sel;
    r->s.gpr[CPU_RBX] = off;
    rig_go(r);
    if (vector < 0) assert_int_equal(r->s.rip, CODE + (g_load_ds_end - g_load_ds));
    else expect_fault(r, vector, error, eip);
}
static void limit_reached(void **state) { ds_case(state, 0x30, 0xfc, -1, 0, 0); }
static void limit_passed(void **state) { ds_case(state, 0x30, 0xfd, 13, 0, CODE + 2); }
static void limit_passed_with_wrap(void **state) { ds_case(state, 0x30, 0xffffffff, 13, 0, CODE + 2); }
static void expand_down_above(void **state) { ds_case(state, 0x38, 0x100, -1, 0, 0); }
static void expand_down_below(void **state) { ds_case(state, 0x38, 0xff, 13, 0, CODE + 2); }
static void read_only_written(void **state) { ds_case(state, 0x40, 0, 13, 0, CODE + 4); }
static void not_present(void **state) { ds_case(state, 0x48, 0, 11, 0x48, CODE); }
static void execute_only(void **state) { ds_case(state, 0x50, 0, 13, 0x50, CODE); }
static void null_loads_but_is_not_usable(void **state) { ds_case(state, 3, 0, 13, 0, CODE + 2); }
static void beyond_the_table(void **state) { ds_case(state, 0x108, 0, 13, 0x108, CODE); }
static void in_no_ldt(void **state) { ds_case(state, 0x34, 0, 13, 0x34, CODE); }
static void accessed_bit_is_set(void **state) {
    struct rig *r = *state;
    ds_case(state, 0x40, 0, 13, 0, CODE + 4);
    rig_desc(r, 0x30, 0x9000, 0xff, 0x4092);
    r->s.rip = CODE;
    r->s.gpr[CPU_RAX] = 0x30;
    rig_go(r);
    assert_int_equal(r->ram[GDT + 0x35], 0x93);
}

GUEST(g_ss, ".code32", "mov %ax, %ss; push %eax; hlt");
static void stack_limit(void **state) {
    struct rig *r = *state;
    LOAD(r, g_ss);
    rig_protected(r);
    rig_desc(r, 0x30, 0x9000, 0xff, 0x4093);
    r->s.gpr[CPU_RAX] = 0x30;
    r->s.gpr[CPU_RSP] = 0x104;
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_SHUTDOWN); /* #SS, whose handler has no stack either, #DF, and that was it */
    assert_int_equal(r->x.u.fail.nfault, 3);
    assert_int_equal(r->x.u.fail.fault[0].vector, 12);
    assert_int_equal(r->x.u.fail.fault[0].rip, CODE + 2);
    assert_int_equal(r->x.u.fail.fault[1].vector, 12);
}

/* --- privilege ----------------------------------------------------------------------------------------------------------- */

GUEST(g_int48, ".code32", "mov $0x23, %ax; mov %ax, %ds; int $48; hlt");
static void system_call_and_back(void **state) {
    struct rig *r = *state;
    LOAD(r, g_int48);
    rig_user(r);
    memcpy(r->ram + HANDLERS + 48 * 16, "\x90\xf4\xcf", 3); /* nop; hlt; iret */
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_HLT);
    assert_int_equal(r->s.seg[CPU_CS].sel, SEL_CODE0);
    assert_int_equal(r->s.seg[CPU_SS].sel, SEL_DATA0);
    assert_int_equal(r->s.gpr[CPU_RSP], STACK0 - 20);
    assert_int_equal(rig_stack(r, 0), CODE + 8);
    assert_int_equal(rig_stack(r, 1), SEL_CODE3);
    assert_int_equal(rig_stack(r, 3), STACK3);
    assert_int_equal(rig_stack(r, 4), SEL_DATA3);
    rig_run(r); /* IRET to ring 3, where HLT is #GP */
    expect_fault(r, 13, 0, CODE + 8);
    assert_int_equal(rig_stack(r, 2), SEL_CODE3);
}

GUEST(g_int32, ".code32", "int $32");
static void int_through_a_privileged_gate(void **state) {
    struct rig *r = *state;
    LOAD(r, g_int32);
    rig_user(r);
    rig_go(r);
    expect_fault(r, 13, 32 * 8 + 2, CODE);
}

#define PRIVILEGED(name, text)                                                     \
    GUEST(g_##name, ".code32", text);                                              \
    static void name(void **state) {                                               \
        struct rig *r = *state;                                                    \
        LOAD(r, g_##name);                                                         \
        rig_user(r);                                                               \
        rig_go(r);                                                                 \
        expect_fault(r, 13, 0, CODE);                                              \
    }
PRIVILEGED(user_cli, "cli")
PRIVILEGED(user_mov_cr, "mov %cr0, %eax")
PRIVILEGED(user_lgdt, "lgdt 0x9000")
PRIVILEGED(user_invlpg, "invlpg 0x9000")
PRIVILEGED(user_wrmsr, "wrmsr")
PRIVILEGED(user_out, "out %al, $0x10")
/* Whether a port may be used is asked even when there is nothing to do. */
PRIVILEGED(user_rep_outs_of_nothing, "rep outsb")
PRIVILEGED(user_rep_ins_of_nothing, "rep insb")

GUEST(g_iomap, ".code32", "mov $0x13, %dx; out %al, %dx; inc %dx; out %ax, %dx");
static void io_permission_bitmap(void **state) {
    struct rig *r = *state;
    LOAD(r, g_iomap);
    rig_user(r);
    r->s.tr.limit = 0x70;
    r->ram[TSS + 0x68 + 2] = 0x20; /* port 0x15 is denied */
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_IO_OUT);
    assert_int_equal(r->x.u.io.port, 0x13);
    rig_run(r);
    expect_fault(r, 13, 0, CODE + 7);
}

GUEST(g_callgate, ".code32", "push $0x11; push $0x22; lcall $0x33, $0; hlt");
static void call_gate_copies_parameters(void **state) {
    struct rig *r = *state;
    LOAD(r, g_callgate);
    rig_user(r);
    rig_gate(r, GDT + 0x30, SEL_CODE0, 0x9000, A_CALL | A_USER);
    r->ram[GDT + 0x34] = 2;
    memcpy(r->ram + 0x9000, "\xf4\xca\x08\x00", 4); /* hlt; retf 8 */
    rig_go(r);
    assert_int_equal(r->s.rip, 0x9001);
    assert_int_equal(rig_stack(r, 0), CODE + 11);
    assert_int_equal(rig_stack(r, 1), SEL_CODE3);
    assert_int_equal(rig_stack(r, 2), 0x22);
    assert_int_equal(rig_stack(r, 3), 0x11);
    assert_int_equal(rig_stack(r, 4), STACK3 - 8);
    rig_run(r);
    expect_fault(r, 13, 0, CODE + 11);        /* HLT in ring 3 */
    assert_int_equal(rig_stack(r, 4), STACK3); /* parameters released on both stacks */
}

static void return_outward_drops_inner_segments(void **state) {
    struct rig *r = *state;
    rig_protected(r);
    static const uint8_t code[] = {0xcb}; /* retf */
    memcpy(r->ram + CODE, code, 1);
    wr32(r, STACK0 - 16, 0x9000), wr32(r, STACK0 - 12, SEL_CODE3), wr32(r, STACK0 - 8, STACK3), wr32(r, STACK0 - 4, SEL_DATA3);
    r->ram[0x9000] = 0xf4;
    r->s.gpr[CPU_RSP] = STACK0 - 16;
    r->s.seg[CPU_ES] = rig_seg(SEL_DATA3, A_DATA3);
    rig_go(r);
    expect_fault(r, 13, 0, 0x9000);
    assert_int_equal(r->s.seg[CPU_DS].sel, 0);
    assert_true(r->s.seg[CPU_DS].attr & SEG_UNUSABLE);
    assert_int_equal(r->s.seg[CPU_ES].sel, SEL_DATA3);
}

/* RETF from one ring to an outer: 0x30 and 0x38 are its code and stack. */
static void return_to_ring(struct rig *r, unsigned from, unsigned to) {
    uint32_t dpl = to << SEG_DPL_SHIFT;
    rig_protected(r);
    rig_desc(r, 0x30, 0, 0xfffff, A_CODE0 | dpl);
    rig_desc(r, 0x38, 0, 0xfffff, A_DATA0 | dpl);
    r->ram[CODE] = 0xcb;
    r->ram[0x9000] = 0xf4; /* #GP in any ring but 0 */
    wr32(r, STACK0 - 16, 0x9000), wr32(r, STACK0 - 12, 0x30 | to), wr32(r, STACK0 - 8, STACK3), wr32(r, STACK0 - 4, 0x38 | to);
    r->s.gpr[CPU_RSP] = STACK0 - 16;
    r->s.seg[CPU_CS] = rig_seg(0x40 | from, A_CODE0 | from << SEG_DPL_SHIFT);
    r->s.seg[CPU_SS] = rig_seg(0x48 | from, A_DATA0 | from << SEG_DPL_SHIFT);
}

/* Dropped is what the ring that is returned to may not use, and only that (SDM vol. 2, RET). */
static void return_outward_compares_with_the_new_ring(void **state) {
    struct rig *r = *state;
    static const uint8_t seg[] = {CPU_DS, CPU_ES, CPU_FS, CPU_GS};
    for (unsigned from = 0; from < 3; from++)
        for (unsigned to = from + 1; to < 4; to++) {
            return_to_ring(r, from, to);
            for (unsigned dpl = 0; dpl < 4; dpl++) r->s.seg[seg[dpl]] = rig_seg(0x50 | dpl, (dpl & 1 ? A_DATA0 : A_CODE0) | dpl << SEG_DPL_SHIFT);
            rig_go(r);
            assert_int_equal(rig_vector(r), 13);
            assert_int_equal(rig_stack(r, 2), 0x30 | to);
            for (unsigned dpl = 0; dpl < 4; dpl++) {
                assert_int_equal(r->s.seg[seg[dpl]].sel, dpl < to ? 0 : 0x50 | dpl);
                assert_int_equal(!!(r->s.seg[seg[dpl]].attr & SEG_UNUSABLE), dpl < to);
            }
        }
}

/* Conforming code may be read from any ring. A null selector loses its RPL: interrupts leave that trace (SDM vol. 2, IRET: SegmentSelector == NULL). */
static void return_outward_keeps_conforming_code(void **state) {
    struct rig *r = *state;
    return_to_ring(r, 2, 3);
    r->s.seg[CPU_DS] = rig_seg(0x53, A_CODE0 | 4);
    r->s.seg[CPU_FS] = (struct cpu_seg){.sel = 3, .attr = SEG_UNUSABLE};
    rig_go(r);
    assert_int_equal(rig_vector(r), 13);
    assert_int_equal(r->s.seg[CPU_DS].sel, 0x53);
    assert_false(r->s.seg[CPU_DS].attr & SEG_UNUSABLE);
    assert_int_equal(r->s.seg[CPU_FS].sel, 0);
    assert_true(r->s.seg[CPU_FS].attr & SEG_UNUSABLE);
}

/* --- invalid instructions --------------------------------------------------------------------------------------------------- */

static void invalid(void **state, const char *bytes, size_t n, int vector) {
    struct rig *r = *state;
    memcpy(r->ram + CODE, bytes, n);
    memset(r->ram + CODE + n, 0xf4, 16);
    rig_protected(r);
    rig_go(r);
    assert_int_equal(rig_vector(r), vector);
    assert_int_equal(rig_stack(r, vector == 13), CODE);
}
#define INVALID(name, bytes, vector) static void name(void **state) { invalid(state, bytes, sizeof bytes - 1, vector); }
INVALID(ud2, "\x0f\x0b", 6)
INVALID(sse, "\x0f\x28\xc1", 6)
INVALID(lock_on_mov, "\xf0\x89\x03", 6)
INVALID(lock_on_register, "\xf0\x01\xc0", 6)
INVALID(lock_on_cmp, "\xf0\x39\x03", 6)
INVALID(lea_of_register, "\x8d\xc0", 6)
INVALID(mov_to_cs, "\x8e\xc8", 6)
INVALID(cr1, "\x0f\x20\xc8", 6)
INVALID(syscall_of_later_cpus, "\x0f\x05", 6)
INVALID(vex, "\xc5\xf8\x28\xc1", 6)
INVALID(fifteen_prefixes, "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90", 13)
INVALID(divide_by_zero, "\xf7\xf1", 0)
INVALID(ud0, "\x0f\xff", 6)

static void fpu_is_absent(void **state) {
    struct rig *r = *state;
    memcpy(r->ram + CODE, "\xdb\xe3\xdf\xe0\xf4", 5); /* fninit; fnstsw ax; hlt */
    rig_protected(r);
    r->s.gpr[CPU_RAX] = 0x5a5a;
    rig_go(r);
    assert_int_equal(r->s.gpr[CPU_RAX], 0x5a5a);
    r->s.rip = CODE;
    r->s.cr0 |= CR0_EM;
    rig_go(r);
    expect_fault(r, 7, -1, CODE);
}

/* --- paging ---------------------------------------------------------------------------------------------------------------------- */

enum { PT_P = 1, PT_W = 2, PT_U = 4, PT_A = 0x20, PT_D = 0x40 };
GUEST(g_touch, ".code32", "mov 0x20000, %eax; mov %eax, 0x20000; hlt");

static void page_case(void **state, bool user, bool wp, uint32_t flags, int64_t error, uint32_t eip) {
    struct rig *r = *state;
    LOAD(r, g_touch);
    if (user) rig_user(r);
    else rig_protected(r);
    rig_paging(r, PT_P | PT_W | PT_U);
    if (wp) r->s.cr0 |= CR0_WP;
    wr32(r, PAGE_TABLE + 0x20 * 4, 0x21000 | flags);
    wr32(r, 0x21000, 0xcafe);
    rig_go(r);
    if (error < 0) {
        assert_int_equal(r->s.gpr[CPU_RAX], 0xcafe);
        return;
    }
    expect_fault(r, 14, error, eip);
    assert_int_equal(r->s.cr2, 0x20000);
    assert_int_equal(r->event[0].cr2, 0x20000);
}
static void page_not_present(void **state) { page_case(state, false, false, 0, 0, CODE); }
static void page_not_present_for_user(void **state) { page_case(state, true, false, 0, 4, CODE); }
static void page_of_supervisor(void **state) { page_case(state, true, false, PT_P | PT_W, 5, CODE); }
static void page_read_only_for_user(void **state) { page_case(state, true, false, PT_P | PT_U, 7, CODE + 5); }
static void page_read_only_with_wp(void **state) { page_case(state, false, true, PT_P, 3, CODE + 5); }
static void page_read_only_without_wp(void **state) {
    struct rig *r = *state;
    page_case(state, false, false, PT_P, -1, 0);
    assert_int_equal(r->s.rip, CODE + 11);
    assert_int_equal(rd32(r, PAGE_TABLE + 0x80) & (PT_A | PT_D), PT_A | PT_D);
}
/* Rings 1 and 2 are supervisors to the pages, and no more to HLT. */
static void page_of_supervisor_for_ring_2(void **state) {
    struct rig *r = *state;
    LOAD(r, g_touch);
    rig_protected(r);
    rig_paging(r, PT_P | PT_W);
    wr32(r, 0x20000, 0xcafe);
    r->s.seg[CPU_CS] = rig_seg(0x32, A_CODE0 | 2 << SEG_DPL_SHIFT);
    r->s.seg[CPU_SS] = rig_seg(0x3a, A_DATA0 | 2 << SEG_DPL_SHIFT);
    rig_go(r);
    expect_fault(r, 13, 0, CODE + 10);
    assert_int_equal(r->s.gpr[CPU_RAX], 0xcafe);
}
static void accessed_then_dirty(void **state) {
    struct rig *r = *state;
    LOAD(r, g_touch);
    rig_protected(r);
    rig_paging(r, PT_P | PT_W);
    rig_debug(r, &(struct engine_debug){.step = true});
    rig_go(r);
    assert_int_equal(rd32(r, PAGE_TABLE + 0x80) & (PT_A | PT_D), PT_A);
    assert_int_equal(rd32(r, PAGE_DIR) & (PT_A | PT_D), PT_A);
    rig_run(r);
    assert_int_equal(rd32(r, PAGE_TABLE + 0x80) & (PT_A | PT_D), PT_A | PT_D);
}

/* Tables that cannot be written: they are walked, and stay as they are. */
static void tables_in_read_only_memory(void **state) {
    struct rig *r = *state;
    struct vm_error err;
    static _Alignas(4096) uint32_t table[2 * 1024];
    table[0] = (RIG_RAM + 4096) | PT_P | PT_W;
    for (uint32_t i = 0; i < 1024; i++) table[1024 + i] = i << 12 | PT_P | PT_W;
    assert_int_equal(engine_soft.vm_map(r->vm, 1, RIG_RAM, sizeof table, table, true, &err), 0);
    LOAD(r, g_touch);
    rig_protected(r);
    r->s.cr3 = RIG_RAM;
    r->s.cr0 |= CR0_PG;
    wr32(r, 0x20000, 0xcafe);
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_HLT);
    assert_int_equal(r->s.rip, CODE + 11);
    assert_int_equal(r->s.gpr[CPU_RAX], 0xcafe);
    assert_int_equal(table[0] & PT_A, 0);
    assert_int_equal(table[1024 + 0x20] & (PT_A | PT_D), 0);
}

/* An entry that is executed, too: add (%eax), %edx; add (%eax), %al; ret. The mark of the access makes the first instruction an AND. */
GUEST(g_entry, ".code32", "call 0x11080 - 0x8000 + g_entry; mov 0x20000, %ebx; call 0x11080 - 0x8000 + g_entry; hlt");
static void marking_an_entry_can_change_code(void **state) {
    struct rig *r = *state;
    LOAD(r, g_entry);
    rig_protected(r);
    rig_paging(r, PT_P | PT_W);
    wr32(r, PAGE_TABLE + 0x20 * 4, 0x00021003);
    assert_memory_equal(r->ram + PAGE_TABLE + 0x80, "\x03\x10\x02\x00", 4);
    wr32(r, PAGE_TABLE + 0x21 * 4, 0xc3);
    wr32(r, 0x9000, 0x0f00);
    r->s.gpr[CPU_RAX] = 0x9000;
    r->s.gpr[CPU_RDX] = 0xff;
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_HLT);
    assert_int_equal(rd32(r, PAGE_TABLE + 0x20 * 4), 0x00021023);
    assert_int_equal(r->s.gpr[CPU_RDX], 0x0f00);
}

GUEST(g_invlpg, ".code32", "mov 0x20000, %eax; movl $0x22003, 0x11080; mov 0x20000, %ebx; invlpg 0x20000; mov 0x20000, %ecx; hlt");
static void tlb_remembers_until_invlpg(void **state) {
    struct rig *r = *state;
    LOAD(r, g_invlpg);
    rig_protected(r);
    rig_paging(r, PT_P | PT_W);
    wr32(r, PAGE_TABLE + 0x80, 0x21003);
    wr32(r, 0x21000, 1), wr32(r, 0x22000, 2);
    rig_go(r);
    assert_int_equal(r->s.gpr[CPU_RAX], 1);
    assert_int_equal(r->s.gpr[CPU_RBX], 1);
    assert_int_equal(r->s.gpr[CPU_RCX], 2);
}

GUEST(g_global, ".code32", "mov 0x20000, %eax; movl $0x22103, 0x11080; mov %cr3, %ecx; mov %ecx, %cr3; mov 0x20000, %ebx;"
                           "mov %cr4, %ecx; xor $0x80, %ecx; mov %ecx, %cr4; mov 0x20000, %ecx; hlt");
static void global_pages_survive_cr3(void **state) {
    struct rig *r = *state;
    LOAD(r, g_global);
    rig_protected(r);
    rig_paging(r, PT_P | PT_W);
    r->s.cr4 = CR4_PGE;
    wr32(r, PAGE_TABLE + 0x80, 0x21103);
    wr32(r, 0x21000, 1), wr32(r, 0x22000, 2);
    rig_go(r);
    assert_int_equal(r->s.gpr[CPU_RBX], 1);
    assert_int_equal(r->s.gpr[CPU_RCX], 2);
}

static void four_megabyte_pages(void **state) {
    struct rig *r = *state;
    static const uint8_t code[] = {0xa1, 0x34, 0x12, 0x40, 0x80, 0xa3, 0x38, 0x12, 0x40, 0x80, 0xa1, 0, 0, 0, 0x90, 0xf4};
    memcpy(r->ram + CODE, code, sizeof code); /* mov eax,[80401234]; mov [80401238],eax; mov eax,[90000000] */
    rig_protected(r);
    rig_paging(r, PT_P | PT_W);
    r->s.cr4 = CR4_PSE;
    wr32(r, PAGE_DIR + 0x804, 0x400083);
    wr32(r, PAGE_DIR + 0x900, 0x402083); /* reserved bit 13 */
    wr32(r, 0x401234, 0xbeef);
    rig_go(r);
    assert_int_equal(rd32(r, 0x401238), 0xbeef);
    assert_int_equal(rd32(r, PAGE_DIR + 0x804) & (PT_A | PT_D), PT_A | PT_D);
    expect_fault(r, 14, 9, CODE + 10);
}

/* INVLPG of any address in a large page forgets all of it; so does a change of CR4.PSE (SDM vol. 3, 4.10.4.1; vol. 2, MOV CR). */
GUEST(g_large, ".code32", "mov 0x401000, %eax; mov 0x402000, %eax; movl $0x83, 0x10004; mov 0x402000, %ebx; invlpg 0x401000; mov 0x402000, %ecx;"
                          "mov %cr4, %edx; xor $0x10, %dl; movl $0x11003, 0x10004; mov %edx, %cr4; mov 0x402000, %edx; hlt");
static void large_pages_are_forgotten_as_one(void **state) {
    struct rig *r = *state;
    LOAD(r, g_large);
    rig_protected(r);
    rig_paging(r, PT_P | PT_W);
    r->s.cr4 = CR4_PSE;
    wr32(r, PAGE_DIR + 4, 0x400083);
    wr32(r, PAGE_TABLE + 8, 0x22003); /* IDT's page, which nobody needs here */
    wr32(r, 0x402000, 1), wr32(r, 0x2000, 2), wr32(r, 0x22000, 3);
    rig_go(r);
    assert_int_equal(r->s.gpr[CPU_RBX], 1);
    assert_int_equal(r->s.gpr[CPU_RCX], 2);
    assert_int_equal(r->s.gpr[CPU_RDX], 3);
}

/* REP downwards over a page's lower end: the page below it lies elsewhere. */
GUEST(g_down, ".code32", "std; mov $8, %ecx; mov $0x21003, %esi; mov $0x30107, %edi; rep movsb; hlt");
static void rep_movs_downwards_to_another_page(void **state) {
    struct rig *r = *state;
    LOAD(r, g_down);
    rig_protected(r);
    rig_paging(r, PT_P | PT_W);
    wr32(r, PAGE_TABLE + 0x20 * 4, 0x2a003);
    memcpy(r->ram + 0x21000, "efgh", 4);
    memcpy(r->ram + 0x2affc, "abcd", 4);
    rig_go(r);
    assert_memory_equal(r->ram + 0x30100, "abcdefgh", 8);
}

/* A store across two pages of which the second may not be written changes nothing; the code then continues where it was. */
GUEST(g_cross, ".code32", "movl $0x44332211, 0x20ffe; hlt");
static void split_store_is_all_or_nothing(void **state) {
    struct rig *r = *state;
    LOAD(r, g_cross);
    rig_protected(r);
    rig_paging(r, PT_P | PT_W);
    wr32(r, PAGE_TABLE + 0x21 * 4, 0);
    rig_go(r);
    expect_fault(r, 14, 2, CODE);
    assert_int_equal(r->s.cr2, 0x21000);
    assert_int_equal(rd32(r, 0x20ffc), 0);
    wr32(r, PAGE_TABLE + 0x21 * 4, 0x21003);
    r->s.rip = CODE;
    rig_go(r);
    assert_int_equal(rd32(r, 0x20ffe), 0x44332211);
}

GUEST(g_rep_fault, ".code32", "cld; mov $0x20ff0, %esi; mov $0x30ff4, %edi; mov $8, %ecx; rep movsl; hlt");
static void rep_movs_stops_at_the_fault_and_goes_on(void **state) {
    struct rig *r = *state;
    LOAD(r, g_rep_fault);
    rig_protected(r);
    rig_paging(r, PT_P | PT_W);
    for (uint32_t i = 0; i < 8; i++) wr32(r, 0x20ff0 + 4 * i, i + 1);
    wr32(r, PAGE_TABLE + 0x31 * 4, 0);
    rig_go(r);
    expect_fault(r, 14, 2, CODE + 16);
    assert_int_equal(r->s.cr2, 0x31000);
    assert_int_equal(r->s.gpr[CPU_RCX], 5);
    assert_int_equal(r->s.gpr[CPU_RSI], 0x20ffc);
    assert_int_equal(rd32(r, 0x30ffc), 3);
    wr32(r, PAGE_TABLE + 0x31 * 4, 0x31003);
    memcpy(r->ram + HANDLERS + 14 * 16 + 1, "\x83\xc4\x04\xcf", 4); /* drop the error code; iret */
    assert_int_equal(rig_run(r), EXIT_HLT);
    assert_int_equal(r->s.gpr[CPU_RCX], 0);
    assert_int_equal(rd32(r, 0x31010), 8);
}

static void code_across_two_pages(void **state) {
    struct rig *r = *state;
    rig_protected(r);
    rig_paging(r, PT_P | PT_W);
    wr32(r, PAGE_TABLE + 0x21 * 4, 0x2a003); /* the second page lies elsewhere */
    memcpy(r->ram + 0x20ffd, "\xb8\x11\x22", 3);
    memcpy(r->ram + 0x2a000, "\x33\x44\xf4", 3);
    r->s.rip = 0x20ffd;
    rig_go(r);
    assert_int_equal(r->s.gpr[CPU_RAX], 0x44332211);
    r->ram[0x2a000] = 0x77;
    r->s.rip = 0x20ffd;
    rig_go(r);
    assert_int_equal(r->s.gpr[CPU_RAX], 0x44772211);
    wr32(r, PAGE_TABLE + 0x21 * 4, 0x2b003); /* and then at a third place */
    memcpy(r->ram + 0x2b000, "\x55\x66\xf4", 3);
    r->s.rip = 0x20ffd;
    rig_go(r);
    assert_int_equal(r->s.gpr[CPU_RAX], 0x66552211);
    wr32(r, PAGE_TABLE + 0x21 * 4, 0);
    r->s.rip = 0x20ffd;
    r->s.cr3 = PAGE_DIR | 8; /* any change of CR3 from outside forgets translations */
    rig_go(r);
    expect_fault(r, 14, 0, 0x20ffd);
    assert_int_equal(r->s.cr2, 0x21000);
}

/* --- double and triple faults ------------------------------------------------------------------------------------------------------ */

static void double_fault(void **state) {
    struct rig *r = *state;
    memcpy(r->ram + CODE, "\x8e\xd8", 2); /* mov ds, ax: beyond the table */
    rig_protected(r);
    r->s.gpr[CPU_RAX] = 0x500;
    wr32(r, IDT + 13 * 8 + 4, 0); /* no #GP handler */
    rig_go(r);
    expect_fault(r, 8, 0, CODE);
    assert_int_equal(r->event[0].vector, 13);
    assert_int_equal(r->event[2].vector, 8);
}
static void triple_fault_names_its_causes(void **state) {
    struct rig *r = *state;
    memcpy(r->ram + CODE, "\xa1\0\0\0\x90", 5);
    rig_protected(r);
    rig_paging(r, PT_P | PT_W);
    wr32(r, IDT + 14 * 8 + 4, 0);
    wr32(r, IDT + 8 * 8 + 4, 0);
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_SHUTDOWN);
    assert_int_equal(r->x.u.fail.nfault, 3);
    assert_int_equal(r->x.u.fail.fault[0].vector, 14);
    assert_int_equal(r->x.u.fail.fault[0].cr2, 0x90000000);
    assert_int_equal(r->x.u.fail.fault[0].rip, CODE);
    assert_int_equal(r->x.u.fail.fault[1].vector, 13); /* wrong type of gate: an empty one */
    assert_int_equal(r->x.u.fail.fault[1].error, 14 * 8 + 3);
    assert_int_equal(r->x.u.fail.fault[2].vector, 8);
}

GUEST(g_crash, ".code32", "ud2");
static void triple_fault_of_a_benign_exception_begins_with_it(void **state) {
    static const unsigned vector[] = {6, 13, 8};
    struct rig *r = *state;
    LOAD(r, g_crash);
    rig_protected(r);
    r->s.idt.limit = 0; /* #UD has no gate: #GP; that has none: #DF; that has none: shutdown */
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_SHUTDOWN);
    assert_int_equal(r->x.u.fail.nfault, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(r->x.u.fail.fault[i].vector, vector[i]);
    assert_int_equal(r->x.u.fail.fault[1].error, 6 * 8 + 3); /* the gate that was missing, EXT */
}

/* --- tasks ------------------------------------------------------------------------------------------------------------------------------ */

static void second_task(struct rig *r, uint32_t eip) {
    rig_desc(r, SEL_FREE, TSS2, 0x67, A_TSS);
    wr32(r, TSS2 + 0x20, eip);
    wr32(r, TSS2 + 0x24, 2);
    wr32(r, TSS2 + 0x28 + 4 * CPU_RBX, 0xb0b);
    wr32(r, TSS2 + 0x28 + 4 * CPU_RSP, 0x6000);
    for (unsigned i = 0; i < 6; i++) wr32(r, TSS2 + 0x48 + 4 * i, i == CPU_CS ? SEL_CODE0 : SEL_DATA0);
}
GUEST(g_task, ".code32", "mov $7, %esi; lcall $0x30, $0; hlt");
static void task_called_and_returned_from(void **state) {
    struct rig *r = *state;
    LOAD(r, g_task);
    rig_protected(r);
    second_task(r, 0x9000);
    memcpy(r->ram + 0x9000, "\xf4\xcf", 2); /* hlt; iret */
    rig_go(r);
    assert_int_equal(r->s.rip, 0x9001);
    assert_int_equal(r->s.tr.sel, SEL_FREE);
    assert_int_equal(r->s.gpr[CPU_RBX], 0xb0b);
    assert_int_equal(r->s.rflags & FLAG_NT, FLAG_NT);
    assert_int_equal(r->s.cr0 & CR0_TS, CR0_TS);
    assert_int_equal(rd16(r, TSS2), SEL_TSS);
    assert_int_equal(rd32(r, TSS + 0x20), CODE + 12);
    assert_int_equal(r->ram[GDT + SEL_FREE + 5], 0x8b);
    assert_int_equal(r->ram[GDT + SEL_TSS + 5], 0x8b);
    rig_run(r);
    assert_int_equal(r->s.rip, CODE + 13);
    assert_int_equal(r->s.gpr[CPU_RSI], 7);
    assert_int_equal(r->s.tr.sel, SEL_TSS);
    assert_int_equal(r->ram[GDT + SEL_FREE + 5], 0x89);
    assert_int_equal(r->s.rflags & FLAG_NT, 0);
}
/* Another task's page directory counts from its first instruction on. */
GUEST(g_task_cr3, ".code32", "mov 0x20000, %ebx; ljmp $0x30, $0");
static void task_in_another_space(void **state) {
    struct rig *r = *state;
    LOAD(r, g_task_cr3);
    rig_protected(r);
    rig_paging(r, PT_P | PT_W);
    second_task(r, 0x9000);
    wr32(r, TSS2 + 0x1c, 0x12000);
    wr32(r, 0x12000, 0x13003);
    for (uint32_t i = 0; i < 1024; i++) wr32(r, 0x13000 + i * 4, i == 0x20 ? 0x21003 : i << 12 | 3);
    wr32(r, 0x20000, 1), wr32(r, 0x21000, 2);
    memcpy(r->ram + 0x9000, "\xa1\x00\x00\x02\x00\xf4", 6); /* mov eax,[20000]; hlt */
    rig_go(r);
    assert_int_equal(r->s.rip, 0x9006);
    assert_int_equal(r->s.cr3, 0x12000);
    assert_int_equal(r->s.gpr[CPU_RAX], 2);
}

static void task_gate_as_handler(void **state) {
    struct rig *r = *state;
    memcpy(r->ram + CODE, "\x8e\xd8", 2);
    rig_protected(r);
    second_task(r, 0x9000);
    r->ram[0x9000] = 0xf4;
    r->s.gpr[CPU_RAX] = 0x500;
    rig_gate(r, IDT + 13 * 8, SEL_FREE, 0, A_TASK);
    rig_go(r);
    assert_int_equal(r->s.rip, 0x9001);
    assert_int_equal(rig_stack(r, 0), 0x500);
    assert_int_equal(rd32(r, TSS + 0x20), CODE);
}
static void task_with_bad_segment(void **state) {
    struct rig *r = *state;
    LOAD(r, g_task);
    rig_protected(r);
    second_task(r, 0x9000);
    wr32(r, TSS2 + 0x48 + 4 * CPU_DS, 0x400);
    rig_go(r);
    expect_fault(r, 10, 0x400, 0x9000); /* in the new task */
}
static void busy_task_is_refused(void **state) {
    struct rig *r = *state;
    memcpy(r->ram + CODE, "\xea\0\0\0\0\x28\0", 7); /* jmp to the task that runs */
    rig_protected(r);
    rig_go(r);
    expect_fault(r, 13, SEL_TSS, CODE);
}

/* --- virtual 8086 mode --------------------------------------------------------------------------------------------------------------------- */

static void v86(struct rig *r, const char *code, size_t n, unsigned iopl) {
    rig_protected(r);
    r->ram[CODE] = 0xcf;
    uint32_t frame[] = {0x10, 0x900, FLAG_1 | FLAG_VM | iopl << 12, 0xff0, 0x600, 0x111, 0x222, 0x333, 0x444};
    r->s.gpr[CPU_RSP] = STACK0 - sizeof frame;
    memcpy(r->ram + STACK0 - sizeof frame, frame, sizeof frame);
    memcpy(r->ram + 0x9010, code, n);
    rig_go(r);
}
static void v86_int_needs_iopl(void **state) {
    struct rig *r = *state;
    v86(r, "\x8c\xd8\xcd\x30", 4, 0); /* mov ax, ds; int 30 */
    expect_fault(r, 13, 0, 0x12);
    assert_int_equal(r->s.gpr[CPU_RAX], 0x222);
    assert_int_equal(r->s.gpr[CPU_RSP], STACK0 - 40);
    assert_int_equal(rig_stack(r, 2), 0x900);
    assert_true(rig_stack(r, 3) & FLAG_VM);
    assert_int_equal(rig_stack(r, 5), 0x600);
    assert_int_equal(rig_stack(r, 6), 0x111); /* ES DS FS GS */
    assert_int_equal(rig_stack(r, 9), 0x444);
    assert_int_equal(r->s.seg[CPU_DS].sel, 0);
    assert_int_equal(r->s.rflags & FLAG_VM, 0);
}
static void v86_int_with_iopl(void **state) {
    struct rig *r = *state;
    v86(r, "\xcd\x30", 2, 3);
    expect_fault(r, 48, -1, 0x12);
}
static void v86_segment_limit(void **state) {
    struct rig *r = *state;
    v86(r, "\xbb\xff\xff\x8b\x07", 5, 0); /* mov bx, ffff; mov ax, [bx] */
    expect_fault(r, 13, 0, 0x13);
}

/* --- debug registers of the guest ------------------------------------------------------------------------------------------------------------- */

GUEST(g_dr, ".code32", "mov $0x9000, %eax; mov %eax, %dr0; mov $0xd0001, %eax; mov %eax, %dr7; movb $1, 0x9003; nop; hlt");
static void guest_watchpoint_is_a_trap(void **state) {
    struct rig *r = *state;
    LOAD(r, g_dr);
    rig_protected(r);
    rig_go(r);
    expect_fault(r, 1, -1, CODE + 23);
    assert_int_equal(r->s.dr[6] & 15, 1);
}
static void guest_breakpoint_is_a_fault(void **state) {
    struct rig *r = *state;
    memcpy(r->ram + CODE, "\x40\x43\xf4", 3); /* inc eax; inc ebx; hlt */
    rig_protected(r);
    r->s.dr[1] = CODE + 1;
    r->s.dr[7] = 0x400 | 1 << 2;
    memcpy(r->ram + HANDLERS + 16, "\xf4\xcf", 2);
    rig_go(r);
    expect_fault(r, 1, -1, CODE + 1);
    assert_true(rig_stack(r, 2) & FLAG_RF);
    rig_run(r); /* RF in the saved flags lets it go on */
    assert_int_equal(r->s.rip, CODE + 3);
    assert_int_equal(r->s.gpr[CPU_RBX], 1);
    assert_int_equal(r->s.rflags & FLAG_RF, 0);
}

/* RF holds for one instruction, whatever is in its block: the next breakpoint counts (SDM vol. 3, 17.3.1.1). */
GUEST(g_rf, ".code32", "push $0x10002; push %cs; push $0x800c; iret; nop; jmp 2f; 2: inc %ebx; hlt");
static void rf_ends_after_one_instruction(void **state) {
    struct rig *r = *state;
    LOAD(r, g_rf);
    rig_protected(r);
    r->s.dr[1] = CODE + 15;
    r->s.dr[7] = 0x400 | 1 << 2;
    rig_go(r);
    expect_fault(r, 1, -1, CODE + 15);
    assert_int_equal(r->s.gpr[CPU_RBX], 0);
}

/* With CR4.DE a breakpoint may be a port's: a trap behind the instruction (SDM vol. 3, 17.2.4). */
static void guest_breakpoint_at_a_port(void **state) {
    struct rig *r = *state;
    memcpy(r->ram + CODE, "\xe6\x80\xf4", 3); /* out 80h,al; hlt */
    rig_protected(r);
    r->s.cr4 = CR4_DE;
    r->s.dr[0] = 0x80;
    r->s.dr[7] = 0x400 | 1 | 2 << 16;
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_IO_OUT);
    rig_run(r);
    expect_fault(r, 1, -1, CODE + 2);
    assert_int_equal(r->s.dr[6] & 15, 1);
}
static void local_breakpoints_stay_in_their_task(void **state) {
    struct rig *r = *state;
    LOAD(r, g_task);
    rig_protected(r);
    second_task(r, 0x9000);
    r->ram[0x9000] = 0xf4;
    r->s.dr[7] = 0x400 | 0xff;
    rig_go(r);
    assert_int_equal(r->s.rip, 0x9001);
    assert_int_equal(r->s.dr[7] & 0xff, 0xaa);
}

/* --- odds and ends ----------------------------------------------------------------------------------------------------------------------------- */

static void sixteen_bit_task(void **state) {
    struct rig *r = *state;
    LOAD(r, g_task);
    rig_protected(r);
    rig_desc(r, 0x38, 0, 0xffff, 0x9b); /* 16-bit code */
    rig_desc(r, SEL_FREE, TSS2, 0x2b, A_TSS16);
    wr32(r, TSS2 + 0x0e, 0x9000 | 2u << 16);                 /* IP, FLAGS */
    wr32(r, TSS2 + 0x12, 0x1234);                            /* AX, CX */
    wr32(r, TSS2 + 0x1a, 0x6000);                            /* SP, BP */
    wr32(r, TSS2 + 0x22, SEL_DATA0 | 0x38 << 16);            /* ES, CS */
    wr32(r, TSS2 + 0x26, SEL_DATA0 | SEL_DATA0 << 16);       /* SS, DS */
    memcpy(r->ram + 0x9000, "\xf4\xcf", 2);
    rig_go(r);
    assert_int_equal(r->s.rip, 0x9001);
    assert_int_equal(r->s.gpr[CPU_RAX] & 0xffff, 0x1234);
    assert_int_equal(r->s.seg[CPU_CS].sel, 0x38);
    assert_int_equal(rd16(r, TSS2), SEL_TSS);
    rig_run(r);
    assert_int_equal(r->s.rip, CODE + 13);
    assert_int_equal(r->s.tr.sel, SEL_TSS);
}

GUEST(g_ldt, ".code32", "mov $0x30, %ax; lldt %ax; mov $0x0f, %ax; mov %ax, %fs; mov %fs:0, %eax; lsl %edx, %ecx; hlt");
static void segments_of_an_ldt(void **state) {
    struct rig *r = *state;
    LOAD(r, g_ldt);
    rig_protected(r);
    rig_desc(r, 0x30, GDT + 0x80, 0x0f, 0x82);
    rig_desc(r, 0x88, 0x9000, 0, 0xc0f3);
    wr32(r, 0x9000, 0xfeed);
    r->s.gpr[CPU_RDX] = 0x0f;
    rig_go(r);
    assert_int_equal(r->s.rip, CODE + (g_ldt_end - g_ldt));
    assert_int_equal(r->s.gpr[CPU_RAX], 0xfeed);
    assert_int_equal(r->s.gpr[CPU_RCX], 0xfff);
    assert_true(r->s.rflags & FLAG_ZF);
}

GUEST(g_align, ".code32", "mov 0x9000, %eax; mov 0x9002, %ax; mov 0x9001, %al; mov 0x9002, %eax");
static void alignment_check(void **state) {
    struct rig *r = *state;
    LOAD(r, g_align);
    rig_user(r);
    r->s.cr0 |= CR0_AM;
    r->s.rflags |= FLAG_AC;
    rig_go(r);
    expect_fault(r, 17, 0, CODE + 16);
}

GUEST(g_popf, ".code32", "push $0x3202; popf; pushf; pop %eax; mov $0x30, %ax; cli");
static void user_cannot_set_if_or_iopl(void **state) {
    struct rig *r = *state;
    LOAD(r, g_popf);
    rig_user(r);
    rig_go(r);
    expect_fault(r, 13, 0, CODE + 12);
    assert_int_equal(rig_stack(r, 3) & (FLAG_IF | FLAG_IOPL), 0);
}

static void fault_while_entering_a_handler(void **state) {
    struct rig *r = *state;
    LOAD(r, g_int48);
    rig_user(r);
    rig_paging(r, PT_P | PT_W | PT_U);
    wr32(r, TSS + 4, 0x50000);
    wr32(r, PAGE_TABLE + 0x4f * 4, 0); /* the kernel stack of the handlers is not there */
    second_task(r, 0x9000);
    wr32(r, TSS2 + 0x1c, PAGE_DIR);
    r->ram[0x9000] = 0xf4;
    rig_gate(r, IDT + 8 * 8, SEL_FREE, 0, A_TASK); /* a double fault is a task of its own */
    rig_go(r);
    assert_int_equal(r->s.rip, 0x9001);
    assert_int_equal(r->event[0].vector, 14);
    assert_int_equal(r->event[0].error, 2);
    assert_int_equal(r->event[1].vector, 14);
    assert_int_equal(r->event[2].vector, 8);
    assert_int_equal(rd32(r, TSS + 0x20), CODE + 6); /* the INT that began it */
    assert_int_equal(rd32(r, TSS + 0x4c), SEL_CODE3);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(limit_reached), T(limit_passed), T(limit_passed_with_wrap), T(expand_down_above), T(expand_down_below), T(read_only_written),
        T(not_present), T(execute_only), T(null_loads_but_is_not_usable), T(beyond_the_table), T(in_no_ldt), T(accessed_bit_is_set),
        T(stack_limit), T(system_call_and_back), T(int_through_a_privileged_gate), T(user_cli), T(user_mov_cr), T(user_lgdt),
        T(user_invlpg), T(user_wrmsr), T(user_out), T(user_rep_outs_of_nothing), T(user_rep_ins_of_nothing), T(io_permission_bitmap), T(call_gate_copies_parameters),
        T(return_outward_drops_inner_segments),
        T(return_outward_compares_with_the_new_ring), T(return_outward_keeps_conforming_code), T(ud2), T(sse), T(lock_on_mov), T(lock_on_register), T(lock_on_cmp), T(lea_of_register),
        T(mov_to_cs), T(cr1), T(syscall_of_later_cpus), T(vex), T(fifteen_prefixes), T(divide_by_zero), T(ud0),
        T(fpu_is_absent), T(page_not_present), T(page_not_present_for_user), T(page_of_supervisor), T(page_read_only_for_user),
        T(page_read_only_with_wp), T(page_read_only_without_wp), T(accessed_then_dirty), T(tables_in_read_only_memory), T(marking_an_entry_can_change_code), T(tlb_remembers_until_invlpg),
        T(global_pages_survive_cr3), T(four_megabyte_pages), T(split_store_is_all_or_nothing),
        T(rep_movs_stops_at_the_fault_and_goes_on), T(code_across_two_pages), T(large_pages_are_forgotten_as_one), T(rep_movs_downwards_to_another_page), T(task_in_another_space), T(double_fault), T(triple_fault_names_its_causes), T(triple_fault_of_a_benign_exception_begins_with_it),
        T(task_called_and_returned_from), T(task_gate_as_handler), T(task_with_bad_segment), T(busy_task_is_refused),
        T(v86_int_needs_iopl), T(v86_int_with_iopl), T(v86_segment_limit), T(sixteen_bit_task), T(segments_of_an_ldt), T(alignment_check), T(user_cannot_set_if_or_iopl), T(fault_while_entering_a_handler),
        T(guest_watchpoint_is_a_trap), T(guest_breakpoint_is_a_fault), T(rf_ends_after_one_instruction), T(page_of_supervisor_for_ring_2),
        T(guest_breakpoint_at_a_port), T(local_breakpoints_stay_in_their_task),
    };
    return cmocka_run_group_tests_name("software CPU, protected mode", tests, NULL, NULL);
}
