/* lab_main.c: `vmlab lab ...`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/headless.h"
#include "tui/lab/drive.h"
#include "tui/lab/lab.h"
#include "tui/lab/lint.h"
#include "tui/lab/list.h"
#include "tui/lab/panel.h"
#include "tui/lab/paths.h"
#include "tui/lab/ticker.h"
#include "tui/sandbox.h"
#include "tui/screen/screen.h"
#include "tui/script.h"

static const char usage[] =
    "usage: vmlab lab                      the labs, and how far you are\n"
    "       vmlab lab LAB [OPTION...]      open one (3, 03-hypercalls, a directory)\n"
    "       vmlab lab lint DIR...          check labs that you write\n"
    "       vmlab lab reset LAB [--yes]    forget the progress in one (asks first)\n"
    "\n"
    "  --work DIR      where the files are that you edit (default:\n"
    "                  ~/vmlab-labs/LAB, or $VMLAB_WORK/LAB)\n"
    "  --forgetful     neither read nor write the progress file\n"
    "  --headless      without a screen: commands come from --exec FILE, -c TEXT or\n"
    "                  stdin; exit status 0 when the lab is finished\n"
    "  and the options of `vmlab --help`, such as --engine soft or --theme mono\n";

struct opening {
    char dir[PATHS_SIZE], work[PATHS_SIZE];
    bool work_given, forgetful, headless, no_sandbox;
    const char *exec, *commands;
    const char *extra[16];
    unsigned extras;
};

static int complain(const char *text)
{
    fprintf(stderr, "vmlab lab: %s\n", text);
    return STATUS_USAGE;
}

/* --- the screen ------------------------------------------------------------------------------------------------------------------- */

struct shown { struct run *r; struct ticker ticker; };

static const char *side_title(void *self)
{
    static char title[160];
    const struct run *r = ((struct shown *)self)->r;
    snprintf(title, sizeof title, "Lab %u: %.100s", r->lab->number, r->lab->title);
    return title;
}

/* Asked once a frame: the moment to look at the machine. */
static uint64_t side_version(void *self)
{
    struct shown *sh = self;
    run_poll(sh->r);
    ticker_busy(&sh->ticker, run_busy(sh->r));
    return sh->r->version;
}

static void side_part_fn(void *self, enum side_style style, const char *text) { side_part(self, style, text); }
static void side_end_fn(void *self) { side_end(self); }

static void side_lines(void *self, int cols, struct side_out *o)
{
    struct md_sink sink = { o, cols, 0, side_part_fn, side_end_fn };
    panel_text(((struct shown *)self)->r, &sink);
}

static void side_foot(void *self, int cols, struct side_out *o)
{
    struct md_sink sink = { o, cols, 0, side_part_fn, side_end_fn };
    panel_now(((struct shown *)self)->r, &sink);
}

static const char *side_status(void *self)
{
    static char text[64];
    panel_status(((struct shown *)self)->r, text, sizeof text);
    return text;
}

static void drop_part(void *self, enum side_style style, const char *text) { (void)self, (void)style, (void)text; }
static void drop_end(void *self) { (void)self; }

static int side_anchor(void *self, int cols)
{
    struct md_sink sink = { NULL, cols, 0, drop_part, drop_end };
    return panel_text(((struct shown *)self)->r, &sink);
}

/* Machines one after the other, each with the screen, until the person leaves or wants another lab. */
static int on_screen(struct opening *op, struct run *r)
{
    struct shown sh = { .r = r };
    const struct side_panel panel = { .self = &sh, .title = side_title, .version = side_version, .lines = side_lines, .foot = side_foot,
                                      .status = side_status, .anchor = side_anchor };
    struct vm_error err = { 0 };
    int status = 0;
    bool trying = false, fresh = false;
    do {
        struct session s;
        struct options o;
        struct job_words w;
        const char *words = trying ? run_words_try(r) : run_words_now(r);
        if (drive_open(r, &s, &o, &w, words, trying, op->extra, op->extras, false, &err) < 0)
            return fprintf(stderr, "vmlab lab: %s\n", err.text), STATUS_FAILED;
        if ((op->commands && script_push_text(&s, "-c", op->commands, &err) < 0) || (op->exec && script_push_file(&s, op->exec, &err) < 0)) {
            fprintf(stderr, "vmlab lab: %s\n", err.text);
            drive_close(r, &s);
            return STATUS_FAILED;
        }
        op->commands = op->exec = NULL; /* once */
        if (fresh)
            run_say(r, SIDE_TEXT, "A fresh machine, before its first instruction.");
        fresh = true;
        s.side = &panel;
        ticker_start(&sh.ticker, r->work.watch, s.wake_fd);
        status = screen_run(&s);
        ticker_stop(&sh.ticker);
        trying = r->want == WANT_TRY;
        drive_close(r, &s);
    } while (status == 0 && (r->want == WANT_MACHINE || r->want == WANT_TRY));
    return status;
}

