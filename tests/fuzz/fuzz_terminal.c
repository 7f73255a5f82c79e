/* fuzz_terminal.c: the whole program on a terminal of any name and size, in any locale, with any ~/.inputrc, and any keys typed to it. It shows
 * its screen or says why it cannot, it ends when it is told to, and the terminal's settings are what they were.
 *
 * Input: TERM, COLUMNS, LINES and LC_ALL (each 1 byte: which, or a text up to a zero), 2 bytes of size, 2 of a later size, the inputrc up
 * to a zero, then keys. The program is a process of its own, so nothing guides the fuzzer but what it sends. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "fuzz.h"

enum { TEXT = 200, REPORT = 99, QUIET_MS = 20, START_MS = 3000, QUIT_MS = 300, DEADLINE_MS = 15000, RAW = 0xe0 };

__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[1024];

static char program[4096];

struct run {
    int master, slave;
    pid_t pid;
    struct termios before;
    char said[8192];    /* the last of what it wrote */
    size_t nsaid;
};

/* --- what it is given ---------------------------------------------------------------------------------------------------------------- */

static void text(struct input *in, char to[TEXT])
{
    size_t n = 0;
    uint8_t c;
    while (in->left && (c = (uint8_t)take(in, 1)))
        if (n < TEXT - 1)
            to[n++] = (char)c;
    to[n] = '\0';
}

/* NAME=value, from the list or as the input has it. */
static char *variable(struct input *in, char to[TEXT + 20], const char *name, const char *const *list, size_t n)
{
    char value[TEXT];
    size_t which = take(in, 1);
    if (which >= RAW)
        text(in, value);
    snprintf(to, TEXT + 20, "%s=%s", name, which >= RAW ? value : list[which % n]);
    return to;
}

static const char *inputrc(struct input *in)
{
    char lines[TEXT];
    text(in, lines);
    return fuzz_file("inputrc", lines, strlen(lines));
}

/* --- the program ------------------------------------------------------------------------------------------------------------------------ */

static void resize(struct run *r, struct input *in)
{
    struct winsize w = { .ws_col = (unsigned short)take(in, 1), .ws_row = (unsigned short)take(in, 1) };
    must(ioctl(r->master, TIOCSWINSZ, &w) == 0);
}

static void start(struct run *r, char **env, struct input *in)
{
    static char *const argv[] = { (char *)"vmlab", (char *)"--engine=soft", (char *)"--no-sandbox", (char *)"two.bin", (char *)"two.bin", NULL };
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    must((r->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) >= 0 && grantpt(r->master) == 0 && unlockpt(r->master) == 0);
    must((r->slave = open(ptsname(r->master), O_RDWR | O_NOCTTY | O_CLOEXEC)) >= 0);
    must(tcgetattr(r->slave, &r->before) == 0);
    resize(r, in);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
    posix_spawn_file_actions_init(&files);
    must(posix_spawn_file_actions_addchdir_np(&files, fuzz_dir()) == 0);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&files, fd, ptsname(r->master), O_RDWR, 0);
    must(posix_spawn(&r->pid, program, &files, &attr, argv, env) == 0);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
}

/* Take what it writes: something within first_ms, then until it is quiet for a while. */
static void listen_for(struct run *r, int first_ms)
{
    struct pollfd p = { .fd = r->master, .events = POLLIN };
    for (int turns = 0; turns < 64 && poll(&p, 1, turns ? QUIET_MS : first_ms) > 0; turns++) {
        if (r->nsaid > sizeof r->said / 2)
            r->nsaid = 0;
        ssize_t n = read(r->master, r->said + r->nsaid, sizeof r->said - r->nsaid);
        if (n <= 0)
            break;
        r->nsaid += (size_t)n;
    }
}

static bool ended(struct run *r, int *status, int ms)
{
    for (; ms >= 0; ms -= 5) {
        if (waitpid(r->pid, status, WNOHANG) == r->pid)
            return true;
        listen_for(r, 5);
    }
    return false;
}

