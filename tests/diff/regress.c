/* regress.c: cases as text, each with what the manual says must come out, run on the software CPU by every way of running it.
 *
 *   scene paged32         the mode (difftest --help lists them)
 *   set eax 12345678      a register before; what is not set is what the scene makes it, else 0
 *   at 8123               where the code lies; eip follows from it and cs
 *   code 66 90            the instructions; count 2 says how many there are (default 1)
 *   patch 6000 12 34      memory before
 *   ignore 8d4            flags that the manual leaves undefined
 *   expect eax 1          after. Registers and memory that are not mentioned must not change, eip goes to the end of the code
 *   expect mem 6000 12    memory after
 *   expect vector 13      delivered; expect error 18, expect cr2 10000; registers are as pushed
 *   expect hlt
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"

struct expect {
    struct cpu_state s;
    bool eip_given, vector, error, cr2, hlt;
    uint32_t error_code;
    uint8_t number;
    struct { uint32_t at; uint8_t n, bytes[32]; } mem[16];
    unsigned nmem;
};

static const char *const gpr_name[] = { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi" };
static const char *const seg_name[] = { "es", "cs", "ss", "ds", "fs", "gs" };

static bool set_field(const struct scene *sc, struct cpu_state *s, const char *name, uint32_t v)
{
    for (int i = 0; i < 8; i++) if (!strcmp(name, gpr_name[i])) { s->gpr[i] = v; return true; }
    for (int i = 0; i < CPU_SEGS; i++)
        if (!strcmp(name, seg_name[i])) {
            s->seg[i].sel = (uint16_t)v;
            if (sc->mode == CPU_REAL || sc->mode == CPU_V86) s->seg[i].base = v * 16u;
            return true;
        }
    if (!strcmp(name, "eip")) s->rip = v;
    else if (!strcmp(name, "eflags")) s->rflags = v;
    else if (!strcmp(name, "cr0")) s->cr0 = v;
    else if (!strcmp(name, "cr2")) s->cr2 = v;
    else return false;
    return true;
}

static unsigned hex_bytes(char *p, uint8_t *out, unsigned max)
{
    unsigned n = 0;
    for (char *w = strtok(p, " \t\n"); w && *w != '#' && n < max; w = strtok(NULL, " \t\n")) out[n++] = (uint8_t)strtoul(w, NULL, 16);
    return n;
}

static int bad(const char *file, int line, const char *what) { printf("%s:%d: %s\n", file, line, what); return -1; }

static int parse_line(const char *file, int line, char *text, struct dcase *c, struct expect *x)
{
    char word[16] = "", name[16] = "";
    int used = 0;
    if (sscanf(text, " %15s %n", word, &used) < 1 || word[0] == '#') return 0;
    char *rest = text + used;
    if (!strcmp(word, "scene")) {
        rest[strcspn(rest, " \t\n#")] = 0;
        if (!(c->scene = scene_find(rest))) return bad(file, line, "no such scene");
        c->s.rflags = FLAG_1;
        c->s.dr[6] = 0xffff0ff0, c->s.dr[7] = 0x400;
        c->scene->state(&c->s);
        return 0;
    }
    if (!c->scene) return bad(file, line, "the first line names the scene");
    if (!strcmp(word, "at")) { c->at = (uint32_t)strtoul(rest, NULL, 16); return 0; }
    if (!strcmp(word, "count")) { c->ninsn = (unsigned)strtoul(rest, NULL, 10); return 0; }
    if (!strcmp(word, "ignore")) { c->undefined = (uint32_t)strtoul(rest, NULL, 16); return 0; }
    if (!strcmp(word, "code")) { c->ncode = hex_bytes(rest, c->code, CASE_BYTES); return 0; }
    int more = 0;
    if (sscanf(rest, "%15s %n", name, &more) < 1) return bad(file, line, "something is missing");
    rest += more;
    if (!strcmp(word, "patch")) {
        uint8_t b[32];
        unsigned n = hex_bytes(rest, b, 32);
        case_patch(c, (uint32_t)strtoul(name, NULL, 16), b, n);
        return 0;
    }
    if (!strcmp(word, "set")) return set_field(c->scene, &c->s, name, (uint32_t)strtoul(rest, NULL, 16)) ? 0 : bad(file, line, "no such register");
    if (strcmp(word, "expect")) return bad(file, line, "no such word");
    if (x->s.gdt.limit != 0xffff) { x->s = c->s; x->s.gdt.limit = 0xffff; } /* the first expectation: start from the state before */
    if (!strcmp(name, "hlt")) { x->hlt = true; return 0; }
    if (!strcmp(name, "vector")) { x->vector = true; x->number = (uint8_t)strtoul(rest, NULL, 10); return 0; }
    if (!strcmp(name, "error")) { x->error = true; x->error_code = (uint32_t)strtoul(rest, NULL, 16); return 0; }
    if (!strcmp(name, "mem")) {
        if (x->nmem == 16) return bad(file, line, "too much memory");
        char *end;
        x->mem[x->nmem].at = (uint32_t)strtoul(rest, &end, 16);
        x->mem[x->nmem].n = (uint8_t)hex_bytes(end, x->mem[x->nmem].bytes, 32);
        x->nmem++;
        return 0;
    }
    if (!strcmp(name, "eip")) x->eip_given = true;
    if (!strcmp(name, "cr2")) x->cr2 = true;
    return set_field(c->scene, &x->s, name, (uint32_t)strtoul(rest, NULL, 16)) ? 0 : bad(file, line, "no such register");
}

