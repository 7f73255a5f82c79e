/* The lab format: what a lab file may do, and how a broken one is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tui/lab/compare.h"
#include "tui/lab/def.h"
#include "tui/lab/luabox.h"
#include "tui/lab/markdown.h"

/* --- the box ------------------------------------------------------------------------------------------------------- */

/* Run a chunk; "" when it went well, else what was said. */
static const char *run(const char *text)
{
    static struct vm_error err;
    struct luabox *b;
    err = (struct vm_error){ 0 };
    assert_int_equal(luabox_new(&b, &err), 0);
    luabox_load(b, text, strlen(text), "lab.lua", &err);
    luabox_free(b);
    return err.text;
}

static void says(const char *text, const char *what)
{
    const char *got = run(text);
    if (!strstr(got, what))
        fail_msg("%s\nsaid: %s\nnot: %s", text, got, what);
}

static void box_runs_plain_lua(void **state)
{
    (void)state;
    assert_string_equal(run("local t = {} for i = 1, 1000 do t[i] = ('x'):rep(i % 7) end assert(#table.concat(t) > 0)"), "");
    assert_string_equal(run("assert(('a=1'):match('^(%a)=(%d)$') == 'a') assert(math.max(1, 2) == 2)"), "");
}

static void box_has_no_way_out(void **state)
{
    (void)state;
    assert_string_equal(run("assert(not io and not os and not debug and not package and not require and not coroutine)"), "");
    assert_string_equal(run("assert(not load and not loadfile and not dofile and not loadstring and not print)"), "");
    assert_string_equal(run("assert(not pcall and not xpcall and not setmetatable and not getmetatable and not string.dump)"), "");
    says("\33Lua this is bytecode", "lab.lua");
}

static void box_ends_loops(void **state)
{
    (void)state;
    says("while true do end", "did not end");
    says("local function f() return f() end f()", "did not end");
    says("local function f() f() end f()", "memory");
    says("repeat local s = ('a'):rep(1000) until false", "did not end");
}

static void box_bounds_memory(void **state)
{
    (void)state;
    says("local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end", "memory");
    says("local s = ('x'):rep(1 << 40)", "lab.lua:1"); /* refused by Lua itself or by the box */
    says("local s = 'x' while true do s = s .. s end", "memory");
}

static void box_bounds_what_lua_does_in_c(void **state)
{
    (void)state;
    says("return (('a'):rep(40000)):find(('a-'):rep(20) .. 'b')", "could take too long");
    says("return (('a'):rep(40000)):gsub(('.-'):rep(4) .. 'b', '')", "could take too long");
    assert_string_equal(run("assert((('a'):rep(100000) .. 'b'):find('b', 1, true))"), "");
    says("table.move({}, 1, 1 << 50, 2)", "move");
    says("return (('a'):rep(14000)):find('[' .. ('b'):rep(1000000) .. ']*c')", "could take too long");
    says("return (('a'):rep(3000000)):find(('a'):rep(1500000) .. 'b', 1, true)", "could take too long");
    assert_string_equal(run("assert((''):rep(1 << 62) == '' and (''):rep(1 << 62, '') == '' and ('ab'):rep(2, '-') == 'ab-ab')"), "");
}

/* Each instruction does much in C. */
static void box_bounds_time(void **state)
{
    (void)state;
    says("local t = {} for i = 1, 200000 do t[i] = i end while true do table.sort(t) end", "seconds");
    says("local t = {} for i = 1, 200000 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t, 1) end", "seconds");
    says("local s = ('a'):rep(2000000) while true do local x = s .. 'b' end", "seconds");
    says("local s = ('a'):rep(14000) while true do local x = s:find('a*c') end", "seconds");
}

static void box_tells_file_and_line(void **state)
{
    (void)state;
    says("\n\nlocal x = nil + 1", "lab.lua:3:");
    says("\nx = = 1", "lab.lua:2:");
    says("error({})", "an error that is no text");
}

/* --- lab.lua and lab.md -------------------------------------------------------------------------------------------- */

static char dir[64];

static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/vmlab-test-lab-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/lab.md", dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/lab.lua", dir);
    unlink(path);
    return rmdir(dir);
}

static const char MD[] = "# T\n\nIntro.\n\n## One\n\nText.\n\n## Two\n\nMore.\n";
#define STEP(name) "step { '" name "', check = function(m) return true end, achieved = 'x', hints = { 'h' } }\n"

