/* The software CPU: several processors on one machine's memory, in threads of their own. */
#include <pthread.h>

#include "soft_rig.h"

struct cpu_thread { struct engine_vcpu *v; struct vm_exit x; };
static void *run_thread(void *arg) {
    struct cpu_thread *t = arg;
    struct vm_error err;
    engine_soft.run(t->v, &t->x, &err);
    return NULL;
}
static void smp_open(struct rig *r, struct engine_vcpu *v[2]) {
    struct vm_error err;
    memset(r, 0, sizeof *r);
    struct engine_config c = {.vcpus = 2};
    assert_int_equal(engine_soft.vm_create(&r->vm, &c, &err), 0);
    assert_int_equal(posix_memalign((void **)&r->ram, 4096, RIG_RAM), 0);
    memset(r->ram, 0, RIG_RAM);
    engine_soft.vm_map(r->vm, 0, 0, RIG_RAM, r->ram, false, &err);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(engine_soft.vcpu_create(r->vm, i, &v[i], &err), 0);
        engine_soft.get_state(v[i], &r->s, &err);
        rig_protected(r);
        engine_soft.set_state(v[i], &r->s, &err);
    }
}
static void smp_close(struct rig *r, struct engine_vcpu *v[2]) {
    for (unsigned i = 0; i < 2; i++) engine_soft.vcpu_destroy(v[i]);
    engine_soft.vm_destroy(r->vm);
    free(r->ram);
}
/* The guest's first instructions: begin only when the other one is there, too. */
#define TOGETHER "lock incl 0x9fc0\n 8: cmpl $2, 0x9fc0; jne 8b\n"

