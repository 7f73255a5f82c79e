/* storage.h: files that must not be lost: replaced whole or not at all, appended whole or not at all; and the sentence that says
 * what the disk would not do, and what to try. */
#ifndef TUI_STORAGE_H
#define TUI_STORAGE_H

#include <stddef.h>
#include <stdio.h>

#include "vmm/error.h"

/* "Cannot write the trace '/x/t.csv': No space left on device. Make room there, or name another place." Returns -e. */
int storage_error(struct vm_error *err, int e, const char *what, const char *path);

/* fopen(path, "w"), but a pipe that nobody reads is an error (ENXIO) and holds nobody. */
FILE *storage_create(const char *path);

/* Write a file of these bytes: beside it first, then in its place. On failure it is what it was, and nothing else is left. */
int storage_replace(const char *path, const char *bytes, size_t n, const char *what, struct vm_error *err);

/* Append these bytes to a file, which is made if need be, readable by its owner only. On failure it is as long as it was. */
int storage_append(const char *path, const char *bytes, size_t n, const char *what, struct vm_error *err);

#endif
