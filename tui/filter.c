/* filter.c: from a list of system calls to a BPF program (Documentation/userspace-api/seccomp_filter.rst in the kernel's sources).
 *
 * The numbers are sorted and looked up by halving, for the kernel does not only run a filter: when one is loaded it walks
 * it once for each system call that there is, and with one comparison after the other that is what a launch waits for. */
#include "filter.h"

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>

static void emit(struct filter *f, struct sock_filter insn)
{
    assert(f->insns < FILTER_INSNS); /* the lists are our own constants */
    f->insn[f->insns++] = insn;
}

static void load(struct filter *f, size_t offset) { emit(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset)); }
static void answer(struct filter *f, uint32_t action) { emit(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action)); }
static void allow(struct filter *f) { answer(f, SECCOMP_RET_ALLOW); }
static void deny(struct filter *f, int error) { answer(f, SECCOMP_RET_ERRNO | (uint32_t)error); }

/* The next `skip` instructions are for calls of which the comparison is true. */
static void only(struct filter *f, uint16_t comparison, uint32_t with, unsigned skip)
{
    emit(f, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | BPF_K | comparison), with, 0, (uint8_t)skip));
}

/* Numbers mean something for one architecture only, and a 64-bit process can make 32-bit calls. */
void filter_begin(struct filter *f)
{
    f->insns = f->calls = 0;
    load(f, offsetof(struct seccomp_data, arch));
    emit(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_K | BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0));
    answer(f, SECCOMP_RET_KILL_PROCESS);
    load(f, offsetof(struct seccomp_data, nr));
}

void filter_allow_if(struct filter *f, int call, const struct filter_if *c, unsigned n)
{
    enum { EACH = 3 };
    only(f, BPF_JEQ, (uint32_t)call, n * EACH + 2);
    for (unsigned i = 0; i < n; i++) {
        load(f, offsetof(struct seccomp_data, args) + c[i].arg * sizeof(uint64_t)); /* little endian: the low half */
        emit(f, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, c[i].mask));
        only(f, BPF_JEQ, c[i].value, (n - i - 1) * EACH + 1);
    }
    allow(f);
    deny(f, EPERM);
}

void filter_refuse(struct filter *f, int call, int error)
{
    only(f, BPF_JEQ, (uint32_t)call, 1);
    deny(f, error);
}

void filter_allow(struct filter *f, const short *calls, unsigned n)
{
    assert(f->calls + n <= FILTER_CALLS);
    for (unsigned i = 0; i < n; i++)
        f->list[f->calls++] = calls[i];
}

static int by_number(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static void look_up(struct filter *f, const int *list, unsigned n)
{
    if (n == 1) {
        only(f, BPF_JEQ, (uint32_t)list[0], 1);
        allow(f);
        deny(f, EPERM);
        return;
    }
    only(f, BPF_JGE, (uint32_t)list[n / 2], 1);
    unsigned jump = f->insns;
    emit(f, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0)); /* over the lower half: as far as needed, unlike the others */
    look_up(f, list, n / 2);
    f->insn[jump].k = f->insns - jump - 1;
    look_up(f, list + n / 2, n - n / 2);
}

void filter_end(struct filter *f)
{
    qsort(f->list, f->calls, sizeof f->list[0], by_number);
    look_up(f, f->list, f->calls);
}
