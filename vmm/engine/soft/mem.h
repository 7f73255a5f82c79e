/* mem.h: guest memory: host accesses that never tear, the inlined fast path of loads and stores, the slow path. */
#ifndef SOFT_MEM_H
#define SOFT_MEM_H

#include "op.h"
#include "soft.h"

/* --- host memory that other vCPU threads read and write at the same time ---------------------------------------- */

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SOFT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define SOFT_SANITIZED 1
#endif
#endif

#if defined(SOFT_SANITIZED) || !(defined(__x86_64__) || defined(__i386__) || defined(__aarch64__))
/* Aligned: one relaxed atomic. Unaligned: byte by byte, as the architecture promises no more. */
#define HOST_ACCESS(T, N)                                                                                  \
    static inline T host_load##N(const void *p) {                                                          \
        if ((uintptr_t)p % sizeof(T) == 0) return __atomic_load_n((const T *)p, __ATOMIC_RELAXED);         \
        T v = 0;                                                                                           \
        for (size_t i = 0; i < sizeof(T); i++)                                                             \
            v = (T)(v | (T)((T)__atomic_load_n((const u8 *)p + i, __ATOMIC_RELAXED) << (8 * i)));          \
        return v;                                                                                          \
    }                                                                                                      \
    static inline void host_store##N(void *p, T v) {                                                       \
        if ((uintptr_t)p % sizeof(T) == 0) { __atomic_store_n((T *)p, v, __ATOMIC_RELAXED); return; }      \
        for (size_t i = 0; i < sizeof(T); i++)                                                             \
            __atomic_store_n((u8 *)p + i, (u8)(v >> (8 * i)), __ATOMIC_RELAXED);                           \
    }
#else
/* These hosts do aligned accesses in one piece and unaligned ones right: a volatile access of a type without alignment
 * is one instruction. */
typedef u16 __attribute__((aligned(1), may_alias)) host_u16;
typedef u32 __attribute__((aligned(1), may_alias)) host_u32;
typedef u64 __attribute__((aligned(1), may_alias)) host_u64;
typedef u8 host_u8;
#define HOST_ACCESS(T, N)                                                                                  \
    static inline T host_load##N(const void *p) { return *(const volatile host_u##N *)p; }                 \
    static inline void host_store##N(void *p, T v) { *(volatile host_u##N *)p = v; }
#endif
HOST_ACCESS(u8, 8)
HOST_ACCESS(u16, 16)
HOST_ACCESS(u32, 32)
HOST_ACCESS(u64, 64)

static inline u32 host_load(const void *p, unsigned w) {
    return w == 1 ? host_load8(p) : w == 2 ? host_load16(p) : host_load32(p);
}
static inline void host_store(void *p, u32 v, unsigned w) {
    if (w == 1) host_store8(p, (u8)v);
    else if (w == 2) host_store16(p, (u16)v);
    else host_store32(p, v);
}

/* --- registers by byte offset into gpr[] ------------------------------------------------------------------------ */
/* Writes are always of the whole 32-bit word: a narrow write followed by a wider read would cost the host a stalled
 * store-to-load forwarding. WHOLE keeps the compiler from making a narrow store of it again. */
#define WHOLE(v) __asm__("" : "+r"(v))

