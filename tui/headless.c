/* headless.c: one loop between the guests, stdin, stdout, signals and the script. It never blocks on any of them alone. */
#include "headless.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "console_log.h"
#include "exit_log.h"
#include "feed.h"
#include "options.h"
#include "outstream.h"
#include "report.h"
#include "script.h"
#include "trace_save.h"

enum {
    CHUNK = 64 << 10,       /* of a console at a time */
    BUFFERED = 256 << 10,   /* stdout may lag by this much before guests have to wait */
    QUIET_MS = 100,         /* a begun line is printed after this much silence */
    ROOM_MS = 5,            /* look again whether a guest has read its input */
    FIRST_LOOK_MS = 2,      /* nothing is heard: look whether the guests sleep for good; then twice as long... */
    LAST_LOOK_MS = 100,     /* ... and never longer than this */
    LOG_MS = 1,             /* -v: the trace ring must not overflow between two looks */
};

struct headless {
    struct session *s;
    const struct options *opt;
    struct outstream out;
    struct feed in;
    struct out text;                     /* where commands print */
    uint64_t pos[SESSION_VCPUS];         /* how much of each console was read */
    struct transcript *transcript;       /* --json: what they printed; NULL otherwise */
    struct transcript output;            /* --json: what commands printed */
    int signal_fd;

    bool open;                           /* guests and scripts may run */
    bool started;                        /* the script is through */
    bool more;                           /* a console gave something: look again at once */
    int64_t begin_ns, deadline_ns;       /* deadline: 0, none */
    int64_t last_output_ms;
    int look_ms;                         /* how long until the next look */
    struct outcome outcome;
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void heard_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
}

void headless_block_signals(void)
{
    sigset_t set;
    heard_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN); /* a closed stdout is an error that is told, not a silent death */
}

/* --- output -------------------------------------------------------------------------------------------------------- */

/* Move what guest i printed to stdout's buffer or the transcript. True if there was something. */
static bool pump_console(struct headless *h, unsigned i)
{
    static char buf[CHUNK];
    uint64_t lost;
    size_t n;
    if (!h->transcript && outstream_pending(&h->out) > BUFFERED)
        return false;
    n = console_log_read(h->s->console[i], &h->pos[i], buf, sizeof buf, &lost);
    if (h->transcript)
        transcript_add(&h->transcript[i], buf, n);
    else
        outstream_guest(&h->out, i, vcpu_name(h->s->vcpu[i]), buf, n);
    return n > 0;
}

static bool pump_consoles(struct headless *h)
{
    bool any = false;
    for (unsigned i = 0; i < h->s->vcpus; i++)
        any |= pump_console(h, i);
    if (any)
        h->last_output_ms = now_ns() / 1000000;
    h->more = any;
    return any;
}

/* Commands print after what the guests printed before. */
static void write_text(void *self, const char *text, size_t n)
{
    struct headless *h = self;
    pump_consoles(h);
    if (h->text.failed) {
        fwrite(text, 1, n, stderr);
        return;
    }
    if (h->transcript) {
        transcript_add(&h->output, text, n);
    } else {
        outstream_release(&h->out);
        outstream_text(&h->out, text, n);
    }
}

/* --- input --------------------------------------------------------------------------------------------------------- */

/* Nobody can type to the guests that have not the focus. */
static void end_other_inputs(struct headless *h)
{
    for (unsigned i = 0; i < h->s->vcpus; i++)
        if (i != h->s->focus)
            vcpu_input_eof(h->s->vcpu[i]);
}

/* --- the end ------------------------------------------------------------------------------------------------------- */

static bool all_ended(struct headless *h)
{
    for (unsigned i = 0; i < h->s->vcpus; i++)
        if (!session_at_rest(h->s, i))
            return false;
    return true;
}

static bool end_with(struct headless *h, const char *reason, int status)
{
    h->outcome.reason = reason;
    h->outcome.status = status;
    return true;
}

static bool end_signal(struct headless *h)
{
    struct signalfd_siginfo info;
    if (read(h->signal_fd, &info, sizeof info) != sizeof info)
        return false;
    h->outcome.signal = (int)info.ssi_signo;
    fprintf(stderr, "vmlab: stopped by SIG%s\n", sigabbrev_np(h->outcome.signal));
    return end_with(h, "signal", STATUS_SIGNAL + h->outcome.signal);
}

static bool end_timeout(struct headless *h)
{
    fprintf(stderr, "vmlab: stopped after %g second%s (--timeout)\n", h->opt->timeout, h->opt->timeout == 1 ? "" : "s");
    return end_with(h, "timeout", STATUS_TIMEOUT);
}

static bool end_output(struct headless *h)
{
    const char *hint = h->out.error == EPIPE ? ": whoever read it has gone" : h->out.error == ENOSPC ? ": make room and run again" : "";
    fprintf(stderr, "vmlab: cannot write to stdout: %s%s\n", strerror(h->out.error), hint);
    return end_with(h, "output-failed", STATUS_FAILED);
}