static int load(const char *file, struct dcase *c, struct expect *x)
{
    char text[512];
    FILE *f = fopen(file, "r");
    if (!f) return bad(file, 0, strerror(errno));
    memset(c, 0, sizeof *c);
    memset(x, 0, sizeof *x);
    c->at = AT_CODE;
    c->ninsn = 1;
    int r = 0;
    for (int line = 1; r == 0 && fgets(text, sizeof text, f); line++) r = parse_line(file, line, text, c, x);
    fclose(f);
    if (r) return r;
    if (!c->scene || !c->ncode || x->s.gdt.limit != 0xffff) return bad(file, 0, "needs scene, code and expect lines");
    c->s.rip = c->at - (uint32_t)c->s.seg[CPU_CS].base;
    if (!x->eip_given) x->s.rip = x->vector ? c->s.rip : c->s.rip + c->ncode;
    c->sequence = c->ninsn > 1;
    struct insn in;
    snprintf(c->op, sizeof c->op, "(invalid)");
    if (insn_decode(c->scene, c->code, c->ncode, &in)) {
        snprintf(c->op, sizeof c->op, "%s", ZydisMnemonicGetString(in.i.mnemonic));
        c->rep = insn_repeats(&in);
        c->branch = insn_branches(&in);
    }
    return 0;
}

/* The expectation as an outcome, compared like any other. ram: the memory before, changed to the memory after. */
static void expected(const struct dcase *c, const struct expect *x, const struct outcome *got, uint8_t *ram, struct outcome *o)
{
    memset(o, 0, sizeof *o);
    o->end = x->vector ? END_VECTOR : x->hlt ? END_HLT : END_DONE;
    o->vector = x->number;
    o->s = x->s;
    o->has_error = x->error;
    o->error = x->error_code;
    o->has_cr2 = x->cr2;
    o->frame_at = got->frame_at;
    o->frame_size = got->frame_size;
    /* Not part of the text: what the case does not say about tables and control registers is not compared. */
    o->s.gdt = got->s.gdt, o->s.idt = got->s.idt, o->s.ldt = got->s.ldt, o->s.tr = got->s.tr;
    o->s.cr3 = got->s.cr3, o->s.cr4 = got->s.cr4;
    memcpy(o->io, got->io, sizeof o->io);
    o->nio = got->nio;
    (void)c;
    for (unsigned i = 0; i < x->nmem; i++)
        if (x->mem[i].at < RAM_SIZE - 32) memcpy(ram + x->mem[i].at, x->mem[i].bytes, x->mem[i].n);
    o->ram = ram;
}

