/* screen.c: what the screen costs: guests that flood their consoles, with the screen and without it; and a screen on which nothing
 * happens. The program runs in a pseudo-terminal that this process empties and does not draw: a terminal's work is not ours. */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { COLS = 100, ROWS = 30, GUESTS = 4, TAIL = 8192, PATIENCE_S = 60 };
static const char *const section = "Screen: in a pseudo-terminal of 100x30";

struct child { pid_t pid; int fd; size_t bytes; char tail[TAIL]; double cpu; bool ok; };

static bool start(struct child *c, const char *build, bool screen, const char *const *args)
{
    struct winsize ws = { .ws_row = ROWS, .ws_col = COLS };
    const char *argv[16];
    char program[600], state[600];
    int out[2] = { -1, -1 }, n = 0;
    snprintf(program, sizeof program, "%s/vmlab", build);
    snprintf(state, sizeof state, "%s/bench/state", build);
    for (argv[n++] = program; n < 15 && *args;) argv[n++] = *args++;
    argv[n] = NULL;
    memset(c, 0, sizeof *c);
    if (!screen && pipe2(out, O_CLOEXEC) < 0) return false;
    c->pid = screen ? forkpty(&c->fd, NULL, NULL, &ws) : fork();
    if (c->pid == 0) {
        int null = open("/dev/null", O_RDWR);
        if (!screen) setsid(), dup2(null, 0), dup2(out[1], 1), dup2(null, 2); /* the kernel shares a busy machine out among sessions: one each */
        setenv("TERM", "xterm-256color", 1);
        setenv("XDG_STATE_HOME", state, 1);
        execv(program, (char *const *)argv);
        _exit(127);
    }
    if (!screen) close(out[1]), c->fd = out[0];
    return c->pid > 0;
}

/* Empty it until it says nothing more or the seconds are over. True when it has ended. The end of what it said is kept. */
static bool drain(struct child *c, double seconds)
{
    char b[65536];
    for (double end = now_seconds() + seconds; now_seconds() < end;) {
        struct pollfd p = { .fd = c->fd, .events = POLLIN };
        if (poll(&p, 1, 50) <= 0) continue;
        ssize_t n = read(c->fd, b, sizeof b);
        if (n <= 0) return true;
        size_t k = (size_t)n < TAIL - 1 ? (size_t)n : TAIL - 1, keep = c->bytes < TAIL - 1 - k ? c->bytes : TAIL - 1 - k;
        size_t had = c->bytes < TAIL - 1 ? c->bytes : TAIL - 1;
        memmove(c->tail, c->tail + had - keep, keep);
        memcpy(c->tail + keep, b + (size_t)n - k, k);
        c->bytes += (size_t)n;
    }
    return false;
}

static void finish(struct child *c, bool ended)
{
    struct rusage u;
    int status = -1;
    if (!ended) kill(c->pid, SIGKILL);
    wait4(c->pid, &status, 0, &u);
    close(c->fd);
    c->cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
    c->ok = ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Without the screen `info` says "1234 exits" a guest, with it the four panels say "exits 1234". */
static double exits_said(const char *text)
{
    double sum = 0;
    for (const char *p = text; (p = strstr(p, " exits ")); p++) {
        const char *q = p;
        while (q > text && q[-1] >= '0' && q[-1] <= '9') q--;
        sum += strtod(q, NULL);
    }
    return sum;
}

static double exits_shown(const char *path)
{
    char text[65536];
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    double sum = 0;
    unsigned panels = 0;
    text[n] = 0;
    if (f) fclose(f);
    for (const char *p = text; (p = strstr(p, "exits ")); p++) sum += strtod(p + 6, NULL), panels++;
    unlink(path);
    return panels == GUESTS ? sum : 0;
}

/* Exits of all guests in `seconds` of their running; *cpu: the processor time of the whole program. */
static double flood(const struct options *o, bool screen, double seconds, double *cpu, size_t *bytes)
{
    struct child c;
    char commands[1000], shot[600], guest[600];
    snprintf(shot, sizeof shot, "%s/bench/flood.txt", o->build);
    snprintf(guest, sizeof guest, "%s/guests/flood.bin", o->build);
    snprintf(commands, sizeof commands, "run @all; sleep %g; pause @all; sync; %s%s; quit", seconds, screen ? "dump-screen " : "info @all", screen ? shot : "");
    const char *args[] = { "-c", commands, guest, guest, guest, guest, screen ? NULL : "--headless", NULL };
    if (!start(&c, o->build, screen, args)) return 0;
    finish(&c, drain(&c, PATIENCE_S));
    *cpu = c.cpu, *bytes = c.bytes;
    return !c.ok ? 0 : screen ? exits_shown(shot) : exits_said(c.tail);
}

static void flood_rows(const struct options *o)
{
    double wall[32], work[32], rate[2][32], seconds = o->quick ? 0.5 : 2, cpu[2];
    size_t n = o->rounds * 2 > 31 ? 31 : o->rounds * 2, bytes[2];
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < 2; k++) {
            int screen = (int)((i + (size_t)k) & 1); /* who goes first changes */
            rate[screen][i] = flood(o, screen, seconds, &cpu[screen], &bytes[screen]) / seconds;
            if (rate[screen][i] <= 0) { row_absent(section, "4 guests flooding", "vmlab did not run, or did not say how many exits there were"); return; }
        }
        wall[i] = rate[1][i] / rate[0][i];
        work[i] = rate[1][i] / cpu[1] / (rate[0][i] / cpu[0]);
    }
    row(section, "4 guests flooding, headless: exits", median(rate[0], n) / 1e3, "k/s");
    row(section, "4 guests flooding, on the screen: exits", median(rate[1], n) / 1e3, "k/s");
    row(section, "on the screen: bytes to the terminal", (double)bytes[1] / seconds / 1e3, "kB/s");
    row(section, "screen / headless, by processor time of the program", median(work, n), "x");
    row_hold(section, "4 flooding, screen / headless, by the clock", median(wall, n), "x", 0.9, true);
}

/* The processor time of a screen that has come to rest, as a share of one core. */
static double idle(const struct options *o, const char *const *args, double seconds)
{
    struct child c;
    double cpu, t;
    if (!start(&c, o->build, true, args)) return -1;
    bool ended = drain(&c, 2);
    double c0 = cpu_seconds_of(c.pid), t0 = now_seconds();
    bool drawn = c.bytes > COLS && c0 > 0;
    ended = ended || drain(&c, seconds);
    cpu = cpu_seconds_of(c.pid) - c0, t = now_seconds() - t0;
    finish(&c, ended);
    return ended || !drawn ? -1 : cpu / t * 100;
}

static void idle_rows(const struct options *o)
{
    char g[5][600];
    static const char *const names[5] = { "hello", "counter", "multiplication", "fibonacci", "irq" };
    for (int i = 0; i < 5; i++) snprintf(g[i], sizeof g[i], "%s/guests/%s.bin", o->build, names[i]);
    const char *done[] = { g[0], g[1], g[2], g[3], NULL }, *halted[] = { g[4], g[4], g[4], g[4], NULL };
    double seconds = o->quick ? 1 : 5, ended = idle(o, done, seconds), waits = idle(o, halted, seconds);
    if (ended < 0 || waits < 0) { row_absent(section, "idle", "vmlab did not run"); return; }
    row_hold(section, "idle: 4 guests that have ended, of one core", ended, "%", 1, false);
    row_hold(section, "idle: 4 guests that wait in HLT, of one core", waits, "%", 1, false);
}

void bench_screen(const struct options *o)
{
    flood_rows(o);
    idle_rows(o);
}
