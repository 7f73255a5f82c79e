/* The software CPU: what single instructions do at their edges. */
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

/* A selector whose RPL stays is not written (SDM vol. 2, ARPL): it may lie in a read-only segment. */
GUEST(g_arpl, ".code32", "mov $0x30, %ax; mov %ax, %ds; mov $2, %bx; arpl %bx, 0; arpl %bx, 4; hlt");
static void arpl_writes_only_what_it_changes(void **state) {
    struct rig *r = *state;
    LOAD(r, g_arpl);
    wr32(r, 0x20000, 0xfff3);
    wr32(r, 0x20004, 0xfff0);
    rig_protected(r);
    rig_desc(r, 0x30, 0x20000, 0xfff, 0x91);
    rig_go(r);
    assert_int_equal(rig_vector(r), 13);
    assert_int_equal(rig_stack(r, 1), CODE + 16); /* the second one */
    assert_int_equal(rd16(r, 0x20000), 0xfff3);
    assert_int_equal(rd16(r, 0x20004), 0xfff0);
}

/* ENTER with a stack where there is no RAM: it writes and reads in turns, and must not write anything twice. */
GUEST(g_enter, ".code32", "mov $0xd0001000, %esp; mov $0xd0003000, %ebp; enter $8, $3; hlt");
static void an_instruction_that_runs_again_writes_once(void **state) {
    struct rig *r = *state;
    unsigned reads = 0, writes = 0;
    uint32_t seen[8] = {0};
    LOAD(r, g_enter);
    rig_protected(r);
    rig_set(r);
    while (rig_run(r) == EXIT_MMIO_READ || r->x.reason == EXIT_MMIO_WRITE) {
        if (r->x.reason == EXIT_MMIO_READ) {
            uint32_t v = 0x1000 + reads++;
            memcpy(r->x.u.mmio.data, &v, 4);
        } else {
            if (writes < 8) memcpy(&seen[writes], r->x.u.mmio.data, 4);
            writes++;
        }
    }
    assert_int_equal(r->x.reason, EXIT_HLT);
    assert_int_equal(reads, 2);
    assert_int_equal(writes, 4);
    assert_int_equal(seen[0], 0xd0003000);
    assert_int_equal(seen[1], 0x1000);
    assert_int_equal(seen[2], 0x1001);
    assert_int_equal(seen[3], 0xd0000ffc);
    assert_int_equal(r->s.gpr[CPU_RSP], 0xd0000ff0 - 8);
}

/* PUSHA without room, in real mode (SDM vol. 2): #GP as long as there is room for its frame; 1, 3, 5: shutdown. */
static void pusha_at(struct rig *r, uint32_t sp, int vector) {
    r->ram[CODE] = 0x60;
    memset(r->ram + 0x9000, 0xf4, 64);
    for (uint32_t v = 0; v < 32; v++) wr32(r, v * 4, 0x9000 + v);
    rig_real(r);
    r->s.gpr[CPU_RSP] = sp;
    rig_go(r);
    assert_int_equal(r->x.reason, vector < 0 ? EXIT_SHUTDOWN : EXIT_HLT);
    if (vector >= 0) assert_int_equal(r->s.rip, 0x9001 + vector);
}
static void pusha_without_room(void **state) {
    pusha_at(*state, 5, -1);
    pusha_at(*state, 7, 13);
    pusha_at(*state, 15, 13);
}
static void pusha_wraps_at_even_addresses(void **state) {
    struct rig *r = *state;
    memcpy(r->ram + CODE, "\x60\xf4", 2);
    rig_real(r);
    r->s.gpr[CPU_RSP] = 8;
    r->s.gpr[CPU_RDI] = 0x1234;
    rig_go(r);
    assert_int_equal(r->s.rip, CODE + 2);
    assert_int_equal(r->s.gpr[CPU_RSP], 0xfff8);
    assert_int_equal(rd16(r, 0xfff8), 0x1234);
}

