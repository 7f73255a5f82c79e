/* cmd_state.c: registers: look, change, take back. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "command_parse.h"

/* --- regs ---------------------------------------------------------------------------------------------------------- */

static void flags_text(uint64_t f, char *buf, size_t size)
{
    static const struct { uint32_t bit; const char *name; } names[] = {
        { FLAG_CF, "CF" }, { FLAG_PF, "PF" }, { FLAG_AF, "AF" }, { FLAG_ZF, "ZF" }, { FLAG_SF, "SF" }, { FLAG_TF, "TF" }, { FLAG_IF, "IF" },
        { FLAG_DF, "DF" }, { FLAG_OF, "OF" }, { FLAG_NT, "NT" }, { FLAG_RF, "RF" }, { FLAG_VM, "VM" }, { FLAG_AC, "AC" }, { FLAG_ID, "ID" },
    };
    *buf = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (f & names[i].bit) {
            if (*buf)
                strncat(buf, " ", size - strlen(buf) - 1);
            strncat(buf, names[i].name, size - strlen(buf) - 1);
        }
}

/* 16-bit names while nothing is above bit 15; the names follow the widest register in use. */
static unsigned width_of(const struct cpu_state *c)
{
    uint64_t all = c->rip;
    if (cpu_mode(c) == CPU_LONG || cpu_mode(c) == CPU_COMPAT)
        return 8;
    if (cpu_mode(c) == CPU_PROT32 || cpu_mode(c) == CPU_PROT16)
        return 4;
    for (int i = 0; i < 8; i++)
        all |= c->gpr[i];
    return all > 0xffff ? 4 : 2;
}

static void one_reg(struct out *o, const struct cpu_state *c, const char *base, unsigned width)
{
    char name[8];
    snprintf(name, sizeof name, "%s%s", width == 8 ? "r" : width == 4 ? "e" : "", base);
    const struct cpu_reg *r = cpu_reg_find(name);
    if (r)
        out_printf(o, "  %-4s%0*llx", name, (int)width * 2, (unsigned long long)cpu_reg_get(c, r));
}

static void general(struct out *o, const struct cpu_state *c, unsigned width)
{
    static const char *const names[] = { "ax", "bx", "cx", "dx", "si", "di", "bp", "sp" };
    int row = width == 8 ? 2 : 4; /* what 80 columns hold */
    for (int i = 0; i < 8; i++) {
        one_reg(o, c, names[i], width);
        out_printf(o, "%s", i % row == row - 1 ? "\n" : "");
    }
    for (int i = 8; width == 8 && i < 16; i++)
        out_printf(o, "  %sr%d %016llx%s", i < 10 ? " " : "", i, (unsigned long long)c->gpr[i], i % row == row - 1 ? "\n" : "");
}

static void segments(struct out *o, const struct cpu_state *c)
{
    static const char *const names[CPU_SEGS] = { [CPU_ES] = "es", [CPU_CS] = "cs", [CPU_SS] = "ss", [CPU_DS] = "ds", [CPU_FS] = "fs", [CPU_GS] = "gs" };
    static const enum cpu_segreg order[] = { CPU_CS, CPU_SS, CPU_DS, CPU_ES, CPU_FS, CPU_GS };
    for (size_t i = 0; i < 6; i++) {
        const struct cpu_seg *g = &c->seg[order[i]];
        out_printf(o, "  %s  %04x  base %08llx  limit %08x  attr %04x%s\n", names[order[i]], g->sel, (unsigned long long)g->base, g->limit, g->attr & 0xffff,
                   g->attr & SEG_UNUSABLE ? " (unusable)" : "");
    }
}

static int all_regs(struct command_ctx *c, const struct cpu_state *cpu)
{
    unsigned width = width_of(cpu);
    char flags[80];
    flags_text(cpu->rflags, flags, sizeof flags);
    general(c->out, cpu, width);
    one_reg(c->out, cpu, "ip", width);
    out_printf(c->out, "  flags %08llx [%s]  %s mode, CPL %u\n", (unsigned long long)cpu->rflags, flags, cpu_mode_name(cpu_mode(cpu)), cpu_cpl(cpu));
    segments(c->out, cpu);
    out_printf(c->out, "  cr0 %08llx  cr2 %08llx  cr3 %08llx  cr4 %08llx  efer %llx\n", (unsigned long long)cpu->cr0, (unsigned long long)cpu->cr2,
               (unsigned long long)cpu->cr3, (unsigned long long)cpu->cr4, (unsigned long long)cpu->efer);
    out_printf(c->out, "  gdt %08llx limit %04x  idt %08llx limit %04x  tr %04x  ldt %04x\n", (unsigned long long)cpu->gdt.base, cpu->gdt.limit,
               (unsigned long long)cpu->idt.base, cpu->idt.limit, cpu->tr.sel, cpu->ldt.sel);
    return 0;
}

