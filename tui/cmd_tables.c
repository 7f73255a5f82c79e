/* cmd_tables.c: the tables the processor reads: page tables, GDT, IDT/IVT. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "vmm/walk.h"

/* --- walk ---------------------------------------------------------------------------------------------------------- */

static void walk_steps(struct out *o, const struct walk *w)
{
    for (unsigned i = 0; i < w->steps; i++) {
        const struct walk_step *st = &w->step[i];
        char flags[80];
        walk_flags(st, flags, sizeof flags);
        out_printf(o, "  %-6s [%u] at physical 0x%llx = 0x%0*llx  %s\n", st->name, st->index, (unsigned long long)st->gpa, st->value >> 32 ? 16 : 8,
                   (unsigned long long)st->value, flags);
    }
}

static int run_walk(struct command_ctx *c)
{
    struct cpu_state cpu;
    struct walk w;
    uint64_t at;
    if (c->argc > 2)
        return cmd_usage(c);
    cmd_cpu(cmd_vcpu(c), &cpu);
    at = cpu_linear_rip(&cpu);
    if (c->argc == 2 && !cmd_address(c, c->argv[1], &at))
        return 1;
    walk_linear(vcpu_machine(cmd_vcpu(c)), &cpu, at, &w);
    if (!w.paging) {
        out_printf(c->out, "paging is off (CR0.PG = 0): linear 0x%llx is physical 0x%llx\n", (unsigned long long)at, (unsigned long long)at);
        return 0;
    }
    out_printf(c->out, "linear 0x%llx, CR3 = 0x%llx\n", (unsigned long long)at, (unsigned long long)cpu.cr3);
    walk_steps(c->out, &w);
    if (!w.mapped)
        out_printf(c->out, "  not mapped: %s\n", w.why);
    else
        out_printf(c->out, "  physical 0x%llx, a %llu KB page: %s, %s%s\n", (unsigned long long)w.gpa, (unsigned long long)w.page_size >> 10,
                   w.user ? "user" : "supervisor only", w.writable ? "writable" : "read only", w.nx ? ", not executable" : "");
    return 0;
}

/* --- descriptors (SDM vol. 3, 3.4.5 and 3.5) ----------------------------------------------------------------------- */

static uint32_t u32(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24; }

static const char *segment_type(uint8_t access)
{
    static const char *const system[] = { "reserved", "TSS 16 free", "LDT", "TSS 16 busy", "call gate 16", "task gate", "interrupt gate 16", "trap gate 16",
                                          "reserved", "TSS free", "reserved", "TSS busy", "call gate", "reserved", "interrupt gate", "trap gate" };
    if (!(access & 0x10))
        return system[access & 15];
    if (access & 8)
        return access & 2 ? "code, readable" : "code";
    if (access & 4)
        return access & 2 ? "data, writable, expands down" : "data, expands down";
    return access & 2 ? "data, writable" : "data";
}

static void descriptor(struct out *o, unsigned sel, const uint8_t *d)
{
    uint32_t low = u32(d), high = u32(d + 4);
    uint8_t access = (uint8_t)(high >> 8);
    uint32_t limit = (low & 0xffff) | (high & 0xf0000), base = low >> 16 | (high & 0xff) << 16 | (high & 0xff000000);
    if (high & 0x800000)
        limit = limit << 12 | 0xfff;
    if (!(access & 0x80)) {
        out_printf(o, "  %04x  %08x%08x  not present\n", sel, high, low);
        return;
    }
    if (!(access & 0x10) && (access & 0x0f) != 2 && (access & 5) != 1) { /* a gate: selector and offset instead */
        out_printf(o, "  %04x  %04x:%08x  DPL %d  %s\n", sel, low >> 16, (low & 0xffff) | (high & 0xffff0000), access >> 5 & 3, segment_type(access));
        return;
    }
    out_printf(o, "  %04x  base %08x  limit %08x  DPL %d  %s%s%s\n", sel, base, limit, access >> 5 & 3,
               !(access & 0x10) ? "" : high & 0x200000 ? "64-bit " : high & 0x400000 ? "32-bit " : "16-bit ", segment_type(access),
               (access & 0x10) && (access & 1) ? ", accessed" : "");
}