static void type(struct run *r, const void *bytes, size_t n)
{
    struct pollfd p = { .fd = r->master, .events = POLLOUT };
    ssize_t k = 0;
    do /* libFuzzer's alarm, twice in its time limit, interrupts */
        k = n && poll(&p, 1, 100) > 0 ? write(r->master, bytes, n) : 0;
    while (k < 0 && errno == EINTR);
    must(k >= 0 || errno == EAGAIN || errno == EIO);
}

/* By `quit`, however deep in whatever; else by hanging up. */
static int end(struct run *r)
{
    static const char quit[] = "\x1d\x03\x03quit\r";
    int status;
    type(r, quit, sizeof quit - 1);
    if (ended(r, &status, QUIT_MS))
        return status;
    kill(r->pid, SIGHUP);
    kill(r->pid, SIGCONT);
    bool hung = !ended(r, &status, DEADLINE_MS);
    if (hung)
        kill(r->pid, SIGKILL), waitpid(r->pid, &status, 0);
    if (hung)
        fwrite(r->said, 1, r->nsaid, stderr);
    must(!hung);
    return status;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    const char *slash = strrchr((*argv)[0], '/');
    char name[4000];
    must(slash);
    snprintf(name, sizeof name, "%.*s/vmlab", (int)(slash - (*argv)[0]), (*argv)[0]);
    must(realpath(name, program));
    fuzz_file("two.bin", "\xeb\xfe", 2);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const terms[] = { "xterm-256color", "xterm", "vt100", "linux", "screen-256color", "dumb", "", "unknown", "../../../etc/passwd", "ansi", "vt52", "tty33" };
    static const char *const numbers[] = { "", "80", "0", "1", "-1", "100000", "99999999999999999999", "x", "25" };
    static const char *const locales[] = { "C.UTF-8", "C", "", "POSIX", "de_DE.ISO-8859-1", "xx_XX.nothing", "../../etc" };
    char term[TEXT + 20], columns[TEXT + 20], lines[TEXT + 20], locale[TEXT + 20], rc[TEXT + 20], home[TEXT];
    struct input in = { data, size };
    static struct run r;
    r = (struct run){ 0 };
    char *env[] = { variable(&in, term, "TERM", terms, sizeof terms / sizeof *terms), variable(&in, columns, "COLUMNS", numbers, sizeof numbers / sizeof *numbers),
                    variable(&in, lines, "LINES", numbers, sizeof numbers / sizeof *numbers), variable(&in, locale, "LC_ALL", locales, sizeof locales / sizeof *locales),
                    rc, home, (char *)"ASAN_OPTIONS=detect_leaks=0:exitcode=99", (char *)"UBSAN_OPTIONS=exitcode=99", NULL };
    snprintf(home, sizeof home, "HOME=%s", fuzz_dir());
    struct input sizes = in;
    take(&in, 4);
    snprintf(rc, sizeof rc, "INPUTRC=%s", inputrc(&in));
    start(&r, env, &sizes);
    uint8_t keys[512];
    size_t n = 0;
    for (; in.left && n < sizeof keys; n++)
        keys[n] = (uint8_t)take(&in, 1), keys[n] = keys[n] == '/' ? '.' : keys[n]; /* no file but in this directory */
    listen_for(&r, START_MS);
    type(&r, keys, n / 2);
    resize(&r, &sizes);
    type(&r, keys + n / 2, n - n / 2);
    listen_for(&r, QUIET_MS);
    int status = end(&r);
    /* Where there is no screen, or not yet, keys are the terminal's own: Ctrl-C, Ctrl-\; and nobody listens for the end of the line. */
    bool well = WIFEXITED(status) ? WEXITSTATUS(status) != REPORT : WTERMSIG(status) == SIGHUP || WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGQUIT;
    if (!well)
        fprintf(stderr, "%.*s\nwait status 0x%x\n", (int)r.nsaid, r.said, (unsigned)status);
    must(well);
    counters[(unsigned)status % sizeof counters] = 1;
    struct termios after;
    must(tcgetattr(r.slave, &after) == 0);
    must(after.c_lflag == r.before.c_lflag && after.c_iflag == r.before.c_iflag && after.c_oflag == r.before.c_oflag);
    close(r.slave);
    close(r.master);
    return 0;
}
