/* main.c: from the command line to the screen, the headless runner or a subcommand. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "console_log.h"
#include "engines.h"
#include "headless.h"
#include "lab/lab.h"
#include "options.h"
#include "screen/screen.h"
#include "screen/theme.h"
#include "sandbox.h"
#include "script.h"
#include "session.h"
#include "storage.h"
#include "suggest.h"
#include "trace_save.h"
#include "usage.h"

static int help_main(int argc, char **argv);

static const struct subcommand subcommands[] = {
    { "engines", "", "what can execute guests on this machine", engines_main },
    { "guests", "", "the guests that can be named", guests_main },
    { "lab", "[NUMBER]", "learn: a lab step by step, on the screen", lab_main },
    { "grade", "[DIR...]", "check submissions of labs", grade_main },
    { "help", "[NAME]", "this text, or how NAME is used", help_main },
};

const struct subcommand *subcommand_at(size_t i) { return i < sizeof subcommands / sizeof *subcommands ? &subcommands[i] : NULL; }

/* A descriptor 0, 1 or 2 that was closed for us would be given to the next file opened, which would then get our
 * output: put one in its place that refuses (ro for output, wo for input). */
static void fill_standard_descriptors(void)
{
    static const int refuses[] = { O_WRONLY, O_RDONLY, O_RDONLY };
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", refuses[fd]) != fd)
            _exit(STATUS_FAILED);
}

static int flushed(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "vmlab: cannot write to stdout: %s\n", strerror(errno));
    return STATUS_FAILED;
}

static void print_text(void *self, const char *text, size_t n) { fwrite(text, 1, n, ((struct out *)self)->failed ? stderr : stdout); }

static int help(const char *topic)
{
    struct out out = { .write = print_text, .self = &out };
    if (!*topic) {
        usage_print(stdout);
        return flushed(0);
    }
    if (command_help(&out, strcmp(topic, "commands") == 0 ? "" : topic))
        return flushed(STATUS_USAGE);
    return flushed(0);
}

static int usage_error(const char *text)
{
    fprintf(stderr, "vmlab: %s\n", text);
    return STATUS_USAGE;
}

static bool asks_help(const char *word) { return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0; }

/* vmlab help NAME: of a subcommand, as vmlab NAME --help; else a command of the bar. */
static int help_main(int argc, char **argv)
{
    char option[] = "--help";
    const struct subcommand *sub;
    if (argc > 2)
        return usage_error("Help is for one thing at a time: vmlab help NAME");
    if (argc < 2 || asks_help(argv[1]))
        return help("");
    if (strcmp(argv[1], argv[0]) == 0) {
        printf("usage: vmlab help [NAME]\n\nNAME is engines, guests, lab, grade, or a command of the bar, such as step;\n"
               "'commands' lists those. Without it: all there is.\n");
        return 0;
    }
    for (size_t i = 0; (sub = subcommand_at(i)); i++)
        if (strcmp(argv[1], sub->name) == 0)
            return sub->run(2, (char *[]){ argv[1], option, NULL });
    return help(argv[1]);
}

static int version(void)
{
    const struct engine_ops *e;
    printf("vmlab %s\nengines:", VMLAB_VERSION);
    for (size_t i = 0; (e = engine_at(i)); i++)
        printf("%s %s", i ? "," : "", e->name);
    printf("\n");
    return flushed(0);
}

static int check_theme(const char *name, struct vm_error *err)
{
    const struct theme *t;
    struct suggest near = { .word = name };
    for (size_t i = 0; (t = theme_at(i)); i++) {
        if (strcmp(t->name, name) == 0)
            return 0;
        suggest_offer(&near, t->name);
    }
    return err_set(err, EINVAL, "There is no theme '%.40s'. %s%s%s", name, near.best ? "Did you mean " : "--help lists them", near.best ? near.best : "",
                   near.best ? "?" : ".");
}

