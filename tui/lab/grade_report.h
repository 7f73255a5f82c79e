/* grade_report.h: what grading found, for people (plain, TAP) and for machines (JUnit XML, JSON). */
#ifndef TUI_LAB_GRADE_REPORT_H
#define TUI_LAB_GRADE_REPORT_H

#include <stdio.h>

#include "tui/lab/submissions.h"

bool grade_report_passed(const struct eval *e); /* graded, and every step passed */
/* In one line, printable: who handed it in chose the name, and a message may quote what a guest printed. */
void grade_report_line(FILE *f, const char *text);
void grade_report_plain(FILE *f, const struct submissions *s);
void grade_report_tap(FILE *f, const struct submissions *s);
void grade_report_junit(FILE *f, const struct submissions *s);
int grade_report_json(FILE *f, const struct submissions *s);

#endif
