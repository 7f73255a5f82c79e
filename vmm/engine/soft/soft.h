/* soft.h: the state of the software CPU, and what its files offer each other.
 *
 * Reading order: soft.h (state), op.h (decoded code), flags.h, mem.h; then docs/soft-cpu.md names the .c files.
 * Everything here is private to vmm/engine/soft/. */
#ifndef SOFT_H
#define SOFT_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "vmm/engine.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

enum { SOFT_SLOTS = 32, SOFT_VCPUS = 64, TLB_SIZE = 256, JUMP_SIZE = 1024, STUCK = 65536, MMIO_QUEUE = 64, IO_BUFFER = 1024 };
enum { PAGE = 4096 };
#define PAGE_MASK 0xfffff000u

/* Exceptions (SDM vol. 3, table 6-1). */
enum { EX_DE, EX_DB, EX_NMI, EX_BP, EX_OF, EX_BR, EX_UD, EX_NM, EX_DF, EX_TS = 10, EX_NP, EX_SS, EX_GP, EX_PF,
       EX_MF = 16, EX_AC };

/* What is known about one page of RAM: which of its bytes were decoded as code by any vCPU, and how often one of those
 * was overwritten. code.c explains the protocol. */
struct soft_page {
    u32 gen;
    u64 *bits; /* one bit per byte, PAGE/64 words; NULL: never held code */
};

struct soft_slot {
    u64 gpa, size;
    u8 *hva;
    bool readonly;
    struct soft_page *page;
};

/* What LOCKed operations agree by (lock.c). Each vCPU's word is far from the others', for the host's caches. */
struct soft_bus {
    int taken;
    struct { int on; u8 apart[60]; } sharer[SOFT_VCPUS];
};

struct engine_vm {
    struct soft_bus bus;
    struct engine_config config;
    struct soft_slot slot[SOFT_SLOTS];
    struct engine_vcpu *vcpu[SOFT_VCPUS]; /* atomic: others look here to tell them of modified code */
    int fence;
};

/* A segment register with its hidden part. rlim/wlim are what the fast path of a load or store compares with: the
 * last valid offset, or -1 when only the slow path can tell (expand-down, not readable, null...). */
struct soft_seg {
    u32 base, limit, attr;
    u16 sel;
    i64 rlim, wlim;
};

/* Tags are linear page addresses; low bits make a tag that no fast comparison matches. */
enum { TAG_NONE = 1, TAG_CODE = 2 /* writable, but has decoded code: see code.c */ };
struct soft_tlb {
    u32 rtag, wtag;
    uintptr_t host; /* host address minus linear address */
};
struct soft_tlb_info { /* the slow path's share of a TLB entry */
    struct soft_page *page;
    u32 gpa;
    bool global, large;
};

/* Why the dispatcher must leave the fast path at the next block end. */
enum {
    ATT_KICK = 1,     /* the VMM wants control */
    ATT_WINDOW = 2,   /* want_window() */
    ATT_CODE = 4,     /* another vCPU began to execute, or overwrote, code */
    ATT_CAREFUL = 8,  /* TF, single step: one instruction at a time */
    ATT_LEAVE = 16,   /* this instruction wrote code, or memory that is not RAM, or hit a data breakpoint */
    ATT_ONE = 32,     /* just one instruction is wanted now */
};

enum soft_pending { PEND_NONE, PEND_IN, PEND_OUT, PEND_INS, PEND_OUTS, PEND_MMIO };

struct soft_stats { u64 decoded, blocks, hits, lookups, invalidations, flushes, tlb_misses, walks, exceptions, interrupts; };

struct op;
struct block;
struct soft_cache;

