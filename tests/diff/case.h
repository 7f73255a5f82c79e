/* case.h: one differential case, what came out of it, and who can run it.
 *
 * A case is a scene (a processor mode with its tables in memory), registers, and the bytes of one or a few
 * instructions. It follows from its seed alone. Executors run it; compare.c says whether two agree. */
#ifndef DIFF_CASE_H
#define DIFF_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <Zydis/Zydis.h>

#include "vmm/cpu.h"

/* Where things are in the guest-physical memory of every scene. */
enum {
    RAM_SIZE = 0x30000,
    AT_HANDLER = 0x1000, HANDLER_SPACE = 4, /* vector v is delivered to AT_HANDLER + 4 * v, a HLT */
    AT_GDT = 0x1800, AT_LDT = 0x1a00, AT_IDT = 0x2000, AT_TSS = 0x2800, TSS_LIMIT = 0x68 + 0x80, AT_TSS2 = 0x2c00,
    KSTACK_LOW = 0x3000, KSTACK = 0x3ff0, AT_PD = 0x4000, AT_PT = 0x5000,
    AT_DATA = 0x6000, AT_CODE = 0x8000, CODE_END = 0xa000, AT_STACK = 0xb000, STACK_END = 0xe000, DATA_END = 0x1f000,
    CASE_BYTES = 96, IO_LOG = 128, REP_MAX = 64,
};

/* Selectors in the GDT of the protected-mode scenes: a menu of everything a selector can name. */
enum {
    SEL_CODE32 = 0x08, SEL_DATA32 = 0x10, SEL_UCODE32 = 0x18 | 3, SEL_UDATA32 = 0x20 | 3, SEL_TSS = 0x28, SEL_LDT = 0x30,
    SEL_CODE16 = 0x38, SEL_DATA16 = 0x40, SEL_UCODE16 = 0x48 | 3, SEL_UDATA16 = 0x50 | 3, SEL_RODATA = 0x58, SEL_XONLY = 0x60,
    SEL_CONFORM = 0x68, SEL_ABSENT = 0x70, SEL_DOWN = 0x78, SEL_GATE = 0x80, SEL_TSS2 = 0x88, SEL_TSS16 = 0x90, SEL_UGATE = 0x98,
    SEL_SMALL = 0xa0, SEL_END = 0xa8,
};

struct scene {
    const char *name;
    const char *about;
    uint32_t need;                       /* CAN_* of an engine */
    enum cpu_mode mode;
    bool user, paging;
    void (*state)(struct cpu_state *s);  /* registers that the scene fixes; gprs, rip, flags come from the case */
};
extern const struct scene scenes[];
extern const size_t nscenes;
/* The memory of a scene before the code bytes are put in: tables, handlers, a fixed random filling. */
void scene_memory(const struct scene *sc, uint8_t *ram);
const struct scene *scene_find(const char *name);

struct dcase {
    uint64_t seed;
    const struct scene *scene;
    struct cpu_state s;        /* before */
    uint8_t code[CASE_BYTES];
    unsigned ncode, ninsn;     /* instructions that are meant to execute */
    uint32_t at;               /* physical address of the code */
    unsigned nfill;            /* code bytes that follow ncode are HLT up to here */
    bool rep, branch, sequence;
    uint32_t undefined;        /* flags that nobody may compare */
    struct { uint32_t at; uint8_t n, bytes[32]; } patch[8]; /* memory beside the code, applied in order */
    unsigned npatch;
    char op[24];               /* mnemonic of the (first) instruction; for statistics */
    unsigned opcode;           /* 0..255, 0x100 + second byte */
};

enum outcome_end {
    END_DONE,     /* executed; state is at the next instruction */
    END_VECTOR,   /* an exception or INT n was taken: vector, state as pushed */
    END_HLT,      /* the instruction was HLT */
    END_SHUTDOWN, END_OUTSIDE /* touched memory that is not there */, END_LOST /* the executor could not run it */,
};

struct io_event { uint16_t port; uint8_t size; bool write; uint32_t value; };

