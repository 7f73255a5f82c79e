/* cmd_memory.c: memory: dump, change, disassemble, search. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "vmm/disasm.h"

enum { DUMP_MAX = 64 << 10, POKE_MAX = 60, DISAS_MAX = 1000, FIND_HITS = 32 };

/* What memory there is, for the error about memory that is not. */
static int no_memory(struct command_ctx *c, uint64_t at)
{
    struct machine *m = vcpu_machine(cmd_vcpu(c));
    char list[160] = "";
    uint64_t gpa, size;
    for (unsigned i = 0; machine_region(m, i, &gpa, &size); i++) {
        char one[64];
        snprintf(one, sizeof one, "%s0x%llx-0x%llx", i ? ", " : "", (unsigned long long)gpa, (unsigned long long)(gpa + size - 1));
        if (strlen(list) + strlen(one) < sizeof list)
            strcat(list, one);
    }
    return cmd_error(c, "there is no memory at 0x%llx. This machine's memory: %s; cs:0x10 counts from the code segment", (unsigned long long)at, list);
}

/* --- mem ----------------------------------------------------------------------------------------------------------- */

struct dump { uint64_t at, len; unsigned unit; };

static void dump_row(struct out *o, uint64_t at, const uint8_t *b, size_t got, size_t want, unsigned unit)
{
    char hex[80] = "", ascii[17] = "";
    for (size_t i = 0; i < want; i += unit) {
        char one[24];
        uint64_t value = 0;
        for (unsigned k = unit; k-- > 0;)
            value = value << 8 | (i + k < got ? b[i + k] : 0);
        if (i + unit <= got)
            snprintf(one, sizeof one, " %0*llx", (int)unit * 2, (unsigned long long)value);
        else
            snprintf(one, sizeof one, " %.*s", (int)unit * 2, "????????????????");
        strcat(hex, one);
    }
    for (size_t i = 0; i < want; i++)
        ascii[i] = i >= got ? '?' : b[i] >= 32 && b[i] < 127 ? (char)b[i] : '.';
    out_printf(o, "%08llx %-*s  %s\n", (unsigned long long)at, (int)(16 / unit * (unit * 2 + 1)), hex, ascii);
}

static int dump(struct command_ctx *c, const struct dump *d)
{
    uint64_t first_fault = 0;
    bool any = false;
    for (uint64_t done = 0; done < d->len; done += 16) {
        uint8_t b[16];
        uint64_t fault;
        size_t want = d->len - done < 16 ? (size_t)(d->len - done) : 16;
        size_t got = vcpu_mem_read(cmd_vcpu(c), d->at + done, b, want, &fault);
        if (!got && !any)
            return no_memory(c, fault);
        if (!got && !first_fault) {
            out_printf(c->out, "%08llx  nothing is mapped from here\n", (unsigned long long)fault);
            return 0;
        }
        any = true;
        dump_row(c->out, d->at + done, b, got, want, d->unit);
    }
    return 0;
}

static int run_mem(struct command_ctx *c)
{
    static const char letters[] = "bwdq";
    struct dump d = { .len = 64, .unit = 1 };
    int n = c->argc;
    const char *unit;
    if (n > 2 && strlen(c->argv[n - 1]) == 1 && (unit = strchr(letters, *c->argv[n - 1]))) {
        d.unit = 1u << (unit - letters);
        n--;
    }
    if (n < 2 || n > 3)
        return cmd_usage(c);
    if (n == 3 && (!command_number(c->argv[2], &d.len) || !d.len || d.len > DUMP_MAX))
        return cmd_error(c, "'%.40s' is not a length from 1 to %d", c->argv[2], DUMP_MAX);
    d.len = (d.len + d.unit - 1) / d.unit * d.unit;
    return cmd_address(c, c->argv[1], &d.at) ? dump(c, &d) : 1;
}

/* --- poke, find: bytes as people write them ------------------------------------------------------------------------ */

/* Words to bytes: 48 0x65 'H' are numbers (hexadecimal without a prefix), what was quoted is text. A word that is neither is more likely
 * a mistyped number. */
