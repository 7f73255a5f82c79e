/* io.c: what the VMM does for an instruction: port I/O, and memory that is not RAM. */
#include "io.h"

#include <string.h>

#include "code.h"
#include "mem.h"
#include "stack.h"

/* --- memory that is not RAM -------------------------------------------------------------------------------------------
 * Reads: the instruction is given up, the VMM fills the answer into read[], and the instruction runs again from its
 * start, finding its answers there. Writes: queued in write[] while the instruction completes. */

u32 soft_mmio_read(struct engine_vcpu *c, u64 gpa, unsigned size) {
    u32 v = 0;
    if (c->read_at < c->nread) {
        memcpy(&v, c->read[c->read_at++].data, size);
        return v;
    }
    if (c->nread == MMIO_QUEUE) soft_fail(c, FAIL_MMIO);
    memset(&c->read[c->nread], 0, sizeof c->read[0]);
    memset(&c->exit, 0, sizeof c->exit);
    c->exit.reason = EXIT_MMIO_READ;
    c->exit.u.mmio.gpa = gpa;
    c->exit.u.mmio.size = (u8)size;
    c->exit.u.mmio.data = c->read[c->nread++].data;
    soft_leave_with_exit(c);
}

void soft_mmio_write(struct engine_vcpu *c, u64 gpa, u32 value, unsigned size) {
    if (c->nwrite == MMIO_QUEUE) soft_fail(c, FAIL_MMIO);
    if (c->nwrite == 0) c->write_eip = c->cur ? op_eip(c->cur) : c->eip;
    c->write[c->nwrite].gpa = gpa;
    c->write[c->nwrite].size = (u8)size;
    memcpy(c->write[c->nwrite].data, &value, sizeof value);
    c->nwrite++;
    c->leave = 1;
    __atomic_fetch_or(&c->attention, ATT_LEAVE, __ATOMIC_RELAXED);
}

bool soft_mmio_report(struct engine_vcpu *c) {
    if (c->write_at == c->nwrite) return false;
    memset(&c->exit, 0, sizeof c->exit);
    c->exit.reason = EXIT_MMIO_WRITE;
    c->exit.rip = c->write_eip;
    c->exit.u.mmio.gpa = c->write[c->write_at].gpa;
    c->exit.u.mmio.size = c->write[c->write_at].size;
    c->exit.u.mmio.data = c->write[c->write_at].data;
    if (++c->write_at == c->nwrite) c->write_at = c->nwrite = 0;
    c->want_exit = true;
    return true;
}

/* --- ports ----------------------------------------------------------------------------------------------------------- */

/* Leave at this instruction; it is finished by soft_io_finish(). */
static void io_exit(struct engine_vcpu *c, const struct op *o, enum soft_pending what, u32 port, u32 count) {
    u32 next = op_next_eip(o);
    soft_unwind(c);
    memset(&c->exit, 0, sizeof c->exit);
    c->exit.reason = what == PEND_IN || what == PEND_INS ? EXIT_IO_IN : EXIT_IO_OUT;
    c->exit.rip = c->eip;
    c->exit.u.io.port = (u16)port;
    c->exit.u.io.size = o->w;
    c->exit.u.io.count = count;
    c->exit.u.io.data = c->buffer;
    c->pending = what;
    c->pend_tf = false; /* one() knows better */
    c->pend_eip = c->eip;
    c->pend_next = next;
    c->pend_size = o->w;
    c->pend_count = count;
    c->pend_amask = o->amask;
    c->pend_rep = (what == PEND_INS || what == PEND_OUTS) && (o->flags & (OP_REP | OP_REPNE));
    c->pend_seg = o->seg;
    c->want_exit = true;
}

static u32 port_of(struct engine_vcpu *c, const struct op *o) {
    u32 port = o->sub ? c->gpr[CPU_RDX] & 0xffff : o->imm & 0xff;
    soft_port_check(c, port, o->w);
    if (UNLIKELY(c->dr[7] & 0xff)) soft_debug_port(c, port, o->w);
    return port;
}

/* sub: port in DX, else immediate */
const struct op *op_in(struct engine_vcpu *c, const struct op *o) {
    c->cur = o;
    u32 port = port_of(c, o);
    memset(c->buffer, 0, 4);
    io_exit(c, o, PEND_IN, port, 1);
    return NULL;
}

