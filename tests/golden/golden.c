/* golden.c: every guest, on every engine this host has, does exactly what its golden file says.
 *
 *   golden FILE...
 *
 * For each file and engine: the console bytes (a plain run), the facts (a run with --json), and four copies side by side, which
 * real-mode guests must not notice. An engine that cannot run a guest must say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden_file.h"
#include "independent.h"
#include "run_vmlab.h"
#include "vmm/engine.h"

struct one { struct golden *g; const struct engine_ops *engine; int index; bool can; };

static struct run run(const struct one *o, const char *extra, int copies)
{
    char *args[160];
    size_t n = 0, i = 0;
    args[n++] = (char *)"--headless";
    args[n++] = (char *)"--engine";
    args[n++] = (char *)o->engine->name;
    if (extra)
        args[n++] = (char *)extra;
    for (; o->g->args[i]; i++)
        args[n++] = o->g->args[i];
    for (int c = 1; c < copies; c++)
        args[n++] = o->g->args[i - 1];
    args[n] = NULL;
    return run_vmlab(args, o->g->input, o->g->input_n);
}

static void expect_status(const struct run *r, int status)
{
    if (r->status != status)
        fail_msg("exit status %d, expected %d; stderr:\n%s", r->status, status, r->err);
}

static void expect_console(const struct golden *g, const char *bytes, size_t n)
{
    if (g->any_console)
        return;
    if (n != g->console_n || memcmp(bytes, g->console, n) != 0)
        fail_msg("the console has %zu bytes, expected %zu:\n%.*s<end>\nexpected:\n%.*s<end>", n, g->console_n, (int)n, bytes, (int)g->console_n,
                 g->console);
}

/* --- the tests ----------------------------------------------------------------------------------------------------- */

static void test_console(void **state)
{
    const struct one *o = *state;
    struct run r = run(o, NULL, 1);
    expect_status(&r, o->g->exit_status);
    expect_console(o->g, r.out, r.out_n);
    run_free(&r);
}

static void test_refusal(void **state)
{
    const struct one *o = *state;
    struct run r = run(o, NULL, 1);
    expect_status(&r, 1);
    assert_non_null(strstr(r.err, o->engine->name));
    assert_int_equal(r.out_n, 0);
    run_free(&r);
}

static uint64_t number(const cJSON *object, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!v)
        return 0;
    return cJSON_IsString(v) ? strtoull(v->valuestring, NULL, 0) : (uint64_t)v->valuedouble;
}

static const char *text(const cJSON *object, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsString(v))
        fail_msg("the report has no text '%s'", key);
    return v->valuestring;
}

static void expect_exits(const struct golden_list *want, const cJSON *by_reason)
{
    uint64_t total = 0, found = 0;
    for (size_t i = 0; i < want->n; i++) {
        uint64_t is = number(by_reason, want->pair[i].name);
        if (is != want->pair[i].value)
            fail_msg("%llu exits %s, expected %llu", (unsigned long long)is, want->pair[i].name, (unsigned long long)want->pair[i].value);
        total += is;
    }
    for (const cJSON *c = by_reason->child; c; c = c->next) /* kicks are the lab's, not the guest's */
        found += strcmp(c->string, "kick") == 0 ? 0 : (uint64_t)c->valuedouble;
    if (found != total)
        fail_msg("there are exits of other reasons too: %s", cJSON_PrintUnformatted(by_reason));
}

static void expect_facts(const struct one *o, const cJSON *v)
{
    const struct golden *g = o->g;
    const struct golden_list *exits = g->exits_on[o->index].given ? &g->exits_on[o->index] : &g->exits;
    const cJSON *regs = cJSON_GetObjectItemCaseSensitive(v, "registers"), *all = cJSON_GetObjectItemCaseSensitive(v, "exits");
    assert_string_equal(text(v, "engine"), o->engine->name);
    if (*g->state)
        assert_string_equal(text(v, "state"), g->state);
    if (strcmp(g->state, "exited") == 0)
        assert_int_equal(number(v, "status"), g->status);
    if (strcmp(g->state, "failed") == 0)
        assert_true(strlen(text(v, "postmortem")) > 40);
    if (*g->mode)
        assert_string_equal(text(v, "mode"), g->mode);
    if (exits->given)
        expect_exits(exits, cJSON_GetObjectItemCaseSensitive(all, "by_reason"));
    for (size_t i = 0; i < g->registers.n; i++)
        if (number(regs, g->registers.pair[i].name) != g->registers.pair[i].value)
            fail_msg("%s is 0x%llx, expected 0x%llx", g->registers.pair[i].name, (unsigned long long)number(regs, g->registers.pair[i].name),
                     (unsigned long long)g->registers.pair[i].value);
}

