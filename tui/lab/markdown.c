/* markdown.c: see markdown.h. Parsing is libcmark's; this file cuts the document into sections and wraps them to a width. */
#include "tui/lab/markdown.h"
#include "tui/lab/md_memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTIONS = 32, WORD = 1024, BLOCKS_DEEP = 8, INLINES_DEEP = 100 };

struct section { cmark_node *heading, *first, *end; char *title; };
struct markdown {
    cmark_node *doc;
    char *title;
    struct section s[SECTIONS];
    unsigned n;
};

/* The next node in reading order below root, NULL at the end. (libcmark's iterator allocates, see md_memory.h.) */
static cmark_node *following(cmark_node *at, cmark_node *root)
{
    if (cmark_node_first_child(at))
        return cmark_node_first_child(at);
    while (at != root && !cmark_node_next(at))
        at = cmark_node_parent(at);
    return at == root ? NULL : cmark_node_next(at);
}

/* The plain text of a heading. */
static char *node_text(cmark_node *node)
{
    char buf[256];
    size_t n = 0;
    for (cmark_node *at = node; at; at = following(at, node)) {
        const char *lit = cmark_node_get_literal(at);
        for (; lit && *lit && n + 1 < sizeof buf; lit++)
            buf[n++] = *lit;
    }
    buf[n] = 0;
    return strdup(buf);
}

int markdown_parse(struct markdown **out, const char *text, size_t n, struct vm_error *err)
{
    struct markdown *m = calloc(1, sizeof *m);
    if (!m)
        return err_set(err, ENOMEM, "Reading lab.md: out of memory.");
    if (!(m->doc = md_parse(text, n))) {
        free(m);
        return err_set(err, ENOMEM, "Reading lab.md: out of memory.");
    }
    for (cmark_node *c = cmark_node_first_child(m->doc); c; c = cmark_node_next(c)) {
        if (cmark_node_get_type(c) != CMARK_NODE_HEADING)
            continue;
        if (cmark_node_get_heading_level(c) == 1 && !m->title)
            m->title = node_text(c);
        if (cmark_node_get_heading_level(c) != 2)
            continue;
        if (m->n == SECTIONS) {
            int line = cmark_node_get_start_line(c);
            markdown_free(m);
            return err_set(err, EINVAL, "lab.md:%d: more than %d steps (second-level headings).", line, SECTIONS);
        }
        if (m->n)
            m->s[m->n - 1].end = c;
        m->s[m->n++] = (struct section){ .heading = c, .first = cmark_node_next(c), .title = node_text(c) };
    }
    *out = m;
    return 0;
}

void markdown_free(struct markdown *m)
{
    if (!m)
        return;
    for (unsigned i = 0; i < m->n; i++)
        free(m->s[i].title);
    free(m->title);
    cmark_node_free(m->doc);
    free(m);
}

const char *markdown_title(const struct markdown *m) { return m->title ? m->title : ""; }
unsigned markdown_sections(const struct markdown *m) { return m->n; }
const char *markdown_heading(const struct markdown *m, unsigned i) { return i < m->n && m->s[i].title ? m->s[i].title : ""; }
int markdown_line(const struct markdown *m, unsigned i) { return i < m->n ? cmark_node_get_start_line(m->s[i].heading) : 0; }

/* --- wrapping ------------------------------------------------------------------------------------------------------- */

struct wrap {
    const struct md_sink *sink;
    int indent, col;          /* columns used on this line, 0: nothing yet */
    char word[WORD];          /* the word being gathered, with the style of each piece */
    size_t n;
    enum side_style style[WORD];
    bool space;               /* a space comes before the word */
};

static void pad(const struct wrap *w, int n)
{
    char spaces[64];
    if (n <= 0)
        return;
    if (n > (int)sizeof spaces - 1)
        n = (int)sizeof spaces - 1;
    memset(spaces, ' ', (size_t)n);
    spaces[n] = 0;
    w->sink->part(w->sink->self, SIDE_TEXT, spaces);
}

static void new_line(struct wrap *w)
{
    if (w->col)
        w->sink->end(w->sink->self);
    w->col = 0;
}

static void emit(struct wrap *w, size_t from, size_t to)
{
    while (from < to) {
        size_t end = from;
        while (end < to && w->style[end] == w->style[from])
            end++;
        char piece[WORD + 1];
        memcpy(piece, w->word + from, end - from);
        piece[end - from] = 0;
        w->sink->part(w->sink->self, w->style[from], piece);
        from = end;
    }
}

