/* vt.c: see vt.h. */
#include "vt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int on_prop(VTermProp prop, VTermValue *val, void *user)
{
    struct vt *v = user;
    if (prop == VTERM_PROP_ALTSCREEN)
        v->alternate = val->boolean;
    else if (prop == VTERM_PROP_CURSORVISIBLE)
        v->cursor = val->boolean;
    return 1;
}

/* Modes that must be off when the program has ended; the cursor (25) must be on. libvterm tells of some only. */
static const char *const modes[] = { "1000", "1002", "1003", "1006", "2004", "1049" };

static void note_modes(struct vt *v, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];
        static const char head[] = "\033[?";
        if (v->nescape < 3) {
            v->nescape = c == head[v->nescape] ? v->nescape + 1 : c == '\033';
        } else if (((c >= '0' && c <= '9') || c == ';') && v->nescape < (int)sizeof v->escape - 1) {
            v->escape[v->nescape++] = c;
        } else {
            v->escape[v->nescape] = '\0';
            v->nescape = 0;
            for (char *save, *m = strtok_r(v->escape + 3, ";", &save); m; m = strtok_r(NULL, ";", &save))
                for (unsigned k = 0; k < sizeof modes / sizeof *modes; k++)
                    if (!strcmp(m, modes[k]) && (c == 'h' || c == 'l'))
                        v->modes = c == 'h' ? v->modes | 1u << k : v->modes & ~(1u << k);
        }
    }
}

static void child(struct vt *v, const char *const *env, const char *const *argv)
{
    setsid();
    ioctl(v->slave, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; fd++)
        dup2(v->slave, fd);
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    static const char *const keep[] = { "PATH", "VMLAB_BUILD", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS" };
    char pairs[8][4096];
    size_t n = 0;
    for (size_t i = 0; i < sizeof keep / sizeof *keep; i++)
        if (getenv(keep[i]))
            snprintf(pairs[n++], sizeof pairs[0], "%s=%s", keep[i], getenv(keep[i]));
    clearenv();
    for (size_t i = 0; i < n; i++)
        putenv(pairs[i]);
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    for (; env && *env; env++)
        putenv((char *)*env);
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    execvp(argv[0], (char *const *)argv);
    dprintf(2, "cannot run %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

struct vt *vt_start(int cols, int rows, const char *const *env, const char *const *argv)
{
    static const VTermScreenCallbacks callbacks = { .settermprop = on_prop };
    struct vt *v = calloc(1, sizeof *v);
    struct winsize ws = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };
    v->cols = cols;
    v->rows = rows;
    v->cursor = true;
    if (openpty(&v->master, &v->slave, NULL, NULL, &ws) < 0) {
        perror("openpty");
        exit(1);
    }
    fcntl(v->master, F_SETFD, FD_CLOEXEC);
    tcgetattr(v->slave, &v->before);
    v->vterm = vterm_new(rows, cols);
    vterm_set_utf8(v->vterm, 1);
    v->screen = vterm_obtain_screen(v->vterm);
    vterm_screen_set_callbacks(v->screen, &callbacks, v);
    vterm_screen_enable_altscreen(v->screen, 1);
    vterm_screen_reset(v->screen, 1);
    if ((v->pid = fork()) == 0)
        child(v, env, argv);
    return v;
}

static void reap(struct vt *v, int flags)
{
    if (!v->gone && waitpid(v->pid, &v->status, flags) == v->pid)
        v->gone = true;
}

bool vt_gone(struct vt *v)
{
    reap(v, WNOHANG);
    return v->gone;
}

void vt_free(struct vt *v)
{
    reap(v, WNOHANG);
    if (!v->gone) {
        kill(-v->pid, SIGKILL);
        kill(v->pid, SIGKILL);
        reap(v, 0);
    }
    close(v->master);
    close(v->slave);
    vterm_free(v->vterm);
    free(v);
}

bool vt_pump(struct vt *v, int ms)
{
    char buf[65536];
    struct pollfd p = { .fd = v->master, .events = POLLIN };
    if (poll(&p, 1, ms) <= 0)
        return false;
    ssize_t n = read(v->master, buf, sizeof buf);
    if (n <= 0)
        return false;
    vterm_input_write(v->vterm, buf, (size_t)n);
    note_modes(v, buf, (size_t)n);
    v->bytes += (size_t)n;
    return true;
}

void vt_send(struct vt *v, const char *bytes)
{
    size_t n = strlen(bytes);
    while (n) {
        /* Take in meanwhile what the program writes, or both sides could wait for each other. */
        struct pollfd p = { .fd = v->master, .events = POLLOUT | POLLIN };
        poll(&p, 1, 1000);
        if (p.revents & POLLIN)
            vt_pump(v, 0);
        if (!(p.revents & POLLOUT))
            continue;
        ssize_t k = write(v->master, bytes, n > 512 ? 512 : n);
        if (k <= 0)
            return;
        bytes += k;
        n -= (size_t)k;
    }
}

void vt_hang_up(struct vt *v)
{
    close(v->slave);
    close(v->master);
    v->master = open("/dev/null", O_RDWR | O_CLOEXEC);
    v->slave = open("/dev/null", O_RDWR | O_CLOEXEC);
}

unsigned vt_left(struct vt *v)
{
    unsigned n = 0;
    DIR *d = opendir("/proc");
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[300], line[512];
        snprintf(path, sizeof path, "/proc/%s/stat", e->d_name);
        FILE *f = e->d_name[0] >= '1' && e->d_name[0] <= '9' ? fopen(path, "re") : NULL;
        char state, *after;
        int parent, group, session;
        if (f && fgets(line, sizeof line, f) && (after = strrchr(line, ')')) &&
            sscanf(after + 1, " %c %d %d %d", &state, &parent, &group, &session) == 4 && session == v->pid && state != 'Z')
            n++;
        if (f)
            fclose(f);
    }
    if (d)
        closedir(d);
    return n;
}

void vt_resize(struct vt *v, int cols, int rows)
{
    struct winsize ws = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };
    vterm_set_size(v->vterm, rows, cols);
    v->cols = cols;
    v->rows = rows;
    ioctl(v->slave, TIOCSWINSZ, &ws);
}