/* What loading a lab with this lab.lua says. */
static const char *load(const char *lua)
{
    static struct vm_error err;
    struct lab *l = NULL;
    err = (struct vm_error){ 0 };
    put("lab.md", MD);
    put("lab.lua", lua);
    lab_load(&l, dir, &err);
    lab_free(l);
    return err.text;
}

static void load_says(const char *lua, const char *what)
{
    const char *got = load(lua);
    if (!strstr(got, what))
        fail_msg("%s\nsaid: %s\nnot: %s", lua, got, what);
}

static void lab_loads(void **state)
{
    (void)state;
    struct lab *l;
    struct vm_error err;
    put("lab.md", MD);
    put("lab.lua", "lab { title = 'T', minutes = 5, machine = 'hello' }\n" STEP("One") "step { 'Two', points = 3, ask = { 'q?', points = 2, answer = function() return 1 end },\n"
                   " check = function() end, achieved = function() end, mistakes = { { function() end, 'm' } } }");
    assert_int_equal(lab_load(&l, dir, &err), 0);
    assert_int_equal(l->steps, 2);
    assert_int_equal(lab_points(l), 6);
    assert_int_equal(l->minutes, 5);
    assert_int_equal(l->step[1].line, 3);
    assert_int_equal(l->step[1].mistakes, 1);
    assert_string_equal(markdown_title(l->md), "T");
    lab_free(l);
}

static void broken_labs_are_told_with_file_and_line(void **state)
{
    (void)state;
    const char *head = "lab { title = 'T', machine = 'hello' }\n";
    char text[1024];
    static const struct { const char *more, *says; } wrong[] = {
        { "", "defines no step" },
        { STEP("One"), "lab.md:9: the step \"Two\" has no step{}" },
        { STEP("One") STEP("Three"), "lab.lua:3: step 2 is called \"Three\"" },
        { STEP("One") STEP("Two") STEP("Three"), "lab.lua:4" },
        { "step { 'One', chekc = 1 }", "lab.lua:2: step: there is no field called chekc" },
        { "step { 'One', check = 1, achieved = 'x' }", "check must be a function" },
        { "step { 'One', achieved = 'x' }", "check must be a function" },
        { "step { check = function() end }", "the first entry must be the heading" },
        { "step { 'One', points = 'many', check = function() end, achieved = 'x' }", "points must be a number" },
        { "step { 'One', points = 1/0, check = function() end, achieved = 'x' }", "points must be 0 to 100" },
        { "step { 'One', hints = 'h', check = function() end, achieved = 'x' }", "hints must be a list" },
        { "step { 'One', hints = { 1, {} }, check = function() end, achieved = 'x' }", "is not a text" },
        { "step { 'One', build = 'x.S', run = 'y', check = function() end, achieved = 'x' }", "is not one of lab{ files" },
        { "step { 'One', mistakes = { {} }, check = function() end, achieved = 'x' }", "mistakes: entry 1" },
        { "step { 'One', run = 7, check = function() end, achieved = 'x' }", "run must be" },
        { "lab { title = 'again', machine = 'x' }", "must come once" },
        { "step 'One'", "lab.lua:2" },
        { "nonsense(", "lab.lua:2" },
    };
    load_says("", "defines no lab{}");
    load_says(STEP("One"), "lab{} must come before");
    load_says("lab { machine = 'x' }", "lab.lua:1: title must be a text");
    load_says("lab { title = 'T', machine = 'x', files = { '../../etc/passwd' } }", "plain file name");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, "%s%s", head, wrong[i].more);
        load_says(text, wrong[i].says);
    }
}

/* What is kept of lab.lua is kept outside of Lua's bound: it has one of its own. */
static void texts_are_bounded(void **state)
{
    (void)state;
    const char *lab = "local s = ('x'):rep(%d)\nlab { title = 'T', machine = 'hello' }\n"
                      "for _, name in ipairs { 'One', 'Two' } do\n"
                      "step { name, hints = { s, s }, check = function() end, achieved = s } end";
    char text[512];
    put("lab.md", MD);
    snprintf(text, sizeof text, lab, 100000);
    assert_string_equal(load(text), "");
    snprintf(text, sizeof text, lab, 200000);
    load_says(text, "lab.lua:4: the texts of this file are more than 1024 KiB together");
}