/* MOV SS and POP SS hold interrupts and traps off until after the next instruction; LSS needs not to (SDM vol. 3, 6.8.3). */
GUEST(g_mov_ss, ".code32", "mov %eax, %ss; nop; push %ss; pop %ss; nop; lss 0x9000, %esp; nop; hlt");
static void shadow_of_stack_loads(void **state) {
    struct rig *r = *state;
    static const bool open[] = {false, true, true, false, true, true, true};
    LOAD(r, g_mov_ss);
    rig_protected(r);
    wr32(r, 0x9000, STACK0);
    wr32(r, 0x9004, SEL_DATA0);
    r->s.rflags |= FLAG_IF;
    r->s.gpr[CPU_RAX] = SEL_DATA0;
    rig_set(r);
    rig_debug(r, &(struct engine_debug){.step = true});
    for (unsigned i = 0; i < sizeof open; i++) {
        struct vm_error err;
        assert_int_equal(rig_run(r), EXIT_DEBUG);
        if (engine_soft.can_interrupt(r->v) != open[i]) print_error("after instruction %u\n", i);
        assert_int_equal(engine_soft.can_interrupt(r->v), open[i]);
        if (!open[i]) assert_int_not_equal(engine_soft.nmi(r->v, &err), 0);
    }
}

/* Between two iterations of a REP is a boundary like one between instructions: a shadow that it began in is over after the first. */
GUEST(g_sti_rep, ".code32", "mov %al, 0x9000; sti; rep stosb; hlt");
static void shadow_covers_one_iteration(void **state) {
    struct rig *r = *state;
    LOAD(r, g_sti_rep);
    rig_protected(r);
    r->s.gpr[CPU_RCX] = 10000;
    r->s.gpr[CPU_RDI] = 0x9000;
    rig_set(r);
    engine_soft.want_window(r->v, true);
    assert_int_equal(rig_run(r), EXIT_IRQ_WINDOW);
    assert_int_equal(r->s.rip, CODE + 6);
    assert_int_equal(r->s.gpr[CPU_RCX], 9999);
    assert_true(engine_soft.can_interrupt(r->v));
    engine_soft.want_window(r->v, false);
    assert_int_equal(rig_run(r), EXIT_HLT);
    assert_int_equal(r->s.gpr[CPU_RCX], 0);
}

/* All that repeat, in either shadow, where a whole page could be done at once. With one iteration it is over with the instruction. */
static void shadow_of_every_rep(void **state) {
    struct rig *r = *state;
    static const uint8_t known[] = {0xa0, 0, 0x90, 0, 0, 0xa2, 0, 0xa0, 0, 0}; /* mov al, [0x9000]; mov [0xa000], al: both pages are in the TLB */
    static const uint8_t sti[] = {0x90, 0xfb}, ss[] = {0x8e, 0xd2};            /* nop; sti, mov ss, dx */
    static const uint8_t op[] = {0xa4, 0xa6, 0xaa, 0xae, 0xac, 0x6e, 0x6c};    /* movsb, cmpsb, stosb, scasb, lodsb, outsb, insb */
    for (unsigned i = 0; i < 4 * sizeof op; i++) {
        bool by_ss = i & 1, last = i & 2;
        uint32_t rep = CODE + sizeof known + 2;
        struct vm_error err;
        memcpy(r->ram + CODE, known, sizeof known);
        memcpy(r->ram + CODE + sizeof known, by_ss ? ss : sti, 2);
        r->ram[rep] = 0xf3;
        r->ram[rep + 1] = op[i / 4];
        rig_protected(r);
        r->s.gpr[CPU_RCX] = last ? 1 : 50;
        r->s.gpr[CPU_RDX] = SEL_DATA0;
        r->s.gpr[CPU_RSI] = 0x9000;
        r->s.gpr[CPU_RDI] = 0xa000;
        r->s.rflags |= by_ss ? FLAG_IF : 0;
        rig_set(r);
        rig_debug(r, &(struct engine_debug){.step = true});
        while (r->s.rip != rep) assert_int_equal(rig_run(r), EXIT_DEBUG);
        rig_debug(r, &(struct engine_debug){0});
        assert_false(engine_soft.can_interrupt(r->v));
        assert_true(!by_ss || engine_soft.nmi(r->v, &err) < 0);
        engine_soft.want_window(r->v, true);
        if (op[i / 4] == 0x6e || op[i / 4] == 0x6c) {
            assert_int_equal(rig_run(r), op[i / 4] == 0x6e ? EXIT_IO_OUT : EXIT_IO_IN);
            assert_int_equal(r->x.u.io.count, 1);
            rig_complete(r);
        } else {
            assert_int_equal(rig_run(r), EXIT_IRQ_WINDOW);
        }
        engine_soft.want_window(r->v, false);
        assert_int_equal(r->s.rip, last ? rep + 2 : rep);
        assert_int_equal(r->s.gpr[CPU_RCX], last ? 0 : 49);
        assert_int_equal(engine_soft.interrupt(r->v, 0x20, &err), 0);
    }
}

