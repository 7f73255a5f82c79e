/* hypercall.c: port 0x500, what a guest may ask the lab for. A call is one row of a table; docs/hypercalls.md is its manual. */
#include <stdio.h>

#include "machine_impl.h"
#include "vcpu_impl.h"

enum { POLLS_AWAKE = 16, POLL_NS = 1000000, POLL_MAX_NS = 10000000, CIRCLE_NS = 1000000 };
#define NOTHING UINT32_MAX

/* result: EAX is set; the other calls leave it alone. */
struct call_row { const char *name; uint32_t (*fn)(struct vcpu *v, uint32_t arg); bool result; };

static uint32_t do_exit(struct vcpu *v, uint32_t arg)
{
    vcpu_exit(v, (int)(arg & 0xffff));
    return 0;
}

static uint32_t do_putchar(struct vcpu *v, uint32_t arg)
{
    char c = (char)arg;
    vcpu_console(v, &c, 1);
    return 0;
}

/* A guest that polls in a circle would keep a core busy for nothing: it waits a little, longer each time. One that looks
 * now and then, from its timer interrupt say, has work to do in between and is not held up. */
static uint32_t do_getchar(struct vcpu *v, uint32_t arg)
{
    (void)arg;
    int c = vcpu_getchar(v);
    if (c >= 0) {
        v->empty_polls = 0;
        return (uint32_t)c;
    }
    if (clock_now() - v->last_poll > CIRCLE_NS)
        v->empty_polls = 0;
    if (++v->empty_polls > POLLS_AWAKE) {
        uint64_t ns = (uint64_t)POLL_NS * (v->empty_polls - POLLS_AWAKE);
        if (c == -2 || !console_ready(v, true))
            vcpu_sleep(v, clock_now() + (ns < POLL_MAX_NS ? ns : POLL_MAX_NS));
    }
    v->last_poll = clock_now();
    return NOTHING;
}

static uint32_t do_newline(struct vcpu *v, uint32_t arg)
{
    (void)arg;
    vcpu_console(v, "\n", 1);
    return 0;
}

/* BX in 16-bit code, EBX otherwise; the mode only matters when the upper half holds something. */
static uint32_t do_putnum(struct vcpu *v, uint32_t arg)
{
    char text[16];
    struct cpu_state s;
    if (arg >> 16 && v->e->get_state(v->ev, &s, NULL) == 0 && !(s.seg[CPU_CS].attr & (SEG_DB | SEG_L)))
        arg &= 0xffff;
    int n = snprintf(text, sizeof text, "%u", arg);
    vcpu_console(v, text, (size_t)n);
    return 0;
}

static uint32_t do_waitchar(struct vcpu *v, uint32_t arg)
{
    (void)arg;
    int c = vcpu_getchar(v);
    if (c == -1) {
        v->reading = true; /* the run loop waits, so that a pause finds us; hypercall_resume() sets the result */
        v->event |= EVENT_READ;
    }
    return c >= 0 ? (uint32_t)c : NOTHING;
}

static uint32_t do_input(struct vcpu *v, uint32_t arg)
{
    (void)arg;
    return vcpu_input_pending(v) ? 1 : vcpu_input_open(v) ? 0 : 2;
}

static const struct call_row calls[] = {
    {"exit", do_exit, false}, {"putchar", do_putchar, false}, {"getchar", do_getchar, true}, {"newline", do_newline, false},
    {"putnum", do_putnum, false}, {"waitchar", do_waitchar, true}, {"input", do_input, true},
};

static void result(struct vcpu *v, uint32_t value)
{
    v->last_result = value;
    vcpu_set_gpr(v, CPU_RAX, value);
}

/* OUT: a call. IN: the result of the last one again. */
void hypercall_port(void *owner, const struct bus_access *a, uint64_t *value)
{
    struct vcpu *v = a->vcpu;
    (void)owner;
    if (!a->write) {
        *value = v->last_result;
        return;
    }
    uint8_t number = (uint8_t)*value;
    uint32_t arg = (uint32_t)vcpu_gpr(v, CPU_RBX), r = NOTHING;
    const struct call_row *row = number < sizeof calls / sizeof calls[0] ? &calls[number] : NULL;
    if (row)
        r = row->fn(v, arg);
    else
        vcpu_notice(v, "unknown hypercall %u at 0x%llx: EAX is -1", number, (unsigned long long)v->exit.rip);
    trace_now(v, &(struct trace_entry){.kind = TRACE_HYPERCALL, .a = number, .b = arg, .c = r, .rip = v->exit.rip});
    if (!row || row->result)
        result(v, r);
}

void hypercall_resume(struct vcpu *v)
{
    int c = vcpu_getchar(v);
    if (c == -1)
        return;
    v->reading = false;
    result(v, c >= 0 ? (uint32_t)c : NOTHING);
}
