/* command_address.c: addresses as people write them: 0x7c00, cs:ip, ds:si+4, 40:6c, esp-8, int:0x80 (where that vector's handler
 * begins), [esp] (the address that lies there). */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "suggest.h"

void cmd_cpu(struct vcpu *v, struct cpu_state *cpu)
{
    struct vcpu_snapshot n;
    if (vcpu_get_state(v, cpu, NULL) == 0)
        return;
    vcpu_snapshot(v, &n);
    *cpu = n.cpu;
}

static int segment(const char *name)
{
    static const char *const names[CPU_SEGS] = { [CPU_ES] = "es", [CPU_CS] = "cs", [CPU_SS] = "ss", [CPU_DS] = "ds", [CPU_FS] = "fs", [CPU_GS] = "gs" };
    for (int i = 0; i < CPU_SEGS; i++)
        if (strcasecmp(name, names[i]) == 0)
            return i;
    return -1;
}

/* The segment an offset in this register is taken from, unless one is written. */
static enum cpu_segreg home(const char *reg)
{
    size_t n = strlen(reg);
    const char *tail = n >= 2 ? reg + n - 2 : reg;
    if (strcasecmp(tail, "ip") == 0)
        return CPU_CS;
    return strcasecmp(tail, "sp") == 0 || strcasecmp(tail, "bp") == 0 ? CPU_SS : CPU_DS;
}

const char *cmd_register_near(const char *word)
{
    word += *word && strchr("$%*", *word); /* as GDB and assemblers write them */
    struct suggest near = { .word = word };
    const struct cpu_reg *r = cpu_reg_find(word);
    if (r || !isalpha((unsigned char)*word))
        return r ? word : NULL;
    for (size_t i = 0; (r = cpu_reg_at(i)); i++)
        suggest_offer(&near, r->name);
    return near.best;
}

static bool unknown(const char *word, struct vm_error *err)
{
    const char *near = cmd_register_near(word);
    err_set(err, EINVAL, "'%.40s' is neither a number nor a register.%s%.20s%s", word, near ? " Did you mean " : "", near ? near : "", near ? "?" : "");
    return false;
}

/* Terms joined by + and -. *seg becomes the segment the first register belongs to, if there is a register. */
static bool sum(const struct cpu_state *cpu, const char *text, uint64_t *out, int *seg, struct vm_error *err)
{
    char term[64];
    const char *whole = text;
    bool minus = false;
    *out = 0;
    do {
        size_t n = strcspn(text, "+-");
        uint64_t value;
        const struct cpu_reg *r;
        if (n == 0 || n >= sizeof term) {
            err_set(err, EINVAL, n ? "'%.40s' is neither a number nor a register." : "In '%.40s' a number or a register is missing.", whole);
            return false;
        }
        memcpy(term, text, n);
        term[n] = '\0';
        if ((r = cpu_reg_find(term))) {
            value = cpu_reg_get(cpu, r);
            if (*seg < 0)
                *seg = (int)home(term);
        } else if (!command_number(term, &value)) {
            return unknown(term, err);
        }
        *out += minus ? 0 - value : value;
        text += n;
        minus = *text == '-';
    } while (*text++);
    return true;
}

static uint64_t width_mask(const struct cpu_state *cpu)
{
    return cpu_mode(cpu) == CPU_LONG ? UINT64_MAX : 0xffffffffu;
}

/* "SEG:OFFSET" with a segment register, or in real mode with a number. */
static bool far_address(const struct cpu_state *cpu, const char *word, const char *colon, uint64_t *linear, struct vm_error *err)
{
    char name[24] = "";
    uint64_t base, offset;
    int seg = -1, ignored = 0;
    enum cpu_mode mode = cpu_mode(cpu);
    if (colon == word || !colon[1]) {
        err_set(err, EINVAL, "'%.40s' is half an address: write SEGMENT:OFFSET, such as cs:0x10.", word);
        return false;
    }
    if ((size_t)(colon - word) < sizeof name)
        memcpy(name, word, (size_t)(colon - word));
    if ((seg = segment(name)) >= 0) {
        base = cpu->seg[seg].base;
    } else if (!command_number(name, &base)) {
        err_set(err, EINVAL, "'%.20s' is not a segment: write cs, ds, ss, es, fs, gs or a number.", name);
        return false;
    } else if (mode != CPU_REAL && mode != CPU_V86) {
        err_set(err, EINVAL, "A segment number means number * 16 in real mode only: write a segment register, or the linear address.");
        return false;
    } else {
        base = (base & 0xffff) * 16;
    }
    if (!sum(cpu, colon + 1, &offset, &ignored, err))
        return false;
    *linear = (base + offset) & width_mask(cpu);
    return true;
}

