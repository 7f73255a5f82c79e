/* session.c: from options to machines. */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cmd.h"
#include "console_log.h"
#include "exit_log.h"
#include "guests.h"
#include "options.h"
#include "sandbox.h"
#include "script.h"

enum { REAL_SLOTS = 4 }; /* 256 KB slices in the megabyte that real mode reaches */

/* --- the observer: vCPU threads ------------------------------------------------------------------------------------ */

static void on_console(void *ctx, struct vcpu *v, const void *bytes, size_t n)
{
    struct session *s = ctx;
    console_log_write(s->console[vcpu_id(v)], bytes, n);
}

static void on_reset(void *ctx, struct vcpu *v)
{
    struct session *s = ctx;
    console_log_begin(s->console[vcpu_id(v)]);
}

static void on_changed(void *ctx, struct vcpu *v)
{
    (void)v;
    eventfd_write(((struct session *)ctx)->wake_fd, 1);
}

static int on_thread(void *ctx, struct vm_error *err)
{
    (void)ctx;
    return sandbox_enter(SANDBOX_VCPU, err);
}

/* --- building ------------------------------------------------------------------------------------------------------ */

/* What the options ask for that this guest's protocol has no use for, said instead of ignored. */
static int check_fit(const struct options *o, const struct guest_file *f, const struct boot_protocol *boot, struct vm_error *err)
{
    bool real = strcmp(boot->name, "real") == 0;
    uint64_t ram = real ? SLICE_SIZE : o->mem ? o->mem : boot->ram;
    if (real && o->mem)
        return err_set(err, EINVAL, "--mem does not fit the real-mode guest '%s': each has its own 256 KB slice. Use it with --boot flat32, paging or long.", f->name);
    if (real && o->boot_has)
        return err_set(err, EINVAL, "--load and --entry do not fit the real-mode guest '%s': its slice decides where it is loaded and entered. Use them with --boot flat32, paging or long.", f->name);
    if (f->size > ram)
        return err_set(err, EFBIG, "The guest '%s' is %zu bytes and its memory only %llu.%s", f->name, f->size, (unsigned long long)ram,
                       real ? "" : " Give it more with --mem.");
    return 0;
}

static int choose_boot(const struct options *o, const struct guest_file *f, const struct boot_protocol **boot, struct vm_error *err)
{
    const char *name = o->boot ? o->boot : f->boot ? f->boot : "real";
    if (!(*boot = boot_find(name)))
        return err_set(err, EINVAL, "There is no boot protocol '%s'.", name);
    return check_fit(o, f, *boot, err);
}

static int make_machine(struct session *s, struct machine **m, const struct guest_config *guests, unsigned n, unsigned first,
                        struct machine *replaces, struct vm_error *err)
{
    const struct options *o = s->opt;
    struct machine_config c = {
        .engine = o->engine, .deterministic = o->deterministic, .ram = o->mem, .vcpus = n, .guests = guests,
        /* A script may still inject something, so only a plain headless run ends at an idle HLT. */
        .headless = o->headless && !o->exec && !o->commands,
        /* A timer set by hand is one of our own models. */
        .irqchip = o->tick_ns && o->irqchip == IRQCHIP_AUTO ? IRQCHIP_USER : o->irqchip,
        .first_id = first, .disk = o->disk, .replaces = replaces, .tick_ns = o->tick_ns,
        .observer = { .ctx = s, .console = on_console, .reset = on_reset, .changed = on_changed, .thread = on_thread },
    };
    int rc = machine_create(m, &c, err);
    if (rc == 0 && o->tick_ns && (rc = machine_set_tick(*m, o->tick_ns, err)) < 0)
        machine_destroy(*m);
    return rc;
}

static int add_machine(struct session *s, const struct guest_config *guests, unsigned n, struct vm_error *err)
{
    struct machine *m;
    int rc = 0;
    unsigned made = 0;
    while (made < n && (s->console[s->vcpus + made] = console_log_new(s->wake_fd)))
        made++;
    if (made < n)
        rc = err_set(err, ENOMEM, "No memory for the consoles of %u guests.", n);
    else
        rc = make_machine(s, &m, guests, n, s->vcpus, NULL, err);
    if (rc < 0) {
        while (made--)
            console_log_free(s->console[s->vcpus + made]);
        return rc;
    }
    s->machine[s->machines++] = m;
    for (unsigned i = 0; i < n; i++)
        s->vcpu[s->vcpus++] = machine_vcpu(m, i);
    return 0;
}