/* Which of the two front ends, and does the rest of the command line fit it? */
static int settle(struct options *o, struct vm_error *err)
{
    static const char *const four[] = { "hello", "counter", "multiplication", "fibonacci" };
    /* A pipe on either side: the screen would have no keyboard, or nothing to paint on. */
    if (o->json || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
        o->headless = true;
    if (o->theme && check_theme(o->theme, err) < 0)
        return -EINVAL;
    if (!o->headless && o->timeout > 0)
        return err_set(err, EINVAL, "--timeout is for runs without a screen: add --headless.");
    if (!o->headless && o->verbose)
        return err_set(err, EINVAL, "-v prints on stderr, over the screen: add --headless, or use the command 'trace'.");
    if (o->guests)
        return 0;
    if (o->headless)
        return err_set(err, EINVAL, "Which guest? Without a screen at least one must be named: vmlab --headless hello. 'vmlab guests' lists them.");
    for (size_t i = 0; i < 4; i++)
        o->guest[o->guests++] = four[i];
    return options_check_count(o, err);
}

static int open_logs(struct session *s, struct vm_error *err)
{
    const char *path = s->opt->log;
    int rc = 0;
    for (unsigned i = 0; path && rc == 0 && i < s->vcpus; i++) {
        char one[4200];
        if (s->vcpus == 1)
            snprintf(one, sizeof one, "%s", path);
        else
            snprintf(one, sizeof one, "%s.%u", path, i);
        if (truncate(one, 0) < 0) /* a log of this run, not of the last */
            errno = 0;            /* no file yet, or a device: console_log_save says what is wrong */
        rc = console_log_save(s->console[i], one, err);
    }
    return rc;
}

/* Is the trace file writable? Better asked now than after an hour's run. */
static int check_trace(const struct options *o, struct vm_error *err)
{
    if (!o->trace)
        return 0;
    int fd = open(o->trace, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
    if (fd < 0)
        return storage_error(err, errno, "the trace", o->trace);
    close(fd);
    return 0;
}

static int queue_scripts(struct session *s, struct vm_error *err)
{
    int rc = 0;
    if (s->opt->commands) /* pushed first, so it runs after the file */
        rc = script_push_text(s, "-c", s->opt->commands, err);
    if (rc == 0 && s->opt->exec)
        rc = script_push_file(s, s->opt->exec, err);
    return rc;
}

/* The screen, and then the files that were asked for. */
static int interactive(struct session *s)
{
    struct vm_error err = { 0 };
    setlocale(LC_ALL, ""); /* headless passes bytes on as they are and saves the memory */
    for (unsigned i = 0; !script_active(s) && i < s->vcpus; i++)
        vcpu_resume(s->vcpu[i], NULL); /* one that cannot run shows why in its panel */
    int status = screen_run(s);
    if (s->opt->trace && trace_save(s, UINT64_MAX, s->opt->trace, &err) < 0) {
        fprintf(stderr, "vmlab: %s\n", err.text);
        status = STATUS_FAILED;
    }
    for (unsigned i = 0; i < s->vcpus; i++) {
        if (console_log_check(s->console[i], &err) < 0) {
            fprintf(stderr, "vmlab: %s\n", err.text);
            status = STATUS_FAILED;
        }
    }
    return status;
}

static int run(const struct options *o)
{
    struct session s;
    struct vm_error err = { 0 };
    int status;
    if (o->headless)
        headless_block_signals();
    if (sandbox_init(o->no_sandbox, false, &err) < 0)
        fprintf(stderr, "vmlab: running without the sandbox: %s\n", err.text);
    if (session_open(&s, o, &err) < 0)
        return fprintf(stderr, "vmlab: %s\n", err.text), STATUS_FAILED;
    if (check_trace(o, &err) < 0 || open_logs(&s, &err) < 0 || queue_scripts(&s, &err) < 0) {
        fprintf(stderr, "vmlab: %s\n", err.text);
        status = STATUS_FAILED;
    } else if (sandbox_enter(SANDBOX_MAIN, &err) < 0) {
        fprintf(stderr, "vmlab: %s\n", err.text);
        status = STATUS_FAILED;
    } else {
        status = o->headless ? headless_run(&s) : interactive(&s);
    }
    session_close(&s);
    return status;
}

int main(int argc, char **argv)
{
    static struct options o;
    struct vm_error err = { 0 };
    fill_standard_descriptors();
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow (ulimit -f) is an error that is told */
    for (size_t i = 0; argc > 1 && i < sizeof subcommands / sizeof *subcommands; i++)
        if (strcmp(argv[1], subcommands[i].name) == 0) {
            setlocale(LC_ALL, "");
            return flushed(subcommands[i].run(argc - 1, argv + 1));
        }
    if (options_parse(&o, argc, argv, &err) < 0)
        return usage_error(err.text);
    if (o.help)
        return help(o.help);
    if (o.version)
        return version();
    if (settle(&o, &err) < 0)
        return usage_error(err.text);
    return run(&o);
}