static int gather(struct command_ctx *c, int from, uint8_t *out, size_t max, size_t *n)
{
    *n = 0;
    for (int i = from; i < c->argc; i++) {
        const char *w = c->argv[i];
        size_t len = strlen(w);
        uint64_t value;
        char *end;
        if (c->quoted[i]) {
            if (*n + len > max)
                return cmd_error(c, "more than %zu bytes", max);
            memcpy(out + *n, w, len);
            *n += len;
        } else if (len <= 2 && isxdigit((unsigned char)*w) && (value = strtoul(w, &end, 16), !*end)) {
            out[(*n)++] = (uint8_t)value;
        } else if (w[strspn(w, "0123456789")] && command_number(w, &value) && value <= 255) {
            out[(*n)++] = (uint8_t)value;
        } else if (len > 2 && len % 2 == 0 && w[strspn(w, "0123456789abcdefABCDEF")] == '\0') {
            return cmd_error(c, "'%.40s' is not a byte but several: write them apart, as in %.2s %.2s, or as text in quotes: \"%.40s\"", w, w, w + 2, w);
        } else {
            return cmd_error(c, "'%.40s' is not a byte: write 0 to ff, 'H', or text in quotes: \"%.40s\"", w, w);
        }
        if (*n >= max && i + 1 < c->argc)
            return cmd_error(c, "more than %zu bytes", max);
    }
    return 0;
}

static int run_poke(struct command_ctx *c)
{
    uint8_t bytes[POKE_MAX * 64], old[sizeof bytes];
    uint64_t at, fault;
    size_t n;
    struct cpu_state cpu;
    struct vm_error err = { 0 };
    if (c->argc < 3)
        return cmd_usage(c);
    if (!cmd_address(c, c->argv[1], &at) || gather(c, 2, bytes, sizeof bytes, &n))
        return 1;
    if (n == 0)
        return cmd_usage(c);
    if (vcpu_get_state(cmd_vcpu(c), &cpu, &err) < 0) /* changing code under a running guest is asking for trouble */
        return cmd_fail(c, &err);
    if (vcpu_mem_read(cmd_vcpu(c), at, old, n, &fault) != n || vcpu_mem_write(cmd_vcpu(c), at, bytes, n, &fault) != n)
        return no_memory(c, fault);
    undo_memory(c->s, cmd_index(c), at, old, n);
    out_printf(c->out, "%zu byte%s at 0x%llx written\n", n, n == 1 ? "" : "s", (unsigned long long)at);
    return 0;
}

static unsigned find_in(struct command_ctx *c, uint64_t gpa, uint64_t size, const uint8_t *what, size_t n, unsigned hits)
{
    struct machine *m = vcpu_machine(cmd_vcpu(c));
    static uint8_t window[(64 << 10) + POKE_MAX * 64];
    for (uint64_t at = 0; at < size && hits <= FIND_HITS;) {
        size_t want = size - at < sizeof window ? (size_t)(size - at) : sizeof window;
        size_t got = machine_read(m, gpa + at, window, want);
        const uint8_t *p = window, *end = window + got;
        while ((p = memmem(p, (size_t)(end - p), what, n)) && hits <= FIND_HITS) {
            if (hits++ < FIND_HITS)
                out_printf(c->out, "physical 0x%llx\n", (unsigned long long)(gpa + at + (uint64_t)(p - window)));
            p++;
        }
        if (got < want || at + got >= size)
            break;
        at += got - (n - 1); /* a match may lie across the seam */
    }
    return hits;
}

static int run_find(struct command_ctx *c)
{
    uint8_t what[POKE_MAX * 64];
    uint64_t gpa, size;
    size_t n;
    unsigned hits = 0;
    if (c->argc < 2)
        return cmd_usage(c);
    if (gather(c, 1, what, sizeof what, &n))
        return 1;
    if (n == 0)
        return cmd_usage(c);
    for (unsigned i = 0; hits <= FIND_HITS && machine_region(vcpu_machine(cmd_vcpu(c)), i, &gpa, &size); i++)
        hits = find_in(c, gpa, size, what, n, hits);
    if (hits > FIND_HITS)
        out_printf(c->out, "and more: write a longer pattern\n");
    else if (!hits)
        out_printf(c->out, "not found in this machine's memory\n");
    return 0;
}

/* --- disas, stack -------------------------------------------------------------------------------------------------- */

static bool breakpoint_at(struct vcpu *v, uint64_t at)
{
    struct vcpu_break b[4];
    vcpu_breaks(v, b);
    for (int i = 0; i < 4; i++)
        if (b[i].on && b[i].type == DEBUG_EXEC && b[i].addr == at)
            return true;
    return false;
}

