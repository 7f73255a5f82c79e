/* options.c: the table of options and its parser. */
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "suggest.h"

const char *const option_group_title[OPTION_GROUPS] = {
    [OPTION_MACHINE] = "The machine", [OPTION_RUN] = "How it runs", [OPTION_SCREEN] = "The screen", [OPTION_OTHER] = "Help",
};

/* --- one setter an option ------------------------------------------------------------------------------------------ */

#define FLAG(fn, field) \
    static int fn(struct options *o, const char *v, struct vm_error *err) { (void)v; (void)err; o->field = true; return 0; }
#define TEXT(fn, field) \
    static int fn(struct options *o, const char *v, struct vm_error *err) { (void)err; o->field = v; return 0; }

FLAG(set_share, share)
FLAG(set_deterministic, deterministic)
FLAG(set_headless, headless)
FLAG(set_json, json)
FLAG(set_verbose, verbose)
FLAG(set_no_sandbox, no_sandbox)
FLAG(set_ascii, ascii)
FLAG(set_test_clock, test_clock)
FLAG(set_version, version)
TEXT(set_disk, disk)
TEXT(set_trace, trace)
TEXT(set_log, log)
TEXT(set_exec, exec)
TEXT(set_commands, commands)
TEXT(set_theme, theme)

/* The index of v in words, or -1 and an error that lists them. */
static int one_of(const char *option, const char *v, const char *const *words, struct vm_error *err)
{
    char list[200] = "";
    struct suggest near = { .word = v };
    for (int i = 0; words[i]; i++) {
        if (strcmp(v, words[i]) == 0)
            return i;
        suggest_offer(&near, words[i]);
        if (i)
            strncat(list, words[i + 1] ? ", " : " or ", sizeof list - strlen(list) - 1);
        strncat(list, words[i], sizeof list - strlen(list) - 1);
    }
    err_set(err, EINVAL, "%s takes %s, not '%s'.%s%s%s", option, list, v, near.best ? " Did you mean " : "",
            near.best ? near.best : "", near.best ? "?" : "");
    return -1;
}

static int set_engine(struct options *o, const char *v, struct vm_error *err)
{
    static const char *const words[] = { "auto", "kvm", "soft", NULL };
    int i = one_of("--engine", v, words, err);
    if (i < 0)
        return -EINVAL;
    o->engine = words[i];
    return 0;
}

static int set_irqchip(struct options *o, const char *v, struct vm_error *err)
{
    static const char *const words[] = { "auto", "none", "user", "kernel", NULL };
    static const enum irqchip chips[] = { IRQCHIP_AUTO, IRQCHIP_NONE, IRQCHIP_USER, IRQCHIP_KERNEL };
    int i = one_of("--irqchip", v, words, err);
    if (i < 0)
        return -EINVAL;
    o->irqchip = chips[i];
    return 0;
}

static int set_boot(struct options *o, const char *v, struct vm_error *err)
{
    static const char *const words[] = { "real", "flat32", "paging", "long", NULL };
    int i = one_of("--boot", v, words, err);
    if (i < 0)
        return -EINVAL;
    if (o->boot && strcmp(o->boot, words[i]) != 0)
        return err_set(err, EINVAL, "The boot protocol was already given as %s: choose one of the two.", o->boot);
    o->boot = words[i];
    return 0;
}

static int set_paging(struct options *o, const char *v, struct vm_error *err)
{
    (void)v;
    return set_boot(o, "paging", err);
}

static int set_load(struct options *o, const char *v, struct vm_error *err)
{
    if (!number_size(v, &o->load))
        return err_set(err, EINVAL, "--load takes a physical address such as 0x1000, not '%s'.", v);
    o->boot_has |= BOOT_HAS_LOAD;
    return 0;
}

static int set_entry(struct options *o, const char *v, struct vm_error *err)
{
    if (!number_size(v, &o->entry))
        return err_set(err, EINVAL, "--entry takes an address such as 0x80001000, not '%s'.", v);
    o->boot_has |= BOOT_HAS_ENTRY;
    return 0;
}