struct engine_vcpu {
    /* Hot: touched by every handler. gpr[ZERO_REG] is always 0: an absent base or index. */
    u32 gpr[12];
    u32 fl_res, fl_aux;       /* lazy arithmetic flags: flags.h */
    u32 epoch;                /* links between blocks made in another epoch are void */
    u32 attention;            /* ATT_*, atomic: other threads set it */
    i64 left;                 /* instructions until target */
    struct soft_tlb *tlb;     /* mmu[cpl == 3], or an empty one when every access must take the slow path */
    struct soft_seg seg[CPU_SEGS];
    u32 eip;                  /* valid between blocks */
    u32 eflags;               /* all but CF PF AF ZF SF OF; DF as in the register */
    u32 leave;                /* set by the slow path: stop after this instruction */
    const struct op *cur;     /* the instruction that may fault now, NULL: between instructions */
    struct soft_cache *cache;
    u32 env;                  /* names (CS base, limit, sizes, CPL): code.c */
    u32 entry;                /* how often run() was entered: the VMM may have written code meanwhile */
    u32 flushes;              /* of the block cache: pointers to blocks from before one are void */

    u64 target;               /* count() == target - left */
    u64 budget;
    u64 sti_at, ss_at;        /* count() when an interrupt shadow began: it lasts while count() is the same */
    bool nmi_blocked, user;   /* user: CPL is 3 */
    bool smp;                 /* the machine has other vCPUs */
    u8 cpl;

    u32 cr0, cr2, cr3, cr4;
    u32 dr[8];
    struct soft_seg ldt, tr;
    u32 gdt_base, idt_base;
    u16 gdt_limit, idt_limit;
    u64 tsc_offset;
    u64 state_cr8, state_efer; /* kept for get_state */

    struct { struct block *to; u32 epoch; } jump[JUMP_SIZE]; /* recently found blocks, by EIP */
    struct soft_tlb mmu[2][TLB_SIZE];
    struct soft_tlb_info info[2][TLB_SIZE];
    struct soft_tlb none[TLB_SIZE];

    /* The way out of the depth of an instruction (fault.c). */
    jmp_buf out;
    u8 ex_vector;
    bool ex_has_error;
    u32 ex_error;
    u8 ext;                   /* EXT bit of error codes: the event being delivered came from outside the program */
    u8 delivering;            /* the exception being delivered, or NOT_DELIVERING */
    u32 stuck;                /* exceptions since an instruction last completed */
    u64 stuck_at;
    u8 nfault;
    struct { u8 vector; u32 error, eip, cr2; } fault[3];

    /* The exit being reported and what its completion needs. */
    struct vm_exit exit;
    bool want_exit;           /* run() must return exit */
    enum soft_pending pending;
    u32 pend_eip, pend_next;
    u8 pend_size, pend_seg;
    bool pend_rep, pend_tf, held; /* held: exit waits for the next run() */
    u32 pend_count, pend_amask;
    u8 inject_vector;
    bool inject_nmi, injecting; /* injecting: the handler of inject_vector is being entered */
    u32 write_eip;            /* of the instruction that queued writes */
    struct { u64 gpa; u8 data[8]; u8 size; } read[MMIO_QUEUE], write[MMIO_QUEUE];
    u8 nread, read_at, nwrite, write_at;
    _Alignas(8) u8 buffer[IO_BUFFER];

    struct engine_debug debug;
    u32 watch_hit;            /* data breakpoints hit by this instruction: the guest's in bits 0-3, the VMM's in 4-7 */
    u32 trap_dr6;             /* what the VMM is to be told at the next boundary, as DR6 */
    bool watching, breaking;  /* some data, some execution breakpoint is armed */
    u32 resume_eip; bool resume; /* do not report the VMM's execution breakpoint here a second time */
    bool inhibit_trap;        /* the instruction just executed takes no single-step trap */
    bool task_trap;           /* T bit of the TSS switched to */
    bool fault_db;            /* the #DB being raised is a fault (an instruction breakpoint): RF will be set */
    bool rf_keep;             /* the instruction just executed loaded RF: do not clear it */

    struct soft_stats stats;
    struct engine_vm *vm;
    unsigned id;
};

enum { ZERO_REG = 8, NOT_DELIVERING = 0xff };

