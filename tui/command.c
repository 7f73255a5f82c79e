/* command.c: find a command, run a line. The commands themselves are rows in the tables of cmd_*.c. */
#include "command.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "foreign.h"
#include "command_parse.h"
#include "guests.h"
#include "lab/lab.h"
#include "utf8.h"
#include "screen/screen.h"
#include "suggest.h"

/* In help's order. */
static const struct command *const tables[] = {
    run_commands, break_commands, inject_commands, state_commands, memory_commands, exit_commands, table_commands, system_commands,
    screen_commands, expect_commands, session_commands, lab_commands,
};

const struct command *command_at(size_t i)
{
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const struct command *c = tables[t]; c && c->name; c++)
            if (i-- == 0)
                return c;
    return NULL;
}

/* Is name one of "r, c"? */
static bool is_alias(const char *aliases, const char *name)
{
    size_t n = strlen(name);
    while (aliases && *aliases) {
        size_t len = strcspn(aliases, ", ");
        if (len == n && strncmp(aliases, name, n) == 0)
            return true;
        aliases += len;
        aliases += strspn(aliases, ", ");
    }
    return false;
}

const struct command *command_find(const char *name, const char **suggestion)
{
    const struct command *c, *begins = NULL;
    struct suggest near = { .word = name };
    unsigned n = 0;
    for (size_t i = 0; (c = command_at(i)); i++) {
        if (strcmp(c->name, name) == 0 || is_alias(c->alias, name))
            return c;
        if (*name && strncmp(c->name, name, strlen(name)) == 0 && n++ == 0)
            begins = c;
        suggest_offer(&near, c->name);
    }
    if (suggestion)
        *suggestion = begins ? begins->name : near.best ? near.best : "";
    return n == 1 ? begins : NULL;
}

/* --- output -------------------------------------------------------------------------------------------------------- */

void cmd_defang(char *text, size_t n, char with)
{
    const char *p = text, *end = text + n;
    while (p < end) {
        char *at = text + (p - text);
        uint32_t ch = text_next(&p, end);
        p += !ch; /* a zero byte */
        size_t len = (size_t)(p - at);
        bool control = (ch < 0x20 && ch != '\n' && ch != '\t') || (ch >= 0x7f && ch < 0xa0);
        /* No UTF-8: a byte that an 8-bit terminal obeys, or one of them written the long way. */
        bool broken = ch == 0xfffd && (len == 1 ? (unsigned char)*at < 0xa0 : memcmp(at, "\xef\xbf\xbd", 3) != 0);
        if (control || broken)
            memset(at, with, len);
    }
}

static void vout(struct out *o, const char *fmt, va_list ap)
{
    char small[512], *text = small;
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    if (n >= (int)sizeof small && (text = malloc((size_t)n + 1)))
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    size_t len = n < 0 ? 0 : text ? (size_t)n : sizeof small - 1;
    cmd_defang(text ? text : small, len, '?'); /* a word that was typed is quoted, or the name of a file */
    if (len)
        o->write(o->self, text ? text : small, len);
    if (text != small)
        free(text);
}

void out_printf(struct out *o, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vout(o, fmt, ap);
    va_end(ap);
}

void out_error(struct out *o, const char *fmt, ...)
{
    va_list ap;
    o->failed = true;
    va_start(ap, fmt);
    vout(o, fmt, ap);
    va_end(ap);
}

/* --- what commands share ------------------------------------------------------------------------------------------- */

unsigned cmd_index(const struct command_ctx *c) { return c->sel ? (unsigned)__builtin_ctzll(c->sel) : 0; }
struct vcpu *cmd_vcpu(const struct command_ctx *c) { return c->s->vcpu[cmd_index(c)]; }

int cmd_error(struct command_ctx *c, const char *fmt, ...)
{
    char text[700];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    out_error(c->out, "%s: %s\n", c->argv[0], text);
    return 1;
}

int cmd_fail(struct command_ctx *c, const struct vm_error *err) { return cmd_error(c, "%s", err->text); }

bool cmd_address(struct command_ctx *c, const char *word, uint64_t *linear)
{
    struct vm_error err = { 0 };
    if (command_address(c->s, cmd_vcpu(c), word, linear, &err))
        return true;
    cmd_fail(c, &err);
    return false;
}

int cmd_usage(struct command_ctx *c)
{
    const struct command *self = command_find(c->argv[0], NULL);
    if (self->args)
        out_error(c->out, "%s: write: %s %s ('help %s' explains it)\n", c->argv[0], self->name, self->args, self->name);
    else
        out_error(c->out, "%s: nothing comes after it but a selector such as @1 ('help %s' explains it)\n", c->argv[0], self->name);
    return 1;
}

void complete_register(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    const struct cpu_reg *r;
    (void)s, (void)argc, (void)argv;
    for (size_t i = 0; (r = cpu_reg_at(i)); i++)
        add(self, r->name);
}

void complete_guest(struct session *s, int argc, char **argv, cmd_add *add, void *self)
{
    if (strchr(argv[argc - 1], '/'))
        complete_file(s, argc, argv, add, self);
    else
        guest_names(add, self);
}