static int set_mem(struct options *o, const char *v, struct vm_error *err)
{
    const uint64_t most = 3ull << 30; /* below the device window under 4 GB */
    if (!number_size(v, &o->mem) || o->mem % 4096 != 0 || o->mem < 4096 || o->mem > most)
        return err_set(err, EINVAL, "--mem takes a size such as 4M or 256K, a multiple of 4K up to 3G, not '%s'.", v);
    return 0;
}

static int set_smp(struct options *o, const char *v, struct vm_error *err)
{
    uint64_t n;
    if (!number_plain(v, &n) || n < 1 || n > SESSION_VCPUS)
        return err_set(err, EINVAL, "--smp takes a number of vCPUs from 1 to %d, not '%s'.", SESSION_VCPUS, v);
    o->smp = (unsigned)n;
    return 0;
}

static int set_tick(struct options *o, const char *v, struct vm_error *err)
{
    if (!number_time(v, &o->tick_ns) || o->tick_ns < 100000 || o->tick_ns > 60000000000ull)
        return err_set(err, EINVAL, "--tick takes a time from 100us to 60s, such as 10ms, not '%s'.", v);
    return 0;
}

static int set_timeout(struct options *o, const char *v, struct vm_error *err)
{
    char *end;
    errno = 0;
    double s = strtod(v, &end);
    if (*end == 's' && end[1] == '\0')
        end++;
    if (end == v || *end || errno || !isfinite(s) || s <= 0 || s > 1e9)
        return err_set(err, EINVAL, "--timeout takes a number of seconds above 0, such as 2.5, not '%s'.", v);
    o->timeout = s;
    return 0;
}

static int set_console(struct options *o, const char *v, struct vm_error *err)
{
    const char *x = strpbrk(v, "xX");
    char cols[8] = "";
    uint64_t c, r;
    if (x && (size_t)(x - v) < sizeof cols)
        memcpy(cols, v, (size_t)(x - v));
    if (!x || !number_plain(cols, &c) || !number_plain(x + 1, &r) || c < 20 || c > 400 || r < 4 || r > 200)
        return err_set(err, EINVAL, "--console takes COLSxROWS from 20x4 to 400x200, such as 80x25, not '%s'.", v);
    o->cols = (unsigned)c;
    o->rows = (unsigned)r;
    return 0;
}

static int set_no_mouse(struct options *o, const char *v, struct vm_error *err)
{
    (void)v, (void)err;
    o->mouse = false;
    return 0;
}

static int set_help(struct options *o, const char *v, struct vm_error *err)
{
    (void)err;
    o->help = v ? v : "";
    return 0;
}

/* --- the table ----------------------------------------------------------------------------------------------------- */

