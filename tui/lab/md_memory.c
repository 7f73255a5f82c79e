/* md_memory.c: see md_memory.h. libcmark's memory functions must not return NULL, so that they leave the parser by longjmp; what it has
 * allocated so far hangs on a list. */
#include "tui/lab/md_memory.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct block {
    struct block *next, *prev;
    _Alignas(16) char bytes[];
};

static struct block list = { .next = &list, .prev = &list };
static jmp_buf out;

static void *linked(struct block *b)
{
    if (!b)
        longjmp(out, 1); /* it allocates while it parses, and only then */
    b->next = list.next;
    b->prev = &list;
    b->next->prev = b->prev->next = b;
    return b->bytes;
}

static struct block *unlinked(void *p)
{
    struct block *b = (struct block *)((char *)p - offsetof(struct block, bytes));
    b->prev->next = b->next;
    b->next->prev = b->prev;
    return b;
}

static void *get(size_t n, size_t size) { return linked(n < SIZE_MAX / 2 / (size ? size : 1) ? calloc(1, sizeof(struct block) + n * size) : NULL); }

static void *resize(void *p, size_t n)
{
    if (!p)
        return get(n, 1);
    struct block *b = unlinked(p), *more = realloc(b, sizeof *b + n);
    if (!more)
        linked(b); /* it is there still, and goes with the rest */
    return linked(more);
}

static void drop(void *p)
{
    if (p)
        free(unlinked(p));
}

static cmark_mem memory = { get, resize, drop };

cmark_node *md_parse(const char *text, size_t n)
{
    struct block *others = list.next; /* documents that are open already: newer blocks come before them */
    if (setjmp(out)) {
        while (list.next != others)
            drop(list.next->bytes);
        return NULL;
    }
    cmark_parser *p = cmark_parser_new_with_mem(CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8, &memory);
    cmark_parser_feed(p, text, n);
    cmark_node *doc = cmark_parser_finish(p);
    cmark_parser_free(p);
    return doc;
}