static int no_register(struct command_ctx *c, const char *name)
{
    const char *near = cmd_register_near(name);
    if (near)
        return cmd_error(c, "there is no register '%.30s'. Did you mean %.20s?", name, near);
    return cmd_error(c, "there is no register '%.30s'", name);
}

static int run_regs(struct command_ctx *c)
{
    struct cpu_state cpu;
    cmd_cpu(cmd_vcpu(c), &cpu);
    if (c->argc == 1)
        return all_regs(c, &cpu);
    for (int i = 1; i < c->argc; i++) {
        const struct cpu_reg *r = cpu_reg_find(c->argv[i]);
        if (!r)
            return no_register(c, c->argv[i]);
        uint64_t value = cpu_reg_get(&cpu, r);
        out_printf(c->out, "%s = 0x%0*llx (%llu)\n", r->name, r->size * 2, (unsigned long long)value, (unsigned long long)value);
    }
    return 0;
}

/* --- set ----------------------------------------------------------------------------------------------------------- */

/* A number, a negative one, or another register. */
static bool value_of(struct command_ctx *c, const struct cpu_state *cpu, const char *word, uint64_t *value)
{
    const struct cpu_reg *r = cpu_reg_find(word);
    if (r) {
        *value = cpu_reg_get(cpu, r);
        return true;
    }
    if (*word == '-' && command_number(word + 1, value)) {
        *value = 0 - *value;
        return true;
    }
    if (command_number(word, value))
        return true;
    cmd_error(c, "'%.40s' is neither a number nor a register", word);
    return false;
}

static bool fits(uint64_t value, unsigned size)
{
    unsigned bits = size * 8;
    return bits >= 64 || value >> bits == 0 || (int64_t)value >> (bits - 1) == -1; /* also -1 as 0xffff */
}

struct change { const struct cpu_reg *reg; uint64_t old; };

/* "REG=VALUE", into *cpu. 0, or 1 after an error. */
static int set_one(struct command_ctx *c, struct cpu_state *cpu, const char *assign, struct change *done)
{
    char name[32] = "";
    uint64_t value;
    const char *eq = strchr(assign, '=');
    if (!eq || (size_t)(eq - assign) >= sizeof name || eq == assign)
        return cmd_usage(c);
    memcpy(name, assign, (size_t)(eq - assign));
    const struct cpu_reg *r = cpu_reg_find(name);
    if (!r)
        return no_register(c, name);
    if (!value_of(c, cpu, eq + 1, &value))
        return 1;
    if (!fits(value, r->size))
        return cmd_error(c, "%s does not fit into %s: it holds %u bits", eq + 1, r->name, r->size * 8u);
    *done = (struct change){ r, cpu_reg_get(cpu, r) };
    cpu_reg_set(cpu, r, value);
    return 0;
}

/* All of them, or after an error none. */
static int run_set(struct command_ctx *c)
{
    struct vm_error err = { 0 };
    struct cpu_state cpu;
    struct change done[COMMAND_WORDS];
    unsigned n = 0;
    if (c->argc < 2)
        return cmd_usage(c);
    if (vcpu_get_state(cmd_vcpu(c), &cpu, &err) < 0)
        return cmd_fail(c, &err);
    for (int i = 1; i < c->argc; i++) {
        /* "set ax = 5" as people also write it */
        char joined[128];
        const char *w = c->argv[i];
        if (i + 2 < c->argc && strcmp(c->argv[i + 1], "=") == 0) {
            snprintf(joined, sizeof joined, "%s=%s", w, c->argv[i + 2]);
            w = joined;
            i += 2;
        }
        if (set_one(c, &cpu, w, &done[n++]))
            return 1;
    }
    if (vcpu_set_state(cmd_vcpu(c), &cpu, &err) < 0)
        return cmd_fail(c, &err);
    for (unsigned i = 0; i < n; i++) {
        undo_register(c->s, cmd_index(c), done[i].reg, done[i].old);
        out_printf(c->out, "%s = 0x%llx, was 0x%llx\n", done[i].reg->name, (unsigned long long)cpu_reg_get(&cpu, done[i].reg), (unsigned long long)done[i].old);
    }
    return 0;
}

/* --- undo ---------------------------------------------------------------------------------------------------------- */

enum { UNDO_DEPTH = 100 };

struct undo { unsigned vcpu; const struct cpu_reg *reg; uint64_t old, linear; uint8_t *bytes; size_t n; };
struct command_state { struct undo undo[UNDO_DEPTH]; unsigned n; };