/* --- the loop ------------------------------------------------------------------------------------------------------ */

/* Run what the script can run now; then, once, what begins when it is over. True: the program ends. */
static bool run_script(struct headless *h)
{
    if (!h->started && script_active(h->s)) {
        enum script_state st = script_run(h->s, &h->text);
        if (st == SCRIPT_FAILED)
            return end_with(h, "script-failed", STATUS_FAILED);
        if (st == SCRIPT_WAIT)
            return false;
    }
    if (h->s->quit)
        return end_with(h, "quit", h->s->quit_status);
    if (!h->started) {
        h->started = true;
        end_other_inputs(h);
    }
    return false;
}

/* How long poll may sleep. */
static int patience(struct headless *h)
{
    int64_t ms = -1, now = now_ns();
    int script = h->started ? -1 : script_wait_ms(h->s);
    if (h->more && outstream_pending(&h->out) <= BUFFERED)
        return 0;
#define AT_MOST(x) do { int64_t x_ = (x); if (ms < 0 || x_ < ms) ms = x_ < 0 ? 0 : x_; } while (0)
    if (script >= 0)
        AT_MOST(script);
    if (h->deadline_ns)
        AT_MOST((h->deadline_ns - now + 999999) / 1000000);
    if (feed_waits(&h->in, h->s))
        AT_MOST(ROOM_MS);
    if (h->s->exit_log)
        AT_MOST(LOG_MS);
    if (h->out.prefix && now / 1000000 - h->last_output_ms < QUIET_MS)
        AT_MOST(QUIET_MS);
    AT_MOST(h->look_ms);
#undef AT_MOST
    return (int)ms;
}

/* Nothing was heard for a while. A guest that sleeps inside the kernel (HLT with an in-kernel interrupt controller) does
 * not exit by itself: a sample finds out whether it can ever wake up. */
static void look(struct headless *h)
{
    for (unsigned i = 0; i < h->s->vcpus; i++)
        vcpu_sample(h->s->vcpu[i]);
    h->look_ms = h->look_ms * 2 < LAST_LOOK_MS ? h->look_ms * 2 : LAST_LOOK_MS;
}

/* When a byte comes through a pipe is the host's affair, so a deterministic guest begins with its input before it: all, or as much as
 * fits. (Who types at a terminal has not typed yet.) */
static bool may_open(const struct headless *h)
{
    return !h->opt->deterministic || !feed_wants(&h->in, h->s) || isatty(STDIN_FILENO);
}

/* A script decides when its guests start; without one they do so now. */
static bool open_doors(struct headless *h)
{
    struct vm_error err = { 0 };
    h->open = true;
    for (unsigned i = 0; !script_active(h->s) && i < h->s->vcpus; i++)
        if (vcpu_resume(h->s->vcpu[i], &err) < 0) {
            fprintf(stderr, "vmlab: %s\n", err.text);
            return end_with(h, "start-failed", STATUS_FAILED);
        }
    return false;
}

/* One turn. True: it is over, and outcome says how. */
static bool turn(struct headless *h)
{
    struct pollfd p[] = {
        { .fd = h->signal_fd, .events = POLLIN },
        { .fd = h->s->wake_fd, .events = POLLIN },
        { .fd = feed_wants(&h->in, h->s) ? STDIN_FILENO : -1, .events = POLLIN },
        { .fd = outstream_pending(&h->out) ? STDOUT_FILENO : -1, .events = POLLOUT },
    };
    eventfd_t count;
    if (!h->open && may_open(h) && open_doors(h))
        return true;
    int heard = poll(p, 4, patience(h));
    if (heard < 0 && errno != EINTR)
        return end_with(h, "output-failed", STATUS_FAILED);
    if (heard > 0)
        h->look_ms = FIRST_LOOK_MS;
    else if (!h->more)
        look(h);
    if (p[0].revents && end_signal(h))
        return true;
    if (h->deadline_ns && now_ns() >= h->deadline_ns)
        return end_timeout(h);
    if (p[1].revents)
        eventfd_read(h->s->wake_fd, &count);
    if (p[2].revents)
        feed_read(&h->in);
    if (p[3].revents && !outstream_flush(&h->out))
        return end_output(h);
    feed_give(&h->in, h->s);
    if (!h->open)
        return false;
    exit_log_pump(h->s->exit_log);
    bool over = run_script(h);
    bool done = !over && h->started && all_ended(h);
    bool printed = pump_consoles(h);
    if (h->out.error)
        return end_output(h);
    if (!printed && now_ns() / 1000000 - h->last_output_ms >= QUIET_MS)
        outstream_release(&h->out);
    if (over)
        return true;
    return done && !printed && end_with(h, "ended", report_status(h->s));
}

/* Stop what still runs, so that the report does not change while it is written. */
static void stop_guests(struct headless *h)
{
    for (unsigned i = 0; i < h->s->vcpus; i++)
        console_log_lossless(h->s->console[i], false);
    for (unsigned i = 0; i < h->s->vcpus; i++)
        vcpu_pause(h->s->vcpu[i], NULL);
    for (unsigned i = 0; i < h->s->vcpus; i++)
        vcpu_wait_stopped(h->s->vcpu[i], 2000);
}

