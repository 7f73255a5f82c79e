/* term.c: see term.h. Every way out (return, signal, crash) leaves the terminal as it was found. */
#include "term.h"

#include "rescue.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

/* curses defines these as macros; our names must survive. */
#undef lines
#undef columns

static struct {
    bool open, inside, ending, mouse, has_mouse, xterm, ascii;
    int out, err;                 /* the real stdout and stderr while 1 and 2 are the pipe */
    struct rescue rescue;         /* for whatever ends us without asking */
    int stray[2], sig;            /* a pipe; a signalfd */
    sigset_t before;              /* the signal mask */
    FILE *tty;
    SCREEN *screen;
    struct cell *shown;           /* what is on the terminal */
    int cols, rows;
    short pairs;                  /* colour pairs given out so far */
    short pair_of[18][18];
    char kept[16384];             /* stray output, for after the end */
    size_t nkept;
} term = { .out = -1, .err = -1, .stray = { -1, -1 }, .sig = -1 };

static const char mouse_on[] = "\033[?1000h\033[?1006h", mouse_off[] = "\033[?1006l\033[?1000l";
static const char paste_on[] = "\033[?2004h", paste_off[] = "\033[?2004l";

static void put(const char *s, size_t n)
{
    while (n) {
        ssize_t k = write(term.out, s, n);
        if (k < 0 && errno == EAGAIN) {
            poll(&(struct pollfd){ .fd = term.out, .events = POLLOUT }, 1, 100);
            continue;
        }
        if (k < 0 && errno != EINTR)
            return;
        if (k > 0)
            s += k, n -= (size_t)k;
    }
}
#define PUT(s) put(s, sizeof(s) - 1)

/* --- signals --------------------------------------------------------------------------------------------------------- */

/* Nothing runs at a signal: those that we listen to are blocked in every thread and read from a descriptor. */
static const struct { int sig; unsigned what; } watched[] = {
    { SIGWINCH, TERM_RESIZED }, { SIGTSTP, TERM_STOP }, { SIGCONT, TERM_CONTINUED }, { SIGTERM, TERM_END }, { SIGHUP, TERM_END }, { SIGINT, TERM_END },
};
enum { WATCHED = sizeof watched / sizeof *watched };

/* What curses set them to is of no use to us, nor to who comes after. */
static void forget_handlers(void)
{
    for (size_t i = 0; i < WATCHED; i++)
        signal(watched[i].sig, term.ending && watched[i].what == TERM_END ? SIG_IGN : SIG_DFL);
}

static int hear_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < WATCHED; i++)
        sigaddset(&set, watched[i].sig);
    if ((term.sig = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return -errno;
    pthread_sigmask(SIG_BLOCK, &set, &term.before);
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

static void leave_signals(void)
{
    forget_handlers();
    signal(SIGPIPE, SIG_DFL);
    pthread_sigmask(SIG_SETMASK, &term.before, NULL);
}

unsigned term_signals(int *end_signal)
{
    struct signalfd_siginfo info;
    unsigned what = 0;
    while (read(term.sig, &info, sizeof info) == sizeof info)
        for (size_t i = 0; i < WATCHED; i++)
            if (watched[i].sig == (int)info.ssi_signo) {
                what |= watched[i].what;
                if (watched[i].what == TERM_END)
                    *end_signal = watched[i].sig;
            }
    return what;
}

/* --- in and out ------------------------------------------------------------------------------------------------------ */

static void raw_mode(void)
{
    struct termios t = term.rescue.cooked;
    t.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | ISTRIP | IXON | PARMRK);
    t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    t.c_cflag = (t.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &t);
}

/* In the background (after the shell's bg) the first line stops us, by SIGTTOU, until we have the terminal again. */
static void enter(void)
{
    raw_mode();
    rescue_up(true);
    if (term.xterm) {
        PUT(paste_on);
        if (term.mouse)
            PUT(mouse_on);
    }
    term.inside = true;
}

static void leave(void)
{
    if (!term.inside)
        return;
    term.inside = false;
    if (term.xterm) {
        PUT(mouse_off);
        PUT(paste_off);
    }
    endwin();
    fflush(term.tty);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &term.rescue.cooked);
    rescue_up(false);
}

static int check_terminal(struct vm_error *err)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return err_set(err, ENOTTY, "The screen needs a terminal on stdin and stdout. Without one, use --headless.");
    const char *name = getenv("TERM");
    int found = 0;
    if (!name || !*name)
        return err_set(err, ENOTTY, "TERM is not set, so the kind of this terminal is unknown. Try: TERM=xterm-256color vmlab ..., or --headless.");
    if (setupterm(NULL, STDOUT_FILENO, &found) != OK) {
        if (found < 0)
            return err_set(err, ENOENT, "There is no terminfo database to look up TERM=%.60s in. Install ncurses-base, or use --headless.", name);
        return err_set(err, ENOTTY, "The terminal type '%.60s' (from TERM) is not known here. Try: TERM=xterm-256color vmlab ..., or --headless.", name);
    }
    if (!tigetstr("cup") || tigetstr("cup") == (char *)-1)
        return err_set(err, ENOTTY, "The terminal type '%.60s' (from TERM) cannot move its cursor, so there can be no screen. Use --headless.", name);
    return 0;
}