/* Read and print the entries of size bytes; only one if it is asked for: a multiple of unit. */
static int table(struct command_ctx *c, const struct cpu_table *t, unsigned size, unsigned unit, void (*print)(struct out *o, unsigned i, const uint8_t *d))
{
    unsigned first = 0, n = ((unsigned)t->limit + 1) / size;
    uint64_t only;
    if (c->argc == 2) {
        if (!command_number(c->argv[1], &only) || only / unit >= n)
            return cmd_error(c, "'%.40s' is not in this table: it ends at 0x%x", c->argv[1], n ? (n - 1) * unit : 0);
        first = (unsigned)(only / unit);
        n = first + 1;
    }
    for (unsigned i = first; i < n; i++) {
        static const uint8_t nothing[16];
        uint8_t d[16];
        uint64_t fault;
        if (vcpu_mem_read(cmd_vcpu(c), t->base + (uint64_t)i * size, d, size, &fault) != size) {
            out_printf(c->out, "  there is no memory at 0x%llx, where entry %u would be\n", (unsigned long long)fault, i);
            return 0;
        }
        if (memcmp(d, nothing, size) == 0 && c->argc == 1)
            continue; /* an empty entry says nothing */
        print(c->out, i, d);
    }
    return 0;
}

static void gdt_entry(struct out *o, unsigned i, const uint8_t *d) { descriptor(o, i * 8, d); }

static void idt_entry32(struct out *o, unsigned i, const uint8_t *d)
{
    uint32_t low = u32(d), high = u32(d + 4);
    if (!(high & 0x8000))
        return; /* not present: nobody handles it */
    out_printf(o, "  %02x  %04x:%08x  DPL %u  %s\n", i, low >> 16, (low & 0xffff) | (high & 0xffff0000), high >> 13 & 3, segment_type((uint8_t)(high >> 8 & 0x1f)));
}

static void idt_entry64(struct out *o, unsigned i, const uint8_t *d)
{
    uint32_t low = u32(d), high = u32(d + 4);
    if (high & 0x8000)
        out_printf(o, "  %02x  %04x:%08x%08x  DPL %u  IST %u  %s\n", i, low >> 16, u32(d + 8), (low & 0xffff) | (high & 0xffff0000), high >> 13 & 3, high & 7,
                   segment_type((uint8_t)(high >> 8 & 0x1f)));
}

static void ivt_entry(struct out *o, unsigned i, const uint8_t *d)
{
    uint32_t v = u32(d);
    out_printf(o, "  %02x  %04x:%04x\n", i, v >> 16, v & 0xffff);
}

static int run_gdt(struct command_ctx *c)
{
    struct cpu_state cpu;
    uint64_t selector;
    if (c->argc > 2)
        return cmd_usage(c);
    if (c->argc == 2 && !command_number(c->argv[1], &selector))
        return cmd_error(c, "'%.40s' is not a selector: write a number such as 0x10", c->argv[1]);
    cmd_cpu(cmd_vcpu(c), &cpu);
    out_printf(c->out, "GDT at 0x%llx, limit 0x%x\n", (unsigned long long)cpu.gdt.base, cpu.gdt.limit);
    if (!(cpu.cr0 & CR0_PE)) {
        out_printf(c->out, "  not in use: in real mode a segment is selector * 16\n");
        return 0;
    }
    return table(c, &cpu.gdt, 8, 8, gdt_entry);
}

static int run_idt(struct command_ctx *c)
{
    struct cpu_state cpu;
    if (c->argc > 2)
        return cmd_usage(c);
    cmd_cpu(cmd_vcpu(c), &cpu);
    bool protected = cpu.cr0 & CR0_PE, wide = cpu.efer & EFER_LMA;
    out_printf(c->out, "%s at 0x%llx, limit 0x%x\n", protected ? "IDT" : "interrupt vector table", (unsigned long long)cpu.idt.base, cpu.idt.limit);
    return table(c, &cpu.idt, wide ? 16 : protected ? 8 : 4, 1, wide ? idt_entry64 : protected ? idt_entry32 : ivt_entry);
}

const struct command table_commands[] = {
    { "walk", "w", "[ADDRESS]", "how the page tables translate an address",
      "Every entry on the way from CR3 to the page, with its flags in words, and the one that says no.\n"
      "Without an address: the next instruction's.\n\n"
      "    walk 0x80001000", CMD_EACH, run_walk, complete_register },
    { "gdt", NULL, "[SELECTOR]", "show the segment descriptors", "The global descriptor table, decoded; entries of zeros are left out. Or the one of a selector.\n\n    gdt 0x10", CMD_EACH, run_gdt, NULL },
    { "idt", "ivt", "[VECTOR]", "show the interrupt table", "The interrupt descriptor table, or in real mode the interrupt vectors; absent entries are left out. Or\none of them.\n\n    idt 0x20", CMD_EACH, run_idt, NULL },
    { 0 },
};