/* --- without a screen ------------------------------------------------------------------------------------------------------------- */

static void print_text(void *self, const char *text, size_t n)
{
    (void)self;
    for (size_t i = 0; i < n; i++) /* a message may quote what a guest printed */
        putchar((unsigned char)text[i] < 32 && text[i] != '\n' && text[i] != '\t' ? '?' : text[i]);
}

static void print_part(void *self, enum side_style style, const char *text)
{
    (void)style;
    print_text(self, text, strlen(text));
}

static void print_end(void *self) { (void)self, putchar('\n'); }

struct printed { struct run *r; unsigned step; FILE *in; char *text, *at; char line[4096]; };

static void show_step(struct printed *p)
{
    struct md_sink sink = { p, 78, 0, print_part, print_end };
    if (p->step == p->r->step + 1)
        return;
    p->step = p->r->step + 1;
    putchar('\n');
    panel_step(p->r, &sink);
}

static void say(void *self, enum side_style style, const char *text)
{
    struct md_sink sink = { self, 78, 0, print_part, print_end };
    markdown_wrap(&sink, style, style == SIDE_GOOD ? "+ " : "> ", text);
}

static const char *next_line(void *self)
{
    struct printed *p = self;
    show_step(p);
    if (p->text) {
        size_t n = strcspn(p->at, "\n");
        if (!*p->at)
            return NULL;
        snprintf(p->line, sizeof p->line, "%.*s", (int)n, p->at);
        p->at += n + (p->at[n] == '\n');
    } else {
        if (!fgets(p->line, sizeof p->line, p->in))
            return NULL;
        p->line[strcspn(p->line, "\n")] = 0;
    }
    if (p->line[strspn(p->line, " \t")])
        printf("vmlab> %s\n", p->line);
    return p->line;
}

static int without_screen(struct opening *op, struct run *r)
{
    struct printed p = { .r = r, .in = stdin };
    struct vm_error err;
    if (op->commands)
        p.text = strdup(op->commands);
    if (op->exec && strcmp(op->exec, "-") && !(p.in = fopen(op->exec, "re")))
        return fprintf(stderr, "vmlab lab: Cannot open the script '%.200s': %s.\n", op->exec, strerror(errno)), STATUS_FAILED;
    p.at = p.text;
    struct md_sink sink = { &p, 78, 0, print_part, print_end };
    printf("Lab %u: %s\n\n", r->lab->number, r->lab->title);
    markdown_render(r->lab->md, -1, &sink);
    r->say = say;
    r->say_self = &p;
    struct out out = { .write = print_text };
    struct drive d = { .next = next_line, .self = &p, .out = &out, .extras = op->extras };
    memcpy(d.extra, op->extra, sizeof d.extra);
    int rc = drive_run(&d, r, &err);
    if (rc < 0)
        fprintf(stderr, "vmlab lab: %s\n", err.text);
    printf("\nLab %u: %u of %u steps, %u of %u points.\n", r->lab->number, progress_done(&r->progress, r->lab->steps), r->lab->steps,
           run_points(r), lab_points(r->lab));
    r->say = NULL;
    r->say_self = NULL;
    free(p.text);
    if (p.in && p.in != stdin)
        fclose(p.in);
    return rc == 0 && !d.failed && run_finished(r) ? 0 : STATUS_FAILED;
}

/* --- opening ------------------------------------------------------------------------------------------------------------------------ */

static int no_memory(void)
{
    fprintf(stderr, "vmlab lab: no memory to open a lab\n");
    return STATUS_FAILED;
}

/* The assembler must be startable; nothing else that a lab has no use for. */
static int confine(bool off)
{
    struct vm_error err = { 0 };
    if (sandbox_init(off, true, &err) < 0)
        fprintf(stderr, "vmlab lab: running without the sandbox: %s\n", err.text);
    if (sandbox_enter(SANDBOX_MAIN_EXEC, &err) < 0)
        return fprintf(stderr, "vmlab lab: %s\n", err.text), STATUS_FAILED;
    return 0;
}