/* What this thread stored is visible to the others before it looks at what they stored. */
static inline void soft_fence(struct engine_vm *vm) {
#ifdef __SANITIZE_THREAD__ /* knows no fences */
    __atomic_fetch_add(&vm->fence, 0, __ATOMIC_SEQ_CST);
#else
    (void)vm;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

static inline void stat_inc(u64 *n) { __atomic_store_n(n, *n + 1, __ATOMIC_RELAXED); }

static inline u64 soft_count(const struct engine_vcpu *c) { return c->target - (u64)c->left; }
/* Between instructions: in the shadow of STI, MOV SS or POP SS. */
static inline bool soft_shadowed(const struct engine_vcpu *c) { return c->sti_at == soft_count(c) || c->ss_at == soft_count(c); }
/* Between two iterations of a REP is a boundary like one between instructions, but count() only moves with the last. */
static inline void soft_shadow_over(struct engine_vcpu *c) { c->sti_at = c->ss_at = UINT64_MAX; }
static inline bool soft_protected(const struct engine_vcpu *c) { return (c->cr0 & CR0_PE) && !(c->eflags & FLAG_VM); }
static inline bool soft_v86(const struct engine_vcpu *c) { return c->eflags & FLAG_VM; }
static inline unsigned soft_iopl(const struct engine_vcpu *c) { return c->eflags >> 12 & 3; }

/* fault.c: leave the instruction with an exception; nothing of it has happened. */
_Noreturn void soft_raise(struct engine_vcpu *c, u8 vector);
_Noreturn void soft_raise_err(struct engine_vcpu *c, u8 vector, u32 error);
_Noreturn void soft_page_fault(struct engine_vcpu *c, u32 linear, u32 error);
_Noreturn void soft_leave_with_exit(struct engine_vcpu *c);
enum { OUT_FAULT = 1, OUT_EXIT = 2 };
void soft_deliver_fault(struct engine_vcpu *c);
void soft_enter_fault(struct engine_vcpu *c); /* the exception in ex_*: enter its handler */
/* Leave with EXIT_INTERNAL. FAIL_EMULATION's number is KVM's, too. */
enum soft_failure { FAIL_EMULATION = 1, FAIL_FETCH = 1, FAIL_MEMORY = 100, FAIL_MMIO };
_Noreturn void soft_fail(struct engine_vcpu *c, enum soft_failure code);

/* interrupt.c: enter the handler of a vector (SDM vol. 3, 6.12; real mode: 20.1.4). */
enum soft_int { INT_HARD, INT_SOFT, INT_FAULT, INT_EXTERNAL /* NMI, INTR */ };
void soft_interrupt(struct engine_vcpu *c, u8 vector, enum soft_int kind, bool has_error, u32 error, u32 ret_eip);

/* debug.c: breakpoints, the guest's (DR7) and the VMM's (SDM vol. 3, 17.2). */
void soft_careful_update(struct engine_vcpu *c);
bool soft_debug_in_block(const struct engine_vcpu *c, u32 lin, u32 len);
bool soft_debug_fetch(struct engine_vcpu *c);    /* before an instruction: true when the VMM wants an exit instead */
void soft_debug_port(struct engine_vcpu *c, u32 port, unsigned size);
void soft_debug_after(struct engine_vcpu *c, bool tf, bool rf);
void soft_debug_report(struct engine_vcpu *c);   /* EXIT_DEBUG if something is to be told */

/* run.c */
void soft_unwind(struct engine_vcpu *c); /* back to the start of the instruction in c->cur */
static inline u32 attention(const struct engine_vcpu *c) { return __atomic_load_n(&c->attention, __ATOMIC_RELAXED); }
int soft_run(struct engine_vcpu *c, struct vm_exit *x);

/* state.c */
void soft_get_state(struct engine_vcpu *c, struct cpu_state *s);
void soft_set_state(struct engine_vcpu *c, const struct cpu_state *s);
u32 soft_eflags(const struct engine_vcpu *c);
void soft_set_eflags(struct engine_vcpu *c, u32 value);
void soft_mode_changed(struct engine_vcpu *c); /* CPL, PE, VM, AC: recompute what depends on them */

/* paging.c */
void soft_tlb_flush(struct engine_vcpu *c, bool global_too);
void soft_tlb_invlpg(struct engine_vcpu *c, u32 linear);

#endif