/* One machine a guest, --smp vCPUs each; or with --share one machine for up to four real-mode guests. */
static int build(struct session *s, const struct guest_file *files, struct vm_error *err)
{
    const struct options *o = s->opt;
    struct guest_config g[SESSION_VCPUS] = { 0 };
    unsigned n = 0, shared = 0;
    for (unsigned i = 0; i < o->guests; i++) {
        const struct guest_file *f = &files[i];
        struct guest_config one = { .image = { f->name, f->bytes, f->size },
                                    .args = { .has = o->boot_has, .load = o->load, .entry = o->entry, .slot = i % REAL_SLOTS } };
        int rc = choose_boot(o, f, &one.boot, err);
        if (rc < 0)
            return rc;
        bool share = o->share && strcmp(one.boot->name, "real") == 0;
        if (o->share && !share)
            return err_set(err, EINVAL, "--share is for real-mode guests, and '%s' is entered in %s mode. Leave --share out.", f->name, one.boot->name);
        for (unsigned k = 0; k < o->smp; k++)
            g[n++] = one;
        shared++;
        if (share && shared < REAL_SLOTS && i + 1 < o->guests)
            continue;
        if ((rc = add_machine(s, g, n, err)) < 0)
            return rc;
        n = shared = 0;
    }
    return 0;
}

int session_open(struct session *s, const struct options *opt, struct vm_error *err)
{
    struct guest_file *files = calloc(opt->guests ? opt->guests : 1, sizeof *files);
    int rc = 0;
    *s = (struct session){ .opt = opt, .wake_fd = -1 };
    if (!files)
        return err_set(err, ENOMEM, "No memory for %u guests.", opt->guests);
    for (unsigned i = 0; i < opt->guests && rc == 0; i++)
        rc = guest_load(&files[i], opt->guest[i], err);
    if (rc == 0 && (s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
        rc = err_set(err, errno, "Cannot make an event descriptor: %s.", strerror(errno));
    if (rc == 0)
        rc = build(s, files, err);
    for (unsigned i = 0; i < opt->guests; i++)
        guest_unload(&files[i]);
    free(files);
    if (rc < 0)
        session_close(s);
    return rc;
}

static unsigned machine_index(const struct session *s, const struct machine *m)
{
    unsigned i = 0;
    while (i < s->machines && s->machine[i] != m)
        i++;
    return i;
}

int session_load(struct session *s, unsigned i, const char *guest, struct vm_error *err)
{
    struct machine *old = vcpu_machine(s->vcpu[i]), *new;
    unsigned at = machine_index(s, old);
    struct guest_file f;
    struct guest_config g;
    int rc;
    if (machine_vcpus(old) > 1)
        return err_set(err, EBUSY, "vCPU %u shares its machine with others: a guest cannot be replaced there.", i);
    if ((rc = guest_load(&f, guest, err)) < 0)
        return rc;
    /* The command line's --boot, --load and --entry were meant for the guests named there, not for one that is known to want another. */
    bool as_there = !f.boot && !f.known && s->opt->boot;
    const char *name = f.boot ? f.boot : as_there ? s->opt->boot : "real";
    g = (struct guest_config){ .image = { f.name, f.bytes, f.size }, .boot = boot_find(name),
                               .args = { .has = as_there ? s->opt->boot_has : 0, .load = s->opt->load, .entry = s->opt->entry, .slot = i % REAL_SLOTS } };
    if (!g.boot)
        rc = err_set(err, EINVAL, "There is no boot protocol '%s'.", name);
    else if (f.size > (strcmp(name, "real") == 0 ? SLICE_SIZE : s->opt->mem ? s->opt->mem : g.boot->ram))
        rc = err_set(err, EFBIG, "The guest '%s' (%zu bytes) does not fit into its memory.", f.name, f.size);
    if (rc == 0)
        rc = make_machine(s, &new, &g, 1, i, old, err);
    guest_unload(&f);
    if (rc < 0)
        return rc;
    exit_log_pump(s->exit_log);
    s->machine[at] = new;
    s->vcpu[i] = machine_vcpu(new, 0);
    console_log_lossless(s->console[i], false); /* the old guest must not wait for us while we wait for it */
    machine_destroy(old);
    console_log_begin(s->console[i]);
    console_log_lossless(s->console[i], s->opt->headless);
    return 0;
}

bool session_at_rest(const struct session *s, unsigned i)
{
    struct vcpu *v = s->vcpu[i];
    return vcpu_wait_idle(v, 0) && vcpu_wait_stopped(v, 0);
}

void session_close(struct session *s)
{
    script_stop(s);
    command_state_free(s);
    for (unsigned i = 0; i < s->vcpus; i++)
        console_log_lossless(s->console[i], false); /* so that no thread waits for us */
    while (s->machines)
        machine_destroy(s->machine[--s->machines]);
    while (s->vcpus)
        console_log_free(s->console[--s->vcpus]);
    if (s->wake_fd >= 0)
        close(s->wake_fd);
    s->wake_fd = -1;
}
