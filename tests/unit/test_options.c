/* The command line: every option, every way of writing it, every error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/number.h"
#include "tui/options.h"
#include "tui/screen/theme.h"
#include "tui/suggest.h"

/* Parse a line split at '|'. */
static int parse(struct options *o, struct vm_error *err, const char *line)
{
    static char copy[8192];
    static char *argv[200];
    int argc = 0;
    argv[argc++] = (char *)"vmlab";
    snprintf(copy, sizeof copy, "%s", line);
    for (char *p = copy; p && *line;) {
        argv[argc++] = p;
        if ((p = strchr(p, '|')))
            *p++ = '\0';
    }
    *err = (struct vm_error){ 0 };
    return options_parse(o, argc, argv, err);
}

static struct options ok(const char *line)
{
    struct options o;
    struct vm_error err;
    if (parse(&o, &err, line) != 0)
        fail_msg("'%s': %s", line, err.text);
    return o;
}

static void bad(const char *line, const char *says)
{
    struct options o;
    struct vm_error err;
    if (parse(&o, &err, line) >= 0)
        fail_msg("'%s' was accepted", line);
    if (!strstr(err.text, says))
        fail_msg("'%s': \"%s\" does not say \"%s\"", line, err.text, says);
}

static void defaults(void **state)
{
    (void)state;
    struct options o = ok("");
    assert_string_equal(o.engine, "auto");
    assert_int_equal(o.guests, 0);
    assert_int_equal(o.smp, 1);
    assert_int_equal(o.cols, 80);
    assert_int_equal(o.rows, 25);
    assert_true(o.mouse);
    assert_null(o.boot);
    assert_null(o.help);
}

static void every_value_arrives(void **state)
{
    (void)state;
    struct options o = ok("--engine|soft|--boot=long|--load|0x1000|--entry=80001000h|--mem|16M|--smp|2|--share|--irqchip=user|--tick|10ms|--disk|d.img|"
                          "--deterministic|--headless|--json|--timeout=2.5|-v|--trace|t.json|--log=l|--exec|e|-c|step; regs|--console|132x43|--theme|dark|"
                          "--ascii|--no-mouse|--no-sandbox|--test-clock|hello|./x.bin");
    assert_string_equal(o.engine, "soft");
    assert_string_equal(o.boot, "long");
    assert_int_equal(o.boot_has, BOOT_HAS_LOAD | BOOT_HAS_ENTRY);
    assert_int_equal(o.load, 0x1000);
    assert_int_equal(o.entry, 0x80001000u);
    assert_int_equal(o.mem, 16 << 20);
    assert_int_equal(o.smp, 2);
    assert_true(o.share && o.deterministic && o.headless && o.json && o.verbose && o.ascii && o.test_clock && o.no_sandbox);
    assert_false(o.mouse);
    assert_int_equal(o.irqchip, IRQCHIP_USER);
    assert_int_equal(o.tick_ns, 10000000);
    assert_string_equal(o.disk, "d.img");
    assert_true(o.timeout > 2.4 && o.timeout < 2.6);
    assert_string_equal(o.trace, "t.json");
    assert_string_equal(o.log, "l");
    assert_string_equal(o.exec, "e");
    assert_string_equal(o.commands, "step; regs");
    assert_int_equal(o.cols, 132);
    assert_int_equal(o.rows, 43);
    assert_string_equal(o.theme, "dark");
    assert_int_equal(o.guests, 2);
    assert_string_equal(o.guest[1], "./x.bin");
}

static void ways_of_writing(void **state)
{
    (void)state;
    assert_string_equal(ok("--paging|os-1k/kernel.bin").boot, "paging");
    assert_string_equal(ok("-cregs|x").commands, "regs");
    assert_string_equal(ok("-vc|regs").commands, "regs");
    assert_true(ok("-vc|regs").verbose);
    assert_string_equal(ok("--help").help, "");
    assert_string_equal(ok("--help|x").help, ""); /* the topic only after = */
    assert_string_equal(ok("--help=step").help, "step");
    assert_string_equal(ok("-h").help, "");
    assert_true(ok("-V").version);
    assert_string_equal(ok("--|--headless").guest[0], "--headless");
    assert_string_equal(ok("-").guest[0], "-");
    assert_int_equal(ok("--timer|1s").tick_ns, 1000000000);
    assert_string_equal(ok("--boot|paging|--paging").boot, "paging");
}

