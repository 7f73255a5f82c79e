/* fuzz_console.c: any bytes from a guest. The first byte chooses what happens between writes. */
#include "fuzz.h"
#include "tui/screen/console.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct console *c = data[0] & 1 ? console_new(80, 25) : console_new(20, 4);
    if (!c)
        return 0;
    size_t piece = (size_t)(data[0] >> 4) * 16 + 1;
    for (size_t at = 1; at < size; at += piece) {
        console_write(c, data + at, size - at < piece ? size - at : piece);
        bool now = at % 64 < piece; /* a look at all cells costs more than what is written */
        if (data[0] & 2 && now) {
            int x, y;
            console_cell(c, 0, 0);
            console_used(c);
            console_cursor(c, &x, &y, NULL);
        }
        if (data[0] & 4)
            console_scroll(c, (int)(at % 5) - 2);
        if (data[0] & 8 && now)
            console_reset(c);
    }
    console_live(c);
    console_cell(c, 0, 0);
    console_free(c);
    return 0;
}