typedef u8 __attribute__((may_alias)) reg_u8;
typedef u16 __attribute__((may_alias)) reg_u16;
static inline u32 reg32(const struct engine_vcpu *c, unsigned off) { return *(const u32 *)(const void *)((const u8 *)c->gpr + off); }
static inline u32 reg16(const struct engine_vcpu *c, unsigned off) { return *(const reg_u16 *)(const void *)((const u8 *)c->gpr + off); }
static inline u32 reg8(const struct engine_vcpu *c, unsigned off) { return *((const reg_u8 *)c->gpr + off); }
static inline void reg_set32(struct engine_vcpu *c, unsigned off, u32 v) { *(u32 *)(void *)((u8 *)c->gpr + off) = v; }
static inline void reg_set16(struct engine_vcpu *c, unsigned off, u32 v) {
    u32 *p = (u32 *)(void *)((u8 *)c->gpr + off);
    v = (*p & 0xffff0000u) | (v & 0xffff);
    WHOLE(v);
    *p = v;
}
static inline void reg_set8(struct engine_vcpu *c, unsigned off, u32 v) {
    u32 *p = (u32 *)(void *)((u8 *)c->gpr + (off & ~3u));
    if (off & 1) v = (*p & 0xffff00ffu) | (v & 0xff) << 8;
    else v = (*p & 0xffffff00u) | (v & 0xff);
    WHOLE(v);
    *p = v;
}
static inline u32 reg(const struct engine_vcpu *c, unsigned off, unsigned w) {
    return w == 1 ? reg8(c, off) : w == 2 ? reg16(c, off) : reg32(c, off);
}
static inline void reg_set(struct engine_vcpu *c, unsigned off, u32 v, unsigned w) {
    if (w == 1) reg_set8(c, off, v);
    else if (w == 2) reg_set16(c, off, v);
    else reg_set32(c, off, v);
}
/* The byte offset of register number n, as encoded, of this width: AH is number 4 of the bytes. */
static inline u8 reg_off(unsigned n, unsigned w) { return (u8)(w == 1 && n >= 4 ? (n - 4) * 4 + 1 : n * 4); }

/* --- effective addresses ------------------------------------------------------------------------------------------ */

static inline u32 ea_full(const struct engine_vcpu *c, const struct op *o) {
    return (reg32(c, o->base) + (reg32(c, o->index) << o->scale) + o->disp) & o->amask;
}

/* --- the fast path -------------------------------------------------------------------------------------------------
 * Host pointer of [off, off+size) in a segment, or false: then the handler's slow twin does the whole instruction. */

static inline bool fast_read(const struct engine_vcpu *c, const struct soft_seg *s, u32 off, u32 size, uintptr_t *host) {
    u32 lin = s->base + off;
    const struct soft_tlb *e = &c->tlb[lin >> 12 & (TLB_SIZE - 1)];
    *host = e->host + lin;
    return LIKELY((i64)((u64)off + (size - 1)) <= s->rlim) & LIKELY(((lin + (size - 1)) & PAGE_MASK) == e->rtag);
}
/* A store beside code, in the code's page, is as good as one elsewhere: nobody has to be told. Other vCPUs may decode meanwhile:
 * with them the order of store and look matters (code.c), and the slow path keeps it. The asm: everything is loaded and computed
 * anew, for if it had to be kept until here the usual case would run out of registers. */
static inline bool beside_code(const struct engine_vcpu *c, const struct soft_seg *s, u32 off, u32 size) {
    __asm__("" : "+r"(c), "+r"(s), "+r"(off));
    u32 lin = s->base + off, i = lin >> 12 & (TLB_SIZE - 1);
    if ((i64)((u64)off + (size - 1)) > s->wlim || ((lin + (size - 1)) & PAGE_MASK) != (c->tlb[i].wtag ^ TAG_CODE) || c->smp) return false;
    const u64 *bits = c->info[c->user][i].page->bits;
    return lin % 64 + size <= 64 && !(bits[lin % PAGE / 64] >> lin % 64 & ((1u << size) - 1));
}
static inline bool fast_write(const struct engine_vcpu *c, const struct soft_seg *s, u32 off, u32 size, uintptr_t *host) {
    u32 lin = s->base + off;
    const struct soft_tlb *e = &c->tlb[lin >> 12 & (TLB_SIZE - 1)];
    *host = e->host + lin;
    bool plain = LIKELY((i64)((u64)off + (size - 1)) <= s->wlim) & LIKELY(((lin + (size - 1)) & PAGE_MASK) == e->wtag);
    return LIKELY(plain) || beside_code(c, s, off, size);
}

/* --- the slow path: every check, in order; leaves by exception or exit (mem.c) ------------------------------------- */