static bool has_string(const char *cap)
{
    char *s = tigetstr((NCURSES_CONST char *)cap);
    return s && s != (char *)-1 && *s;
}

static void prepare_rescue(void)
{
    term.rescue = (struct rescue){ .tty = term.out, .err = term.err, .stray = term.stray[0] };
    tcgetattr(STDIN_FILENO, &term.rescue.cooked);
    const char *parts[] = { term.xterm ? mouse_off : "", term.xterm ? paste_off : "", has_string("sgr0") ? tigetstr("sgr0") : "",
                            has_string("cnorm") ? tigetstr("cnorm") : "", has_string("rmcup") ? tigetstr("rmcup") : "\r\n" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        /* Padding ($<5>) is for real VT100s; a signal handler has no time for it. */
        for (const char *p = parts[i]; *p && term.rescue.nreset < sizeof term.rescue.reset; p++) {
            const char *end = p[0] == '$' && p[1] == '<' ? strchr(p, '>') : NULL;
            if (end)
                p = end;
            else
                term.rescue.reset[term.rescue.nreset++] = *p;
        }
    }
}

/* What is printed by anybody else goes into a pipe instead of over the screen. */
static int capture_stray(void)
{
    term.out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    term.err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
    if (term.out < 0 || pipe2(term.stray, O_CLOEXEC | O_NONBLOCK))
        return -errno;
    if (!(term.tty = fdopen(fcntl(term.out, F_DUPFD_CLOEXEC, 10), "w")))
        return -errno;
    return 0;
}

static void start_colours(void)
{
    const char *no = getenv("NO_COLOR");
    if ((no && *no) || !has_colors())
        return;
    start_color();
    use_default_colors();
    term.pairs = 1;
}

