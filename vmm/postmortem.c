/* postmortem.c: why a guest failed, in words: what happened, at which instruction, which fault led to which, and what in its
 * tables made that so. Written once, when the vCPU fails. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disasm.h"
#include "machine_impl.h"
#include "vcpu_impl.h"
#include "walk.h"

enum { UD = 6, DF = 8, GP = 13, PF = 14 };

static const char *vector_name(unsigned vector)
{
    static const char *const name[] = {"#DE divide error", "#DB debug", "NMI", "#BP breakpoint", "#OF overflow", "#BR bound", "#UD invalid opcode",
        "#NM no FPU", "#DF double fault", "coprocessor overrun", "#TS invalid TSS", "#NP segment not present", "#SS stack fault",
        "#GP general protection", "#PF page fault", "vector 15", "#MF FPU error", "#AC alignment check", "#MC machine check", "#XM SIMD error"};
    return vector < sizeof name / sizeof name[0] ? name[vector] : "an interrupt";
}

/* --- where ------------------------------------------------------------------------------------------------------------ */

static void print_insn(FILE *f, enum cpu_mode mode, uint64_t addr, const uint8_t *code, size_t n)
{
    struct disasm_line d;
    if (!disasm_one(mode, addr, code, n, &d))
        return;
    for (unsigned i = 0; i < d.len; i++)
        fprintf(f, "%02x ", d.bytes[i]);
    fprintf(f, "  %s", d.text);
}

static void where(FILE *f, struct vcpu *v)
{
    const struct cpu_state *s = &v->cpu;
    enum cpu_mode mode = cpu_mode(s);
    uint8_t code[15];
    struct walk w;
    size_t n = vcpu_fetch(v, s, code, sizeof code);
    fprintf(f, "  at      %04x:%0*" PRIx64 ", %s mode, CPL %u\n  insn    ", s->seg[CPU_CS].sel, mode == CPU_LONG ? 16 : mode == CPU_REAL ? 4 : 8, s->rip,
            cpu_mode_name(mode), cpu_cpl(s));
    if (n) {
        print_insn(f, mode, s->rip, code, n);
    } else {
        walk_linear(v->machine, s, cpu_linear_rip(s), &w);
        if (w.mapped)
            fprintf(f, "none: RIP points to physical 0x%" PRIx64 ", where the guest has no memory: it jumped, or ran, into nowhere", w.gpa);
        else
            fprintf(f, "none: RIP is not mapped: %s", w.why);
    }
    fprintf(f, "\n  control CR0 %08" PRIx64 "  CR2 %08" PRIx64 "  CR3 %08" PRIx64 "  CR4 %08" PRIx64 "  EFER %" PRIx64 "\n", s->cr0, s->cr2, s->cr3, s->cr4, s->efer);
    fprintf(f, "  tables  GDT %08" PRIx64 " limit %04x  IDT %08" PRIx64 " limit %04x  SS:SP %04x:%08" PRIx64 "\n", s->gdt.base, s->gdt.limit, s->idt.base,
            s->idt.limit, s->seg[CPU_SS].sel, s->gpr[CPU_RSP]);
}

/* --- what is wrong with the handler of a vector --------------------------------------------------------------------------- */

static bool read_linear(struct vcpu *v, uint64_t linear, void *buf, size_t n)
{
    struct walk w;
    walk_linear(v->machine, &v->cpu, linear, &w);
    return w.mapped && machine_read(v->machine, w.gpa, buf, n) == n;
}

/* A gate (SDM vol. 3, 6.11), the segment it names, and the stack to push to. NULL: nothing wrong that can be seen. */
static const char *gate_fault(struct vcpu *v, unsigned vector)
{
    const struct cpu_state *s = &v->cpu;
    unsigned size = !(s->cr0 & CR0_PE) ? 4 : s->efer & EFER_LMA ? 16 : 8;
    uint8_t g[16], d[8];
    if (vector * size + size - 1 > s->idt.limit)
        return "lies beyond the limit of the IDT";
    if (!read_linear(v, s->idt.base + (uint64_t)vector * size, g, size))
        return "cannot be read: the IDT is not in memory";
    if (size == 4)
        return NULL;
    if (!(g[5] & 0x80))
        return "is not present (P = 0)";
    unsigned type = g[5] & 0x1f;
    if (type != 14 && type != 15 && (size == 16 || (type != 5 && type != 6 && type != 7)))
        return "is no interrupt, trap or task gate";
    unsigned sel = g[2] | (unsigned)g[3] << 8;
    if (type == 5)
        return NULL;
    if (!(sel & 0xfffc))
        return "names the null selector as its code segment";
    const struct cpu_table ldt = {s->ldt.base, (uint16_t)s->ldt.limit}, *t = sel & 4 ? &ldt : &s->gdt;
    if ((sel | 7) > t->limit)
        return "names a code segment beyond the limit of the GDT";
    if (!read_linear(v, t->base + (sel & 0xfff8), d, sizeof d))
        return "names a code segment that cannot be read: the GDT is not in memory";
    if ((d[5] & 0x98) != 0x98)
        return "names a segment that is no present code segment";
    return NULL;
}

static const char *stack_fault(struct vcpu *v)
{
    const struct cpu_state *s = &v->cpu;
    uint8_t byte;
    uint64_t sp = s->gpr[CPU_RSP];
    if (!(s->efer & EFER_LMA))
        sp = s->seg[CPU_SS].base + (s->seg[CPU_SS].attr & SEG_DB ? (uint32_t)(sp - 4) : (uint16_t)(sp - 2));
    else
        sp -= 8;
    return read_linear(v, sp, &byte, 1) ? NULL : "SS:SP points to no memory, so nothing can be pushed";
}

