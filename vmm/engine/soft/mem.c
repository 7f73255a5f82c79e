/* mem.c: the slow path of memory accesses: segment limits, page crossings, memory that is not RAM, written code. */
#include "mem.h"

#include "code.h"
#include "io.h"
#include "seg.h"

u8 *soft_ram(struct engine_vcpu *c, u64 gpa, bool write, struct soft_page **page) {
    for (const struct soft_slot *s = c->vm->slot; s < c->vm->slot + SOFT_SLOTS; s++)
        if (gpa - s->gpa < s->size) {
            if (write && s->readonly) return NULL;
            if (page) *page = &s->page[(gpa - s->gpa) / PAGE];
            return s->hva + (gpa - s->gpa);
        }
    return NULL;
}

/* --- segmentation -------------------------------------------------------------------------------------------------- */

static _Noreturn void segment_fault(struct engine_vcpu *c, unsigned seg) {
    soft_raise_err(c, seg == CPU_SS ? EX_SS : EX_GP, 0);
}

bool soft_seg_allows(const struct engine_vcpu *c, const struct soft_seg *s, u32 off, unsigned size, bool write) {
    u32 last = off + (size - 1);
    if (!(c->cr0 & CR0_PE)) return last >= off && last <= s->limit;
    if ((s->attr & SEG_UNUSABLE) || !(s->attr & SEG_P)) return false;
    if (write ? !attr_data(s->attr) || !(s->attr & SEG_WRITE) : attr_code(s->attr) && !(s->attr & SEG_READ)) return false;
    if (attr_data(s->attr) && (s->attr & SEG_DOWN)) /* expand-down: valid above the limit */
        return off > s->limit && last >= off && last <= (s->attr & SEG_DB ? 0xffffffffu : 0xffffu);
    return last <= s->limit && (last >= off || s->limit == 0xffffffffu);
}

u32 soft_linear(struct engine_vcpu *c, unsigned seg, u32 off, unsigned size, bool write) {
    if (!soft_seg_allows(c, &c->seg[seg], off, size, write)) segment_fault(c, seg);
    return c->seg[seg].base + off;
}

/* #AC: only user code that asked for it (SDM vol. 3, 6.15, interrupt 17). */
static void align_check(struct engine_vcpu *c, u32 lin, unsigned w) {
    if ((lin & (w - 1)) && (c->cr0 & CR0_AM) && (c->eflags & FLAG_AC) && c->user) soft_raise_err(c, EX_AC, 0);
}

/* --- one page ------------------------------------------------------------------------------------------------------ */

u8 *soft_lin_ptr(struct engine_vcpu *c, u32 lin, u32 access, u64 *gpa) {
    unsigned user = !!(access & ACC_USER), i = lin >> 12 & (TLB_SIZE - 1);
    struct soft_tlb *e = &c->mmu[user][i];
    u32 tag = access & ACC_WRITE ? e->wtag & ~(u32)TAG_CODE : e->rtag;
    if (tag != (lin & PAGE_MASK)) {
        soft_tlb_fill(c, lin, access);
        tag = access & ACC_WRITE ? e->wtag & ~(u32)TAG_CODE : e->rtag;
        if (tag != (lin & PAGE_MASK)) {
            *gpa = c->info[user][i].gpa + lin % PAGE;
            return NULL;
        }
    }
    *gpa = c->info[user][i].gpa + lin % PAGE;
    /* An integer that was made from this very pointer, in soft_tlb_fill(). */
    return (u8 *)(e->host + lin);
}

/* [lin, lin+len), len <= 8, was written through TLB entry i. */
static inline void wrote_few(struct engine_vcpu *c, unsigned user, unsigned i, u32 lin, u32 len) {
    if (!(c->mmu[user][i].wtag & TAG_CODE)) return;
    /* The store must be visible before we look whether the bytes are code: the other side marks, then reads. */
    if (UNLIKELY(c->smp)) soft_fence(c->vm);
    struct soft_page *page = c->info[user][i].page;
    u32 at = lin % PAGE, bit = at % 64;
    u64 word = __atomic_load_n(&__atomic_load_n(&page->bits, __ATOMIC_ACQUIRE)[at / 64], __ATOMIC_RELAXED);
    if (LIKELY(!(word >> bit & ((1u << len) - 1))) && LIKELY(bit + len <= 64)) return;
    if (soft_code_at(page, at, len)) soft_code_written(c, page, at, len);
}

