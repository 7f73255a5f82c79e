/* cpu.c: what can be said about a processor's state without running it: its mode, and its registers by name. */
#include "cpu.h"

#include <string.h>
#include <strings.h>

void cpu_reset(struct cpu_state *s)
{
    *s = (struct cpu_state){
        .rflags = FLAG_1,
        .cr0 = CR0_ET, /* the hardware's 0x60000010 less the cache bits, as firmware leaves it */
        .gdt = {0, 0xffff},
        .idt = {0, 0x3ff}, /* real mode: 256 vectors of 4 bytes */
        .ldt = {.limit = 0xffff, .attr = SEG_P | 2 /* LDT */},
        .tr = {.limit = 0xffff, .attr = SEG_P | 11 /* busy 32-bit TSS: VMX takes no other */},
        .dr = {[6] = 0xffff0ff0u, [7] = 0x400},
    };
    for (unsigned i = 0; i < CPU_SEGS; i++)
        s->seg[i] = (struct cpu_seg){.limit = 0xffff, .attr = SEG_P | SEG_S | SEG_WRITE | SEG_ACCESSED | (i == CPU_CS ? SEG_CODE : 0)};
}

enum cpu_mode cpu_mode(const struct cpu_state *s)
{
    if (!(s->cr0 & CR0_PE))
        return CPU_REAL;
    if (s->rflags & FLAG_VM)
        return CPU_V86;
    uint32_t cs = s->seg[CPU_CS].attr;
    if (s->efer & EFER_LMA)
        return cs & SEG_L ? CPU_LONG : CPU_COMPAT;
    return cs & SEG_DB ? CPU_PROT32 : CPU_PROT16;
}

const char *cpu_mode_name(enum cpu_mode m)
{
    static const char *const name[] = {"real", "v86", "prot16", "prot32", "compat", "long"};
    return (unsigned)m < sizeof name / sizeof name[0] ? name[m] : "?";
}

/* The CPL is SS.DPL, as hardware's own VM state keeps it (SDM vol. 3, 24.4.1). */
unsigned cpu_cpl(const struct cpu_state *s)
{
    if (!(s->cr0 & CR0_PE))
        return 0;
    return s->rflags & FLAG_VM ? 3 : (s->seg[CPU_SS].attr & SEG_DPL) >> SEG_DPL_SHIFT;
}

bool cpu_paging(const struct cpu_state *s)
{
    return s->cr0 & CR0_PE && s->cr0 & CR0_PG;
}

uint64_t cpu_linear_rip(const struct cpu_state *s)
{
    switch (cpu_mode(s)) {
    case CPU_LONG: return s->rip;
    case CPU_REAL: case CPU_V86: return (uint32_t)(s->seg[CPU_CS].base + (s->rip & 0xffff));
    default: return (uint32_t)(s->seg[CPU_CS].base + s->rip);
    }
}

/* --- registers by name ----------------------------------------------------------------------------------------- */

enum { KIND_PLAIN, KIND_SEG };

#define GPR(n) offsetof(struct cpu_state, gpr[n])
#define WIDE(name, r) {"r" name, GPR(r), 8, 0, KIND_PLAIN}, {"e" name, GPR(r), 4, 0, KIND_PLAIN}, {name, GPR(r), 2, 0, KIND_PLAIN}
#define LOW(name, r) {name "l", GPR(r), 1, 0, KIND_PLAIN}, {name "h", GPR(r), 1, 8, KIND_PLAIN}
#define HIGH(name, r) {name, GPR(r), 8, 0, KIND_PLAIN}, {name "d", GPR(r), 4, 0, KIND_PLAIN}, {name "w", GPR(r), 2, 0, KIND_PLAIN}, {name "b", GPR(r), 1, 0, KIND_PLAIN}
#define FIELD(name, field, size) {name, offsetof(struct cpu_state, field), size, 0, KIND_PLAIN}
#define SEG(name, i) {name, offsetof(struct cpu_state, seg[i].sel), 2, (i), KIND_SEG}

