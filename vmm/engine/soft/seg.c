/* seg.c: segment registers and descriptors (SDM vol. 3, 3.4 and 5). */
#include "seg.h"

#include "code.h"
#include "mem.h"

void soft_seg_seal(const struct engine_vcpu *c, struct soft_seg *s) {
    s->rlim = s->wlim = -1;
    if (!soft_protected(c)) {
        s->rlim = s->wlim = s->limit;
        return;
    }
    if ((s->attr & SEG_UNUSABLE) || (s->attr & (SEG_S | SEG_P)) != (SEG_S | SEG_P)) return;
    if (attr_code(s->attr)) {
        if (s->attr & SEG_READ) s->rlim = s->limit;
    } else if (!(s->attr & SEG_DOWN)) {
        s->rlim = s->limit;
        if (s->attr & SEG_WRITE) s->wlim = s->limit;
    }
}

/* --- descriptors --------------------------------------------------------------------------------------------------- */

void soft_desc_parse(struct desc *d) {
    d->base = d->lo >> 16 | (d->hi & 0xff) << 16 | (d->hi & 0xff000000u);
    d->limit = (d->lo & 0xffff) | (d->hi & 0xf0000);
    d->attr = d->hi >> 8 & 0xf0ff;
    if (d->attr & SEG_G) d->limit = d->limit << 12 | 0xfff;
}

bool soft_desc_try(struct engine_vcpu *c, u16 sel, struct desc *d) {
    bool local = sel & 4;
    u32 base = local ? c->ldt.base : c->gdt_base, limit = local ? c->ldt.limit : c->gdt_limit;
    if (local && ((c->ldt.attr & SEG_UNUSABLE) || !(c->ldt.attr & SEG_P))) return false;
    if ((u32)(sel | 7) > limit) return false;
    d->sel = sel;
    d->addr = base + (sel & ~7u);
    d->lo = soft_lin_load(c, d->addr, 4, false);
    d->hi = soft_lin_load(c, d->addr + 4, 4, false);
    soft_desc_parse(d);
    return true;
}

void soft_desc_read(struct engine_vcpu *c, u16 sel, struct desc *d, u8 vector) {
    if (!soft_desc_try(c, sel, d)) soft_raise_err(c, vector, sel & ~3u);
}

void soft_desc_set_accessed(struct engine_vcpu *c, struct desc *d) {
    if (d->attr & SEG_ACCESSED) return;
    d->attr |= SEG_ACCESSED;
    d->hi |= SEG_ACCESSED << 8;
    soft_lin_store(c, d->addr + 5, soft_lin_load(c, d->addr + 5, 1, false) | SEG_ACCESSED, 1, false);
}

struct soft_seg soft_seg_from(const struct desc *d) {
    return (struct soft_seg){.base = d->base, .limit = d->limit, .attr = d->attr, .sel = d->sel, .rlim = -1, .wlim = -1};
}

/* --- loading -------------------------------------------------------------------------------------------------------- */

void soft_seg_real(struct engine_vcpu *c, unsigned which, u16 sel) {
    struct soft_seg *s = &c->seg[which];
    s->sel = sel;
    s->base = (u32)sel << 4;
    if (soft_v86(c)) {
        s->limit = 0xffff;
        s->attr = SEG_P | SEG_S | 3 << SEG_DPL_SHIFT | SEG_WRITE | SEG_ACCESSED;
    } else {
        /* Real mode keeps limit and size as protected mode left them ("unreal" mode). */
        if (s->attr & SEG_UNUSABLE) s->limit = 0xffff;
        s->attr = (s->attr & (SEG_G | SEG_DB)) | SEG_P | SEG_S | SEG_WRITE | SEG_ACCESSED;
    }
    soft_seg_seal(c, s);
    if (which == CPU_CS || which == CPU_SS) soft_env_update(c);
}

void soft_ss_set(struct engine_vcpu *c, const struct desc *d) {
    c->seg[CPU_SS] = soft_seg_from(d);
    soft_seg_seal(c, &c->seg[CPU_SS]);
    soft_env_update(c);
}

void soft_cs_set(struct engine_vcpu *c, const struct desc *d, unsigned cpl) {
    c->seg[CPU_CS] = soft_seg_from(d);
    c->seg[CPU_CS].sel = (u16)((d->sel & ~3u) | cpl);
    soft_seg_seal(c, &c->seg[CPU_CS]);
    if (c->cpl != cpl) {
        c->cpl = (u8)cpl;
        soft_mode_changed(c);
    } else {
        soft_env_update(c);
    }
}

static void load_stack(struct engine_vcpu *c, u16 sel) {
    struct desc d;
    soft_stack_check(c, sel, c->cpl, &d, EX_GP);
    soft_desc_set_accessed(c, &d);
    soft_ss_set(c, &d);
}

void soft_stack_check(struct engine_vcpu *c, u16 sel, unsigned cpl, struct desc *d, u8 vector) {
    if (!(sel & ~3u)) soft_raise_err(c, vector, 0);
    soft_desc_read(c, sel, d, vector);
    if ((sel & 3u) != cpl || !attr_data(d->attr) || !(d->attr & SEG_WRITE) || attr_dpl(d->attr) != cpl)
        soft_raise_err(c, vector, sel & ~3u);
    if (!(d->attr & SEG_P)) soft_raise_err(c, EX_SS, sel & ~3u);
}

void soft_seg_null(struct engine_vcpu *c, unsigned which, u16 sel) {
    struct soft_seg *s = &c->seg[which];
    *s = (struct soft_seg){.sel = sel, .attr = SEG_UNUSABLE, .rlim = -1, .wlim = -1};
}

/* May code at this CPL use the segment through a selector with this RPL? (SDM vol. 3, 5.6) */
static bool data_access(const struct desc *d, unsigned cpl, unsigned rpl) {
    if (!(d->attr & SEG_S)) return false;
    if (attr_code(d->attr) && !(d->attr & SEG_READ)) return false;
    if (attr_code(d->attr) && (d->attr & SEG_CONFORM)) return true;
    return attr_dpl(d->attr) >= cpl && attr_dpl(d->attr) >= rpl;
}

void soft_seg_check(struct engine_vcpu *c, u16 sel, struct desc *d, u8 vector) {
    soft_desc_read(c, sel, d, vector);
    if (!data_access(d, c->cpl, sel & 3u)) soft_raise_err(c, vector, sel & ~3u);
    if (!(d->attr & SEG_P)) soft_raise_err(c, EX_NP, sel & ~3u);
}

void soft_seg_load(struct engine_vcpu *c, unsigned which, u16 sel) {
    if (!soft_protected(c)) {
        soft_seg_real(c, which, sel);
    } else if (which == CPU_SS) {
        load_stack(c, sel);
    } else if (!(sel & ~3u)) {
        soft_seg_null(c, which, sel);
    } else {
        struct desc d;
        soft_seg_check(c, sel, &d, EX_GP);
        soft_desc_set_accessed(c, &d);
        c->seg[which] = soft_seg_from(&d);
        soft_seg_seal(c, &c->seg[which]);
    }
}

void soft_segs_drop(struct engine_vcpu *c) {
    static const u8 data[] = {CPU_ES, CPU_DS, CPU_FS, CPU_GS};
    for (unsigned i = 0; i < 4; i++) {
        struct soft_seg *s = &c->seg[data[i]];
        if (attr_code(s->attr) && (s->attr & SEG_CONFORM)) continue;
        if (attr_dpl(s->attr) < c->cpl || (s->attr & SEG_UNUSABLE)) soft_seg_null(c, data[i], 0); /* a null selector loses its RPL, too */
    }
}