static bool number_at(struct vcpu *v, uint64_t linear, unsigned bytes, uint64_t *out, struct vm_error *err)
{
    uint8_t b[8] = { 0 };
    if (vcpu_mem_read(v, linear, b, bytes, NULL) < bytes) {
        err_set(err, EFAULT, "There is no memory at 0x%llx.", (unsigned long long)linear);
        return false;
    }
    *out = 0;
    while (bytes--)
        *out = *out << 8 | b[bytes];
    return true;
}

/* "int:N": the handler of a vector, out of the IDT (SDM vol. 3, 6.11) or in real mode the IVT. */
static bool handler_address(struct vcpu *v, const struct cpu_state *cpu, const char *word, uint64_t *linear, struct vm_error *err)
{
    enum cpu_mode mode = cpu_mode(cpu);
    bool real = mode == CPU_REAL, wide = mode == CPU_LONG || mode == CPU_COMPAT;
    uint64_t n, low, high = 0, top = 0;
    if (!command_number(word, &n) || n > 255) {
        err_set(err, EINVAL, "'%.20s' is not a vector from 0 to 255.", word);
        return false;
    }
    uint64_t at = cpu->idt.base + n * (real ? 4 : wide ? 16 : 8);
    if (!number_at(v, at, 4, &low, err) || (!real && !number_at(v, at + 4, 4, &high, err)) || (wide && !number_at(v, at + 8, 4, &top, err)))
        return false;
    *linear = real ? (low >> 16) * 16 + (low & 0xffff) : (low & 0xffff) | (high & 0xffff0000) | top << 32;
    if (!real && !(high & 0x8000)) {
        err_set(err, EINVAL, "Vector 0x%llx has no handler: its gate is not present.", (unsigned long long)n);
        return false;
    }
    return true;
}

/* "[esp+4]": the offset that lies there, as wide as the code is; it is one in CS, since one asks for code. */
static bool pointer_address(struct session *s, struct vcpu *v, const struct cpu_state *cpu, const char *word, uint64_t *linear, struct vm_error *err)
{
    char inner[64];
    size_t n = strlen(word);
    enum cpu_mode mode = cpu_mode(cpu);
    uint64_t at;
    if (n < 3 || n - 2 >= sizeof inner || word[n - 1] != ']' || word[1] == '[') {
        err_set(err, EINVAL, "'%.40s' is not an address in brackets, such as [esp].", word);
        return false;
    }
    memcpy(inner, word + 1, n - 2);
    inner[n - 2] = '\0';
    bool small = mode == CPU_REAL || mode == CPU_V86 || mode == CPU_PROT16;
    if (!command_address(s, v, inner, &at, err) || !number_at(v, at, small ? 2 : mode == CPU_LONG ? 8 : 4, linear, err))
        return false;
    *linear = (*linear + cpu->seg[CPU_CS].base) & width_mask(cpu);
    return true;
}

bool command_address(struct session *s, struct vcpu *v, const char *word, uint64_t *linear, struct vm_error *err)
{
    struct cpu_state cpu;
    const char *colon = strchr(word, ':');
    int seg = -1;
    cmd_cpu(v, &cpu);
    if (*word == '[')
        return pointer_address(s, v, &cpu, word, linear, err);
    if (strncasecmp(word, "int:", 4) == 0)
        return handler_address(v, &cpu, word + 4, linear, err);
    if (colon)
        return far_address(&cpu, word, colon, linear, err);
    if (!sum(&cpu, word, linear, &seg, err))
        return false;
    if (seg < 0 && *linear > width_mask(&cpu)) {
        err_set(err, EINVAL, "%.40s is beyond the 4 GB that an address reaches outside of 64-bit mode.", word);
        return false;
    }
    if (seg >= 0 && segment(word) < 0) /* a register is an offset; a number is linear already */
        *linear += cpu.seg[seg].base;
    *linear &= width_mask(&cpu);
    return true;
}

/* The one-byte instruction before rip, 0 if there is none to be read. */
static uint8_t behind(struct vcpu *v, uint64_t rip)
{
    uint8_t b;
    return vcpu_mem_read(v, rip - 1, &b, 1, NULL) ? b : 0;
}

uint64_t command_here(struct vcpu *v, enum vcpu_state state, const struct cpu_state *s)
{
    uint64_t rip = cpu_linear_rip(s);
    uint8_t b = state == VCPU_EXITED ? behind(v, rip) : 0;
    return b == 0xf4 || b == 0xee || b == 0xef ? rip - 1 : rip;
}

uint64_t command_listing(struct vcpu *v, enum vcpu_state state, const struct cpu_state *s)
{
    uint64_t here = command_here(v, state, s);
    return state == VCPU_HALTED && behind(v, here) == 0xf4 ? here - 1 : here;
}