/* As many as there is room for, and one more. */
static void lists_are_bounded(void **state)
{
    (void)state;
    const char *lab = "local function n(max, what) local t = {} for i = 1, max do t[i] = what end return t end\n"
                      "lab { title = 'T', machine = 'hello', files = n(%u, 'a.S') }\n"
                      "step { 'One', hints = n(%u, 'h'), mistakes = n(%u, { tostring, 'm' }), check = tostring, achieved = 'x' }\n"
                      "step { 'Two', ask = { 'q?', answer = tostring, mistakes = n(%u, { tostring, 'm' }) }, check = tostring, achieved = 'x' }\n"
                      "for i = 3, %u do step { tostring(i), check = tostring, achieved = 'x' } end";
    static const struct { unsigned files, hints, mistakes, wrong, steps; const char *says; } t[] = {
        { LAB_FILES, LAB_HINTS, LAB_MISTAKES, LAB_MISTAKES, 2, "" },
        { LAB_FILES + 1, 0, 0, 0, 2, "files: more than 8" },
        { 0, LAB_HINTS + 1, 0, 0, 2, "hints: more than 8" },
        { 0, 0, LAB_MISTAKES + 1, 0, 2, "mistakes: more than 16" },
        { 0, 0, 0, LAB_MISTAKES + 1, 2, "mistakes: more than 16" },
        { 0, 0, 0, 0, LAB_STEPS, "step 3 is called" }, /* of which lab.md has two only */
        { 0, 0, 0, 0, LAB_STEPS + 1, "more than 32 steps" },
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        char text[1024];
        snprintf(text, sizeof text, lab, t[i].files, t[i].hints, t[i].mistakes, t[i].wrong, t[i].steps);
        if (*t[i].says)
            load_says(text, t[i].says);
        else
            assert_string_equal(load(text), "");
    }
}