/* --- running ------------------------------------------------------------------------------------------------------- */

int command_unknown(struct out *out, const char *name, const char *suggestion)
{
    unsigned n = 0;
    const struct command *c;
    const char *here = foreign_word(name, NULL);
    if (here)
        return out_error(out, "There is no command '%s'. What it does elsewhere is here: %s\n", name, here), 1;
    for (size_t i = 0; *name && (c = command_at(i)); i++) /* "" begins all of them */
        n += strncmp(c->name, name, strlen(name)) == 0;
    if (n > 1) {
        out_error(out, "'%s' could be", name);
        for (size_t i = 0, k = 0; (c = command_at(i)); i++)
            if (strncmp(c->name, name, strlen(name)) == 0)
                out_error(out, "%s %s", k++ ? "," : "", c->name);
        out_error(out, "\n");
    } else if (*suggestion) {
        out_error(out, "There is no command '%s'. Did you mean '%s'?\n", name, suggestion);
    } else {
        out_error(out, "There is no command '%s'. 'help' lists them.\n", name);
    }
    return 1;
}

/* Take the selector out of the words. Before the command, right after it, or last. 0, 1: one was taken, -1: wrong. */
static int take_selector(struct session *s, struct command_words *w, bool text, uint64_t *sel, struct vm_error *err)
{
    int at = -1;
    if (w->argc > 1 && w->argv[1][0] == '@' && !w->quoted[1])
        at = 1;
    else if (!text)
        for (int i = w->argc - 1; i > 0 && at < 0; i--)
            if (w->argv[i][0] == '@' && !w->quoted[i])
                at = i;
    if (at < 0)
        return 0;
    if (!command_selector(s, w->argv[at], sel, err))
        return -1;
    for (int i = at; i < w->argc; i++) {
        w->argv[i] = w->argv[i + 1];
        if (i + 1 < w->argc)
            w->at[i] = w->at[i + 1], w->quoted[i] = w->quoted[i + 1];
    }
    w->argc--;
    return 1;
}

/* "[1 counter]" before what a command says about one of several vCPUs, if it says anything. */
struct headed { struct out out, *to; const struct session *s; unsigned i; bool done; };

static void headed_write(void *self, const char *text, size_t n)
{
    struct headed *h = self;
    const char *name = vcpu_name(h->s->vcpu[h->i]); /* `load` has put another in its place */
    if (!h->done && !h->out.failed)
        out_printf(h->to, "[%u %s]\n", h->i, name);
    if (!h->done && h->out.failed)
        out_error(h->to, "[%u %s] ", h->i, name);
    h->done = true;
    h->to->failed |= h->out.failed;
    h->to->write(h->to->self, text, n);
}

/* *some: did at least one do it? */
static int run_each(const struct command *cmd, struct command_ctx *ctx, bool *some)
{
    uint64_t sel = ctx->sel, wait = 0;
    bool several = (sel & (sel - 1)) != 0;
    struct out *out = ctx->out;
    int rc = 0;
    for (unsigned i = 0; i < ctx->s->vcpus; i++) {
        if (!(sel >> i & 1))
            continue;
        struct headed h = { .out = { .write = headed_write, .self = &h }, .to = out, .s = ctx->s, .i = i };
        ctx->out = several ? &h.out : out;
        ctx->sel = 1ull << i;
        ctx->wait = 0;
        int one = cmd->run(ctx);
        *some |= !one && !ctx->out->failed;
        rc |= one;
        wait |= ctx->wait;
    }
    ctx->out = out;
    ctx->sel = sel;
    ctx->wait = wait;
    return rc;
}