/* The trap that MOV SS holds off is not held off any longer either. */
GUEST(g_ss_rep, ".code32", "mov %eax, %ss; rep stosb; hlt");
static void single_step_of_a_rep_in_a_shadow(void **state) {
    struct rig *r = *state;
    LOAD(r, g_ss_rep);
    rig_protected(r);
    r->s.rflags |= FLAG_TF;
    r->s.gpr[CPU_RAX] = SEL_DATA0;
    r->s.gpr[CPU_RCX] = 5;
    r->s.gpr[CPU_RDI] = 0x9000;
    rig_go(r);
    assert_int_equal(rig_vector(r), 1);
    assert_int_equal(r->s.gpr[CPU_RCX], 4);
    assert_int_equal(rig_stack(r, 0), CODE + 2);
}

/* A trap behind an instruction that wrote to a device: the write has happened. */
GUEST(g_write, ".code32", "movl $7, 0xd0000000; nop; hlt");
static void a_single_step_comes_after_the_write(void **state) {
    struct rig *r = *state;
    LOAD(r, g_write);
    rig_protected(r);
    rig_set(r);
    rig_debug(r, &(struct engine_debug){.step = true});
    assert_int_equal(rig_run(r), EXIT_MMIO_WRITE);
    assert_int_equal(*(uint32_t *)r->x.u.mmio.data, 7);
    assert_int_equal(rig_run(r), EXIT_DEBUG);
    assert_int_equal(r->s.rip, CODE + 10);
    assert_int_equal(engine_soft.count(r->v), 1);
    assert_int_equal(rig_run(r), EXIT_DEBUG);
    assert_int_equal(r->s.rip, CODE + 11);
}
/* The same for a VMM that completes the instruction itself: the write across two pages is two exits, and no EXIT_DEBUG follows. */
GUEST(g_write2, ".code32", "movl $0x44332211, 0xd0000ffe; nop; hlt");
static void completing_tells_every_write(void **state) {
    struct rig *r = *state;
    struct vm_error err;
    LOAD(r, g_write2);
    rig_protected(r);
    rig_set(r);
    rig_debug(r, &(struct engine_debug){.step = true});
    assert_int_equal(rig_run(r), EXIT_MMIO_WRITE);
    assert_int_equal(r->x.u.mmio.size, 2);
    assert_int_equal(engine_soft.complete(r->v, &err), 1);
    assert_int_equal(rig_run(r), EXIT_MMIO_WRITE);
    assert_int_equal(r->x.u.mmio.gpa, 0xd0001000);
    assert_int_equal(engine_soft.complete(r->v, &err), 0);
    assert_int_equal(rig_run(r), EXIT_DEBUG);
    assert_int_equal(r->s.rip, CODE + 11);
}
static void a_trap_of_the_guest_loses_no_write(void **state) {
    struct rig *r = *state;
    LOAD(r, g_write);
    rig_protected(r);
    r->s.rflags |= FLAG_TF;
    rig_go(r);
    assert_int_equal(r->x.reason, EXIT_MMIO_WRITE);
    assert_int_equal(*(uint32_t *)r->x.u.mmio.data, 7);
    rig_run(r);
    assert_int_equal(rig_vector(r), 1);
    assert_int_equal(rig_stack(r, 0), CODE + 10);
}

