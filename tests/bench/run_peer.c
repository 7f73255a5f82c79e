/* run_peer.c: a benchmark guest on somebody else's software CPU: booted from a floppy image, timed by what it writes to port 0xE9. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { FLOPPY = 1474560, PATIENCE_S = 60 };

bool peer_present(const char *program)
{
    const char *path = getenv("PATH");
    char copy[4096], full[4400];
    snprintf(copy, sizeof copy, "%s", path ? path : "");
    for (char *save, *d = strtok_r(copy, ":", &save); d; d = strtok_r(NULL, ":", &save)) {
        snprintf(full, sizeof full, "%s/%s", d, program);
        if (access(full, X_OK) == 0) return true;
    }
    return false;
}

static bool write_floppy(const char *build, const uint8_t *image, size_t size, unsigned bits, char *path, size_t n)
{
    static uint8_t disk[FLOPPY];
    char boot[512];
    snprintf(boot, sizeof boot, "%s/bench/boot%u.bin", build, bits);
    snprintf(path, n, "%s/bench/floppy.img", build);
    FILE *f = fopen(boot, "rb");
    memset(disk, 0, sizeof disk);
    bool ok = f && fread(disk, 1, 512, f) == 512;
    if (f) fclose(f);
    memcpy(disk + 512, image, size);
    if (!ok || !(f = fopen(path, "wb"))) return false;
    ok = fwrite(disk, 1, sizeof disk, f) == sizeof disk;
    return fclose(f) == 0 && ok;
}

/* Seconds of processor time that all threads of a process have had: a shared machine then does not spoil the comparison. */
double cpu_seconds_of(int pid)
{
    char path[300], dir[64];
    snprintf(dir, sizeof dir, "/proc/%d/task", pid);
    DIR *d = opendir(dir);
    unsigned long long sum = 0, one;
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%.32s/schedstat", dir, e->d_name);
        FILE *f = fopen(path, "r");
        if (f && fscanf(f, "%llu", &one) == 1) sum += one;
        if (f) fclose(f);
    }
    if (d) closedir(d);
    return (double)sum / 1e9;
}

static long resident_kb(pid_t pid)
{
    char line[256];
    long kb = 0;
    snprintf(line, sizeof line, "/proc/%d/status", (int)pid);
    FILE *f = fopen(line, "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "VmRSS:", 6)) kb = strtol(line + 6, NULL, 10);
    if (f) fclose(f);
    return kb;
}

/* Listen to the child until it has said everything. The control characters appear nowhere else in its output. */
static void listen_to(int fd, pid_t pid, double began, struct timing *t)
{
    double start = 0;
    bool ended = false;
    unsigned char b[512];
    while (now_seconds() - began < PATIENCE_S) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        if (poll(&p, 1, 1000) <= 0) continue;
        ssize_t n = read(fd, b, sizeof b);
        double now = cpu_seconds_of(pid);
        if (n <= 0) { snprintf(t->why, sizeof t->why, "it ended before the guest did"); return; }
        for (ssize_t i = 0; i < n; i++) {
            if (b[i] == MARK_START) start = now, t->launch = now_seconds() - began;
            else if (b[i] == MARK_END) t->seconds = now - start, ended = true;
            else if (b[i] == MARK_DONE && ended) { t->ok = true; return; }
            else if (ended) t->result = t->result << 4 | (uint32_t)(b[i] <= '9' ? b[i] - '0' : b[i] - 'a' + 10);
        }
    }
    snprintf(t->why, sizeof t->why, "no result after %d s", PATIENCE_S);
}

void peer_run(char *const *argv, struct timing *t)
{
    int fd[2];
    double began = now_seconds();
    if (pipe2(fd, O_CLOEXEC) < 0) { snprintf(t->why, sizeof t->why, "pipe: %s", strerror(errno)); return; }
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(fd[1], 1);
        dup2(null, 2);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(fd[1]);
    if (pid > 0) {
        listen_to(fd[0], pid, began, t);
        t->resident_kb = resident_kb(pid);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    } else snprintf(t->why, sizeof t->why, "fork: %s", strerror(errno));
    close(fd[0]);
}

void run_on_qemu(const char *build, const uint8_t *image, size_t size, unsigned bits, struct timing *t)
{
    char path[600], drive[700];
    memset(t, 0, sizeof *t);
    if (!write_floppy(build, image, size, bits, path, sizeof path)) { snprintf(t->why, sizeof t->why, "cannot write the floppy image"); return; }
    snprintf(drive, sizeof drive, "file=%s,format=raw,if=floppy,readonly=on", path);
    char *argv[] = { "qemu-system-x86_64", "-accel", "tcg", "-display", "none", "-m", "16", "-net", "none", "-drive", drive, "-debugcon", "stdio", NULL };
    peer_run(argv, t);
}

/* No window: the VNC display waits for nobody. The debugger that Debian builds in is told to continue. */
void bochs_conf(const char *build, const char *rest, char *conf, char *rc, size_t n)
{
    snprintf(conf, n, "%s/bench/bochsrc", build);
    snprintf(rc, n, "%s/bench/bochs.rc", build);
    FILE *f = fopen(conf, "w");
    if (f) {
        fprintf(f, "display_library: rfb, options=\"timeout=0\"\nmegs: 16\nvgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest\n%s"
                   "cpu: count=1, ips=200000000, reset_on_triple_fault=0\nclock: sync=none\nport_e9_hack: enabled=1\nlog: /dev/null\n"
                   "panic: action=fatal\nerror: action=ignore\ninfo: action=ignore\ndebug: action=ignore\nsound: driver=dummy\n", rest);
        fclose(f);
    }
    if ((f = fopen(rc, "w"))) { fprintf(f, "c\n"); fclose(f); }
}

void run_on_bochs(const char *build, const uint8_t *image, size_t size, unsigned bits, struct timing *t)
{
    char path[600], conf[600], rc[600], rest[900];
    memset(t, 0, sizeof *t);
    if (!write_floppy(build, image, size, bits, path, sizeof path)) { snprintf(t->why, sizeof t->why, "cannot write the floppy image"); return; }
    snprintf(rest, sizeof rest, "romimage: file=/usr/share/bochs/BIOS-bochs-latest\nfloppya: 1_44=%s, status=inserted, write_protected=1\nboot: floppy\n", path);
    bochs_conf(build, rest, conf, rc, sizeof conf);
    char *argv[] = { "bochs", "-q", "-f", conf, "-rc", rc, NULL };
    peer_run(argv, t);
}