int regress_run(int nfiles, char **files, unsigned *ran)
{
    char why[300] = "";
    struct exec *e = exec_soft.open(why, sizeof why);
    if (!e) { printf("%s\n", why); return 1; }
    static uint8_t before[RAM_SIZE], after[RAM_SIZE];
    int failed = 0;
    for (int i = 0; i < nfiles; i++) {
        static struct dcase c;
        static struct expect x;
        static struct outcome got, want;
        static struct verdict v;
        bool differ = load(files[i], &c, &x) < 0;
        for (c.seed = 0; !differ && c.seed < 3; c.seed++) { /* the three ways of exec_engine.c */
            scene_memory(c.scene, before);
            case_apply(&c, before);
            memcpy(after, before, RAM_SIZE);
            exec_soft.run(e, &c, before, &got);
            expected(&c, &x, &got, after, &want);
            outcome_compare(&c, &got, "soft", &want, "unicorn", &v); /* "unicorn": only what it also knows */
            if (v.differ) {
                differ = true;
                printf("%s:\n", files[i]);
                case_print(&c, &got, "soft", &want, "manual", &v);
            }
        }
        failed += differ;
        ++*ran;
    }
    exec_soft.close(e);
    return failed;
}

static void write_state(FILE *f, const char *word, const struct cpu_state *s, const struct cpu_state *than)
{
    for (int i = 0; i < 8; i++) if (s->gpr[i] != than->gpr[i]) fprintf(f, "%s %s %x\n", word, gpr_name[i], (uint32_t)s->gpr[i]);
    for (int i = 0; i < CPU_SEGS; i++) if (s->seg[i].sel != than->seg[i].sel) fprintf(f, "%s %s %x\n", word, seg_name[i], s->seg[i].sel);
    if (s->rflags != than->rflags) fprintf(f, "%s eflags %x\n", word, (uint32_t)s->rflags);
    if (s->cr0 != than->cr0) fprintf(f, "%s cr0 %x\n", word, (uint32_t)s->cr0);
}

int regress_write(const struct dcase *c, const struct outcome *o, const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f) return -errno;
    char text[700];
    case_disasm(c, text, sizeof text);
    fprintf(f, "# %s\nscene %s\nat %x\n", text, c->scene->name, c->at);
    struct cpu_state base = { .rflags = FLAG_1 };
    c->scene->state(&base);
    write_state(f, "set", &c->s, &base);
    fprintf(f, "code");
    for (unsigned i = 0; i < c->ncode; i++) fprintf(f, " %02x", c->code[i]);
    if (c->ninsn > 1) fprintf(f, "\ncount %u", c->ninsn);
    for (unsigned i = 0; i < c->npatch; i++) {
        fprintf(f, "\npatch %x", c->patch[i].at);
        for (unsigned k = 0; k < c->patch[i].n; k++) fprintf(f, " %02x", c->patch[i].bytes[k]);
    }
    if (c->undefined) fprintf(f, "\nignore %x", c->undefined);
    fprintf(f, "\nexpect eip %x\n", (uint32_t)o->s.rip);
    if (o->end == END_VECTOR) fprintf(f, "expect vector %u\n", o->vector);
    if (o->has_error) fprintf(f, "expect error %x\n", o->error);
    if (o->has_cr2) fprintf(f, "expect cr2 %x\n", (uint32_t)o->s.cr2);
    if (o->end == END_HLT) fprintf(f, "expect hlt\n");
    write_state(f, "expect", &o->s, &c->s);
    static uint8_t before[RAM_SIZE];
    scene_memory(c->scene, before);
    case_apply(c, before);
    for (uint32_t i = 0; i < RAM_SIZE; i++) {
        if (before[i] == o->ram[i] || (o->frame_size && i - o->frame_at < o->frame_size)) continue;
        fprintf(f, "expect mem %x", i);
        for (uint32_t end = i + 16; i < end && i < RAM_SIZE && before[i] != o->ram[i]; i++) fprintf(f, " %02x", o->ram[i]);
        fprintf(f, "\n");
        i--;
    }
    return fclose(f) ? -errno : 0;
}