void soft_wrote(struct engine_vcpu *c, u32 lin, u32 len, bool user) {
    unsigned i = lin >> 12 & (TLB_SIZE - 1);
    if (len <= 8) {
        wrote_few(c, user, i, lin, len);
        return;
    }
    if (!(c->mmu[user][i].wtag & TAG_CODE)) return;
    if (c->smp) soft_fence(c->vm);
    struct soft_page *page = c->info[user][i].page;
    if (soft_code_at(page, lin % PAGE, len)) soft_code_written(c, page, lin % PAGE, len);
}

static u32 page_load(struct engine_vcpu *c, u32 lin, unsigned w, u32 access) {
    u64 gpa;
    const u8 *p = soft_lin_ptr(c, lin, access, &gpa);
    if (p) return w == 3 ? host_load16(p) | (u32)host_load8(p + 2) << 16 : host_load(p, w);
    return soft_mmio_read(c, gpa, w);
}

static void page_store(struct engine_vcpu *c, u32 lin, u32 value, unsigned w, u32 access) {
    u64 gpa;
    u8 *p = soft_lin_ptr(c, lin, access, &gpa);
    if (!p) {
        soft_mmio_write(c, gpa, value, w);
        return;
    }
    if (w == 3) host_store16(p, (u16)value), host_store8(p + 2, (u8)(value >> 16));
    else host_store(p, value, w);
    soft_wrote(c, lin, w, access & ACC_USER);
}

/* --- any linear address -------------------------------------------------------------------------------------------- */

static bool crosses(u32 lin, unsigned w) { return (lin & (PAGE - 1)) + w > PAGE; }

static u32 lin_load(struct engine_vcpu *c, u32 lin, unsigned w, u32 access) {
    if (LIKELY(!crosses(lin, w))) return page_load(c, lin, w, access);
    unsigned first = PAGE - lin % PAGE;
    u64 gpa;
    soft_lin_ptr(c, lin, access, &gpa); /* the fault of the first page comes first */
    soft_lin_ptr(c, lin + first, access, &gpa);
    u32 low = page_load(c, lin, first, access);
    return low | page_load(c, lin + first, w - first, access) << (8 * first);
}

u32 soft_lin_load(struct engine_vcpu *c, u32 lin, unsigned w, bool user) {
    if (UNLIKELY(c->watching)) soft_watch(c, lin, w, false);
    return lin_load(c, lin, w, user ? ACC_READ | ACC_USER : ACC_READ);
}

void soft_lin_store(struct engine_vcpu *c, u32 lin, u32 value, unsigned w, bool user) {
    u32 access = user ? ACC_WRITE | ACC_USER : ACC_WRITE;
    if (UNLIKELY(c->watching)) soft_watch(c, lin, w, true);
    if (LIKELY(!crosses(lin, w))) {
        page_store(c, lin, value, w, access);
        return;
    }
    unsigned first = PAGE - lin % PAGE;
    u64 gpa;
    soft_lin_ptr(c, lin, access, &gpa); /* both pages must be writable before a byte changes */
    soft_lin_ptr(c, lin + first, access, &gpa);
    page_store(c, lin, value, first, access);
    page_store(c, lin + first, value >> (8 * first), w - first, access);
}

/* --- through a segment --------------------------------------------------------------------------------------------- */

/* These begin with what the fast twins do inline, and with stores beside code, so that plain handlers are not slow. */

u32 soft_load(struct engine_vcpu *c, unsigned seg, u32 off, unsigned w) {
    uintptr_t host;
    if (LIKELY(fast_read(c, &c->seg[seg], off, w, &host))) return host_load((void *)host, w);
    u32 lin = soft_linear(c, seg, off, w, false);
    align_check(c, lin, w);
    return soft_lin_load(c, lin, w, c->user);
}

