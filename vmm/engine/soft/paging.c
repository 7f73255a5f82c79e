/* paging.c: linear to physical addresses (SDM vol. 3, chapter 4: 32-bit paging) and the TLB that remembers them. */
#include "code.h"
#include "mem.h"
#include "soft.h"

enum { PTE_P = 1, PTE_W = 2, PTE_U = 4, PTE_A = 0x20, PTE_D = 0x40, PDE_PS = 0x80, PTE_G = 0x100 };
enum { PF_P = 1, PF_W = 2, PF_U = 4, PF_RSVD = 8 };

/* Bits 13-21 of a 4 MB PDE address more than 4 GB where PSE-36 exists; here they are reserved. */
#define PDE_PS_RESERVED 0x003fe000u

static bool entry_read(struct engine_vcpu *c, u32 gpa, u32 *value) {
    const u8 *p = soft_ram(c, gpa, false, NULL);
    if (!p) return false;
    *value = host_load32(p);
    return true;
}

/* Set A (and D): other processors may change the entry at the same time. Entries in read-only memory stay as they are. */
static void entry_mark(struct engine_vcpu *c, u32 gpa, u32 value, u32 bits) {
    if ((value & bits) == bits) return;
    struct soft_page *page;
    u8 *p = soft_ram(c, gpa, true, &page);
    if (!p) return;
    __atomic_fetch_or((u32 *)(void *)p, bits, __ATOMIC_RELAXED);
    if (soft_code_at(page, gpa % PAGE, 4)) soft_code_written(c, page, gpa % PAGE, 4);
}

struct mapping { u32 gpa; bool writable, global, large; };

static void walk(struct engine_vcpu *c, u32 lin, u32 access, struct mapping *m) {
    u32 error = access & (PF_W | PF_U);
    u32 pde_at = (c->cr3 & PAGE_MASK) + (lin >> 22) * 4, pte_at, pde, pte;
    stat_inc(&c->stats.walks);
    /* A table outside RAM reads as "not present". */
    if (!entry_read(c, pde_at, &pde) || !(pde & PTE_P)) soft_page_fault(c, lin, error);
    m->large = (pde & PDE_PS) && (c->cr4 & CR4_PSE);
    if (m->large) {
        if (pde & PDE_PS_RESERVED) soft_page_fault(c, lin, error | PF_P | PF_RSVD);
        pte_at = pde_at, pte = pde;
        m->gpa = (pde & 0xffc00000u) | (lin & 0x003ff000u);
    } else {
        pte_at = (pde & PAGE_MASK) + (lin >> 12 & 1023) * 4;
        if (!entry_read(c, pte_at, &pte) || !(pte & PTE_P)) soft_page_fault(c, lin, error);
        m->gpa = pte & PAGE_MASK;
    }
    u32 both = pde & pte;
    if ((access & ACC_USER) && !(both & PTE_U)) soft_page_fault(c, lin, error | PF_P);
    bool writable = (both & PTE_W) || (!(access & ACC_USER) && !(c->cr0 & CR0_WP));
    if ((access & ACC_WRITE) && !writable) soft_page_fault(c, lin, error | PF_P);
    if (pte_at != pde_at) entry_mark(c, pde_at, pde, PTE_A);
    entry_mark(c, pte_at, pte, access & ACC_WRITE ? PTE_A | PTE_D : PTE_A);
    /* A clean page stays read-only in the TLB, so that the first write comes here and sets D. */
    m->writable = writable && ((access & ACC_WRITE) || (pte & PTE_D));
    m->global = (pte & PTE_G) && (c->cr4 & CR4_PGE);
}

unsigned soft_tlb_fill(struct engine_vcpu *c, u32 lin, u32 access) {
    unsigned user = !!(access & ACC_USER), i = lin >> 12 & (TLB_SIZE - 1);
    struct mapping m = {.gpa = lin & PAGE_MASK, .writable = true};
    stat_inc(&c->stats.tlb_misses);
    if (c->cr0 & CR0_PG) walk(c, lin, access, &m);
    struct soft_tlb *e = &c->mmu[user][i];
    struct soft_tlb_info *info = &c->info[user][i];
    *info = (struct soft_tlb_info){.gpa = m.gpa, .global = m.global, .large = m.large};
    e->rtag = e->wtag = TAG_NONE;
    u8 *ram = soft_ram(c, m.gpa, false, &info->page);
    if (!ram) return i;
    e->host = (uintptr_t)ram - (lin & PAGE_MASK);
    e->rtag = lin & PAGE_MASK;
    if (m.writable && soft_ram(c, m.gpa, true, NULL)) {
        e->wtag = lin & PAGE_MASK;
        /* Publish the tag, then look: the other side marks code, then looks for tags (code.c). */
        soft_fence(c->vm);
        if (__atomic_load_n(&info->page->bits, __ATOMIC_ACQUIRE)) e->wtag |= TAG_CODE;
    }
    return i;
}

static void drop(struct engine_vcpu *c, unsigned user, unsigned i) {
    c->mmu[user][i].rtag = c->mmu[user][i].wtag = TAG_NONE;
}

void soft_tlb_flush(struct engine_vcpu *c, bool global_too) {
    for (unsigned user = 0; user < 2; user++)
        for (unsigned i = 0; i < TLB_SIZE; i++)
            if (global_too || !c->info[user][i].global) drop(c, user, i);
    soft_links_cut(c);
}

void soft_tlb_invlpg(struct engine_vcpu *c, u32 lin) {
    for (unsigned user = 0; user < 2; user++)
        for (unsigned i = 0; i < TLB_SIZE; i++) {
            u32 tag = c->mmu[user][i].rtag & PAGE_MASK;
            if (tag == (lin & PAGE_MASK) || (c->info[user][i].large && tag >> 22 == lin >> 22)) drop(c, user, i);
        }
    soft_links_cut(c);
}