static const struct cpu_reg regs[] = {
    WIDE("ax", CPU_RAX), LOW("a", CPU_RAX), WIDE("bx", CPU_RBX), LOW("b", CPU_RBX),
    WIDE("cx", CPU_RCX), LOW("c", CPU_RCX), WIDE("dx", CPU_RDX), LOW("d", CPU_RDX),
    WIDE("si", CPU_RSI), {"sil", GPR(CPU_RSI), 1, 0, KIND_PLAIN}, WIDE("di", CPU_RDI), {"dil", GPR(CPU_RDI), 1, 0, KIND_PLAIN},
    WIDE("bp", CPU_RBP), {"bpl", GPR(CPU_RBP), 1, 0, KIND_PLAIN}, WIDE("sp", CPU_RSP), {"spl", GPR(CPU_RSP), 1, 0, KIND_PLAIN},
    HIGH("r8", 8), HIGH("r9", 9), HIGH("r10", 10), HIGH("r11", 11), HIGH("r12", 12), HIGH("r13", 13), HIGH("r14", 14), HIGH("r15", 15),
    FIELD("rip", rip, 8), FIELD("eip", rip, 4), FIELD("ip", rip, 2),
    FIELD("rflags", rflags, 8), FIELD("eflags", rflags, 4), FIELD("flags", rflags, 2),
    SEG("es", CPU_ES), SEG("cs", CPU_CS), SEG("ss", CPU_SS), SEG("ds", CPU_DS), SEG("fs", CPU_FS), SEG("gs", CPU_GS),
    FIELD("ldtr", ldt.sel, 2), FIELD("tr", tr.sel, 2),
    FIELD("gdtbase", gdt.base, 8), FIELD("gdtlimit", gdt.limit, 2), FIELD("idtbase", idt.base, 8), FIELD("idtlimit", idt.limit, 2),
    FIELD("cr0", cr0, 8), FIELD("cr2", cr2, 8), FIELD("cr3", cr3, 8), FIELD("cr4", cr4, 8), FIELD("cr8", cr8, 8), FIELD("efer", efer, 8),
    FIELD("dr0", dr[0], 8), FIELD("dr1", dr[1], 8), FIELD("dr2", dr[2], 8), FIELD("dr3", dr[3], 8), FIELD("dr6", dr[6], 8), FIELD("dr7", dr[7], 8),
};

const struct cpu_reg *cpu_reg_find(const char *name)
{
    for (size_t i = 0; i < sizeof regs / sizeof regs[0]; i++)
        if (strcasecmp(regs[i].name, name) == 0)
            return &regs[i];
    return NULL;
}

const struct cpu_reg *cpu_reg_at(size_t i)
{
    return i < sizeof regs / sizeof regs[0] ? &regs[i] : NULL;
}

/* Every field is little endian in memory: a register's bytes begin at its offset (plus 1 for AH and its like). */
static size_t byte_of(const struct cpu_reg *r)
{
    return r->offset + (r->kind == KIND_SEG ? 0u : r->shift / 8u);
}

uint64_t cpu_reg_get(const struct cpu_state *s, const struct cpu_reg *r)
{
    uint64_t v = 0;
    memcpy(&v, (const char *)s + byte_of(r), r->size);
    return v;
}

void cpu_reg_set(struct cpu_state *s, const struct cpu_reg *r, uint64_t value)
{
    /* As the processor does: writing a 32-bit register clears the upper half (SDM vol. 1, 3.4.1.1). */
    size_t size = r->size == 4 ? 8 : r->size;
    if (r->size == 4)
        value = (uint32_t)value;
    memcpy((char *)s + byte_of(r), &value, size);
    enum cpu_mode m = cpu_mode(s);
    if (r->kind == KIND_SEG && (m == CPU_REAL || m == CPU_V86))
        s->seg[r->shift].base = (uint64_t)s->seg[r->shift].sel << 4;
}