static int run_disas(struct command_ctx *c)
{
    struct cpu_state cpu;
    struct vcpu *v = cmd_vcpu(c);
    uint64_t at, n = 10, here;
    struct vcpu_snapshot now;
    vcpu_snapshot(v, &now);
    cmd_cpu(v, &cpu);
    here = command_here(v, now.state, &cpu);
    at = command_listing(v, now.state, &cpu);
    if (c->argc > 3)
        return cmd_usage(c);
    if (c->argc == 3 && (!command_number(c->argv[2], &n) || !n || n > DISAS_MAX))
        return cmd_error(c, "'%.40s' is not a number of instructions from 1 to %d", c->argv[2], DISAS_MAX);
    if (c->argc > 1 && !cmd_address(c, c->argv[1], &at))
        return 1;
    for (uint64_t i = 0; i < n; i++) {
        struct disasm_line line;
        uint8_t bytes[15];
        char hex[48] = "";
        uint64_t fault;
        size_t got = vcpu_mem_read(v, at, bytes, sizeof bytes, &fault);
        if (!got)
            return i ? 0 : no_memory(c, fault);
        disasm_one(cpu_mode(&cpu), at, bytes, got, &line);
        for (unsigned k = 0; k < line.len && k < 15; k++)
            snprintf(hex + k * 3, sizeof hex - k * 3, "%02x ", line.bytes[k]);
        out_printf(c->out, "%s%s %08llx  %-24s %s\n", at == here ? "=>" : "  ", breakpoint_at(v, at) ? "*" : " ", (unsigned long long)at, hex, line.text);
        at += line.len ? line.len : 1;
    }
    return 0;
}

static int run_stack(struct command_ctx *c)
{
    struct cpu_state cpu;
    uint64_t n = 8, at;
    unsigned unit;
    cmd_cpu(cmd_vcpu(c), &cpu);
    if (c->argc > 2)
        return cmd_usage(c);
    if (c->argc == 2 && (!command_number(c->argv[1], &n) || !n || n > 256))
        return cmd_error(c, "'%.40s' is not a number of words from 1 to 256", c->argv[1]);
    bool wide = cpu_mode(&cpu) == CPU_LONG, big = wide || (cpu.seg[CPU_SS].attr & SEG_DB);
    unit = wide ? 8 : big ? 4 : 2;
    at = wide ? cpu.gpr[CPU_RSP] : big ? (uint32_t)cpu.gpr[CPU_RSP] : (uint16_t)cpu.gpr[CPU_RSP];
    for (uint64_t i = 0; i < n; i++) {
        uint64_t value = 0, fault;
        uint64_t offset = wide ? at + i * unit : big ? (uint32_t)(at + i * unit) : (uint16_t)(at + i * unit);
        uint64_t linear = cpu.seg[CPU_SS].base + offset;
        if (!wide)
            linear = (uint32_t)linear;
        if (vcpu_mem_read(cmd_vcpu(c), linear, &value, unit, &fault) != unit)
            return i ? 0 : no_memory(c, fault);
        out_printf(c->out, "%s sp+%-4llu %08llx  %0*llx\n", i ? "  " : "=>", (unsigned long long)(i * unit), (unsigned long long)linear, (int)unit * 2,
                   (unsigned long long)value);
    }
    return 0;
}

const struct command memory_commands[] = {
    { "mem", "x, m", "ADDRESS [LEN] [b|w|d|q]", "show memory, hexadecimal and as text",
      "LEN bytes (64 if not given) in units of a byte, word, dword or qword. A number is a linear address,\n"
      "translated as the guest's paging has it; registers count from their segment; SEG:OFFSET works too.\n\n"
      "    mem 0x500\n"
      "    mem ds:si 32 w\n"
      "    mem 0xb800:0 80", CMD_EACH, run_mem, complete_register },
    { "poke", NULL, "ADDRESS BYTES...", "write memory of a paused guest",
      "Bytes are hexadecimal (no 0x needed) or 'H'; text stands in quotes. 'undo' takes it back.\n\n"
      "    poke cs:ip 90 90          two NOPs over the next instruction\n"
      "    poke 0x500 \"hello\" 0", CMD_EACH, run_poke, complete_register },
    { "find", NULL, "BYTES... | \"TEXT\"", "search the machine's memory",
      "Looks through all RAM of the machine and prints where the bytes are (physical addresses). They are\n"
      "written as for 'poke'.\n\n"
      "    find \"Hello\"\n"
      "    find cd 80", CMD_EACH, run_find, NULL },
    { "disas", "dis", "[ADDRESS] [N]", "disassemble N instructions (10)",
      "From the next instruction (of a guest that halted from its HLT), or from ADDRESS. => marks the next\n"
      "instruction, or the one that ended the guest; * a breakpoint.\n\n"
      "    disas\n"
      "    disas cs:0 20", CMD_EACH, run_disas, complete_register },
    { "stack", NULL, "[N]", "show the top N words of the stack (8)", "In words as wide as the stack is: 2, 4 or 8 bytes.", CMD_EACH, run_stack, NULL },
    { 0 },
};