static void test_facts(void **state)
{
    const struct one *o = *state;
    struct run r = run(o, "--json", 1);
    cJSON *root = cJSON_Parse(r.out);
    const cJSON *vcpus = cJSON_GetObjectItemCaseSensitive(root, "vcpus");
    expect_status(&r, o->g->exit_status);
    if (!root)
        fail_msg("this is not JSON: %s", r.out);
    assert_int_equal(cJSON_GetArraySize(vcpus), 1);
    expect_facts(o, cJSON_GetArrayItem(vcpus, 0));
    cJSON_Delete(root);
    run_free(&r);
}

/* Four of them: slices 0 to 3, each with its own segment base. */
static void test_side_by_side(void **state)
{
    const struct one *o = *state;
    struct run r = run(o, "--json", 4);
    cJSON *root = cJSON_Parse(r.out);
    const cJSON *vcpus = cJSON_GetObjectItemCaseSensitive(root, "vcpus"), *v;
    if (!root)
        fail_msg("this is not JSON: %s%s", r.out, r.err);
    assert_int_equal(cJSON_GetArraySize(vcpus), 4);
    cJSON_ArrayForEach(v, vcpus) {
        if (!o->g->any_console)
            assert_string_equal(text(v, "console"), o->g->console);
        if (*o->g->state)
            assert_string_equal(text(v, "state"), o->g->state);
    }
    cJSON_Delete(root);
    run_free(&r);
}

/* The golden file itself is right: its console is what an own computation in C says. */
static void test_independent(void **state)
{
    const struct one *o = *state;
    char want[4096];
    size_t n = independent(o->g->name, want, sizeof want);
    assert_true(n > 0);
    expect_console(o->g, want, n);
}

/* --- which of them ------------------------------------------------------------------------------------------------- */

static struct CMUnitTest tests[1024];
static size_t ntests;

static void add(const struct one *o, const char *what, CMUnitTestFunction fn)
{
    char *name;
    if (ntests == sizeof tests / sizeof *tests || asprintf(&name, "%s%s%s: %s", o->g->name, o->engine ? " on " : "", o->engine ? o->engine->name : "",
                                                           what) < 0)
        abort();
    tests[ntests++] = (struct CMUnitTest){ .name = name, .test_func = fn, .initial_state = (void *)(uintptr_t)o };
}

static void add_engines(struct golden *g)
{
    const struct engine_probe *p;
    for (int i = 0; engine_at((size_t)i); i++) {
        struct one *o = calloc(1, sizeof *o);
        *o = (struct one){ .g = g, .engine = engine_at((size_t)i), .index = i };
        if (engine_probe(o->engine, &p, NULL) < 0 || (p->can & g->needs) != g->needs) {
            add(o, "refused in words", test_refusal);
            continue;
        }
        add(o, "console", test_console);
        add(o, "facts", test_facts);
        if (!g->alone && !g->input_n && !g->needs)
            add(o, "four side by side", test_side_by_side);
    }
}

int main(int argc, char **argv)
{
    char nothing[1];
    struct golden *g = calloc((size_t)argc, sizeof *g);
    for (int i = 1; i < argc; i++) {
        if (!golden_read(&g[i], argv[i]))
            return 2;
        if (independent(g[i].name, nothing, 0) > 0) {
            struct one *o = calloc(1, sizeof *o);
            o->g = &g[i];
            add(o, "the golden file is right", test_independent);
        }
        add_engines(&g[i]);
    }
    return _cmocka_run_group_tests("golden", tests, ntests, NULL, NULL);
}
