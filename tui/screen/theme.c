/* theme.c: the themes, and the three sets of glyphs. */
#include "theme.h"

#include <string.h>

#define B ATTR_BOLD
#define R ATTR_REVERSE
#define U ATTR_UNDER
#define D ATTR_DIM

/* Every state that a person must not miss is bold or reverse and has its own mark and word: with no colour at all
 * ("mono") nothing is lost. */
static const struct theme table[] = {
    { "dark", "calm colours for a dark terminal (the default)", {
        [ROLE_TEXT] = { -1, -1, 0 }, [ROLE_DIM] = { 8, -1, 0 }, [ROLE_LABEL] = { 6, -1, 0 }, [ROLE_BORDER] = { 8, -1, 0 },
        [ROLE_TITLE] = { 7, -1, B }, [ROLE_TITLE_FOCUS] = { 15, 4, B }, [ROLE_TITLE_INPUT] = { 0, 2, B },
        [ROLE_RUNNING] = { 10, -1, B }, [ROLE_PAUSED] = { 0, 3, B }, [ROLE_HALTED] = { 14, -1, B },
        [ROLE_EXITED] = { 12, -1, B }, [ROLE_FAILED] = { 15, 1, B }, [ROLE_CREATED] = { 7, -1, B },
        [ROLE_CHANGED] = { 11, -1, B | U }, [ROLE_CURRENT] = { 15, 4, B }, [ROLE_BREAK] = { 9, -1, B },
        [ROLE_COUNT] = { 15, -1, 0 }, [ROLE_SPARK] = { 2, -1, 0 },
        [ROLE_HEAD] = { 0, 6, 0 }, [ROLE_PROMPT] = { 10, -1, B }, [ROLE_INPUT] = { -1, -1, 0 },
        [ROLE_ERROR] = { 9, -1, B }, [ROLE_GOOD] = { 10, -1, 0 }, [ROLE_KEY] = { 15, -1, B }, [ROLE_KEYNAME] = { 0, 6, 0 },
        [ROLE_SELECT] = { 0, 7, 0 } } },
    { "light", "dark text for a white terminal or a bright room", {
        [ROLE_TEXT] = { 0, -1, 0 }, [ROLE_DIM] = { 8, -1, 0 }, [ROLE_LABEL] = { 4, -1, 0 }, [ROLE_BORDER] = { 8, -1, 0 },
        [ROLE_TITLE] = { 0, -1, B }, [ROLE_TITLE_FOCUS] = { 15, 4, B }, [ROLE_TITLE_INPUT] = { 15, 2, B },
        [ROLE_RUNNING] = { 2, -1, B }, [ROLE_PAUSED] = { 0, 3, B }, [ROLE_HALTED] = { 4, -1, B },
        [ROLE_EXITED] = { 4, -1, B }, [ROLE_FAILED] = { 15, 1, B }, [ROLE_CREATED] = { 0, -1, B },
        [ROLE_CHANGED] = { 1, -1, B | U }, [ROLE_CURRENT] = { 15, 4, B }, [ROLE_BREAK] = { 1, -1, B },
        [ROLE_COUNT] = { 0, -1, 0 }, [ROLE_SPARK] = { 2, -1, 0 },
        [ROLE_HEAD] = { 15, 6, B }, [ROLE_PROMPT] = { 4, -1, B }, [ROLE_INPUT] = { 0, -1, 0 },
        [ROLE_ERROR] = { 1, -1, B }, [ROLE_GOOD] = { 2, -1, 0 }, [ROLE_KEY] = { 0, -1, B }, [ROLE_KEYNAME] = { 15, 4, 0 },
        [ROLE_SELECT] = { 15, 0, 0 } } },
    { "blue", "white on blue, for a projector", {
        [ROLE_TEXT] = { 15, 4, 0 }, [ROLE_DIM] = { 7, 4, 0 }, [ROLE_LABEL] = { 14, 4, 0 }, [ROLE_BORDER] = { 7, 4, 0 },
        [ROLE_TITLE] = { 15, 4, B }, [ROLE_TITLE_FOCUS] = { 0, 6, B }, [ROLE_TITLE_INPUT] = { 0, 2, B },
        [ROLE_RUNNING] = { 10, 4, B }, [ROLE_PAUSED] = { 0, 3, B }, [ROLE_HALTED] = { 14, 4, B },
        [ROLE_EXITED] = { 15, 4, B }, [ROLE_FAILED] = { 15, 1, B }, [ROLE_CREATED] = { 15, 4, B },
        [ROLE_CHANGED] = { 11, 4, B | U }, [ROLE_CURRENT] = { 0, 6, B }, [ROLE_BREAK] = { 13, 4, B },
        [ROLE_COUNT] = { 15, 4, B }, [ROLE_SPARK] = { 10, 4, 0 },
        [ROLE_HEAD] = { 0, 6, 0 }, [ROLE_PROMPT] = { 11, 4, B }, [ROLE_INPUT] = { 15, 4, 0 },
        [ROLE_ERROR] = { 11, 1, B }, [ROLE_GOOD] = { 10, 4, 0 }, [ROLE_KEY] = { 15, 4, B }, [ROLE_KEYNAME] = { 0, 6, 0 },
        [ROLE_SELECT] = { 0, 7, 0 } } },
    { "mono", "no colours: bold, underline and reverse only", {
        [ROLE_TEXT] = { -1, -1, 0 }, [ROLE_DIM] = { -1, -1, 0 }, [ROLE_LABEL] = { -1, -1, 0 }, [ROLE_BORDER] = { -1, -1, 0 },
        [ROLE_TITLE] = { -1, -1, B }, [ROLE_TITLE_FOCUS] = { -1, -1, R | B }, [ROLE_TITLE_INPUT] = { -1, -1, R | B },
        [ROLE_RUNNING] = { -1, -1, B }, [ROLE_PAUSED] = { -1, -1, R | B }, [ROLE_HALTED] = { -1, -1, B },
        [ROLE_EXITED] = { -1, -1, B }, [ROLE_FAILED] = { -1, -1, R | B }, [ROLE_CREATED] = { -1, -1, 0 },
        [ROLE_CHANGED] = { -1, -1, B | U }, [ROLE_CURRENT] = { -1, -1, R }, [ROLE_BREAK] = { -1, -1, B },
        [ROLE_COUNT] = { -1, -1, 0 }, [ROLE_SPARK] = { -1, -1, 0 },
        [ROLE_HEAD] = { -1, -1, R }, [ROLE_PROMPT] = { -1, -1, B }, [ROLE_INPUT] = { -1, -1, 0 },
        [ROLE_ERROR] = { -1, -1, B }, [ROLE_GOOD] = { -1, -1, 0 }, [ROLE_KEY] = { -1, -1, B }, [ROLE_KEYNAME] = { -1, -1, R },
        [ROLE_SELECT] = { -1, -1, R } } },
};
enum { THEMES = sizeof table / sizeof *table };