static int open_lab(struct opening *op)
{
    struct run *r = malloc(sizeof *r); /* large */
    int status = r ? confine(op->no_sandbox) : no_memory();
    for (bool again = status == 0; again;) {
        struct lab *l;
        struct vm_error err = { 0 };
        unsigned fresh = 0;
        again = false;
        if (lab_load(&l, op->dir, &err) < 0 || (!op->work_given && paths_work(l->name, op->work, &err) < 0) ||
            run_open(r, l, op->work, !op->forgetful, &fresh, &err) < 0) {
            fprintf(stderr, "vmlab lab: %s\n", err.text);
            status = STATUS_FAILED;
            break;
        }
        if (fresh)
            run_say(r, SIDE_TEXT, "Copied %u file%s to edit into %s.", fresh, fresh == 1 ? "" : "s", op->work);
        status = op->headless ? without_screen(op, r) : on_screen(op, r);
        if (r->want == WANT_NEXT && !op->headless && paths_next(r->lab->number, op->dir)) {
            again = true;
            op->work_given = false;
        }
        run_close(r);
    }
    free(r);
    return status;
}

static int parse_opening(struct opening *op, int argc, char **argv)
{
    struct vm_error err;
    if (paths_find(argv[1], op->dir, &err) < 0)
        return complain(err.text);
    for (int i = 2; i < argc; i++) {
        const char *a = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool takes = !strcmp(a, "--work") || !strcmp(a, "--exec") || !strcmp(a, "-c");
        if (takes && !value)
            return complain("--work, --exec and -c need a value after them.");
        i += takes;
        if (!strcmp(a, "--work")) {
            snprintf(op->work, sizeof op->work, "%s", value);
            op->work_given = true;
        } else if (!strcmp(a, "--exec")) {
            op->exec = value;
        } else if (!strcmp(a, "-c")) {
            op->commands = value;
        } else if (!strcmp(a, "--forgetful")) {
            op->forgetful = true;
        } else if (!strcmp(a, "--headless")) {
            op->headless = true;
        } else if (op->extras == sizeof op->extra / sizeof *op->extra) {
            return complain("too many options.");
        } else {
            op->extra[op->extras++] = a;
        }
    }
    /* Are they options at all, and nothing but options? */
    struct options o = { 0 };
    char *words[20] = { argv[0] };
    for (unsigned i = 0; i < op->extras; i++)
        words[i + 1] = (char *)(uintptr_t)op->extra[i];
    if (options_parse(&o, (int)op->extras + 1, words, &err) < 0)
        return complain(err.text);
    op->no_sandbox = o.no_sandbox;
    if (o.guests)
        return complain("a lab brings its own guests; only options may follow its number.");
    if (!isatty(STDOUT_FILENO))
        op->headless = true;
    return 0;
}

static int lint_main(int argc, char **argv)
{
    unsigned wrong = 0;
    if (argc < 3)
        return complain("lint needs the directory of a lab: vmlab lab lint labs/03-hypercalls");
    for (int i = 2; i < argc; i++)
        wrong += lint_lab(argv[i]);
    return wrong ? STATUS_FAILED : 0;
}

static int reset_main(int argc, char **argv)
{
    char dir[PATHS_SIZE], answer[16] = "";
    struct vm_error err;
    if (argc < 3)
        return complain("reset needs the lab to forget: vmlab lab reset 3");
    if (paths_find(argv[2], dir, &err) < 0)
        return complain(err.text);
    const char *name = strrchr(dir, '/') ? strrchr(dir, '/') + 1 : dir;
    bool sure = argc > 3 && !strcmp(argv[3], "--yes");
    if (!sure) {
        printf("Forget your progress in %s? Your files stay. [y/N] ", name);
        fflush(stdout);
        sure = fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
    }
    if (!sure)
        return printf("Nothing was changed.\n"), STATUS_FAILED;
    if (progress_forget(name, &err) < 0)
        return fprintf(stderr, "vmlab lab: %s\n", err.text), STATUS_FAILED;
    printf("Forgotten.\n");
    return 0;
}

int lab_main(int argc, char **argv)
{
    if (argc < 2)
        return list_labs();
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
        return fputs(usage, stdout), 0;
    if (!strcmp(argv[1], "lint"))
        return lint_main(argc, argv);
    if (!strcmp(argv[1], "reset"))
        return reset_main(argc, argv);
    if (argv[1][0] == '-')
        return complain("the lab's number comes first: vmlab lab 3 --headless. `vmlab lab --help` explains.");
    struct opening *op = calloc(1, sizeof *op);
    if (!op)
        return no_memory();
    int status = parse_opening(op, argc, argv);
    if (status == 0)
        status = open_lab(op);
    free(op);
    return status;
}
