/* markdown.h: lab.md, parsed by libcmark: a first-level heading is the title, a second-level heading begins a step. */
#ifndef TUI_LAB_MARKDOWN_H
#define TUI_LAB_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/screen/side.h"
#include "vmm/error.h"

struct markdown;
int markdown_parse(struct markdown **out, const char *text, size_t n, struct vm_error *err);
void markdown_free(struct markdown *m);

const char *markdown_title(const struct markdown *m); /* "" if there is none */
unsigned markdown_sections(const struct markdown *m);
const char *markdown_heading(const struct markdown *m, unsigned section);
int markdown_line(const struct markdown *m, unsigned section); /* of the heading in the file */

/* Where wrapped lines go. */
struct md_sink {
    void *self;
    int cols, indent;
    void (*part)(void *self, enum side_style style, const char *text);
    void (*end)(void *self);
};
/* The text of a section; -1: what comes before the first. */
void markdown_render(const struct markdown *m, int section, const struct md_sink *sink);
/* Wrap one paragraph of plain text in one style; `code` in back quotes is set as code. first: what the first line starts with. */
void markdown_wrap(const struct md_sink *sink, enum side_style style, const char *first, const char *text);

/* Call fn with every line of every fenced block marked `info`, and its line number in the file. */
void markdown_blocks(const struct markdown *m, int section, const char *info, void (*fn)(void *self, const char *line, int at), void *self);

#endif