/* A fault whose handler is a task: the TSS of the task that faulted has RF set (SDM vol. 3, 17.3.1.1), for an INT it has not. */
static void task_gate(struct rig *r, unsigned vector) {
    rig_protected(r);
    rig_desc(r, SEL_FREE, TSS2, 0x67, A_TSS);
    wr32(r, TSS2 + 0x20, 0x9000);
    wr32(r, TSS2 + 0x24, 2);
    wr32(r, TSS2 + 0x28 + 4 * CPU_RSP, 0x6000);
    for (unsigned i = 0; i < 6; i++) wr32(r, TSS2 + 0x48 + 4 * i, i == CPU_CS ? SEL_CODE0 : SEL_DATA0);
    rig_gate(r, IDT + vector * 8, SEL_FREE, 0, A_TASK);
    r->ram[0x9000] = 0xf4;
    rig_go(r);
    assert_int_equal(r->s.rip, 0x9001);
}
static void fault_by_task_gate_saves_rf(void **state) {
    struct rig *r = *state;
    memcpy(r->ram + CODE, "\x0f\x0b", 2);
    task_gate(r, 6);
    assert_int_equal(rd32(r, TSS + 0x20), CODE);
    assert_int_equal(rd32(r, TSS + 0x24) & FLAG_RF, FLAG_RF);
}
static void int_by_task_gate_saves_no_rf(void **state) {
    struct rig *r = *state;
    memcpy(r->ram + CODE, "\xcd\x30", 2);
    task_gate(r, 0x30);
    assert_int_equal(rd32(r, TSS + 0x20), CODE + 2);
    assert_int_equal(rd32(r, TSS + 0x24) & FLAG_RF, 0);
}

/* The same for a run of MOVS; and one that reads again what it wrote, at every distance (the pattern repeats). */
GUEST(g_movs16, ".code32", "addr16 rep movsb; hlt");
static void movs_wraps_in_mid_page(void **state) {
    struct rig *r = *state;
    LOAD(r, g_movs16);
    rig_protected(r);
    r->s.seg[CPU_DS].base = 0x20010;
    memcpy(r->ram + 0x20010, "cd", 2);
    memcpy(r->ram + 0x3000e, "abXX", 4);
    r->s.gpr[CPU_RCX] = 4;
    r->s.gpr[CPU_RSI] = 0xfffe;
    r->s.gpr[CPU_RDI] = 0x9000;
    rig_go(r);
    assert_memory_equal(r->ram + 0x9000, "abcd", 4);
}
GUEST(g_movsl, ".code32", "rep movsl; hlt");
static void movs_over_its_own_source(void **state) {
    struct rig *r = *state;
    LOAD(r, g_movsl);
    for (unsigned ahead = 0; ahead < 80; ahead++) {
        uint8_t want[256];
        for (unsigned i = 0; i < sizeof want; i++) want[i] = r->ram[0x9000 + i] = (uint8_t)(i * 7 + 1);
        for (unsigned i = 0; i < 32; i++) memmove(want + ahead + 4 * i, want + 4 * i, 4);
        rig_protected(r);
        r->s.gpr[CPU_RCX] = 32;
        r->s.gpr[CPU_RSI] = 0x9000;
        r->s.gpr[CPU_RDI] = 0x9000 + ahead;
        rig_go(r);
        assert_memory_equal(r->ram + 0x9000, want, sizeof want);
    }
}

/* SDM vol. 2, SMSW: all of CR0 where 32 bits have room for it (docs/soft-cpu.md). */
GUEST(g_smsw, ".code32", "smsw %eax; mov %cr0, %ebx; hlt");
static void smsw_of_a_whole_register(void **state) {
    struct rig *r = *state;
    LOAD(r, g_smsw);
    rig_protected(r);
    r->s.cr0 |= CR0_AM | CR0_TS;
    rig_go(r);
    assert_int_equal(r->s.gpr[CPU_RAX], r->s.cr0);
    assert_int_equal(r->s.gpr[CPU_RBX], r->s.cr0);
}

/* What INS stores is watched as what MOVS stores: by the VMM and by the guest (SDM vol. 3, 17.2.4). */
GUEST(g_insl, ".code32", "rep insl; nop; hlt");
static void watch_insl(struct rig *r) {
    LOAD(r, g_insl);
    rig_protected(r);
    r->s.gpr[CPU_RCX] = 4;
    r->s.gpr[CPU_RDX] = 0x600;
    r->s.gpr[CPU_RDI] = 0x9000;
}
static void ins_hits_a_watchpoint(void **state) {
    struct rig *r = *state;
    watch_insl(r);
    rig_set(r);
    rig_debug(r, &(struct engine_debug){.slot[0] = {.on = true, .type = 1, .len = 4, .addr = 0x9004}});
    while (rig_run(r) == EXIT_IO_IN) memset(r->x.u.io.data, 7, r->x.u.io.count * r->x.u.io.size);
    assert_int_equal(r->x.reason, EXIT_DEBUG);
    assert_int_equal(r->x.u.debug.dr6 & 15, 1);
    assert_int_equal(rd32(r, 0x9004), 0x07070707);
}
static void ins_hits_a_breakpoint_of_the_guest(void **state) {
    struct rig *r = *state;
    watch_insl(r);
    r->s.dr[0] = 0x9004;
    r->s.dr[7] = 0x400 | 1 | 0xd << 16;
    rig_set(r);
    while (rig_run(r) == EXIT_IO_IN) memset(r->x.u.io.data, 7, r->x.u.io.count * r->x.u.io.size);
    assert_int_equal(rig_vector(r), 1);
    assert_int_equal(r->s.dr[6] & 15, 1);
}

