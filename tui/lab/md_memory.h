/* md_memory.h: libcmark aborts the program when it finds no memory; here it gives up what it was parsing. Main thread. */
#ifndef TUI_LAB_MD_MEMORY_H
#define TUI_LAB_MD_MEMORY_H

#include <cmark.h>
#include <stddef.h>

/* The document, to be freed with cmark_node_free(); NULL: no memory, and nothing is left of it. */
cmark_node *md_parse(const char *text, size_t n);

#endif
