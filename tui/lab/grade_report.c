#include "tui/lab/grade_report.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "tui/json.h"
#include "tui/lab/progress.h"
#include "tui/utf8.h"

static const char *lab_name(const struct eval *e) { return strrchr(e->lab, '/') ? strrchr(e->lab, '/') + 1 : e->lab; }
static bool step_passed(const struct eval_step *s) { return s->how == PROGRESS_PASSED; }

bool grade_report_passed(const struct eval *e)
{
    bool all = e->result.graded && e->result.steps > 0;
    for (unsigned i = 0; i < e->result.steps; i++)
        all &= step_passed(&e->result.step[i]);
    return all;
}

/* The next character of a text that somebody else chose, as it may stand in any document and on any terminal: UTF-8; a byte that is
 * none becomes U+FFFD, a control character but the newline a '?'. 0 at the end. */
static uint32_t take(const char **text)
{
    uint32_t ch = text_next(text, *text + strnlen(*text, 4));
    bool control = (ch < 32 && ch != '\n') || (ch >= 127 && ch < 160);
    return !ch ? 0 : control ? '?' : ch == 0xfffe || ch == 0xffff ? 0xfffd : ch; /* no characters of XML, those two */
}

static void put(FILE *f, uint32_t ch)
{
    char out[5];
    text_encode(ch, out);
    fputs(out, f);
}

void grade_report_line(FILE *f, const char *text)
{
    for (uint32_t ch; (ch = take(&text));)
        put(f, ch == '\n' ? ' ' : ch);
}

void grade_report_plain(FILE *f, const struct submissions *s)
{
    size_t passed = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct eval *e = &s->e[i];
        const struct eval_result *r = &e->result;
        passed += grade_report_passed(e);
        grade_report_line(f, e->from);
        fputs("  ", f);
        grade_report_line(f, lab_name(e));
        fprintf(f, "  %u of %u points\n", r->points, r->most);
        if (*r->error) {
            fputs("  not graded: ", f);
            grade_report_line(f, r->error);
            fputc('\n', f);
        }
        for (unsigned k = 0; k < r->steps; k++) {
            fprintf(f, "  %s %u. ", step_passed(&r->step[k]) ? "[x]" : "[ ]", k + 1);
            grade_report_line(f, r->step[k].heading);
            fprintf(f, "  %u/%u\n", r->step[k].points, r->step[k].most);
            if (!*r->step[k].message)
                continue;
            fputs("        ", f);
            grade_report_line(f, r->step[k].message);
            fputc('\n', f);
        }
    }
    fprintf(f, "%zu of %zu submissions complete\n", passed, s->n);
}

/* A # would begin a directive, and there is one by which a failure does not count. */
static void tap(FILE *f, const char *text)
{
    for (uint32_t ch; (ch = take(&text));)
        put(f, ch == '#' || ch == '\n' ? '_' : ch);
}

void grade_report_tap(FILE *f, const struct submissions *s)
{
    size_t n = 0, at = 0;
    for (size_t i = 0; i < s->n; i++)
        n += s->e[i].result.steps ? s->e[i].result.steps : 1;
    fprintf(f, "TAP version 13\n1..%zu\n", n);
    for (size_t i = 0; i < s->n; i++) {
        const struct eval *e = &s->e[i];
        const struct eval_result *r = &e->result;
        for (unsigned k = 0; k < r->steps || (k == 0 && !r->steps); k++) {
            const struct eval_step *st = &r->step[k];
            fprintf(f, "%sok %zu - ", r->steps && step_passed(st) ? "" : "not ", ++at);
            tap(f, e->from);
            fputc(' ', f);
            tap(f, lab_name(e));
            fputs(": ", f);
            tap(f, r->steps ? st->heading : "not graded");
            fprintf(f, " (%u/%u points)\n", st->points, st->most);
            const char *why = *r->error ? r->error : st->message;
            if (*why) {
                fputs("# ", f);
                grade_report_line(f, why);
                fputc('\n', f);
            }
        }
    }
}