/* A 16-bit SI wraps at 64 KB, which need not be where a page ends. */
GUEST(g_outs16, ".code32", "addr16 rep outsb; hlt");
static void outs_wraps_in_mid_page(void **state) {
    struct rig *r = *state;
    char got[5] = "";
    LOAD(r, g_outs16);
    rig_protected(r);
    r->s.seg[CPU_DS].base = 0x20010;
    memcpy(r->ram + 0x20010, "cd", 2);
    memcpy(r->ram + 0x3000e, "abXX", 4);
    r->s.gpr[CPU_RCX] = 4;
    r->s.gpr[CPU_RSI] = 0xfffe;
    rig_set(r);
    while (rig_run(r) == EXIT_IO_OUT) strncat(got, (const char *)r->x.u.io.data, r->x.u.io.count);
    assert_string_equal(got, "abcd");
    assert_int_equal(r->s.gpr[CPU_RSI], 2);
}

/* A breakpoint on a REP instruction is met once, not at each place where it was interrupted (SDM vol. 3, 17.3.1.1). */
static void rep_at_a_breakpoint(struct rig *r, bool guest) {
    LOAD(r, g_insl);
    rig_protected(r);
    r->s.gpr[CPU_RCX] = 384; /* two exits */
    r->s.gpr[CPU_RDI] = 0x20000;
    r->s.dr[0] = CODE;
    r->s.dr[7] = 0x400 | guest;
    if (guest) r->s.rflags |= FLAG_RF; /* as its handler returned */
    rig_set(r);
}
static void rep_ins_meets_a_breakpoint_once(void **state) {
    struct rig *r = *state;
    rep_at_a_breakpoint(r, false);
    rig_debug(r, &(struct engine_debug){.slot[0] = {.on = true, .type = 0, .len = 1, .addr = CODE}});
    assert_int_equal(rig_run(r), EXIT_DEBUG);
    assert_int_equal(rig_run(r), EXIT_IO_IN);
    assert_int_equal(rig_run(r), EXIT_IO_IN);
    assert_int_equal(rig_run(r), EXIT_HLT);
    rep_at_a_breakpoint(r, true);
    rig_debug(r, &(struct engine_debug){0});
    assert_int_equal(rig_run(r), EXIT_IO_IN);
    assert_int_equal(rig_run(r), EXIT_IO_IN);
    assert_int_equal(rig_run(r), EXIT_HLT);
    assert_int_equal(rig_vector(r), -1);
    assert_int_equal(r->s.rflags & FLAG_RF, 0);
}
static void rep_movs_meets_a_breakpoint_once(void **state) {
    struct rig *r = *state;
    memcpy(r->ram + CODE, "\xf3\xa4\xf4", 3);
    rig_protected(r);
    r->s.gpr[CPU_RCX] = 3;
    r->s.gpr[CPU_RSI] = 0x20000;
    r->s.gpr[CPU_RDI] = 0x21000;
    r->s.dr[0] = CODE;
    r->s.dr[7] = 0x401;
    r->s.rflags |= FLAG_RF;
    rig_set(r);
    rig_debug(r, &(struct engine_debug){.step = true});
    for (unsigned left = 3; left-- > 0;) {
        assert_int_equal(rig_run(r), EXIT_DEBUG);
        assert_int_equal(r->s.gpr[CPU_RCX], left);
        assert_int_equal(r->s.rip, left ? CODE : CODE + 2);
    }
}
GUEST(g_read, ".code32", "mov 0xd0000000, %eax; hlt");
static void a_read_of_a_device_meets_a_breakpoint_once(void **state) {
    struct rig *r = *state;
    LOAD(r, g_read);
    rig_protected(r);
    rig_set(r);
    rig_debug(r, &(struct engine_debug){.slot[0] = {.on = true, .type = 0, .len = 1, .addr = CODE}});
    assert_int_equal(rig_run(r), EXIT_DEBUG);
    assert_int_equal(rig_run(r), EXIT_MMIO_READ);
    assert_int_equal(rig_run(r), EXIT_HLT);
}
GUEST(g_out_loop, ".code32", "1: out %al, $0x10; jmp 1b");
static void a_loop_meets_a_breakpoint_every_time(void **state) {
    struct rig *r = *state;
    LOAD(r, g_out_loop);
    rig_protected(r);
    rig_set(r);
    rig_debug(r, &(struct engine_debug){.slot[0] = {.on = true, .type = 0, .len = 1, .addr = CODE}});
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(rig_run(r), EXIT_DEBUG);
        assert_int_equal(rig_run(r), EXIT_IO_OUT);
    }
}

