/* fuzz_lab.c: any bytes as lab.lua and lab.md. The input is cut at its first zero byte. No crash, no hang, no leak; whatever is
 * wrong is told. */
#include <string.h>

#include "fuzz.h"
#include "tui/lab/luabox.h"
#include "tui/lab/markdown.h"

/* The screen's function without the screen: a column a character. */
int side_width(const char *text, size_t bytes)
{
    int w = 0;
    for (size_t i = 0; i < bytes; i++)
        w += ((unsigned char)text[i] & 0xc0) != 0x80;
    return w;
}

static void part(void *self, enum side_style style, const char *text) { (void)self, (void)style, (void)text; }
static void end(void *self) { (void)self; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const uint8_t *zero = memchr(data, 0, n);
    size_t lua = zero ? (size_t)(zero - data) : n / 2, md = zero ? lua + 1 : lua;
    struct vm_error err;
    struct luabox *box;
    struct markdown *m;
    if (luabox_new(&box, &err) == 0) {
        luabox_load(box, (const char *)data, lua, "lab.lua", &err);
        luabox_free(box);
    }
    if (markdown_parse(&m, (const char *)data + md, n - md, &err) == 0) {
        for (int cols = 1; cols < 90; cols += 22) {
            struct md_sink sink = { NULL, cols, 0, part, end };
            for (int s = -1; s < (int)markdown_sections(m); s++)
                markdown_render(m, s, &sink);
        }
        markdown_free(m);
    }
    return 0;
}