static const struct option_row rows[] = {
    { "engine", 0, false, "auto|kvm|soft", "auto kvm soft", OPTION_MACHINE,
      "What executes the guests: Linux KVM, the built-in software CPU, or (auto, the default) the first that can run them here; 'vmlab engines' lists what each can do.", set_engine },
    { "boot", 0, false, "real|flat32|paging|long", "real flat32 paging long", OPTION_MACHINE,
      "The state a guest is entered in: real mode (the default for a flat binary), 32-bit protected mode, the same with paging, or 64-bit long mode.", set_boot },
    { "paging", 0, false, NULL, NULL, OPTION_MACHINE, "The same as --boot paging.", set_paging },
    { "load", 0, false, "ADDR", NULL, OPTION_MACHINE, "Physical address the image is copied to.", set_load },
    { "entry", 0, false, "ADDR", NULL, OPTION_MACHINE, "Address of the first instruction.", set_entry },
    { "mem", 0, false, "SIZE", "1M 4M 16M 64M", OPTION_MACHINE, "Memory of each protected-mode machine, such as 4M (the default) or 512K.", set_mem },
    { "smp", 0, false, "N", "1 2 4", OPTION_MACHINE, "N vCPUs in each guest's machine, all on its memory.", set_smp },
    { "share", 0, false, NULL, NULL, OPTION_MACHINE, "Real-mode guests share one machine (four to a megabyte) instead of being isolated from each other.", set_share },
    { "irqchip", 0, false, "auto|none|user|kernel", "auto none user kernel", OPTION_MACHINE,
      "Interrupt controller and timer: none (default in real mode), our own models, or KVM's.", set_irqchip },
    { "tick", 0, false, "TIME", "1ms 10ms 100ms 1s", OPTION_MACHINE, "Timer interrupt every TIME (10ms, 1s) whatever rate the guest programs (with --irqchip user).", set_tick },
    { "timer", 0, false, "TIME", "1ms 10ms 100ms 1s", OPTION_MACHINE, "The same as --tick.", set_tick },
    { "disk", 0, false, "FILE", "FILE", OPTION_MACHINE, "The file behind the guest's block device.", set_disk },
    { "deterministic", 0, false, NULL, NULL, OPTION_MACHINE, "Time comes from the instruction count: two runs are the same to the byte (software CPU).", set_deterministic },

    { "headless", 0, false, NULL, NULL, OPTION_RUN, "No screen: guest output on stdout, stdin to the first guest. Chosen by itself when stdin or stdout is not a terminal.", set_headless },
    { "json", 0, false, NULL, NULL, OPTION_RUN, "Headless, with one JSON document on stdout at the end (docs/json.md).", set_json },
    { "timeout", 0, false, "SECONDS", NULL, OPTION_RUN, "Headless: stop the guests after SECONDS; the exit status is then 124.", set_timeout },
    { "verbose", 'v', false, NULL, NULL, OPTION_RUN, "Headless: every exit, event and interrupt in words, a line each, on stderr.", set_verbose },
    { "trace", 0, false, "FILE", "FILE", OPTION_RUN, "Save the trace at the end: CSV, or JSON for Chrome and Perfetto if FILE ends in .json.", set_trace },
    { "log", 0, false, "FILE", "FILE", OPTION_RUN, "Save what the guest prints; with several vCPUs to FILE.0, FILE.1...", set_log },
    { "exec", 0, false, "FILE", "FILE", OPTION_RUN, "Run the commands of FILE ('-': of stdin). Guests wait until it says run.", set_exec },
    { "command", 'c', false, "COMMANDS", NULL, OPTION_RUN, "Run these commands, separated by ';'. Guests wait until one says run.", set_commands },
    { "no-sandbox", 0, false, NULL, NULL, OPTION_RUN, "Keep every system call allowed after start-up, for debugging vmlab itself.", set_no_sandbox },

    { "console", 0, false, "COLSxROWS", "80x25 80x50 132x43", OPTION_SCREEN, "Size of each guest's console, 80x25 if not given.", set_console },
    { "theme", 0, false, "NAME", "dark light blue mono", OPTION_SCREEN, "Colours of the screen: dark, light, blue or mono.", set_theme },
    { "ascii", 0, false, NULL, NULL, OPTION_SCREEN, "Draw with plain ASCII characters.", set_ascii },
    { "no-mouse", 0, false, NULL, NULL, OPTION_SCREEN, "Leave the mouse to the terminal.", set_no_mouse },
    { "test-clock", 0, false, NULL, NULL, OPTION_SCREEN, "Show frozen clocks and rates, so that two screens can be compared.", set_test_clock },

    { "help", 'h', true, "TOPIC", "commands", OPTION_OTHER, "This text; --help=commands lists the commands, --help=step explains one.", set_help },
    { "version", 'V', false, NULL, NULL, OPTION_OTHER, "Version and engines.", set_version },
};

const struct option_row *option_at(size_t i) { return i < sizeof rows / sizeof *rows ? &rows[i] : NULL; }

/* --- the parser ---------------------------------------------------------------------------------------------------- */

static const struct option_row *find_long(const char *name, size_t n)
{
    const struct option_row *r;
    for (size_t i = 0; (r = option_at(i)); i++)
        if (strlen(r->name) == n && strncmp(r->name, name, n) == 0)
            return r;
    return NULL;
}

