/* guests.h: from what a person types to a guest's bytes. A name is looked up beside the program (the build tree), then
 * where `make install` put the guests; a word with a slash, or no such name, is a path. */
#ifndef TUI_GUESTS_H
#define TUI_GUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/error.h"

struct guest_file {
    char name[64];         /* for people: "hello" */
    char path[4096];       /* where it was found */
    const char *boot;      /* the protocol it wants, NULL: none in particular */
    bool known;            /* it was named, not given as a path */
    uint8_t *bytes;
    size_t size;
};

enum { GUEST_LARGEST = 64 << 20 }; /* no image is read beyond this */

int guest_load(struct guest_file *g, const char *word, struct vm_error *err);
void guest_unload(struct guest_file *g);

/* Every known name, once each (valid during the call): for completion, `vmlab guests` and suggestions. */
void guest_names(void (*add)(void *self, const char *name), void *self);
/* The directories searched, in order; NULL past the end. */
const char *guest_dir(size_t i);

#endif