static void errors(void **state)
{
    (void)state;
    bad("--hedless", "Did you mean --headless?");
    bad("--jsno", "Did you mean --json?");
    bad("--zzzzzzz", "'vmlab --help' lists them");
    bad("-x", "no option -x");
    bad("--engine|kwm", "Did you mean kvm?");
    bad("--engine|qemu", "auto, kvm or soft");
    bad("--engine", "needs auto|kvm|soft");
    bad("--engine=", "given nothing");
    bad("--share=1", "takes no value");
    bad("--smp|0", "1 to 64");
    bad("--smp|65", "1 to 64");
    bad("--smp|-1", "1 to 64");
    bad("--mem|4", "multiple of 4K");
    bad("--mem|5G", "up to 3G");
    bad("--mem|99999999999999999999G", "--mem takes");
    bad("--mem|4Q", "--mem takes");
    bad("--load|x", "physical address");
    bad("--entry|", "was given nothing");
    bad("--tick|0", "100us to 60s");
    bad("--timeout|0", "above 0");
    bad("--timeout|nan", "above 0");
    bad("--timeout|-3", "above 0");
    bad("--timeout|5x", "above 0");
    bad("--console|80", "COLSxROWS");
    bad("--console|8x25", "20x4");
    bad("--console|80x25x9", "COLSxROWS");
    bad("--boot|paging|--boot|long", "already given");
    bad("-c", "needs COMMANDS");
    bad("--smp|33|a|b", "66 vCPUs");
    bad("a||b", "is empty");
}

static void sixty_five_guests(void **state)
{
    (void)state;
    char line[400] = "g";
    for (int i = 1; i < 64; i++)
        strcat(line, "|g");
    assert_int_equal(ok(line).guests, 64);
    strcat(line, "|g");
    bad(line, "at most 64");
}

/* The table itself: nothing twice, nothing without help. */
static void table(void **state)
{
    (void)state;
    const struct option_row *r, *q;
    for (size_t i = 0; (r = option_at(i)); i++) {
        assert_non_null(r->help);
        assert_non_null(r->set);
        assert_true(r->help[strlen(r->help) - 1] == '.');
        for (size_t k = 0; k < i && (q = option_at(k)); k++) {
            assert_string_not_equal(r->name, q->name);
            assert_true(!r->letter || r->letter != q->letter);
        }
    }
}

/* What completion and help say of themes is what there is. */
static void themes(void **state)
{
    (void)state;
    const struct option_row *r;
    const struct theme *t;
    char names[200] = "";
    for (size_t i = 0; (t = theme_at(i)); i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? " " : "", t->name);
    for (size_t i = 0; (r = option_at(i)); i++)
        if (strcmp(r->name, "theme") == 0)
            assert_string_equal(r->values, names);
}

static void numbers(void **state)
{
    (void)state;
    static const struct { const char *text; bool ok; uint64_t value; } t[] = {
        { "42", true, 42 }, { "0x2a", true, 42 }, { "2Ah", true, 42 }, { "0b101", true, 5 }, { "'H'", true, 'H' }, { "0", true, 0 },
        { "0x8000_0000", true, 0x80000000u }, { "18446744073709551615", true, UINT64_MAX }, { "18446744073709551616", false, 0 },
        { "", false, 0 }, { "0x", false, 0 }, { "h", false, 0 }, { "12z", false, 0 }, { "-1", false, 0 }, { "''", false, 0 }, { "0b2", false, 0 },
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        uint64_t v = 0;
        assert_int_equal(number_plain(t[i].text, &v), t[i].ok);
        assert_int_equal(v, t[i].value);
    }
    uint64_t v;
    assert_true(number_size("256K", &v) && v == 256 << 10);
    assert_true(number_size("1GiB", &v) && v == 1 << 30);
    assert_true(number_size("0x1000", &v) && v == 4096);
    assert_true(number_time("500us", &v) && v == 500000);
    assert_true(number_time("10", &v) && v == 10000000);
    assert_false(number_time("10m", &v));
    assert_false(number_size("18446744073709551615K", &v));
}

static void suggestions(void **state)
{
    (void)state;
    assert_int_equal(edit_distance("", "abc"), 3);
    assert_int_equal(edit_distance("kitten", "sitting"), 3);
    assert_int_equal(edit_distance("ab", "ba"), 1);
    assert_int_equal(edit_distance("ABC", "abc"), 0);
    struct suggest s = { .word = "mulitplication" };
    suggest_offer(&s, "hello");
    suggest_offer(&s, "multiplication");
    assert_string_equal(s.best, "multiplication");
    struct suggest none = { .word = "xyzzy" };
    suggest_offer(&none, "hello");
    assert_null(none.best);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults), cmocka_unit_test(every_value_arrives), cmocka_unit_test(ways_of_writing), cmocka_unit_test(errors),
        cmocka_unit_test(sixty_five_guests), cmocka_unit_test(table), cmocka_unit_test(themes), cmocka_unit_test(numbers), cmocka_unit_test(suggestions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