/* One command: part[0..n). */
static int run_part(struct session *s, const char *part, size_t n, struct out *out, uint64_t *wait, int *wait_ms)
{
    struct command_words w = { 0 };
    struct vm_error err = { 0 };
    const char *wrong = command_split(part, n, &w), *suggestion = "";
    struct command_ctx ctx = { .s = s, .out = out, .argv = w.argv, .quoted = w.quoted };
    char rest[COMMAND_LINE];
    if (w.argc && w.argv[0][0] == '@' && w.argc > 1) { /* "@1 step" */
        char *sel = w.argv[0];
        size_t at = w.at[0];
        w.argv[0] = w.argv[1], w.at[0] = w.at[1];
        w.argv[1] = sel, w.at[1] = at;
    }
    if (wrong && (!w.argc || !*w.argv[0]))
        return out_error(out, "Cannot read this line: %s.\n", wrong), 1;
    if (!w.argc)
        return 0;
    if (w.argv[0][0] == '@')
        return out_error(out, "'%.40s' only says which vCPU is meant: write a command with it, such as step %.40s.\n", w.argv[0], w.argv[0]), 1;
    const struct command *cmd = command_find(w.argv[0], &suggestion);
    if (!cmd)
        return command_unknown(out, w.argv[0], suggestion);
    if (wrong && !(cmd->flags & CMD_TEXT))
        return out_error(out, "%s: %s\n", cmd->name, wrong), 1;
    char name[64];
    snprintf(name, sizeof name, "%s", cmd->name);
    size_t after = w.at[0] + strcspn(part + w.at[0], " \t");
    ctx.sel = s->vcpus ? 1ull << s->focus : 0;
    int taken = take_selector(s, &w, cmd->flags & CMD_TEXT, &ctx.sel, &err);
    w.argv[0] = name;
    ctx.argc = w.argc;
    if (taken < 0)
        return cmd_fail(&ctx, &err);
    ctx.sel_given = taken > 0;
    /* The text after command and selector, as it was written. */
    size_t from = w.argc > 1 ? w.at[1] : after < n ? n : after;
    snprintf(rest, sizeof rest, "%.*s", from < n ? (int)(n - from) : 0, part + from);
    for (size_t len = strlen(rest); len && isspace((unsigned char)rest[len - 1]);)
        rest[--len] = '\0';
    ctx.rest = rest;
    if ((cmd->flags & CMD_SCREEN) && !s->ui)
        return cmd_error(&ctx, "only works on the screen");
    if ((cmd->flags & CMD_EACH) && !s->vcpus)
        return cmd_error(&ctx, "no guest is loaded: 'load NAME' loads one");
    bool some = false;
    int rc = cmd->flags & CMD_EACH ? run_each(cmd, &ctx, &some) : cmd->run(&ctx);
    *wait = ctx.wait;
    *wait_ms = ctx.wait_ms;
    if ((some || (!rc && !out->failed)) && s->command_hook)
        s->command_hook(s, &ctx, part, n);
    return rc || out->failed;
}

int command_run(struct session *s, const char *line, struct out *out, uint64_t *wait, int *wait_ms, const char **rest)
{
    *wait = 0;
    *wait_ms = 0;
    *rest = NULL;
    out->failed = false;
    while (line && !s->quit) {
        const char *next;
        size_t n = command_part(line, &next);
        if (n >= COMMAND_LINE)
            return out_error(out, "This command is longer than %d characters.\n", COMMAND_LINE - 1), 1;
        if (run_part(s, line, n, out, wait, wait_ms))
            return 1;
        line = next;
        if (*wait || *wait_ms) {
            *rest = line && line[strspn(line, " \t")] ? line : NULL;
            return 0;
        }
    }
    return 0;
}

bool command_repeats(const char *line)
{
    struct command_words w = { 0 };
    const char *next;
    size_t n = command_part(line, &next);
    if ((next && next[strspn(next, " \t")]) || command_split(line, n, &w) || !w.argc)
        return false;
    int at = w.argv[0][0] == '@' && w.argc > 1; /* "@1 step" */
    const struct command *c = command_find(w.argv[at], NULL);
    for (int i = at + 1; c && !c->args && i < w.argc; i++)
        if (w.argv[i][0] != '@') /* "next lab" is no step */
            return false;
    return c && (c->flags & CMD_AGAIN);
}

/* --- completion ---------------------------------------------------------------------------------------------------- */

struct filter { const char *prefix; size_t n; cmd_add *add; void *self; };

static void filtered(void *self, const char *word)
{
    const struct filter *f = self;
    if (strncasecmp(word, f->prefix, f->n) == 0)
        f->add(f->self, word);
}

static void complete_selector(struct session *s, struct filter *f)
{
    char word[16];
    filtered(f, "@all");
    for (unsigned i = 0; i < s->vcpus; i++) {
        snprintf(word, sizeof word, "@%u", i);
        filtered(f, word);
    }
}

size_t command_complete(struct session *s, const char *line, size_t point, cmd_add *add, void *self)
{
    char head[COMMAND_LINE];
    struct command_words w;
    const char *next, *part = head;
    size_t word = point;
    if (point >= sizeof head)
        return point;
    memcpy(head, line, point);
    head[point] = '\0';
    for (size_t n; n = command_part(part, &next), next; part = next) /* only the command the cursor is in */
        (void)n;
    while (word > (size_t)(part - head) && !strchr(" \t", line[word - 1]))
        word--;
    struct filter f = { .prefix = head + word, .n = point - word, .add = add, .self = self };
    if (head[word] == '@') {
        complete_selector(s, &f);
        return word;
    }
    /* The words before this one; the one being typed is the last, perhaps empty. */
    if (command_split(part, (size_t)(head + word - part), &w) || w.argc >= COMMAND_WORDS - 1)
        return word;
    for (int i = 0; i < w.argc; i++)
        if (w.argv[i][0] == '@') {
            memmove(&w.argv[i], &w.argv[i + 1], (size_t)(w.argc - i) * sizeof *w.argv);
            w.argc--;
            i--;
        }
    const struct command *c;
    if (w.argc == 0) {
        for (size_t i = 0; (c = command_at(i)); i++)
            if (s->ui || !(c->flags & CMD_SCREEN))
                filtered(&f, c->name);
        return word;
    }
    w.argv[w.argc++] = head + word;
    w.argv[w.argc] = NULL;
    if ((c = command_find(w.argv[0], NULL)) && c->complete)
        c->complete(s, w.argc, w.argv, filtered, &f);
    return word;
}