static const struct option_row *find_letter(char c)
{
    const struct option_row *r;
    for (size_t i = 0; (r = option_at(i)); i++)
        if (r->letter == c)
            return r;
    return NULL;
}

static int unknown(const char *word, struct vm_error *err)
{
    char name[64];
    strncpy(name, word + strspn(word, "-"), sizeof name - 1);
    name[sizeof name - 1] = '\0';
    name[strcspn(name, "=")] = '\0';
    struct suggest near = { .word = name };
    const struct option_row *r;
    for (size_t i = 0; (r = option_at(i)); i++)
        suggest_offer(&near, r->name);
    if (near.best)
        return err_set(err, EINVAL, "There is no option %.60s. Did you mean --%s?", word, near.best);
    return err_set(err, EINVAL, "There is no option %.60s. 'vmlab --help' lists them.", word);
}

static int add_guest(struct options *o, const char *word, struct vm_error *err)
{
    if (!*word)
        return err_set(err, EINVAL, "The name of guest %u is empty: give a name such as hello, or a path.", o->guests);
    if (o->guests == SESSION_VCPUS)
        return err_set(err, EINVAL, "Too many guests: at most %d run at once, and '%.100s' would be one more.", SESSION_VCPUS, word);
    o->guest[o->guests++] = word;
    return 0;
}

/* Letters may be grouped (-vc CMDS), the last one may carry its value (-cCMDS). Sets *used when the next word was taken. */
static int parse_letters(struct options *o, const char *word, const char *next, bool *used, struct vm_error *err)
{
    for (const char *p = word + 1; *p; p++) {
        const struct option_row *r = find_letter(*p);
        const char *value = NULL;
        int rc;
        if (!r)
            return unknown(word, err);
        if (r->arg && !r->optional) {
            value = p[1] ? p + 1 : next;
            *used = !p[1];
            if (!value)
                return err_set(err, EINVAL, "-%c needs %s after it.", *p, r->arg);
        }
        if ((rc = r->set(o, value, err)) < 0 || value)
            return rc;
    }
    return 0;
}

static int parse_long(struct options *o, const char *word, const char *next, bool *used, struct vm_error *err)
{
    const char *eq = strchr(word, '=');
    const struct option_row *r = find_long(word + 2, eq ? (size_t)(eq - word - 2) : strlen(word + 2));
    const char *value = eq ? eq + 1 : NULL;
    if (!r)
        return unknown(word, err);
    if (!r->arg && eq)
        return err_set(err, EINVAL, "--%s takes no value, but was given '%.100s'.", r->name, eq + 1);
    if (r->arg && !eq && !r->optional) {
        value = next;
        *used = true;
        if (!value)
            return err_set(err, EINVAL, "--%s needs %s after it.", r->name, r->arg);
    }
    if (value && !*value && !r->optional && !r->letter)
        return err_set(err, EINVAL, "--%s needs %s, but was given nothing.", r->name, r->arg);
    return r->set(o, value, err);
}

int options_check_count(const struct options *o, struct vm_error *err)
{
    if (o->guests * o->smp > SESSION_VCPUS)
        return err_set(err, EINVAL, "%u guests with --smp %u would be %u vCPUs: at most %d run at once.", o->guests, o->smp,
                       o->guests * o->smp, SESSION_VCPUS);
    return 0;
}

int options_parse(struct options *o, int argc, char **argv, struct vm_error *err)
{
    bool only_guests = false;
    *o = (struct options){ .engine = "auto", .smp = 1, .cols = 80, .rows = 25, .mouse = true };
    for (int i = 1; i < argc; i++) {
        const char *w = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool used = false;
        int rc;
        if (only_guests || w[0] != '-' || !w[1])
            rc = add_guest(o, w, err);
        else if (strcmp(w, "--") == 0)
            rc = 0, only_guests = true;
        else if (w[1] == '-')
            rc = parse_long(o, w, next, &used, err);
        else
            rc = parse_letters(o, w, next, &used, err);
        if (rc < 0)
            return -EINVAL;
        i += used;
    }
    return options_check_count(o, err);
}