enum { ACC_READ = 0, ACC_WRITE = 2, ACC_USER = 4 }; /* as bits of a page fault's error code */

/* Through a segment register (its number), as the current privilege level. */
u32 soft_load(struct engine_vcpu *c, unsigned seg, u32 off, unsigned w);
void soft_store(struct engine_vcpu *c, unsigned seg, u32 off, u32 value, unsigned w);
/* Load for a read-modify-write: faults as a write would. */
u32 soft_load_rmw(struct engine_vcpu *c, unsigned seg, u32 off, unsigned w);
/* Would a store fault? For instructions that must know before they change anything else. */
void soft_probe_write(struct engine_vcpu *c, unsigned seg, u32 off, unsigned size);
/* Linear address of [off, off+size) in a segment after its checks. */
u32 soft_linear(struct engine_vcpu *c, unsigned seg, u32 off, unsigned size, bool write);

bool soft_seg_allows(const struct engine_vcpu *c, const struct soft_seg *s, u32 off, unsigned size, bool write);

/* By linear address; user: with the rights of CPL 3. */
u32 soft_lin_load(struct engine_vcpu *c, u32 lin, unsigned w, bool user);
void soft_lin_store(struct engine_vcpu *c, u32 lin, u32 value, unsigned w, bool user);
/* Host pointer for an access that stays within a page, NULL: no RAM there (*gpa says where) or it needs care. */
u8 *soft_lin_ptr(struct engine_vcpu *c, u32 lin, u32 access, u64 *gpa);
/* After writing through soft_lin_ptr(): tell the code cache. */
void soft_wrote(struct engine_vcpu *c, u32 lin, u32 len, bool user);
/* Longest part of [off, off+len) that can be accessed as plain host memory (RAM, no data breakpoints, in the limit, in one
 * page); 0: do it element by element. Never faults. */
u8 *soft_span(struct engine_vcpu *c, unsigned seg, u32 off, u32 size, bool write, u32 *room_up, u32 *room_down);

/* RAM at a guest-physical address, NULL if there is none (or it is read-only and a write is meant). */
u8 *soft_ram(struct engine_vcpu *c, u64 gpa, bool write, struct soft_page **page);

/* paging.c: fill the TLB entry of a page; faults. Returns its index. access: ACC_*. */
unsigned soft_tlb_fill(struct engine_vcpu *c, u32 lin, u32 access);

/* debug.c */
void soft_watch(struct engine_vcpu *c, u32 lin, unsigned size, bool write);

/* --- operands of plain handlers ------------------------------------------------------------------------------------ */

static inline u32 rm_load(struct engine_vcpu *c, const struct op *o, unsigned w) {
    return o->flags & OP_MEM ? soft_load(c, o->seg, ea_full(c, o), w) : reg(c, o->rm, w);
}
static inline void rm_store(struct engine_vcpu *c, const struct op *o, u32 v, unsigned w) {
    if (o->flags & OP_MEM) soft_store(c, o->seg, ea_full(c, o), v, w);
    else reg_set(c, o->rm, v, w);
}

/* lock.c: a LOCKed operand. find() faults as a store would, false: not all of it is RAM. store(): false when the operand is no
 * longer what load() found. */
struct locked { u64 *word[2]; u64 was[2]; u32 lin; unsigned w, shift; bool split; };
bool soft_lock_find(struct engine_vcpu *c, u32 lin, unsigned w, struct locked *l);
u64 soft_lock_load(struct locked *l);
bool soft_lock_store(struct engine_vcpu *c, const struct locked *l, u64 value);

/* Read-modify-write of r/m: do { a = rmw_open(...) ... } while (!rmw_close(...)); LOCKed ones repeat when another
 * vCPU was in between. */
struct rmw { u32 off; bool locked; struct locked operand; };
u32 rmw_open(struct engine_vcpu *c, const struct op *o, unsigned w, struct rmw *m);
bool rmw_close(struct engine_vcpu *c, const struct op *o, unsigned w, const struct rmw *m, u32 value);

#endif
