/* elf.c: bring a program from its file into a space (ELF-32, System V ABI, chapters 4 and 5). */
#include "kernel.h"

struct elf_file {
    uint8_t magic[16];
    uint16_t type, machine;
    uint32_t version, entry, segments_at, sections_at, flags;
    uint16_t size, segment_size, segments, section_size, sections, names;
};
struct elf_segment { uint32_t type, offset, address, physical, file_size, memory_size, flags, align; };
enum { EXECUTABLE = 2, I386 = 3, LOAD = 1, MAY_WRITE = 2 };

/* Page by page: what the file does not hold (.bss) is zero, as page_alloc leaves it. */
static bool load(uint32_t *space, const uint8_t *image, uint32_t size, const struct elf_segment *s)
{
    if (s->offset > size || s->file_size > size - s->offset || s->memory_size < s->file_size || s->address < USER_BASE ||
        s->address > USER_SHARE || s->memory_size > USER_SHARE - s->address)
        return false;
    for (uint32_t done = 0; done < s->memory_size;) {
        uint32_t at = s->address + done, in_page = at % PAGE, n = PAGE - in_page;
        uint8_t *page = space_map(space, at - in_page, s->flags & MAY_WRITE);
        if (!page)
            return false;
        if (done < s->file_size)
            memcpy(page + in_page, image + s->offset + done, n < s->file_size - done ? n : s->file_size - done);
        done += n;
    }
    return true;
}

uint32_t elf_load(uint32_t *space, const void *image, uint32_t size)
{
    const struct elf_file *f = image;
    if (size < sizeof *f || memcmp(f->magic, "\177ELF", 4) != 0 || f->type != EXECUTABLE || f->machine != I386 ||
        f->segments_at > size || f->segments > (size - f->segments_at) / sizeof(struct elf_segment))
        return 0;
    const struct elf_segment *s = (const void *)((const uint8_t *)image + f->segments_at);
    for (unsigned i = 0; i < f->segments; i++)
        if (s[i].type == LOAD && !load(space, image, size, &s[i]))
            return 0;
    return f->entry;
}
