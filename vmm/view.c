/* view.c: what others see of a vCPU. The thread publishes a snapshot into the next of a few slots and goes on; a reader copies
 * the latest and takes another look in the rare case that the slot was reused meanwhile. Nobody ever waits. */
#include <string.h>

#include "machine_impl.h"
#include "vcpu_impl.h"
#include "walk.h"

void trace_now(struct vcpu *v, struct trace_entry *e)
{
    e->ns = vcpu_stamp(v, v->ticks ? v->ticks : clock_ticks(&v->ratio));
    trace_add(v->trace, e);
}

/* --- memory through the guest's paging ------------------------------------------------------------------------------ */

typedef size_t copy_fn(struct machine *m, uint64_t gpa, void *buf, size_t len);

static size_t copy_in(struct machine *m, uint64_t gpa, void *buf, size_t len) { return machine_read(m, gpa, buf, len); }
static size_t copy_out(struct machine *m, uint64_t gpa, void *buf, size_t len) { return machine_write(m, gpa, buf, len); }

static size_t through(struct vcpu *v, const struct cpu_state *s, uint64_t linear, void *buf, size_t len, uint64_t *fault, copy_fn *copy)
{
    size_t done = 0;
    while (done < len) {
        struct walk w;
        walk_linear(v->machine, s, linear + done, &w);
        size_t want = len - done;
        if (!w.mapped)
            break;
        uint64_t left = w.page_size - (w.gpa & (w.page_size - 1));
        if (want > left)
            want = (size_t)left;
        size_t n = copy(v->machine, w.gpa, (char *)buf + done, want);
        done += n;
        if (n < want)
            break;
    }
    if (done < len && fault)
        *fault = linear + done;
    return done;
}

size_t vcpu_fetch(struct vcpu *v, const struct cpu_state *s, uint8_t *code, size_t n)
{
    return through(v, s, cpu_linear_rip(s), code, n, NULL, copy_in);
}

/* The translation of a stopped vCPU is exact; that of a running one is as of its last snapshot. */
static void translation(struct vcpu *v, struct cpu_state *s)
{
    struct vcpu_snapshot *snap;
    if (vcpu_get_state(v, s, NULL) == 0)
        return;
    snap = &(struct vcpu_snapshot){0};
    vcpu_snapshot(v, snap);
    *s = snap->cpu;
}

size_t vcpu_mem_read(struct vcpu *v, uint64_t linear, void *buf, size_t len, uint64_t *fault)
{
    struct cpu_state s;
    translation(v, &s);
    return through(v, &s, linear, buf, len, fault, copy_in);
}

size_t vcpu_mem_write(struct vcpu *v, uint64_t linear, const void *buf, size_t len, uint64_t *fault)
{
    struct cpu_state s;
    translation(v, &s);
    return through(v, &s, linear, (void *)(uintptr_t)buf, len, fault, copy_out);
}

/* --- snapshots ----------------------------------------------------------------------------------------------------- */

void view_publish(struct vcpu *v)
{
    struct vcpu_snapshot *s = &v->snap;
    uint64_t word[SNAPSHOT_WORDS] = {0};
    s->seq++;
    s->state = v->state;
    s->reading = v->reading;
    s->cpu = v->cpu;
    s->ncode = (uint8_t)vcpu_fetch(v, &v->cpu, s->code, sizeof s->code);
    s->steps = v->steps;
    s->count = v->e->count ? v->e->count(v->ev) - v->start_count : UINT64_MAX;
    s->now_ns = machine_now(v->machine);
    s->exit = v->exit;
    if (s->exit.reason == EXIT_IO_IN || s->exit.reason == EXIT_IO_OUT)
        s->exit.u.io.data = NULL;
    else if (s->exit.reason == EXIT_MMIO_READ || s->exit.reason == EXIT_MMIO_WRITE)
        s->exit.u.mmio.data = NULL;
    s->stops = v->stops;
    memcpy(word, s, sizeof *s);

    unsigned at = (atomic_load_explicit(&v->view_at, memory_order_relaxed) + 1) % SNAPSHOTS;
    struct snapshot_slot *slot = &v->view[at];
    atomic_store_explicit(&slot->stamp, 0, memory_order_relaxed);
    for (unsigned i = 0; i < SNAPSHOT_WORDS; i++) /* release: whoever sees a new word sees the stamp gone */
        atomic_store_explicit(&slot->word[i], word[i], memory_order_release);
    atomic_store_explicit(&slot->stamp, s->seq, memory_order_release);
    atomic_store_explicit(&v->view_at, at, memory_order_release);
}

void vcpu_snapshot(struct vcpu *v, struct vcpu_snapshot *out)
{
    uint64_t word[SNAPSHOT_WORDS], stamp;
    struct snapshot_slot *slot;
    do {
        slot = &v->view[atomic_load_explicit(&v->view_at, memory_order_acquire)];
        stamp = atomic_load_explicit(&slot->stamp, memory_order_acquire);
        for (unsigned i = 0; i < SNAPSHOT_WORDS; i++)
            word[i] = atomic_load_explicit(&slot->word[i], memory_order_acquire);
    } while (!stamp || atomic_load_explicit(&slot->stamp, memory_order_relaxed) != stamp);
    memcpy(out, word, sizeof *out); // cppcheck-suppress uninitvar ; the loop above fills it at least once
    out->pending = atomic_load_explicit(&v->pending, memory_order_relaxed);
    atomic_fetch_or_explicit(&v->attention, ATTEND_PUBLISH, memory_order_relaxed);
}

void vcpu_sample(struct vcpu *v)
{
    pthread_mutex_lock(&v->lock);
    bool running = v->state == VCPU_RUNNING;
    pthread_mutex_unlock(&v->lock);
    if (!running)
        return;
    atomic_fetch_or(&v->attention, ATTEND_PUBLISH);
    v->e->kick(v->ev);
}

/* --- counters and texts ----------------------------------------------------------------------------------------------- */

size_t vcpu_postmortem(struct vcpu *v, char *buf, size_t size)
{
    pthread_mutex_lock(&v->lock);
    const char *text = v->postmortem ? v->postmortem : "";
    size_t n = strlen(text);
    if (n >= size)
        n = size ? size - 1 : 0;
    if (size) {
        memcpy(buf, text, n);
        buf[n] = 0;
    }
    pthread_mutex_unlock(&v->lock);
    return n;
}

void vcpu_account(struct vcpu *v, struct account_view *out) { account_read(v->account, out); }
const struct trace *vcpu_trace(struct vcpu *v) { return v->trace; }

size_t vcpu_engine_stats(struct vcpu *v, struct engine_stat *out, size_t max)
{
    return v->e->stats ? v->e->stats(v->ev, out, max) : 0;
}

/* The counters belong to the vCPU's thread, which takes this like any other request. */
void vcpu_account_reset(struct vcpu *v)
{
    pthread_mutex_lock(&v->lock);
    v->account_reset = true;
    v->posted++;
    pthread_mutex_unlock(&v->lock);
    vcpu_poke(v, ATTEND_REQUEST);
}