const struct theme *theme_at(size_t i) { return i < THEMES ? &table[i] : NULL; }

const struct theme *theme_find(const char *name)
{
    for (size_t i = 0; i < THEMES; i++)
        if (!strcmp(table[i].name, name))
            return &table[i];
    return NULL;
}

const struct theme *theme_mono(void) { return &table[THEMES - 1]; }

const struct glyphs glyphs_utf8 = {
    "─", "│", "┌", "┐", "└", "┘", "►", "║", "~", "■", "!", "►", "●", "◄", "↓", "…", "·", "↑", "↓",
    { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" },
    { [5] = "┘", [6] = "└", [7] = "┴", [9] = "┐", [10] = "┌", [11] = "┬", [13] = "┤", [14] = "├", [15] = "┼" },
};
/* The Linux console's fonts have the 256 or 512 glyphs of the PC's code page and little more. */
const struct glyphs glyphs_linux = {
    "─", "│", "┌", "┐", "└", "┘", "►", "║", "~", "■", "!", "►", "*", "◄", "↓", "~", "·", "↑", "↓",
    { "_", ".", "-", "-", "=", "▄", "▄", "█" },
    { [5] = "┘", [6] = "└", [7] = "┴", [9] = "┐", [10] = "┌", [11] = "┬", [13] = "┤", [14] = "├", [15] = "┼" },
};
const struct glyphs glyphs_ascii = {
    "-", "|", "+", "+", "+", "+", ">", "=", "~", "#", "!", ">", "*", "<", "v", "~", ".", "^", "v",
    { "_", ".", "-", ":", "=", "+", "*", "#" },
    { [5] = "+", [6] = "+", [7] = "+", [9] = "+", [10] = "+", [11] = "+", [13] = "+", [14] = "+", [15] = "+" },
};
