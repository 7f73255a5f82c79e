/* scene.c: the processor modes that cases run in, and the tables in memory that each needs. */
#include <string.h>

#include "case.h"
#include "vmm/engine.h"

static void put(uint8_t *ram, uint32_t at, uint64_t v, unsigned bytes) { for (unsigned i = 0; i < bytes; i++) ram[at + i] = (uint8_t)(v >> (8 * i)); }

/* A segment descriptor (SDM vol. 3, 3.4.5); attr as in cpu.h, limit in the units that attr's G says. */
static uint64_t descriptor(uint32_t base, uint32_t limit, uint32_t attr)
{
    return (uint64_t)(limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 | (uint64_t)(attr & 0xff) << 40
         | (uint64_t)(limit >> 16 & 0xf) << 48 | (uint64_t)(attr >> 12 & 0xf) << 52 | (uint64_t)(base >> 24) << 56;
}

static uint64_t gate(uint16_t sel, uint32_t offset, uint32_t attr, unsigned params)
{
    return (uint64_t)(offset & 0xffff) | (uint64_t)sel << 16 | (uint64_t)params << 32 | (uint64_t)(attr & 0xff) << 40
         | (uint64_t)(offset >> 16) << 48;
}

enum { CODE = 0x9b, DATA = 0x93, DPL3 = 0x60, B16 = 0, B32 = SEG_DB, G = SEG_G };

static struct cpu_seg seg(uint16_t sel, uint32_t base, uint32_t limit, uint32_t attr)
{
    return (struct cpu_seg){ .sel = sel, .base = base, .limit = limit, .attr = attr };
}

static void tables(uint8_t *ram)
{
    static const struct { uint16_t sel; uint32_t base, limit, attr; } row[] = {
        { SEL_CODE32, 0, 0xfffff, CODE | B32 | G }, { SEL_DATA32, 0, 0xfffff, DATA | B32 | G },
        { SEL_UCODE32, 0, 0xfffff, CODE | DPL3 | B32 | G }, { SEL_UDATA32, 0, 0xfffff, DATA | DPL3 | B32 | G },
        { SEL_TSS, AT_TSS, TSS_LIMIT, 0x8b }, { SEL_LDT, AT_LDT, 0x7f, 0x82 },
        { SEL_CODE16, 0, 0xffff, CODE | B16 }, { SEL_DATA16, 0x8000, 0xffff, DATA | B16 },
        { SEL_UCODE16, 0, 0xffff, CODE | DPL3 | B16 }, { SEL_UDATA16, 0x8000, 0xffff, DATA | DPL3 | B16 },
        { SEL_RODATA, 0, 0xfffff, 0x91 | DPL3 | B32 | G }, { SEL_XONLY, 0, 0xfffff, 0x99 | B32 | G },
        { SEL_CONFORM, 0, 0xfffff, 0x9f | B32 | G }, { SEL_ABSENT, 0, 0xfffff, (DATA & ~SEG_P) | B32 | G },
        { SEL_DOWN, 0, 0x5fff, 0x97 | B32 }, { SEL_TSS2, AT_TSS2, 0x67, 0x89 }, { SEL_TSS16, AT_TSS2 + 0x100, 0x2b, 0x81 },
        { SEL_SMALL, AT_DATA, 0xfff, DATA | DPL3 | B32 },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        put(ram, AT_GDT + (row[i].sel & ~7u), descriptor(row[i].base, row[i].limit, row[i].attr), 8);
    put(ram, AT_GDT + SEL_GATE, gate(SEL_CODE32, AT_CODE + 0x40, 0x8c, 0), 8);
    put(ram, AT_GDT + SEL_UGATE, gate(SEL_CODE32, AT_CODE + 0x40, 0xec, 2), 8);
    for (unsigned i = 0; i < 16; i++) put(ram, AT_LDT + i * 8, descriptor(0, 0xfffff, (i & 1 ? DATA : CODE) | DPL3 | B32 | G), 8);
    /* Every gate is an interrupt gate of DPL 3: INT n reaches its handler from every ring. */
    for (unsigned v = 0; v < 256; v++) put(ram, AT_IDT + v * 8, gate(SEL_CODE32, AT_HANDLER + HANDLER_SPACE * v, 0xee, 0), 8);
    memset(ram + AT_TSS, 0, TSS_LIMIT + 1);
    put(ram, AT_TSS + 4, KSTACK, 4);
    put(ram, AT_TSS + 8, SEL_DATA32, 2);
    put(ram, AT_TSS + 0x66, 0x68, 2);
    for (unsigned i = 0; i < 0x80; i += 3) ram[AT_TSS + 0x68 + i] = 0x5a; /* some ports allowed, some not */
    ram[AT_TSS + TSS_LIMIT] = 0xff;
    memset(ram + AT_TSS2, 0, 0x200);
    /* The task that SEL_TSS2 names: enough for a switch to succeed. */
    static const struct { unsigned at; uint32_t v; } t2[] = { { 0x1c, 0 }, { 0x20, AT_CODE + 0x60 }, { 0x24, 2 }, { 0x38, AT_STACK + 0x800 },
        { 0x48, SEL_DATA32 }, { 0x4c, SEL_CODE32 }, { 0x50, SEL_DATA32 }, { 0x54, SEL_DATA32 }, { 0x66, 0x68 } };
    for (size_t i = 0; i < sizeof t2 / sizeof t2[0]; i++) put(ram, AT_TSS2 + t2[i].at, t2[i].v, t2[i].at == 0x66 ? 2 : 4);
}

/* Identity-mapped, with holes: page 0x10 absent, 0x11 read-only, 0x12 supervisor, 0x13 absent again, so that operands at the end
 * of pages fault half-way. PDE 1 is a 4 MB page that shows the same memory; PDE 2 likewise read-only, PDE 3 supervisor. */
static void pages(uint8_t *ram)
{
    memset(ram + AT_PD, 0, 0x1000);
    memset(ram + AT_PT, 0, 0x1000);
    put(ram, AT_PD, AT_PT | 0x07, 4);
    put(ram, AT_PD + 4, 0x87, 4);
    put(ram, AT_PD + 8, 0x85, 4);
    put(ram, AT_PD + 12, 0x83, 4);
    for (uint32_t p = 0; p < RAM_SIZE >> 12; p++) {
        uint32_t flags = 7;
        if (p == 0x10 || p == 0x13) flags = 6;
        else if (p == 0x11) flags = 5;
        else if (p == 0x12 || p < 6) flags = 3;
        put(ram, AT_PT + p * 4, p << 12 | flags, 4);
    }
}

void scene_memory(const struct scene *sc, uint8_t *ram)
{
    uint64_t r = 42;
    for (uint32_t i = 0; i < RAM_SIZE; i += 8) {
        uint64_t v = rng_next(&r);
        /* A quarter of the words are the values that arithmetic finds interesting. */
        static const uint64_t edge[] = { 0, ~0ull, 0x8000000080000000, 0x7fffffff7fffffff, 0x0000000100000001, 0x8080808080808080, 0x7f7f7f7f7f7f7f7f, 0xff00ff00ff00ff00 };
        put(ram, i, v & 3 ? v : edge[v >> 2 & 7], 8);
    }
    memset(ram + AT_HANDLER, 0xf4, HANDLER_SPACE * 256);
    memset(ram + AT_CODE, 0xf4, CODE_END - AT_CODE);
    if (sc->mode == CPU_REAL)
        for (uint32_t v = 0; v < 256; v++) put(ram, v * 4, AT_HANDLER + HANDLER_SPACE * v, 4);
    tables(ram);
    if (sc->paging) pages(ram);
}

static void protected_tables(struct cpu_state *s)
{
    s->gdt = (struct cpu_table){ AT_GDT, SEL_END - 1 };
    s->idt = (struct cpu_table){ AT_IDT, 0x7ff };
    s->tr = seg(SEL_TSS, AT_TSS, TSS_LIMIT, 0x8b);
    s->ldt = seg(SEL_LDT, AT_LDT, 0x7f, 0x82);
    s->cr0 = CR0_PE | CR0_ET;
    s->efer = 0;
}

static void data_segments(struct cpu_state *s, struct cpu_seg d)
{
    s->seg[CPU_DS] = s->seg[CPU_ES] = s->seg[CPU_SS] = s->seg[CPU_FS] = s->seg[CPU_GS] = d;
}

static void state_real(struct cpu_state *s)
{
    for (int i = 0; i < CPU_SEGS; i++) s->seg[i] = seg(0, 0, 0xffff, i == CPU_CS ? CODE : DATA);
    s->idt = (struct cpu_table){ 0, 0x3ff };
    s->gdt = (struct cpu_table){ AT_GDT, SEL_END - 1 };
    s->cr0 = CR0_ET;
}

static void state_prot32(struct cpu_state *s)
{
    protected_tables(s);
    s->seg[CPU_CS] = seg(SEL_CODE32, 0, 0xffffffff, CODE | B32 | G);
    data_segments(s, seg(SEL_DATA32, 0, 0xffffffff, DATA | B32 | G));
}

static void state_user32(struct cpu_state *s)
{
    protected_tables(s);
    s->seg[CPU_CS] = seg(SEL_UCODE32, 0, 0xffffffff, CODE | DPL3 | B32 | G);
    data_segments(s, seg(SEL_UDATA32, 0, 0xffffffff, DATA | DPL3 | B32 | G));
}

static void state_prot16(struct cpu_state *s)
{
    protected_tables(s);
    s->seg[CPU_CS] = seg(SEL_CODE16, 0, 0xffff, CODE);
    data_segments(s, seg(SEL_DATA16, 0x8000, 0xffff, DATA));
}

static void state_user16(struct cpu_state *s)
{
    protected_tables(s);
    s->seg[CPU_CS] = seg(SEL_UCODE16, 0, 0xffff, CODE | DPL3);
    data_segments(s, seg(SEL_UDATA16, 0x8000, 0xffff, DATA | DPL3));
}

static void paging_on(struct cpu_state *s) { s->cr0 |= CR0_PG; s->cr3 = AT_PD; s->cr4 |= CR4_PSE; }
static void state_paged32(struct cpu_state *s) { state_prot32(s); paging_on(s); }
static void state_paged32wp(struct cpu_state *s) { state_prot32(s); paging_on(s); s->cr0 |= CR0_WP; }
static void state_upaged32(struct cpu_state *s) { state_user32(s); paging_on(s); }

static void state_v86(struct cpu_state *s)
{
    protected_tables(s);
    s->rflags |= FLAG_VM;
    for (int i = 0; i < CPU_SEGS; i++) s->seg[i] = seg(0, 0, 0xffff, 0xf3);
}

const struct scene scenes[] = {
    { "real", "real mode", CAN_REAL, CPU_REAL, false, false, state_real },
    { "prot32", "32-bit protected mode, flat, ring 0", CAN_PROT32, CPU_PROT32, false, false, state_prot32 },
    { "prot16", "16-bit protected mode, ring 0", CAN_PROT32, CPU_PROT16, false, false, state_prot16 },
    { "user32", "32-bit protected mode, flat, ring 3", CAN_PROT32, CPU_PROT32, true, false, state_user32 },
    { "user16", "16-bit protected mode, ring 3", CAN_PROT32, CPU_PROT16, true, false, state_user16 },
    { "paged32", "32-bit paging, ring 0", CAN_PAGING32, CPU_PROT32, false, true, state_paged32 },
    { "paged32wp", "32-bit paging, ring 0, CR0.WP", CAN_PAGING32, CPU_PROT32, false, true, state_paged32wp },
    { "upaged32", "32-bit paging, ring 3", CAN_PAGING32, CPU_PROT32, true, true, state_upaged32 },
    { "v86", "virtual-8086 mode", CAN_PAGING32, CPU_V86, true, false, state_v86 },
};
const size_t nscenes = sizeof scenes / sizeof scenes[0];

const struct scene *scene_find(const char *name)
{
    for (size_t i = 0; i < nscenes; i++)
        if (!strcmp(scenes[i].name, name)) return &scenes[i];
    return NULL;
}