/* --- a triple fault ------------------------------------------------------------------------------------------------------------ */

/* The engine saw them: tell the story. */
static void known_faults(FILE *f, const struct vm_exit *x)
{
    for (unsigned i = 0; i < x->u.fail.nfault; i++) {
        fprintf(f, "  fault %u %s, error code 0x%x, at 0x%" PRIx64, i + 1, vector_name(x->u.fail.fault[i].vector), x->u.fail.fault[i].error, x->u.fail.fault[i].rip);
        if (x->u.fail.fault[i].vector == PF)
            fprintf(f, ", address 0x%" PRIx64, x->u.fail.fault[i].cr2);
        fprintf(f, "%s\n", i == 0 ? "" : i == 1 ? ", while delivering the first" : ", which could not be delivered either: the processor gives up");
    }
}

/* The engine only says that it happened. What the instruction would raise, as far as can be told from its bytes. */
static unsigned likely_fault(struct vcpu *v)
{
    uint8_t code[15];
    struct disasm_line d;
    size_t n = vcpu_fetch(v, &v->cpu, code, sizeof code);
    if (!n)
        return cpu_paging(&v->cpu) ? PF : GP;
    disasm_one(cpu_mode(&v->cpu), v->cpu.rip, code, n, &d);
    if (strncmp(d.text, "ud", 2) == 0 || strncmp(d.text, "db ", 3) == 0)
        return UD;
    return cpu_paging(&v->cpu) && v->cpu.cr2 ? PF : GP;
}

static void tables(FILE *f, struct vcpu *v, unsigned first)
{
    const unsigned vector[] = {first, GP, DF};
    const char *why;
    for (unsigned i = first == GP; i < 3; i++)
        if ((why = gate_fault(v, vector[i])) != NULL)
            fprintf(f, "  gate    %u (%s) %s\n", vector[i], vector_name(vector[i]), why);
    if ((why = stack_fault(v)) != NULL)
        fprintf(f, "  stack   %s\n", why);
}

static void triple_fault(FILE *f, struct vcpu *v)
{
    const struct vm_exit *x = &v->exit;
    unsigned first = x->u.fail.nfault ? x->u.fail.fault[0].vector : likely_fault(v);
    fprintf(f, "Triple fault: an exception could not be delivered, nor the double fault that followed.\n");
    where(f, v);
    if (x->u.fail.nfault)
        known_faults(f, x);
    else
        fprintf(f, "  likely  %s here; the engine does not tell which exceptions there were (the software CPU does: --engine soft)\n", vector_name(first));
    tables(f, v, first);
}

/* --- the other ends --------------------------------------------------------------------------------------------------------- */

static void internal(FILE *f, struct vcpu *v)
{
    static const char *const why[] = {"", "its emulator does not know the instruction", "two events came at once", "an event could not be delivered to the guest",
                                      "it met an exit that it does not know"};
    uint64_t code = v->exit.u.fail.code;
    if (code < sizeof why / sizeof why[0] && code)
        fprintf(f, "The engine could not go on: %s (suberror %" PRIu64 ").\n", why[code], code);
    else
        fprintf(f, "The engine could not go on: exit code 0x%" PRIx64 ".\n", code);
    where(f, v);
    if (v->exit.u.fail.insn_len) {
        fprintf(f, "  bytes   ");
        print_insn(f, cpu_mode(&v->cpu), v->cpu.rip, v->exit.u.fail.insn, v->exit.u.fail.insn_len);
        fprintf(f, "\n");
    }
    if (code == 1)
        fprintf(f, "  try     --engine soft, or a host whose KVM uses hardware virtualization\n");
}

/* Basic exit reasons of a failed VM entry (SDM vol. 3, 26.8 and appendix C); SVM reports VMEXIT_INVALID (APM vol. 2, 15.5.1). */
static void fail_entry(FILE *f, struct vcpu *v)
{
    static const struct { uint64_t code; const char *why; } rows[] = {
        {0x80000021, "the guest's state is inconsistent: segment attributes, CR0/CR4 or RFLAGS that do not go together (SDM vol. 3, 26.3.1)"},
        {0x80000022, "loading the guest's MSRs failed (SDM vol. 3, 26.4)"}, {0x80000029, "a machine check came during entry"},
        {7, "the control fields are invalid (SDM vol. 3, 26.2)"}, {8, "the host's state is invalid"}, {UINT64_MAX, "the guest's state is inconsistent (APM vol. 2, 15.5.1)"},
    };
    const char *why = "for a reason that is not documented";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code == v->exit.u.fail.code)
            why = rows[i].why;
    fprintf(f, "The processor refused to enter the guest, hardware reason 0x%" PRIx64 ": %s.\n", v->exit.u.fail.code, why);
    where(f, v);
}

char *postmortem(struct vcpu *v)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    v->e->get_state(v->ev, &v->cpu, NULL);
    switch (v->engine_error ? EXIT_REASONS : v->exit.reason) {
    case EXIT_SHUTDOWN: triple_fault(f, v); break;
    case EXIT_INTERNAL: internal(f, v); break;
    case EXIT_FAIL_ENTRY: fail_entry(f, v); break;
    default:
        fprintf(f, "%s\n", v->error.text);
        where(f, v);
        break;
    }
    if (fclose(f) != 0)
        return NULL;
    return text;
}