static size_t utf8_len(const char *s, size_t n)
{
    size_t k = 1;
    while (k < n && ((unsigned char)s[k] & 0xc0) == 0x80)
        k++;
    return k;
}

/* Put the gathered word on this line or the next; one that is wider than a line is broken, never cut. */
static void flush_word(struct wrap *w)
{
    if (!w->n)
        return;
    int width = side_width(w->word, w->n), room = w->sink->cols;
    if (w->col > w->indent && w->col + w->space + width > room)
        new_line(w);
    if (w->col == 0) {
        pad(w, w->indent);
        w->col = w->indent;
    } else if (w->space) {
        char one[2] = " ";
        w->sink->part(w->sink->self, w->style[0] == SIDE_CODE ? SIDE_TEXT : w->style[0], one);
        w->col++;
    }
    size_t from = 0;
    for (size_t i = 0; i < w->n;) {
        size_t k = utf8_len(w->word + i, w->n - i);
        int c = side_width(w->word + i, k);
        if (w->col + c > room && w->col > w->indent) {
            emit(w, from, i);
            w->sink->end(w->sink->self);
            pad(w, w->indent);
            w->col = w->indent;
            from = i;
        }
        w->col += c;
        i += k;
    }
    emit(w, from, w->n);
    if (!w->col)
        w->col = 1; /* a word without width still began a line */
    w->n = 0;
    w->space = false;
}

static void put(struct wrap *w, enum side_style style, const char *text, bool keep_spaces)
{
    for (; *text; text++) {
        if ((*text == ' ' || *text == '\n' || *text == '\t') && !keep_spaces) {
            flush_word(w);
            w->space = true;
        } else {
            if (w->n >= WORD - 8 && ((unsigned char)*text & 0xc0) != 0x80)
                flush_word(w);
            if (w->n < WORD) {
                w->word[w->n] = *text;
                w->style[w->n++] = style;
            }
        }
    }
}

static void blank(const struct md_sink *sink)
{
    sink->part(sink->self, SIDE_TEXT, "");
    sink->end(sink->self);
}

/* --- blocks --------------------------------------------------------------------------------------------------------- */

static void render_inline(struct wrap *w, cmark_node *node, enum side_style style, int depth)
{
    if (depth > INLINES_DEEP)
        return; /* a line of asterisks: our stack is not as deep as a file can be */
    for (cmark_node *c = cmark_node_first_child(node); c; c = cmark_node_next(c)) {
        const char *lit = cmark_node_get_literal(c);
        switch (cmark_node_get_type(c)) {
        case CMARK_NODE_TEXT: put(w, style, lit, false); break;
        case CMARK_NODE_CODE: put(w, SIDE_CODE, lit, strlen(lit) < 24); break;
        case CMARK_NODE_SOFTBREAK: put(w, style, " ", false); break;
        case CMARK_NODE_LINEBREAK: flush_word(w); new_line(w); break;
        case CMARK_NODE_EMPH:
        case CMARK_NODE_STRONG: render_inline(w, c, SIDE_EMPHASIS, depth + 1); break;
        case CMARK_NODE_LINK:
        case CMARK_NODE_IMAGE: render_inline(w, c, style, depth + 1); break;
        default: break; /* raw HTML is not for a terminal */
        }
    }
}

/* Code keeps its lines; one that is too long goes on in the next, further in. */
static void render_code(struct wrap *w, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        int in = w->indent + 2;
        size_t i = 0;
        bool again = false;
        do {
            int used = in + (again ? 2 : 0);
            pad(w, used);
            char piece[WORD];
            size_t k = 0;
            while (i < n) {
                size_t u = utf8_len(text + i, n - i);
                int c = text[i] == '\t' ? 1 : side_width(text + i, u);
                if ((used + c > w->sink->cols && k) || k + u >= sizeof piece)
                    break;
                memcpy(piece + k, text + i, u);
                k += u;
                i += u;
                used += c;
            }
            piece[k] = 0;
            w->sink->part(w->sink->self, SIDE_CODE, piece);
            w->sink->end(w->sink->self);
            again = true;
        } while (i < n);
        text += n + (text[n] == '\n');
    }
}

static void render_block(struct wrap *w, cmark_node *b, int depth);

