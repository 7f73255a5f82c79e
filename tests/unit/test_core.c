/* The plain parts of the core: buses, counters, the trace, names, registers, boot protocols, address translation, disassembly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/account.h"
#include "vmm/clock.h"
#include "vmm/disasm.h"
#include "vmm/machine.h"
#include "vmm/trace.h"
#include "vmm/vcpu.h"
#include "vmm/walk.h"

static void nobody(void *owner, const struct bus_access *a, uint64_t *value) { (void)owner, (void)a, (void)value; }

static void a_bus_finds_its_ranges_and_refuses_overlaps(void **state)
{
    struct bus b = {.n = 0};
    struct vm_error err = {0};
    (void)state;
    assert_int_equal(bus_add(&b, &(struct bus_range){0x500, 1, "hypercall", nobody, NULL, true}, &err), 0);
    assert_int_equal(bus_add(&b, &(struct bus_range){0x3f8, 8, "uart", nobody, NULL, false}, &err), 0);
    assert_int_equal(bus_add(&b, &(struct bus_range){0x3ff, 2, "other", nobody, NULL, false}, &err), -EEXIST);
    assert_non_null(strstr(err.text, "uart"));
    assert_int_equal(bus_add(&b, &(struct bus_range){UINT64_MAX, 2, "wraps", nobody, NULL, false}, &err), -EINVAL);
    assert_string_equal(bus_find(&b, 0x3ff)->name, "uart");
    assert_string_equal(bus_find(&b, 0x500)->name, "hypercall");
    assert_null(bus_find(&b, 0x3f7));
    assert_null(bus_find(&b, 0x400));
    for (unsigned i = 2; i < BUS_MAX; i++)
        assert_int_equal(bus_add(&b, &(struct bus_range){0x1000 + i, 1, "x", nobody, NULL, false}, &err), 0);
    assert_int_equal(bus_add(&b, &(struct bus_range){0x9000, 1, "x", nobody, NULL, false}, &err), -ENOSPC);
}

static void exits_are_counted_by_reason_and_place(void **state)
{
    struct account *a = account_new();
    struct account_view v;
    (void)state;
    for (int i = 0; i < 5; i++)
        account_exit(a, EXIT_IO_OUT, 0x500, 10);
    account_exit(a, EXIT_IO_IN, 0x500, 10);
    account_exit(a, EXIT_MMIO_WRITE, 0x80123, 10);
    account_exit(a, EXIT_MMIO_WRITE, 0x80fff, 10);
    account_handled(a, 1000);
    account_vector(a, 0x20);
    account_read(a, &v);
    assert_int_equal(v.total, 8);
    assert_int_equal(v.reason[EXIT_IO_OUT], 5);
    assert_int_equal(v.guest_ns, 80);
    assert_int_equal(v.histogram[9], 1);
    assert_int_equal(v.places, 4);
    for (size_t i = 0; i < v.places; i++)
        if (v.place[i].kind == EXIT_MMIO_WRITE) {
            assert_int_equal(v.place[i].addr, 0x80000);
            assert_int_equal(v.place[i].count, 2);
        }
    for (unsigned i = 0; i < 100; i++)
        account_exit(a, EXIT_IO_OUT, 0x1000 + i, 0);
    account_read(a, &v);
    assert_int_equal(v.places, ACCOUNT_PLACES);
    assert_int_equal(v.places_lost, 100 - (ACCOUNT_PLACES - 4));
    account_reset(a);
    account_read(a, &v);
    assert_int_equal(v.total + v.places + v.guest_ns, 0);
    account_free(a);
}

static void the_trace_keeps_the_last_entries(void **state)
{
    struct trace *t = trace_new();
    struct trace_entry e[16];
    (void)state;
    for (uint64_t i = 0; i < TRACE_SIZE + 100; i++)
        trace_add(t, &(struct trace_entry){.kind = TRACE_EXIT, .a = i});
    assert_int_equal(trace_next(t), TRACE_SIZE + 100);
    assert_int_equal(trace_read(t, 0, e, 16), 16);
    assert_int_equal(e[0].seq, 100);
    assert_int_equal(e[0].a, 100);
    assert_int_equal(trace_read(t, TRACE_SIZE + 97, e, 16), 3);
    assert_int_equal(trace_read(t, TRACE_SIZE + 100, e, 16), 0);
    trace_reset(t);
    assert_int_equal(trace_read(t, 0, e, 16), 0);
    trace_add(t, &(struct trace_entry){.kind = TRACE_EXIT, .a = 7});
    assert_int_equal(trace_read(t, 0, e, 16), 1);
    assert_int_equal(e[0].seq, 0);
    trace_free(t);
}

struct writer { struct trace *t; atomic_bool stop; };

static void *write_on(void *arg)
{
    struct writer *w = arg;
    for (uint64_t i = 0; !atomic_load(&w->stop); i++)
        trace_add(w->t, &(struct trace_entry){.kind = TRACE_EXIT, .rip = i, .a = i, .b = i, .c = i});
    return NULL;
}

static void no_trace_entry_is_ever_torn(void **state)
{
    struct writer w = {.t = trace_new()};
    static struct trace_entry e[TRACE_SIZE];
    pthread_t thread;
    (void)state;
    pthread_create(&thread, NULL, write_on, &w);
    for (int round = 0; round < 200; round++) {
        size_t n = trace_read(w.t, 0, e, TRACE_SIZE);
        for (size_t i = 0; i < n; i++)
            if (e[i].a != e[i].rip || e[i].b != e[i].rip || e[i].c != e[i].rip || e[i].seq != e[i].rip)
                fail_msg("entry %zu is torn", i);
    }
    atomic_store(&w.stop, true);
    pthread_join(thread, NULL);
    trace_free(w.t);
}

static void exits_have_names(void **state)
{
    enum exit_reason r;
    (void)state;
    for (unsigned i = 0; i < EXIT_REASONS; i++) {
        assert_true(exit_parse(exit_name((enum exit_reason)i), &r));
        assert_int_equal(r, i);
    }
    assert_true(exit_parse("mmio-w", &r));
    assert_int_equal(r, EXIT_MMIO_WRITE);
    assert_false(exit_parse("mmio", &r));
    assert_false(exit_parse("", &r));
}

static void registers_by_name(void **state)
{
    struct cpu_state s;
    (void)state;
    cpu_reset(&s);
    cpu_reg_set(&s, cpu_reg_find("RAX"), 0x1122334455667788);
    assert_int_equal(cpu_reg_get(&s, cpu_reg_find("ah")), 0x77);
    cpu_reg_set(&s, cpu_reg_find("ah"), 0xee);
    assert_int_equal(cpu_reg_get(&s, cpu_reg_find("ax")), 0xee88);
    cpu_reg_set(&s, cpu_reg_find("eax"), 1);
    assert_int_equal(s.gpr[CPU_RAX], 1);
    cpu_reg_set(&s, cpu_reg_find("es"), 0x1234);
    assert_int_equal(s.seg[CPU_ES].base, 0x12340);
    assert_null(cpu_reg_find("xyz"));
    for (size_t i = 0; cpu_reg_at(i); i++)
        assert_ptr_equal(cpu_reg_find(cpu_reg_at(i)->name), cpu_reg_at(i));
    s.rip = 0x1ffff;
    s.seg[CPU_CS].base = 0x40000;
    assert_int_equal(cpu_linear_rip(&s), 0x4ffff);
}

static struct machine *machine_of(const char *boot, size_t size, uint64_t ram, unsigned slot, struct vm_error *err)
{
    uint8_t *image = calloc(1, size);
    struct guest_config g = {.image = {"test", image, size}, .boot = boot_find(boot), .args = {.slot = slot}};
    struct machine_config c = {.engine = strcmp(boot, "long") == 0 ? "kvm" : "soft", .ram = ram, .vcpus = 1, .guests = &g};
    struct machine *m = NULL;
    if (machine_create(&m, &c, err) < 0)
        m = NULL;
    free(image);
    return m;
}

static void real_mode_slices(void **state)
{
    (void)state;
    for (unsigned slot = 0; slot < 4; slot++) {
        struct cpu_state s;
        uint8_t b;
        struct machine *m = machine_of("real", 100, 0, slot, NULL);
        assert_int_equal(vcpu_get_state(machine_vcpu(m, 0), &s, NULL), 0);
        for (unsigned i = 0; i < CPU_SEGS; i++)
            assert_int_equal(s.seg[i].sel, slot * 0x4000);
        assert_int_equal(s.idt.base, slot * SLICE_SIZE);
        assert_int_equal(machine_read(m, slot * SLICE_SIZE, &b, 1), 1);
        assert_int_equal(machine_read(m, (slot + 1) * SLICE_SIZE - 1, &b, 1), 1);
        assert_int_equal(machine_read(m, (slot + 1) * SLICE_SIZE, &b, 1), 0);
        assert_null(machine_ptr(m, slot * SLICE_SIZE, SLICE_SIZE + 1));
        assert_null(machine_ptr(m, UINT64_MAX, 2));
        machine_destroy(m);
    }
}

static void images_that_do_not_fit_are_refused(void **state)
{
    struct vm_error err = {0};
    (void)state;
    assert_null(machine_of("real", SLICE_SIZE + 1, 0, 0, &err));
    assert_non_null(strstr(err.text, "256 KB"));
    assert_null(machine_of("flat32", 8 << 20, 0, 0, &err));
    assert_non_null(strstr(err.text, "--mem"));
    assert_null(machine_of("paging", 0x100000, 8 << 20, 0, &err));
    assert_non_null(strstr(err.text, "page tables"));
    assert_null(machine_of("paging", 10, 0x10000, 0, &err));
    assert_non_null(strstr(err.text, "--mem"));
}

static void paging_maps_the_first_four_megabytes_twice(void **state)
{
    struct machine *m = machine_of("paging", 100, 0, 0, NULL);
    struct cpu_state s;
    struct walk w;
    (void)state;
    assert_int_equal(vcpu_get_state(machine_vcpu(m, 0), &s, NULL), 0);
    assert_int_equal(s.rip, 0x80001000);
    assert_int_equal(s.cr0, CR0_PE | CR0_ET | CR0_PG);
    assert_int_equal(s.gpr[CPU_RSP], 0);
    walk_linear(m, &s, 0x80001234, &w);
    assert_true(w.mapped && w.writable && !w.user);
    assert_int_equal(w.gpa, 0x1234);
    assert_int_equal(w.steps, 2);
    assert_string_equal(w.step[0].name, "PDE");
    assert_int_equal(w.step[0].index, 512);
    walk_linear(m, &s, 0x3fffff, &w);
    assert_int_equal(w.gpa, 0x3fffff);
    walk_linear(m, &s, 0x400000, &w);
    assert_false(w.mapped);
    assert_non_null(strstr(w.why, "not present"));
    s.cr3 = 0x7ffff000;
    walk_linear(m, &s, 0, &w);
    assert_non_null(strstr(w.why, "outside RAM"));
    machine_destroy(m);
}

static void large_and_wide_pages(void **state)
{
    struct machine *m = machine_of("flat32", 100, 0, 0, NULL);
    struct cpu_state s;
    struct walk w;
    const uint32_t pde = 0x800000 | 0x87;
    const uint64_t pml4e = 0x11007, pdpte = 0x12007, pde64 = (1ull << 63) | 0x200087;
    (void)state;
    cpu_reset(&s);
    s.cr0 |= CR0_PE | CR0_PG;
    s.cr4 = CR4_PSE;
    s.cr3 = 0x10000;
    machine_write(m, 0x10000 + 4, &pde, 4);
    walk_linear(m, &s, 0x512345, &w);
    assert_true(w.mapped && w.large && w.user);
    assert_int_equal(w.gpa, 0x912345);
    machine_write(m, 0x10000, &pml4e, 8);
    machine_write(m, 0x11000, &pdpte, 8);
    machine_write(m, 0x12000, &pde64, 8);
    s.cr4 = CR4_PAE;
    s.efer = EFER_LME | EFER_LMA | EFER_NXE;
    walk_linear(m, &s, 0x1234, &w);
    assert_true(w.mapped && w.nx);
    assert_int_equal(w.gpa, 0x201234);
    assert_int_equal(w.steps, 3);
    walk_linear(m, &s, 0x0000900000000000, &w);
    assert_false(w.mapped);
    machine_destroy(m);
}

static void instructions_in_intel_syntax(void **state)
{
    struct disasm_line d;
    (void)state;
    assert_int_equal(disasm_one(CPU_REAL, 0x10, (const uint8_t[]){0xeb, 0xfe}, 2, &d), 2);
    assert_non_null(strstr(d.text, "jmp"));
    assert_int_equal(disasm_one(CPU_LONG, 0, (const uint8_t[]){0x48, 0x89, 0xc3}, 3, &d), 3);
    assert_string_equal(d.text, "mov rbx, rax");
    assert_int_equal(disasm_one(CPU_REAL, 0, (const uint8_t[]){0, 0}, 2, &d), 2);
    assert_string_equal(d.text, "add [bx+si], al");
    assert_int_equal(disasm_one(CPU_PROT32, 0, (const uint8_t[]){0x8b, 0x04, 0x88}, 3, &d), 3);
    assert_string_equal(d.text, "mov eax, [eax+ecx*4]");
    assert_int_equal(disasm_one(CPU_PROT32, 0, (const uint8_t[]){0x0f}, 1, &d), 1);
    assert_string_equal(d.text, "db 0x0f");
    assert_int_equal(disasm_one(CPU_REAL, 0, (const uint8_t[]){0}, 0, &d), 0);
}

static void nonsense_machines_are_refused(void **state)
{
    struct vm_error err = {0};
    struct machine *m;
    const uint8_t hlt = 0xf4;
    struct guest_config g[2] = {{.image = {"a", &hlt, 1}, .boot = boot_find("real")}, {.image = {"b", &hlt, 0}, .boot = boot_find("real")}};
    struct machine_config c = {.vcpus = 0, .guests = g};
    (void)state;
    assert_true(machine_create(&m, &c, &err) < 0);
    c.vcpus = 2;
    assert_true(machine_create(&m, &c, &err) < 0);
    assert_non_null(strstr(err.text, "empty"));
    c.vcpus = 1;
    c.engine = "abacus";
    assert_true(machine_create(&m, &c, &err) < 0);
    assert_non_null(strstr(err.text, "abacus"));
}

static void time_stamps_do_not_overflow(void **state)
{
    const struct clock_ratio half = {1u << 23, 1};
    (void)state;
    assert_int_equal(clock_ns(&half, 1ull << 60), 1ull << 59);
    assert_int_equal(clock_ns(&half, 1001), 500);
}

static atomic_int threads, refused;

static int refuse(void *ctx, struct vm_error *err)
{
    (void)ctx;
    return atomic_fetch_add(&threads, 1) == refused ? err_set(err, EPERM, "no such thread here") : 0;
}

/* The first thread of a machine is its vCPU's, the second its timers'. */
static void no_guest_runs_beside_a_thread_that_was_refused(void **state)
{
    static const uint8_t spin[] = {0xeb, 0xfe};
    struct guest_config g = {.image = {"spin", spin, sizeof spin}, .boot = boot_find("real")};
    struct machine_config c = {.vcpus = 1, .guests = &g, .irqchip = IRQCHIP_USER, .observer = {.thread = refuse}};
    (void)state;
    for (size_t e = 0; engine_at(e); e++)
        for (refused = 0; refused < 2 && engine_probe(engine_at(e), NULL, NULL) == 0; refused++) {
            struct machine *m;
            struct vcpu_snapshot s;
            c.engine = engine_at(e)->name;
            threads = 0;
            assert_int_equal(machine_create(&m, &c, NULL), 0);
            vcpu_resume(machine_vcpu(m, 0), NULL);
            assert_true(vcpu_wait_stopped(machine_vcpu(m, 0), 30000));
            vcpu_snapshot(machine_vcpu(m, 0), &s);
            assert_int_equal(s.state, VCPU_FAILED);
            assert_non_null(strstr(s.why, "no such thread here"));
            machine_destroy(m);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bus_finds_its_ranges_and_refuses_overlaps), cmocka_unit_test(exits_are_counted_by_reason_and_place),
        cmocka_unit_test(the_trace_keeps_the_last_entries), cmocka_unit_test(no_trace_entry_is_ever_torn), cmocka_unit_test(exits_have_names),
        cmocka_unit_test(registers_by_name), cmocka_unit_test(real_mode_slices), cmocka_unit_test(images_that_do_not_fit_are_refused),
        cmocka_unit_test(paging_maps_the_first_four_megabytes_twice), cmocka_unit_test(large_and_wide_pages),
        cmocka_unit_test(instructions_in_intel_syntax), cmocka_unit_test(nonsense_machines_are_refused), cmocka_unit_test(time_stamps_do_not_overflow),
        cmocka_unit_test(no_guest_runs_beside_a_thread_that_was_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