VTermScreenCell vt_cell(struct vt *v, int x, int y)
{
    VTermScreenCell c;
    memset(&c, 0, sizeof c);
    vterm_screen_get_cell(v->screen, (VTermPos){ .row = y, .col = x }, &c);
    return c;
}

static size_t encode(uint32_t ch, char *out)
{
    if (ch < 0x80)
        return out[0] = (char)ch, 1;
    if (ch < 0x800)
        return out[0] = (char)(0xc0 | ch >> 6), out[1] = (char)(0x80 | (ch & 63)), 2;
    if (ch < 0x10000)
        return out[0] = (char)(0xe0 | ch >> 12), out[1] = (char)(0x80 | (ch >> 6 & 63)), out[2] = (char)(0x80 | (ch & 63)), 3;
    out[0] = (char)(0xf0 | ch >> 18), out[1] = (char)(0x80 | (ch >> 12 & 63)), out[2] = (char)(0x80 | (ch >> 6 & 63)), out[3] = (char)(0x80 | (ch & 63));
    return 4;
}

/* A row's text; column[i] is the cell of byte i. */
static size_t row_text(struct vt *v, int x, int y, int w, char *out, int *column)
{
    size_t n = 0;
    for (int i = x; i < x + w && i < v->cols; i++) {
        VTermScreenCell c = vt_cell(v, i, y);
        if (c.chars[0] == (uint32_t)-1)
            continue; /* the right half of a wide character */
        size_t k = encode(c.chars[0] ? c.chars[0] : ' ', out + n);
        for (size_t j = 0; j < k && column; j++)
            column[n + j] = i;
        n += k;
    }
    out[n] = '\0';
    return n;
}

const char *vt_text(struct vt *v, int x, int y, int w, int h)
{
    static char text[300 * 1200];
    char *p = text;
    for (int r = y; r < y + h && r < v->rows; r++) {
        if (p > text)
            *p++ = '\n';
        p += row_text(v, x, r, w, p, NULL);
    }
    *p = '\0';
    return text;
}

bool vt_find(struct vt *v, const char *text, int *x, int *y)
{
    char row[1200 * 4];
    int column[1200 * 4];
    for (int r = 0; r < v->rows; r++) {
        row_text(v, 0, r, v->cols, row, column);
        const char *hit = strstr(row, text);
        if (!hit)
            continue;
        if (x)
            *x = column[hit - row];
        if (y)
            *y = r;
        return true;
    }
    return false;
}

static bool wait_for(struct vt *v, bool (*test)(struct vt *v, const void *arg, int n), const void *arg, int n)
{
    const char *seconds = getenv("TEST_SECONDS");
    double end = now() + (seconds ? atof(seconds) : VT_SECONDS);
    while (!test(v, arg, n)) {
        if (now() > end)
            return false;
        if (!vt_pump(v, 20))
            reap(v, WNOHANG);
    }
    return true;
}

static bool is_there(struct vt *v, const void *text, int n) { (void)n; return vt_find(v, text, NULL, NULL); }
static bool is_gone(struct vt *v, const void *text, int n) { (void)n; return !vt_find(v, text, NULL, NULL); }
static bool in_row(struct vt *v, const void *text, int row) { return strstr(vt_text(v, 0, row, v->cols, 1), text) != NULL; }
static bool has_exited(struct vt *v, const void *a, int n) { (void)a; (void)n; return v->gone; }
static bool is_alternate(struct vt *v, const void *a, int on) { (void)a; return v->alternate == (on != 0); }

bool vt_wait(struct vt *v, const char *text) { return wait_for(v, is_there, text, 0); }
bool vt_wait_gone(struct vt *v, const char *text) { return wait_for(v, is_gone, text, 0); }
bool vt_wait_row(struct vt *v, int row, const char *text) { return wait_for(v, in_row, text, row); }
bool vt_wait_alternate(struct vt *v, bool on) { return wait_for(v, is_alternate, NULL, on); }

bool vt_wait_exit(struct vt *v)
{
    bool ok = wait_for(v, has_exited, NULL, 0);
    while (vt_pump(v, 0)) /* its last words */
        ;
    return ok;
}

bool vt_any_colour(struct vt *v)
{
    for (int y = 0; y < v->rows; y++)
        for (int x = 0; x < v->cols; x++) {
            VTermScreenCell c = vt_cell(v, x, y);
            if (!VTERM_COLOR_IS_DEFAULT_FG(&c.fg) || !VTERM_COLOR_IS_DEFAULT_BG(&c.bg))
                return true;
        }
    return false;
}

bool vt_restored(struct vt *v)
{
    struct termios t;
    tcgetattr(v->slave, &t);
    return t.c_iflag == v->before.c_iflag && t.c_oflag == v->before.c_oflag && t.c_lflag == v->before.c_lflag && t.c_cflag == v->before.c_cflag &&
           !memcmp(t.c_cc, v->before.c_cc, sizeof t.c_cc) && !v->modes && !v->alternate && v->cursor;
}

void vt_show(struct vt *v)
{
    fprintf(stderr, "--- screen %dx%d%s\n%s\n---\n", v->cols, v->rows, v->gone ? " (the program has ended)" : "", vt_text(v, 0, 0, v->cols, v->rows));
}
