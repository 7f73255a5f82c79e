/* program.c: bring a program into a space. Its file is what memory shall hold from USER_BASE on; it begins with this header, which
 * user.ld writes. What the file does not hold (.bss) is zero, as fresh pages are. */
#include "kernel.h"

struct header { uint32_t entry, data, end; }; /* pages from `data` on may be written */

uint32_t program_load(uint32_t *space, const void *image, uint32_t size) {
    const struct header *h = image;
    for (uint32_t done = 0; done < h->end - USER_BASE; done += PAGE) {
        void *page = space_map(space, USER_BASE + done, USER_BASE + done >= h->data);
        if (!page)
            return 0;
        if (done < size)
            memcpy(page, (const char *)image + done, size - done < PAGE ? size - done : PAGE);
    }
    return h->entry;
}
