/* cpu.h: the architectural state of one x86 processor, as both engines report and accept it.
 *
 * Plain data, no pointers: it can be copied, compared, hashed and printed. Register numbers are the
 * instruction encoding's (Intel SDM vol. 2, table 2-2), segment numbers likewise (vol. 2, 2.1.5). */
#ifndef VMM_CPU_H
#define VMM_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cpu_gpr { CPU_RAX, CPU_RCX, CPU_RDX, CPU_RBX, CPU_RSP, CPU_RBP, CPU_RSI, CPU_RDI, CPU_GPRS = 16 };
enum cpu_segreg { CPU_ES, CPU_CS, CPU_SS, CPU_DS, CPU_FS, CPU_GS, CPU_SEGS };

/* Segment attributes: the access-rights layout of a descriptor's second dword shifted right by 8
 * (SDM vol. 3, 3.4.5), plus "unusable" where VMX keeps it (vol. 3, 24.4.1). */
enum {
    SEG_TYPE = 0x000f, SEG_ACCESSED = 0x0001, SEG_WRITE = 0x0002 /* data */, SEG_READ = 0x0002 /* code */,
    SEG_DOWN = 0x0004 /* data */, SEG_CONFORM = 0x0004 /* code */, SEG_CODE = 0x0008,
    SEG_S = 0x0010, SEG_DPL = 0x0060, SEG_DPL_SHIFT = 5, SEG_P = 0x0080,
    SEG_AVL = 0x1000, SEG_L = 0x2000, SEG_DB = 0x4000, SEG_G = 0x8000, SEG_UNUSABLE = 0x10000,
};

struct cpu_seg {
    uint64_t base;
    uint32_t limit; /* in bytes, granularity already applied: the last valid offset */
    uint32_t attr;  /* SEG_* */
    uint16_t sel;
};

struct cpu_table { uint64_t base; uint16_t limit; }; /* GDTR, IDTR */

enum { CR0_PE = 1u << 0, CR0_MP = 1u << 1, CR0_EM = 1u << 2, CR0_TS = 1u << 3, CR0_ET = 1u << 4, CR0_NE = 1u << 5,
       CR0_WP = 1u << 16, CR0_AM = 1u << 18, CR0_NW = 1u << 29, CR0_CD = 1u << 30 };
#define CR0_PG 0x80000000u
enum { CR4_VME = 1u << 0, CR4_PVI = 1u << 1, CR4_TSD = 1u << 2, CR4_DE = 1u << 3, CR4_PSE = 1u << 4, CR4_PAE = 1u << 5,
       CR4_MCE = 1u << 6, CR4_PGE = 1u << 7 };
enum { EFER_LME = 1u << 8, EFER_LMA = 1u << 10, EFER_NXE = 1u << 11 };
enum { FLAG_CF = 1u << 0, FLAG_1 = 1u << 1, FLAG_PF = 1u << 2, FLAG_AF = 1u << 4, FLAG_ZF = 1u << 6, FLAG_SF = 1u << 7,
       FLAG_TF = 1u << 8, FLAG_IF = 1u << 9, FLAG_DF = 1u << 10, FLAG_OF = 1u << 11, FLAG_IOPL = 3u << 12,
       FLAG_NT = 1u << 14, FLAG_RF = 1u << 16, FLAG_VM = 1u << 17, FLAG_AC = 1u << 18, FLAG_VIF = 1u << 19,
       FLAG_VIP = 1u << 20, FLAG_ID = 1u << 21 };

struct cpu_state {
    uint64_t gpr[CPU_GPRS];
    uint64_t rip, rflags;
    struct cpu_seg seg[CPU_SEGS], ldt, tr;
    struct cpu_table gdt, idt;
    uint64_t cr0, cr2, cr3, cr4, cr8, efer;
    uint64_t dr[8];       /* DR0-3, 6, 7; 4 and 5 stay 0 */
    bool shadow_sti;      /* interrupts blocked for one instruction after STI */
    bool shadow_ss;       /* ... after MOV SS / POP SS */
    bool nmi_blocked;     /* an NMI is being handled (until IRET) */
};

enum cpu_mode { CPU_REAL, CPU_V86, CPU_PROT16, CPU_PROT32, CPU_COMPAT, CPU_LONG };

/* The state after RESET, except that CS:IP is 0000:0000 (SDM vol. 3, table 9-1). */
void cpu_reset(struct cpu_state *s);

enum cpu_mode cpu_mode(const struct cpu_state *s);
const char *cpu_mode_name(enum cpu_mode m); /* "real", "v86", "prot16", "prot32", "compat", "long" */
unsigned cpu_cpl(const struct cpu_state *s);
bool cpu_paging(const struct cpu_state *s); /* CR0.PE and CR0.PG */

/* CS base + RIP, truncated as the mode demands: the linear address of the next instruction. */
uint64_t cpu_linear_rip(const struct cpu_state *s);

/* --- registers by name: "ax", "EAX", "rax", "al", "ip", "eflags", "cs", "cr0", "dr7"... ------------------ */

struct cpu_reg { const char *name; uint16_t offset; uint8_t size /* bytes */, shift /* bits: AH = 8 */; uint8_t kind; };

/* The table row of a name (case does not matter), or NULL. */
const struct cpu_reg *cpu_reg_find(const char *name);
/* The i-th row, NULL past the end: for completion and help. */
const struct cpu_reg *cpu_reg_at(size_t i);
uint64_t cpu_reg_get(const struct cpu_state *s, const struct cpu_reg *r);
/* Sets it as a debugger would: writing EAX in 64-bit mode keeps nothing of the upper half, AX and AL keep the
 * rest; a segment register written in real or v86 mode reloads base = selector * 16. */
void cpu_reg_set(struct cpu_state *s, const struct cpu_reg *r, uint64_t value);

#endif