static void missing_or_odd_files_are_told(void **state)
{
    (void)state;
    struct lab *l;
    struct vm_error err;
    assert_true(lab_load(&l, "/nonexistent", &err) < 0);
    assert_non_null(strstr(err.text, "/nonexistent"));
    assert_true(lab_load(&l, dir, &err) < 0);
    assert_non_null(strstr(err.text, "lab.md"));
    put("lab.md", MD);
    char path[128];
    snprintf(path, sizeof path, "%s/lab.lua", dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_true(lab_load(&l, dir, &err) < 0); /* and does not hang */
    assert_non_null(strstr(err.text, "not a regular file"));
}

/* --- text ---------------------------------------------------------------------------------------------------------- */

struct page { char text[4096]; int widest, lines; char line[512]; };

static void part(void *self, enum side_style style, const char *text)
{
    (void)style;
    struct page *p = self;
    strncat(p->line, text, sizeof p->line - strlen(p->line) - 1);
}

static void end(void *self)
{
    struct page *p = self;
    int w = side_width(p->line, strlen(p->line));
    p->widest = w > p->widest ? w : p->widest;
    size_t n = strlen(p->text);
    snprintf(p->text + n, sizeof p->text - n, "%s\n", p->line);
    p->line[0] = 0;
    p->lines++;
}

static struct page render(const char *md, int section, int cols)
{
    struct page p = { 0 };
    struct markdown *m;
    struct vm_error err;
    assert_int_equal(markdown_parse(&m, md, strlen(md), &err), 0);
    struct md_sink sink = { &p, cols, 0, part, end };
    markdown_render(m, section, &sink);
    markdown_free(m);
    assert_string_equal(p.line, "");
    return p;
}

static void text_is_wrapped_and_nothing_is_lost(void **state)
{
    (void)state;
    const char *md = "# T\n\nAn *intro* with `code` and a verylongwordthatdoesnotfitanywhere here.\n\n- one item that wraps\n- two\n\n1. first\n\n```asm\n        mov     ax, 1234567890123\n```\n\n## S\n\nx\n";
    for (int cols = 12; cols < 80; cols += 7) {
        struct page p = render(md, -1, cols);
        assert_true(p.widest <= cols);
        size_t letters = 0;
        for (const char *c = p.text; *c; c++)
            letters += *c > ' ';
        assert_int_equal(letters, strlen("Anintrowithcodeandaverylongwordthatdoesnotfitanywherehere.-oneitemthatwraps-two1.firstmovax,1234567890123"));
    }
    struct page p = render(md, -1, 78);
    assert_string_equal(p.text, "An intro with code and a verylongwordthatdoesnotfitanywhere here.\n\n- one item that wraps\n- two\n\n1. first\n\n"
                                "          mov     ax, 1234567890123\n");
    assert_string_equal(render(md, 0, 40).text, "x\n");
}

static void odd_markdown_is_harmless(void **state)
{
    (void)state;
    char deep[2000] = "";
    for (int i = 0; i < 400; i++)
        strcat(deep, "> ");
    strcat(deep, "x");
    render(deep, -1, 20);
    for (int i = 0; i < 400; i++)
        deep[i] = '[';
    render(deep, -1, 20);
    static char nested[1 << 20]; /* as large as a lab.md may be */
    memset(nested, '*', sizeof nested - 1);
    nested[sizeof nested / 2] = 'x';
    render(nested, -1, 20);
    render("", -1, 20);
    render("<b>html</b>\n\n<script>\n", -1, 20);
    render("\xff\xfe\x80 bytes\n\n`\xe4\xb8\xad\xe6\x96\x87`", -1, 1);
}

static void differences_are_told(void **state)
{
    (void)state;
    static const struct { const char *got, *want, *why; } row[] = {
        { "a\nb\n", "a\nb", NULL }, { "a  \nb\n\n", "a\nb\n", NULL }, { "", "", NULL },
        { "a\nc\n", "a\nb\n", "Line 2: expected \"b\", got \"c\"." },
        { "a\n", "a\nb\n", "Line 2: expected \"b\", but nothing came." },
        { "a\nb\nc\n", "a\nb\n", "Line 3: expected nothing more, got \"c\"." },
        { "", "a\n", "The console is empty: expected \"a\"." },
        { "\33[2Ja", "a", "Line 1: expected \"a\", got \"?[2Ja\"." },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char why[512] = "";
        bool same = compare_text(row[i].got, strlen(row[i].got), row[i].want, strlen(row[i].want), why, sizeof why);
        assert_int_equal(same, row[i].why == NULL);
        if (row[i].why)
            assert_string_equal(why, row[i].why);
    }
}

static void answers_in_any_base(void **state)
{
    (void)state;
    assert_true(compare_answer("42", true, 42, ""));
    assert_true(compare_answer(" 0x2a ", true, 42, ""));
    assert_true(compare_answer("2Ah", true, 42, ""));
    assert_true(compare_answer("'*'", true, 42, ""));
    assert_true(compare_answer("-1", true, -1, ""));
    assert_false(compare_answer("41", true, 42, ""));
    assert_false(compare_answer("forty-two", true, 42, ""));
    assert_false(compare_answer("", true, 0, ""));
    assert_true(compare_answer("Yes ", false, 0, "yes"));
    assert_false(compare_answer("no", false, 0, "yes"));
    assert_true(compare_answer("y", false, 0, "yes"));
    assert_true(compare_answer("N", false, 0, "no"));
    assert_false(compare_answer("y", false, 0, "no"));
    assert_false(compare_answer("i", false, 0, "irq"));
    assert_false(compare_answer("", false, 0, "yes"));
    int64_t v;
    assert_true(compare_number(" -0x2a ", &v));
    assert_int_equal(v, -42);
    assert_false(compare_number("H", &v));
    assert_false(compare_number("--1", &v));
    assert_false(compare_number("", &v));
}

int main(void)
{
#define D(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(box_runs_plain_lua), cmocka_unit_test(box_has_no_way_out), cmocka_unit_test(box_ends_loops),
        cmocka_unit_test(box_bounds_memory), cmocka_unit_test(box_bounds_what_lua_does_in_c),
        cmocka_unit_test(box_bounds_time), cmocka_unit_test(box_tells_file_and_line),
        D(lab_loads), D(broken_labs_are_told_with_file_and_line), D(texts_are_bounded), D(lists_are_bounded), D(missing_or_odd_files_are_told),
        cmocka_unit_test(text_is_wrapped_and_nothing_is_lost), cmocka_unit_test(odd_markdown_is_harmless),
        cmocka_unit_test(differences_are_told), cmocka_unit_test(answers_in_any_base),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