int term_open(const struct term_config *c, struct vm_error *err)
{
    int rc = check_terminal(err);
    if (rc)
        return rc;
    memset(term.pair_of, 0, sizeof term.pair_of);
    term.pairs = 0;
    term.nkept = 0;
    if ((rc = capture_stray()) || (rc = hear_signals()))
        return err_set(err, -rc, "Cannot set up the terminal: %s.", strerror(-rc));
    term.has_mouse = has_string("kmous");
    term.xterm = term.has_mouse || !strncmp(getenv("TERM"), "xterm", 5);
    term.mouse = c->mouse && term.has_mouse;
    const char *codeset = nl_langinfo(CODESET);
    term.ascii = c->ascii || strcmp(codeset, "UTF-8") != 0;
    prepare_rescue();
    TERMINAL *looked_up = cur_term; /* newterm makes its own */
    term.open = true;
    rescue_arm(&term.rescue);
    term.screen = newterm(NULL, term.tty, stdin);
    forget_handlers();
    del_curterm(looked_up);
    if (!term.screen) {
        term_close();
        return err_set(err, ENOTTY, "Curses cannot use this terminal (TERM=%.60s). Try: TERM=xterm-256color vmlab ..., or --headless.", getenv("TERM"));
    }
    raw();
    noecho();
    nonl();
    leaveok(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    start_colours();
    dup2(term.stray[1], STDOUT_FILENO);
    dup2(term.stray[1], STDERR_FILENO);
    enter();
    return 0;
}

void term_close(void)
{
    if (!term.open)
        return;
    term.open = false;
    leave();
    if (term.screen)
        delscreen(term.screen);
    term.screen = NULL;
    leave_signals();
    rescue_disarm();
    fflush(stdout);
    fflush(stderr);
    term_stray(NULL, 0);
    dup2(term.out, STDOUT_FILENO);
    dup2(term.err, STDERR_FILENO);
    if (term.nkept && write(STDERR_FILENO, term.kept, term.nkept) < 0) {
        /* stderr is closed: nobody wants to know */
    }
    if (term.tty)
        fclose(term.tty);
    int *fds[] = { &term.out, &term.err, &term.stray[0], &term.stray[1], &term.sig };
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
    free(term.shown);
    term.shown = NULL;
    term.tty = NULL;
}

void term_suspend(bool whole_job)
{
    leave();
    /* As the terminal driver does on Ctrl-Z: the whole foreground job, `make run` included. */
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    if (!whole_job || kill(0, SIGTSTP) < 0)
        raise(SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
    /* Here again after SIGCONT. */
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    if (tcgetpgrp(STDIN_FILENO) == getpgrp()) /* in the background it is set for the shell's own line */
        tcgetattr(STDIN_FILENO, &term.rescue.cooked);
    enter();
    term_resized();
}

void term_ending(void) { term.ending = true; }

/* Whoever stopped us without a word (SIGSTOP) may have left the terminal to a shell. */
void term_continued(void)
{
    if (term.inside)
        enter();
}

int term_fd(void) { return STDIN_FILENO; }
int term_signal_fd(void) { return term.sig; }
int term_stray_fd(void) { return term.stray[0]; }

size_t term_stray(char *buf, size_t size)
{
    char local[4096];
    size_t got = 0;
    for (ssize_t n; (n = read(term.stray[0], local, sizeof local)) > 0;) {
        size_t keep = (size_t)n < sizeof term.kept - term.nkept ? (size_t)n : sizeof term.kept - term.nkept;
        memcpy(term.kept + term.nkept, local, keep);
        term.nkept += keep;
        size_t give = size > got + 1 ? size - got - 1 : 0;
        if (give > (size_t)n)
            give = (size_t)n;
        if (give)
            memcpy(buf + got, local, give);
        got += give;
    }
    if (size)
        buf[got] = '\0';
    return got;
}

void term_size(int *cols, int *rows)
{
    struct winsize ws = { 0 };
    if (ioctl(term.out, TIOCGWINSZ, &ws) || !ws.ws_col || !ws.ws_row) {
        ws.ws_col = 80;
        ws.ws_row = 24;
    }
    *cols = ws.ws_col > 1000 ? 1000 : ws.ws_col;
    *rows = ws.ws_row > 500 ? 500 : ws.ws_row;
}

void term_resized(void)
{
    int cols, rows;
    term_size(&cols, &rows);
    resizeterm(rows, cols);
}

void term_mouse(bool on)
{
    term.mouse = on && term.has_mouse;
    if (term.xterm && term.inside) {
        if (term.mouse)
            PUT(mouse_on);
        else
            PUT(mouse_off);
    }
}

bool term_has_mouse(void) { return term.has_mouse; }
bool term_colours(void) { return term.pairs > 0; }

const struct glyphs *term_glyphs(bool *ascii)
{
    const char *name = getenv("TERM");
    *ascii = term.ascii;
    return term.ascii ? &glyphs_ascii : name && !strncmp(name, "linux", 5) ? &glyphs_linux : &glyphs_utf8;
}

/* --- painting -------------------------------------------------------------------------------------------------------- */

/* The pair for two colours, made when first needed. Terminals with few pairs run out: those cells lose their colour,
 * never their mark. */
static short pair(int fg, int bg)
{
    short *p = &term.pair_of[fg + 1][bg + 1];
    if (fg < 0 && bg < 0)
        return 0;
    if (!*p) {
        if (term.pairs >= COLOR_PAIRS || init_pair(term.pairs, (short)fg, (short)bg) == ERR)
            return 0;
        *p = term.pairs++;
    }
    return *p;
}

static void put_cell(int x, int y, const struct cell *c)
{
    attr_t attr = (c->st.attr & ATTR_BOLD ? A_BOLD : 0) | (c->st.attr & ATTR_UNDER ? A_UNDERLINE : 0) | (c->st.attr & ATTR_REVERSE ? A_REVERSE : 0);
    int fg = c->st.fg, bg = c->st.bg;
    short p = 0;
    if (term.pairs) {
        if (COLORS < 16 && fg > 7) {
            /* Bright black on eight colours would be black on black on many terminals: plain instead. */
            attr |= fg == 8 ? 0 : A_BOLD;
            fg = fg == 8 ? -1 : fg - 8;
        }
        if (COLORS < 16 && bg > 7)
            bg -= 8;
        p = pair(fg, bg);
    }
    wchar_t text[2] = { (wchar_t)c->ch, 0 };
    cchar_t cc;
    setcchar(&cc, text, attr, p, NULL);
    mvadd_wch(y, x, &cc); /* ERR in the last corner, where the cursor cannot advance; the cell is there all the same */
}

static bool same(const struct cell *a, const struct cell *b)
{
    return a->ch == b->ch && a->st.fg == b->st.fg && a->st.bg == b->st.bg && a->st.attr == b->st.attr;
}

void term_paint(const struct canvas *cv, bool all)
{
    if (cv->cols != term.cols || cv->rows != term.rows || !term.shown) {
        free(term.shown);
        term.shown = calloc((size_t)(cv->cols * cv->rows), sizeof *term.shown);
        term.cols = cv->cols;
        term.rows = cv->rows;
        all = true;
    }
    if (!term.shown)
        return;
    if (all)
        clear();
    for (int y = 0; y < cv->rows; y++)
        for (int x = 0; x < cv->cols; x++) {
            size_t i = (size_t)(y * cv->cols + x);
            /* A wide character goes out whole or not at all. */
            bool wide = x + 1 < cv->cols && !cv->cell[i + 1].ch;
            if (!all && same(&cv->cell[i], &term.shown[i]) && (!wide || same(&cv->cell[i + 1], &term.shown[i + 1])))
                continue;
            if (cv->cell[i].ch)
                put_cell(x, y, &cv->cell[i]);
            term.shown[i] = cv->cell[i];
        }
    if (cv->cursor_x >= 0 && cv->cursor_x < cv->cols && cv->cursor_y >= 0 && cv->cursor_y < cv->rows) {
        curs_set(1);
        move(cv->cursor_y, cv->cursor_x);
    } else {
        curs_set(0);
    }
    refresh();
}