static void render_list(struct wrap *w, cmark_node *list, int depth)
{
    int number = cmark_node_get_list_start(list);
    bool ordered = cmark_node_get_list_type(list) == CMARK_ORDERED_LIST;
    for (cmark_node *item = cmark_node_first_child(list); item; item = cmark_node_next(item)) {
        char mark[24];
        if (ordered)
            snprintf(mark, sizeof mark, "%d. ", number++);
        else
            snprintf(mark, sizeof mark, "- ");
        pad(w, w->indent);
        w->sink->part(w->sink->self, SIDE_TEXT, mark);
        w->indent += (int)strlen(mark);
        w->col = w->indent; /* the first word goes right after the mark */
        w->space = false;
        for (cmark_node *c = cmark_node_first_child(item); c; c = cmark_node_next(c))
            render_block(w, c, depth + 1);
        new_line(w);
        w->indent -= (int)strlen(mark);
    }
}

static void render_block(struct wrap *w, cmark_node *b, int depth)
{
    if (depth > BLOCKS_DEEP)
        return; /* nested deeper than a panel is wide */
    switch (cmark_node_get_type(b)) {
    case CMARK_NODE_HEADING:
    case CMARK_NODE_PARAGRAPH:
        render_inline(w, b, cmark_node_get_type(b) == CMARK_NODE_HEADING ? SIDE_HEADING : SIDE_TEXT, 0);
        flush_word(w);
        new_line(w);
        break;
    case CMARK_NODE_CODE_BLOCK: new_line(w); render_code(w, cmark_node_get_literal(b)); break;
    case CMARK_NODE_LIST: new_line(w); render_list(w, b, depth); break;
    case CMARK_NODE_BLOCK_QUOTE:
        w->indent += 2;
        for (cmark_node *c = cmark_node_first_child(b); c; c = cmark_node_next(c))
            render_block(w, c, depth + 1);
        w->indent -= 2;
        break;
    default: break;
    }
}

void markdown_render(const struct markdown *m, int section, const struct md_sink *sink)
{
    cmark_node *b = section < 0 ? cmark_node_first_child(m->doc) : m->s[section].first;
    cmark_node *end = section < 0 ? (m->n ? m->s[0].heading : NULL) : m->s[section].end;
    struct wrap *w = calloc(1, sizeof *w);
    if (!w)
        return;
    w->sink = sink;
    w->indent = sink->indent;
    for (bool first = true; b && b != end; b = cmark_node_next(b)) {
        cmark_node_type t = cmark_node_get_type(b);
        if (t == CMARK_NODE_HTML_BLOCK || (t == CMARK_NODE_HEADING && cmark_node_get_heading_level(b) == 1))
            continue;
        if (!first)
            blank(sink);
        render_block(w, b, 0);
        first = false;
    }
    free(w);
}

void markdown_wrap(const struct md_sink *sink, enum side_style style, const char *first, const char *text)
{
    struct wrap *w = calloc(1, sizeof *w);
    if (!w)
        return;
    w->sink = sink;
    w->indent = sink->indent + side_width(first, strlen(first));
    for (bool begin = true, code = false; *text; begin = false) {
        size_t n = strcspn(text, "\n");
        if (begin) {
            int in = w->indent;
            w->indent = sink->indent;
            pad(w, w->indent);
            w->indent = in;
            sink->part(sink->self, style, first);
            w->col = in;
        }
        for (size_t i = 0; i < n; i++) {
            char c[2] = { text[i], 0 };
            if (text[i] == '`')
                code = !code;
            else
                put(w, code ? SIDE_CODE : style, c, false);
        }
        flush_word(w);
        new_line(w);
        w->space = false;
        text += n + (text[n] == '\n');
    }
    free(w);
}

void markdown_blocks(const struct markdown *m, int section, const char *info, void (*fn)(void *self, const char *line, int at), void *self)
{
    if (section >= (int)m->n)
        return;
    cmark_node *b = section < 0 ? cmark_node_first_child(m->doc) : m->s[section].first;
    cmark_node *end = section < 0 ? (m->n ? m->s[0].heading : NULL) : m->s[section].end;
    for (; b && b != end; b = cmark_node_next(b)) {
        if (cmark_node_get_type(b) != CMARK_NODE_CODE_BLOCK || strcmp(cmark_node_get_fence_info(b), info))
            continue;
        int at = cmark_node_get_start_line(b);
        for (const char *t = cmark_node_get_literal(b); *t;) {
            size_t n = strcspn(t, "\n");
            char *line = strndup(t, n);
            at++;
            if (line)
                fn(self, line, at);
            free(line);
            t += n + (t[n] == '\n');
        }
    }
}