/* Both processors run this guest to its HLT. */
static void on_both(const uint8_t *guest, const uint8_t *end, struct rig *r, struct engine_vcpu *v[2]) {
    struct cpu_thread t[2];
    pthread_t id[2];
    smp_open(r, v);
    rig_load(r, CODE, guest, end);
    for (unsigned i = 0; i < 2; i++) {
        t[i].v = v[i];
        pthread_create(&id[i], NULL, run_thread, &t[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        pthread_join(id[i], NULL);
        assert_int_equal(t[i].x.reason, EXIT_HLT);
    }
}

GUEST(g_smp, ".code32", TOGETHER "mov $20000, %ecx\n 1: lock incl 0x9000; lock addl $2, 0x9004; mov $1, %eax; lock xadd %eax, 0x9008\n"
                        "2: mov 0x900c, %eax; lea 3(%eax), %ebx; lock cmpxchg %ebx, 0x900c; jnz 2b; dec %ecx; jnz 1b; hlt");
static void locked_operations_are_atomic(void **state) {
    (void)state;
    struct rig r;
    struct engine_vcpu *v[2];
    on_both(g_smp, g_smp_end, &r, v);
    assert_int_equal(rd32(&r, 0x9000), 40000);
    assert_int_equal(rd32(&r, 0x9004), 80000);
    assert_int_equal(rd32(&r, 0x9008), 40000);
    assert_int_equal(rd32(&r, 0x900c), 120000);
    smp_close(&r, v);
}

/* Operands that are not aligned: in an 8-byte word, over its end, over a page's end; and an aligned one on the same bytes. */
GUEST(g_split, ".code32", TOGETHER "mov $20000, %ecx\n 1: lock incl 0x9001; lock incl 0x903e; lock incl 0x9040; mov $3, %eax; lock xadd %eax, 0x9ffd\n"
                          "lock addw $1, 0x907f; lock decl 0x90be; lock incw 0x90c2; dec %ecx; jnz 1b; hlt");
static void unaligned_locked_operations_are_atomic(void **state) {
    (void)state;
    struct rig r;
    struct engine_vcpu *v[2];
    on_both(g_split, g_split_end, &r, v);
    assert_int_equal(rd32(&r, 0x9001), 40000);
    assert_int_equal(rd16(&r, 0x903e), 40000);
    assert_int_equal(rd32(&r, 0x9040), 40000);
    assert_int_equal(rd32(&r, 0x9ffd), 120000);
    assert_int_equal(rd16(&r, 0x907f), 40000);
    assert_int_equal(rd32(&r, 0x90be), (uint32_t)-40000);
    assert_int_equal(rd16(&r, 0x90c2), 40000);
    smp_close(&r, v);
}

GUEST(g_split8, ".code32", TOGETHER "mov $5000, %esi\n 1: mov 0x90fd, %eax; mov 0x9101, %edx\n"
                           "2: mov %eax, %ebx; mov %edx, %ecx; add $0x01000001, %ebx; adc $1, %ecx; lock cmpxchg8b 0x90fd; jnz 2b; dec %esi; jnz 1b; hlt");
static void unaligned_cmpxchg8b_is_atomic(void **state) {
    (void)state;
    struct rig r;
    struct engine_vcpu *v[2];
    on_both(g_split8, g_split8_end, &r, v);
    assert_int_equal((uint64_t)rd32(&r, 0x9101) << 32 | rd32(&r, 0x90fd), 10000 * 0x101000001ull);
    smp_close(&r, v);
}

/* A lock that is taken by XCHG and given back by a plain store, at an address where both are split. */
GUEST(g_spinlock, ".code32", TOGETHER "mov $2000, %ecx\n 1: mov $1, %eax; xchg %eax, 0x907e; test %eax, %eax; jz 2f; pause; jmp 1b\n"
                             "2: incl 0x9100; movl $0, 0x907e; dec %ecx; jnz 1b; hlt");
static void no_plain_store_is_lost_beside_a_split_lock(void **state) {
    (void)state;
    struct rig r;
    struct engine_vcpu *v[2];
    on_both(g_spinlock, g_spinlock_end, &r, v);
    assert_int_equal(rd32(&r, 0x9100), 4000);
    assert_int_equal(rd32(&r, 0x907e), 0);
    smp_close(&r, v);
}

/* One runs a function over and over; the other rewrites its immediate and waits to see the new value come out. */
GUEST(g_runner, ".code32", "1: call 2f; mov %eax, 0x9000; cmpl $0, 0x9004; je 1b; hlt\n 3: .skip 0x40 - (3b - g_runner)\n 2: mov $1, %eax; ret");
GUEST(g_writer, ".code32", "mov $2, %ecx\n 1: mov %ecx, 0x8041\n 2: cmp %ecx, 0x9000; jne 2b; inc %ecx; cmp $300, %ecx; jne 1b; movl $1, 0x9004; hlt");
static void code_modified_by_another_cpu(void **state) {
    (void)state;
    struct rig r;
    struct engine_vcpu *v[2];
    struct cpu_thread t[2];
    struct vm_error err;
    pthread_t id[2];
    smp_open(&r, v);
    LOAD(&r, g_runner);
    rig_load(&r, 0xa000, g_writer, g_writer_end);
    engine_soft.get_state(v[1], &r.s, &err);
    r.s.rip = 0xa000;
    engine_soft.set_state(v[1], &r.s, &err);
    for (unsigned i = 0; i < 2; i++) {
        t[i].v = v[i];
        pthread_create(&id[i], NULL, run_thread, &t[i]);
    }
    for (unsigned i = 0; i < 2; i++) pthread_join(id[i], NULL);
    assert_int_equal(t[0].x.reason, EXIT_HLT);
    assert_int_equal(rd32(&r, 0x9000), 299);
    smp_close(&r, v);
}

/* A split lock is a store into two pages: code in the second is decoded anew. */
GUEST(g_split_code, ".code32", "call 0x21000 - 0x8000 + g_split_code; lock xorl $0x00d00000, 0x20ffe; call 0x21000 - 0x8000 + g_split_code; hlt");
static void code_modified_by_a_split_lock(void **state) {
    (void)state;
    struct rig r;
    struct engine_vcpu *v[2];
    struct cpu_thread t;
    smp_open(&r, v);
    LOAD(&r, g_split_code);
    memcpy(r.ram + 0x21000, "\x90\xc3", 2); /* nop, which becomes inc eax; ret */
    t.v = v[0];
    run_thread(&t);
    assert_int_equal(t.x.reason, EXIT_HLT);
    assert_int_equal(engine_soft.get_gpr(v[0], CPU_RAX), 1);
    smp_close(&r, v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locked_operations_are_atomic), cmocka_unit_test(unaligned_locked_operations_are_atomic),
        cmocka_unit_test(unaligned_cmpxchg8b_is_atomic), cmocka_unit_test(no_plain_store_is_lost_beside_a_split_lock),
        cmocka_unit_test(code_modified_by_another_cpu), cmocka_unit_test(code_modified_by_a_split_lock),
    };
    return cmocka_run_group_tests_name("software CPU, several processors", tests, NULL, NULL);
}