const struct op *op_out(struct engine_vcpu *c, const struct op *o) {
    c->cur = o;
    u32 port = port_of(c, o);
    host_store32(c->buffer, c->gpr[CPU_RAX] & (o->w == 4 ? 0xffffffffu : (1u << 8 * o->w) - 1));
    io_exit(c, o, PEND_OUT, port, 1);
    return NULL;
}

/* --- INS, OUTS: as many elements in one exit as lie in the same page and fit the buffer ------------------------------- */

static u32 string_count(const struct engine_vcpu *c, const struct op *o) {
    return o->flags & (OP_REP | OP_REPNE) ? c->gpr[CPU_RCX] & o->amask : 1;
}

/* How many elements from `off` on can go in one batch. */
static u32 batch(struct engine_vcpu *c, const struct op *o, unsigned seg, u32 off, u32 count, bool write, u8 **host, bool down) {
    u32 up, below, w = o->w;
    *host = soft_span(c, seg, off, w, write, &up, &below);
    if (!*host || soft_one_by_one(c, o)) return 1;
    u32 n = down ? below / w + 1 : up / w;
    if (n > IO_BUFFER / w) n = IO_BUFFER / w;
    if (!down && n - 1 > (o->amask - off) / w) n = (o->amask - off) / w + 1; /* then a 16-bit register wraps. (From 0 to FFFFFFFFh are 2^32 bytes.) */
    return n < count ? n : count;
}

const struct op *op_outs(struct engine_vcpu *c, const struct op *o) {
    c->cur = o;
    u32 count = string_count(c, o), off = c->gpr[CPU_RSI] & o->amask, w = o->w;
    u32 port = port_of(c, o); /* processors check the permission even when there is nothing to do */
    if (!count) NEXT(c, o);
    u8 *host;
    bool down = c->eflags & FLAG_DF;
    host_store32(c->buffer, soft_load(c, o->seg, off, w)); /* faults, and brings the page into the TLB */
    u32 n = batch(c, o, o->seg, off, count, false, &host, down);
    for (u32 i = 1; i < n; i++) host_store(c->buffer + i * w, host_load(down ? host - i * w : host + i * w, w), w);
    io_exit(c, o, PEND_OUTS, port, n);
    return NULL;
}

const struct op *op_ins(struct engine_vcpu *c, const struct op *o) {
    c->cur = o;
    u32 count = string_count(c, o), off = c->gpr[CPU_RDI] & o->amask;
    u32 port = port_of(c, o);
    if (!count) NEXT(c, o);
    u8 *host;
    soft_probe_write(c, CPU_ES, off, o->w);
    if (UNLIKELY(c->watching)) soft_watch(c, c->seg[CPU_ES].base + off, o->w, true); /* the store comes later, and has no instruction */
    u32 n = batch(c, o, CPU_ES, off, count, true, &host, c->eflags & FLAG_DF);
    memset(c->buffer, 0, IO_BUFFER);
    io_exit(c, o, PEND_INS, port, n);
    return NULL;
}

static void advance(struct engine_vcpu *c, unsigned r, u32 by) {
    u32 m = c->pend_amask, step = c->eflags & FLAG_DF ? 0 - by : by;
    c->gpr[r] = (c->gpr[r] & ~m) | ((c->gpr[r] + step) & m);
}

/* The VMM has answered: the rest of the instruction. */
void soft_io_finish(struct engine_vcpu *c) {
    enum soft_pending what = c->pending;
    u32 w = c->pend_size, n = c->pend_count, m = c->pend_amask;
    c->pending = PEND_NONE;
    if (c->eip != c->pend_eip) return; /* somebody moved RIP meanwhile: the instruction is abandoned */
    if (what == PEND_IN) {
        reg_set(c, CPU_RAX * 4, host_load(c->buffer, w), w);
    } else if (what == PEND_INS) {
        for (u32 i = 0; i < n; i++) {
            soft_store(c, CPU_ES, c->gpr[CPU_RDI] & m, host_load(c->buffer + i * w, w), w);
            advance(c, CPU_RDI, w);
        }
    } else if (what == PEND_OUTS) {
        advance(c, CPU_RSI, n * w);
    }
    bool done = true;
    if (c->pend_rep) {
        c->gpr[CPU_RCX] = (c->gpr[CPU_RCX] & ~m) | ((c->gpr[CPU_RCX] - n) & m);
        done = !(c->gpr[CPU_RCX] & m);
    }
    if (done) {
        c->eip = c->pend_next;
        c->left--;
        c->resume = false;
    } else {
        soft_shadow_over(c);
    }
    soft_debug_after(c, c->pend_tf, done && (c->eflags & FLAG_RF));
}