static void xml(FILE *f, const char *text)
{
    for (uint32_t ch; (ch = take(&text));) {
        switch (ch) {
        case '<': fputs("&lt;", f); break;
        case '>': fputs("&gt;", f); break;
        case '&': fputs("&amp;", f); break;
        case '"': fputs("&quot;", f); break;
        case '\n': fputs("&#10;", f); break;
        default: put(f, ch);
        }
    }
}

/* Up to the end of its name. */
static void testcase(FILE *f, const struct eval *e, const char *name)
{
    fputs("    <testcase classname=\"", f);
    xml(f, lab_name(e));
    fputs("\" name=\"", f);
    xml(f, name);
}

void grade_report_junit(FILE *f, const struct submissions *s)
{
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"vmlab grade\">\n", f);
    for (size_t i = 0; i < s->n; i++) {
        const struct eval *e = &s->e[i];
        const struct eval_result *r = &e->result;
        unsigned failed = 0;
        for (unsigned k = 0; k < r->steps; k++)
            failed += !step_passed(&r->step[k]);
        fputs("  <testsuite name=\"", f);
        xml(f, e->from);
        fprintf(f, "\" tests=\"%u\" failures=\"%u\" errors=\"%d\">\n", r->steps ? r->steps : 1, failed, r->steps ? 0 : 1);
        if (!r->steps) {
            testcase(f, e, "grading");
            fputs("\"><error message=\"", f);
            xml(f, r->error);
            fputs("\"/></testcase>\n", f);
        }
        for (unsigned k = 0; k < r->steps; k++) {
            const struct eval_step *st = &r->step[k];
            testcase(f, e, st->heading);
            fprintf(f, " (%u/%u points)\"", st->points, st->most);
            if (step_passed(st)) {
                fputs("/>\n", f);
                continue;
            }
            fputs("><failure message=\"", f);
            xml(f, *r->error ? r->error : st->message);
            fputs("\"/></testcase>\n", f);
        }
        fputs("  </testsuite>\n", f);
    }
    fputs("</testsuites>\n", f);
}

/* cJSON's allocator is asked, so that json_end hears of it when there is no memory. */
static void add_text(cJSON *o, const char *key, const char *text)
{
    char *copy = cJSON_malloc(3 * strlen(text) + 5), *to = copy; /* a byte becomes U+FFFD at most */
    for (uint32_t ch; copy && (ch = take(&text));)
        to += text_encode(ch, to);
    if (copy)
        *to = '\0';
    cJSON_AddStringToObject(o, key, copy ? copy : "");
    cJSON_free(copy);
}

static void add_submission(cJSON *list, const struct eval *e)
{
    const struct eval_result *r = &e->result;
    cJSON *o = cJSON_CreateObject();
    add_text(o, "submission", e->from);
    add_text(o, "lab", lab_name(e));
    cJSON_AddBoolToObject(o, "graded", r->graded);
    cJSON_AddBoolToObject(o, "complete", grade_report_passed(e));
    cJSON_AddNumberToObject(o, "points", r->points);
    cJSON_AddNumberToObject(o, "most", r->most);
    if (*r->error)
        add_text(o, "error", r->error);
    cJSON *steps = cJSON_AddArrayToObject(o, "steps");
    for (unsigned k = 0; k < r->steps; k++) {
        cJSON *st = cJSON_CreateObject();
        add_text(st, "step", r->step[k].heading);
        cJSON_AddBoolToObject(st, "passed", step_passed(&r->step[k]));
        cJSON_AddNumberToObject(st, "points", r->step[k].points);
        cJSON_AddNumberToObject(st, "most", r->step[k].most);
        if (*r->step[k].message)
            add_text(st, "message", r->step[k].message);
        cJSON_AddItemToArray(steps, st);
    }
    cJSON_AddItemToArray(list, o);
}

int grade_report_json(FILE *f, const struct submissions *s)
{
    json_begin();
    cJSON *top = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(top, "submissions");
    for (size_t i = 0; list && i < s->n; i++)
        add_submission(list, &s->e[i]);
    char *text = json_end(top);
    if (text)
        fprintf(f, "%s\n", text);
    free(text);
    return text ? 0 : -1;
}
