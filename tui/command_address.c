/* command_address.c: addresses as people write them: 0x7c00, cs:ip, ds:si+4, 40:6c, esp-8. */
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

static bool unknown(const char *word, struct vm_error *err)
{
    struct suggest near = { .word = word };
    const struct cpu_reg *r;
    for (size_t i = 0; (r = cpu_reg_at(i)); i++)
        suggest_offer(&near, r->name);
    err_set(err, EINVAL, "'%.40s' is neither a number nor a register.%s%s%s", word, near.best && isalpha((unsigned char)*word) ? " Did you mean " : "",
            near.best && isalpha((unsigned char)*word) ? near.best : "", near.best && isalpha((unsigned char)*word) ? "?" : "");
    return false;
}

/* Terms joined by + and -. *seg becomes the segment the first register belongs to, if there is a register. */
static bool sum(const struct cpu_state *cpu, const char *text, uint64_t *out, int *seg, struct vm_error *err)
{
    char term[64];
    bool minus = false;
    *out = 0;
    do {
        size_t n = strcspn(text, "+-");
        uint64_t value;
        const struct cpu_reg *r;
        if (n == 0 || n >= sizeof term) {
            err_set(err, EINVAL, "'%.40s' is not a number or a register.", text);
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

bool command_address(struct session *s, struct vcpu *v, const char *word, uint64_t *linear, struct vm_error *err)
{
    struct cpu_state cpu;
    const char *colon = strchr(word, ':');
    int seg = -1;
    (void)s;
    cmd_cpu(v, &cpu);
    if (colon)
        return far_address(&cpu, word, colon, linear, err);
    if (!sum(&cpu, word, linear, &seg, err))
        return false;
    if (seg >= 0 && segment(word) < 0) /* a register is an offset; a number is linear already */
        *linear += cpu.seg[seg].base;
    *linear &= width_mask(&cpu);
    return true;
}