/* The same for writing into a page that has code. */
static inline bool maybe_code(const struct engine_vcpu *c, const struct soft_seg *s, u32 off, unsigned w, uintptr_t *host) {
    u32 lin = s->base + off;
    const struct soft_tlb *e = &c->tlb[lin >> 12 & (TLB_SIZE - 1)];
    *host = e->host + lin;
    return LIKELY((i64)((u64)off + (w - 1)) <= s->wlim) && LIKELY((((lin + (w - 1)) & PAGE_MASK) | TAG_CODE) == (e->wtag | TAG_CODE));
}

void soft_store(struct engine_vcpu *c, unsigned seg, u32 off, u32 value, unsigned w) {
    uintptr_t host;
    if (LIKELY(maybe_code(c, &c->seg[seg], off, w, &host))) {
        u32 at = c->seg[seg].base + off;
        host_store((void *)host, value, w);
        wrote_few(c, c->user, at >> 12 & (TLB_SIZE - 1), at, w);
        return;
    }
    u32 lin = soft_linear(c, seg, off, w, true);
    align_check(c, lin, w);
    soft_lin_store(c, lin, value, w, c->user);
}

u32 soft_load_rmw(struct engine_vcpu *c, unsigned seg, u32 off, unsigned w) {
    uintptr_t host;
    if (LIKELY(maybe_code(c, &c->seg[seg], off, w, &host))) return host_load((void *)host, w);
    u32 lin = soft_linear(c, seg, off, w, true);
    align_check(c, lin, w);
    if (UNLIKELY(c->watching)) soft_watch(c, lin, w, true);
    return lin_load(c, lin, w, c->user ? ACC_WRITE | ACC_USER : ACC_WRITE);
}

void soft_probe_write(struct engine_vcpu *c, unsigned seg, u32 off, unsigned size) {
    u32 lin = soft_linear(c, seg, off, size, true), access = c->user ? ACC_WRITE | ACC_USER : ACC_WRITE;
    u64 gpa;
    soft_lin_ptr(c, lin, access, &gpa);
    if (crosses(lin, size)) soft_lin_ptr(c, lin + PAGE - lin % PAGE, access, &gpa);
}

/* --- read-modify-write --------------------------------------------------------------------------------------------- */

u32 rmw_open(struct engine_vcpu *c, const struct op *o, unsigned w, struct rmw *m) {
    m->locked = false;
    if (!(o->flags & OP_MEM)) return reg(c, o->rm, w);
    m->off = ea_full(c, o);
    if ((o->flags & OP_LOCK) && c->smp) {
        u32 lin = soft_linear(c, o->seg, m->off, w, true);
        align_check(c, lin, w);
        if ((m->locked = soft_lock_find(c, lin, w, &m->operand))) {
            if (UNLIKELY(c->watching)) soft_watch(c, lin, w, true);
            return (u32)soft_lock_load(&m->operand);
        }
    }
    return soft_load_rmw(c, o->seg, m->off, w);
}

bool rmw_close(struct engine_vcpu *c, const struct op *o, unsigned w, const struct rmw *m, u32 value) {
    if (UNLIKELY(m->locked)) return soft_lock_store(c, &m->operand, value);
    if (o->flags & OP_MEM) soft_store(c, o->seg, m->off, value, w);
    else reg_set(c, o->rm, value, w);
    return true;
}

/* --- spans for string instructions ----------------------------------------------------------------------------------- */

u8 *soft_span(struct engine_vcpu *c, unsigned seg, u32 off, u32 size, bool write, u32 *room_up, u32 *room_down) {
    const struct soft_seg *s = &c->seg[seg];
    if (c->tlb == c->none) return NULL;
    i64 limit = write ? s->wlim : s->rlim;
    if ((i64)((u64)off + size - 1) > limit) return NULL;
    u32 lin = s->base + off, at = lin % PAGE;
    const struct soft_tlb *e = &c->mmu[c->user][lin >> 12 & (TLB_SIZE - 1)];
    if ((write ? e->wtag & ~(u32)TAG_CODE : e->rtag) != (lin & PAGE_MASK) || at + size > PAGE) return NULL;
    u64 above = (u64)limit - off + 1; /* bytes from off to the limit */
    *room_up = above < PAGE - at ? (u32)above : PAGE - at;
    *room_down = off < at ? off : at; /* bytes below off in page and segment */
    return (u8 *)(e->host + lin);
}