static struct undo *push(struct session *s)
{
    struct command_state *st = s->commands;
    if (!st && !(st = s->commands = calloc(1, sizeof *st)))
        return NULL;
    if (st->n == UNDO_DEPTH) {
        free(st->undo[0].bytes);
        memmove(st->undo, st->undo + 1, (UNDO_DEPTH - 1) * sizeof *st->undo);
        st->n--;
    }
    return &st->undo[st->n++];
}

void undo_register(struct session *s, unsigned vcpu, const struct cpu_reg *r, uint64_t old)
{
    struct undo *u = push(s);
    if (u)
        *u = (struct undo){ .vcpu = vcpu, .reg = r, .old = old };
}

void undo_memory(struct session *s, unsigned vcpu, uint64_t linear, const uint8_t *old, size_t n)
{
    uint8_t *copy = malloc(n);
    struct undo *u = copy ? push(s) : NULL;
    if (!u) {
        free(copy);
        return;
    }
    memcpy(copy, old, n);
    *u = (struct undo){ .vcpu = vcpu, .linear = linear, .bytes = copy, .n = n };
}

void undo_forget(struct session *s, unsigned vcpu)
{
    struct command_state *st = s->commands;
    unsigned kept = 0;
    for (unsigned i = 0; st && i < st->n; i++)
        if (st->undo[i].vcpu == vcpu)
            free(st->undo[i].bytes);
        else
            st->undo[kept++] = st->undo[i];
    if (st)
        st->n = kept;
}

void command_state_free(struct session *s)
{
    for (unsigned i = 0; s->commands && i < s->commands->n; i++)
        free(s->commands->undo[i].bytes);
    free(s->commands);
    s->commands = NULL;
}

static int undo_reg(struct command_ctx *c, const struct undo *u)
{
    struct vm_error err = { 0 };
    struct cpu_state cpu;
    struct vcpu *v = c->s->vcpu[u->vcpu];
    if (vcpu_get_state(v, &cpu, &err) < 0)
        return cmd_fail(c, &err);
    cpu_reg_set(&cpu, u->reg, u->old);
    if (vcpu_set_state(v, &cpu, &err) < 0)
        return cmd_fail(c, &err);
    out_printf(c->out, "%s of vCPU %u is 0x%llx again\n", u->reg->name, u->vcpu, (unsigned long long)u->old);
    return 0;
}

static int undo_mem(struct command_ctx *c, const struct undo *u)
{
    struct vm_error err = { 0 };
    struct cpu_state cpu;
    uint64_t fault;
    if (vcpu_get_state(c->s->vcpu[u->vcpu], &cpu, &err) < 0) /* as poke */
        return cmd_fail(c, &err);
    if (vcpu_mem_write(c->s->vcpu[u->vcpu], u->linear, u->bytes, u->n, &fault) != u->n)
        return cmd_error(c, "there is no memory at 0x%llx any more", (unsigned long long)fault);
    out_printf(c->out, "%zu byte%s at 0x%llx of vCPU %u as before\n", u->n, u->n == 1 ? "" : "s", (unsigned long long)u->linear, u->vcpu);
    return 0;
}

static int run_undo(struct command_ctx *c)
{
    struct command_state *st = c->s->commands;
    if (c->argc > 1)
        return cmd_usage(c);
    if (!st || !st->n)
        return cmd_error(c, "nothing was changed by set or poke");
    struct undo *u = &st->undo[st->n - 1];
    int rc = u->reg ? undo_reg(c, u) : undo_mem(c, u);
    if (rc == 0) {
        free(u->bytes);
        st->n--;
    }
    return rc;
}

static void complete_set(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    const struct cpu_reg *r;
    char word[32];
    (void)s, (void)argc, (void)argv;
    for (size_t i = 0; (r = cpu_reg_at(i)); i++) {
        snprintf(word, sizeof word, "%s=", r->name);
        add(self, word);
    }
}

const struct command state_commands[] = {
    { "regs", NULL, "[REGISTER...]", "show the registers",
      "All of them, with flags in letters, mode, privilege level, segments and control registers; or the\n"
      "named ones. Of a running guest: as they were last published.\n\n"
      "    regs\n"
      "    regs ax cr0 @1", CMD_EACH, run_regs, complete_register },
    { "set", NULL, "REGISTER=VALUE...", "change registers of a paused guest",
      "Values are numbers (42, 0x2a, 2ah, 0b101010, 'H', -1) or other registers. In real mode a segment\n"
      "register takes its base with it. 'undo' takes it back.\n\n"
      "    set ax=0x41 bx=ax\n"
      "    set ip=0", CMD_EACH, run_set, complete_set },
    { "undo", NULL, NULL, "take back the last set or poke", "Only what 'set' and 'poke' changed, one after the other, up to 100.", 0, run_undo, NULL },
    { 0 },
};