struct outcome {
    enum outcome_end end;
    struct cpu_state s;     /* after; END_VECTOR: before delivery, as far as the pushed frame tells */
    uint8_t vector;
    bool has_error, has_cr2;
    uint32_t error;
    bool in_handler;        /* segment registers' hidden parts are those of a handler that was entered */
    uint32_t frame_at, frame_size; /* linear address of what the delivery pushed, 0: unknown */
    const uint8_t *ram;     /* the executor's memory after the case */
    uint64_t count; bool has_count;
    struct io_event io[IO_LOG];
    unsigned nio;
    char why[160];          /* END_LOST, END_OUTSIDE */
};

struct exec;
struct exec_ops {
    const char *name;
    /* NULL with a sentence when it cannot be used here. */
    struct exec *(*open)(char *why, size_t size);
    void (*close)(struct exec *e);
    bool (*can)(struct exec *e, const struct scene *sc);
    /* image: the memory that the case begins with. */
    void (*run)(struct exec *e, const struct dcase *c, const uint8_t *image, struct outcome *o);
};
extern const struct exec_ops exec_soft, exec_kvm, exec_unicorn;

/* What a port answers: a function of port, size and how many accesses came before, the same for every executor. */
uint32_t port_answer(uint16_t port, unsigned size, unsigned nth);

/* --- gen.c */
void case_generate(struct dcase *c, uint64_t seed, const struct scene *only);
uint64_t rng_next(uint64_t *state);

/* Put the patches and the code into image; undo by copying back from the scene. */
void case_apply(const struct dcase *c, uint8_t *image);
void case_undo(const struct dcase *c, const uint8_t *scene_ram, uint8_t *image);

/* --- compare.c. 0: same. Otherwise fills text with the differing fields, one per line. */
struct verdict { bool differ; bool excused; const char *excuse; char text[1200]; };
void outcome_compare(const struct dcase *c, const struct outcome *a, const char *an, const struct outcome *b, const char *bn,
                     struct verdict *v);


/* --- insn.c: one decoded instruction */
struct insn {
    ZydisDecodedInstruction i;
    ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
};
bool insn_decode(const struct scene *sc, const uint8_t *bytes, size_t n, struct insn *out);
bool insn_wanted(const struct insn *in);       /* an i486/Pentium integer instruction whose effect is comparable */
bool insn_branches(const struct insn *in);     /* ends a sequence */
bool insn_pushes_segment(const struct insn *in);
bool insn_repeats(const struct insn *in);
unsigned insn_stack_width(const struct insn *in, const struct cpu_state *s); /* 2 or 4 */
/* The flags it leaves undefined from this state (SDM vol. 1, appendix A, and the instruction's page). */
uint32_t insn_undefined(const struct insn *in, const struct cpu_state *s, bool exact);
bool insn_result_undefined(const struct insn *in, const struct cpu_state *s, bool exact); /* not only flags: such a case is not made */
/* Effective address of a memory operand, as an offset in its segment. */
uint32_t insn_offset(const struct insn *in, const ZydisDecodedOperand *m, const struct cpu_state *s);
int insn_segment(ZydisRegister r);             /* enum cpu_segreg */
int insn_gpr(ZydisRegister r);                 /* enum cpu_gpr of its 32-bit parent, -1: none */

/* --- gen_mem.c: point the operands at memory that is there, and put sensible structures where they point. */
void gen_operands(struct dcase *c, const struct insn *in, uint64_t *r);
uint32_t gen_value(uint64_t *r);
uint32_t case_physical(const struct dcase *c, uint32_t linear);
void case_patch(struct dcase *c, uint32_t at, const void *bytes, unsigned n);

/* --- report.c */
void case_print(const struct dcase *c, const struct outcome *a, const char *an, const struct outcome *b, const char *bn,
                const struct verdict *v);
void case_disasm(const struct dcase *c, char *buf, size_t size);

/* --- regress.c: run every tests/diff/regress/ *.case file on soft. Returns how many failed. */
int regress_run(int nfiles, char **files, unsigned *ran);
int regress_write(const struct dcase *c, const struct outcome *o, const char *path);

#endif
