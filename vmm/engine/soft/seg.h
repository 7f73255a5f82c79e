/* seg.h: segment registers, descriptors and the checks on them (SDM vol. 3, chapters 3 and 5). */
#ifndef SOFT_SEG_H
#define SOFT_SEG_H

#include "soft.h"

/* A descriptor as read from its table. */
struct desc {
    u16 sel;
    u32 addr;            /* linear, of the descriptor */
    u32 lo, hi;
    u32 base, limit, attr;
};

static inline unsigned attr_dpl(u32 attr) { return attr >> SEG_DPL_SHIFT & 3; }
static inline bool attr_code(u32 attr) { return (attr & (SEG_S | SEG_CODE)) == (SEG_S | SEG_CODE); }
static inline bool attr_data(u32 attr) { return (attr & (SEG_S | SEG_CODE)) == SEG_S; }

/* Recompute rlim/wlim from the rest. */
void soft_seg_seal(const struct engine_vcpu *c, struct soft_seg *s);
void soft_desc_parse(struct desc *d);
/* Read a descriptor; faults with `vector` and the selector when it is outside its table. */
void soft_desc_read(struct engine_vcpu *c, u16 sel, struct desc *d, u8 vector);
bool soft_desc_try(struct engine_vcpu *c, u16 sel, struct desc *d);
void soft_desc_set_accessed(struct engine_vcpu *c, struct desc *d);
struct soft_seg soft_seg_from(const struct desc *d);
/* MOV/POP/LDS... to a segment register other than CS, with every check. */
void soft_seg_load(struct engine_vcpu *c, unsigned which, u16 sel);
/* Check a stack segment for use at privilege cpl; faults with `vector` (#GP, #TS). */
void soft_stack_check(struct engine_vcpu *c, u16 sel, unsigned cpl, struct desc *d, u8 vector);
/* Set a segment register as real and virtual 8086 mode do. */
void soft_seg_real(struct engine_vcpu *c, unsigned which, u16 sel);
void soft_seg_null(struct engine_vcpu *c, unsigned which, u16 sel);
/* The checks of loading ES, DS, FS or GS. */
void soft_seg_check(struct engine_vcpu *c, u16 sel, struct desc *d, u8 vector);
/* Load CS and set the CPL; the caller has checked. */
void soft_cs_set(struct engine_vcpu *c, const struct desc *d, unsigned cpl);
void soft_ss_set(struct engine_vcpu *c, const struct desc *d);
/* ES, DS, FS, GS that a less privileged level may not use become null (SDM vol. 3, 5.8.6). */
void soft_segs_drop(struct engine_vcpu *c);
static inline u32 soft_sp_mask(const struct engine_vcpu *c) { return c->seg[CPU_SS].attr & SEG_DB ? 0xffffffffu : 0xffffu; }

#endif