/* An IDT outside RAM: the device's answer counts for the exception that asked for it. */
static void answer_from_idt(struct rig *r) {
    uint64_t gate = 0x00008e0000080000u | (HANDLERS + 6 * 16);
    unsigned reads = 0;
    while (rig_run(r) == EXIT_MMIO_READ && reads++ < 10) memcpy(r->x.u.mmio.data, (uint8_t *)&gate + (r->x.u.mmio.gpa - 0xd0000030), r->x.u.mmio.size);
    assert_int_equal(reads, 2);
}
static void idt_outside_ram(void **state) {
    struct rig *r = *state;
    memcpy(r->ram + CODE, "\x0f\x0b", 2);
    rig_protected(r);
    r->s.idt.base = 0xd0000000;
    rig_set(r);
    answer_from_idt(r);
    assert_int_equal(rig_vector(r), 6);
    assert_int_equal(rig_stack(r, 0), CODE);
}
/* Nobody is there: ones are read, which are no gate. */
static void idt_nowhere(void **state) {
    struct rig *r = *state;
    unsigned reads = 0;
    memcpy(r->ram + CODE, "\x0f\x0b", 2);
    rig_protected(r);
    r->s.idt.base = 0xd0000000;
    rig_set(r);
    while (rig_run(r) == EXIT_MMIO_READ && reads++ < 10) memset(r->x.u.mmio.data, 0xff, r->x.u.mmio.size);
    assert_int_equal(r->x.reason, EXIT_SHUTDOWN);
    assert_int_equal(r->x.u.fail.fault[0].vector, 6);
    assert_int_equal(r->x.u.fail.fault[0].rip, CODE);
    assert_int_equal(r->x.u.fail.fault[1].vector, 13);
}
static void interrupt_by_an_idt_outside_ram(void **state) {
    struct rig *r = *state;
    struct vm_error err;
    memcpy(r->ram + CODE, "\xf4", 1);
    rig_protected(r);
    r->s.idt.base = 0xd0000000;
    r->s.rflags |= FLAG_IF;
    rig_set(r);
    assert_int_equal(engine_soft.interrupt(r->v, 6, &err), 0);
    answer_from_idt(r);
    assert_int_equal(rig_vector(r), 6);
    assert_int_equal(rig_stack(r, 0), CODE);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(arpl_writes_only_what_it_changes), T(an_instruction_that_runs_again_writes_once), T(pusha_without_room), T(pusha_wraps_at_even_addresses), T(shadow_of_stack_loads),
        T(shadow_covers_one_iteration), T(shadow_of_every_rep), T(single_step_of_a_rep_in_a_shadow),
        T(a_single_step_comes_after_the_write), T(completing_tells_every_write),
        T(a_trap_of_the_guest_loses_no_write), T(fault_by_task_gate_saves_rf),
        T(int_by_task_gate_saves_no_rf), T(rep_ins_meets_a_breakpoint_once), T(rep_movs_meets_a_breakpoint_once),
        T(a_read_of_a_device_meets_a_breakpoint_once), T(a_loop_meets_a_breakpoint_every_time), T(outs_wraps_in_mid_page), T(movs_wraps_in_mid_page), T(movs_over_its_own_source), T(smsw_of_a_whole_register), T(ins_hits_a_watchpoint), T(ins_hits_a_breakpoint_of_the_guest), T(idt_outside_ram), T(idt_nowhere),
        T(interrupt_by_an_idt_outside_ram),
    };
    return cmocka_run_group_tests_name("software CPU, details", tests, NULL, NULL);
}