/* What is still to be written: all of it when the run ended by itself, else what stdout takes at once. */
static bool drain_some(struct headless *h)
{
    bool hurry = h->outcome.signal || strcmp(h->outcome.reason, "timeout") == 0;
    int64_t left = h->deadline_ns ? (h->deadline_ns - now_ns()) / 1000000 : -1;
    struct pollfd p[] = { { .fd = STDOUT_FILENO, .events = POLLOUT }, { .fd = h->signal_fd, .events = POLLIN } };
    int n = poll(p, 2, hurry ? 0 : h->deadline_ns && left < 0 ? 0 : (int)left);
    if (n < 0)
        return errno == EINTR;
    if (p[1].revents && end_signal(h))
        return false;
    if (p[0].revents && !outstream_flush(&h->out))
        return end_output(h), false;
    if (n == 0 && !hurry)
        end_timeout(h);
    return n > 0;
}

static void drain(struct headless *h)
{
    bool more = true;
    while (more && pump_consoles(h))
        while (more && outstream_pending(&h->out) > BUFFERED)
            more = drain_some(h);
    outstream_release(&h->out);
    while (more && outstream_pending(&h->out))
        more = drain_some(h);
    if (more && h->out.error) /* no memory to keep what was to be written */
        end_output(h);
}

static void print_json(struct headless *h)
{
    char *text = report_json(h->s, &h->outcome, h->transcript, &h->output);
    if (!text) {
        fprintf(stderr, "vmlab: no memory for the JSON report\n");
        h->outcome.status = STATUS_FAILED;
        return;
    }
    outstream_text(&h->out, text, strlen(text));
    outstream_text(&h->out, "\n", 1);
    free(text);
    drain(h);
}

static void save_files(struct headless *h)
{
    struct vm_error err = { 0 };
    if (h->opt->trace && trace_save(h->s, UINT64_MAX, h->opt->trace, &err) < 0) {
        fprintf(stderr, "vmlab: %s\n", err.text);
        h->outcome.status = STATUS_FAILED;
    }
    for (unsigned i = 0; i < h->s->vcpus; i++)
        if (console_log_check(h->s->console[i], &err) < 0) {
            fprintf(stderr, "vmlab: %s\n", err.text);
            h->outcome.status = STATUS_FAILED;
        }
}

static void finish(struct headless *h)
{
    h->outcome.elapsed_ns = (uint64_t)(now_ns() - h->begin_ns);
    stop_guests(h);
    exit_log_pump(h->s->exit_log);
    if (!h->out.error)
        drain(h);
    save_files(h);
    if (h->transcript && !h->out.error)
        print_json(h);
    report_text(h->s, stderr);
}

static int begin(struct headless *h, struct vm_error *err)
{
    sigset_t set;
    const struct options *o = h->opt;
    heard_signals(&set);
    if ((h->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return err_set(err, errno, "Cannot listen for signals: %s.", strerror(errno));
    if (o->json && !(h->transcript = calloc(SESSION_VCPUS, sizeof *h->transcript)))
        return err_set(err, ENOMEM, "No memory for the report.");
    if (o->verbose && !(h->s->exit_log = exit_log_new(h->s)))
        return err_set(err, ENOMEM, "No memory for the exit log.");
    outstream_open(&h->out, STDOUT_FILENO, !h->transcript && h->s->vcpus > 1);
    h->text = (struct out){ .write = write_text, .self = h };
    for (unsigned i = 0; i < h->s->vcpus; i++)
        console_log_lossless(h->s->console[i], true);
    h->look_ms = FIRST_LOOK_MS;
    h->begin_ns = now_ns();
    if (o->timeout > 0)
        h->deadline_ns = h->begin_ns + (int64_t)(o->timeout * 1e9);
    if (o->exec && strcmp(o->exec, "-") == 0)
        h->in.end = true; /* it is the script */
    return 0;
}

int headless_run(struct session *s)
{
    struct vm_error err = { 0 };
    struct headless *h = calloc(1, sizeof *h);
    int status = STATUS_FAILED;
    if (!h) {
        fprintf(stderr, "vmlab: no memory to run\n");
        return status;
    }
    h->s = s;
    h->opt = s->opt;
    h->signal_fd = -1;
    if (begin(h, &err) < 0) {
        fprintf(stderr, "vmlab: %s\n", err.text);
    } else {
        while (!turn(h))
            ;
        finish(h);
        status = h->outcome.status;
    }
    exit_log_free(s->exit_log);
    s->exit_log = NULL;
    outstream_close(&h->out);
    for (unsigned i = 0; h->transcript && i < SESSION_VCPUS; i++)
        free(h->transcript[i].bytes);
    free(h->transcript);
    free(h->output.bytes);
    if (h->signal_fd >= 0)
        close(h->signal_fd);
    free(h);
    return status;
}
