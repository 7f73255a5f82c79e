/* dump.c: the screen's cells as a text, or as an SVG picture for documents. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/storage.h"
#include "ui.h"

static int finish(FILE *f, const char *path, struct vm_error *err)
{
    bool bad = ferror(f);
    if (fclose(f) || bad)
        return storage_error(err, errno ? errno : EIO, "the whole picture", path);
    return 0;
}

int dump_text(const struct canvas *cv, const char *path, struct vm_error *err)
{
    char *text = canvas_text(cv);
    FILE *f = text ? storage_create(path) : NULL;
    if (!f) {
        int e = text ? errno : ENOMEM;
        free(text);
        return storage_error(err, e, "the picture", path);
    }
    fputs(text, f);
    free(text);
    return finish(f, path, err);
}

/* The sixteen colours as a readable dark terminal shows them. */
static const char *const palette[16] = { "#1d2021", "#e05a4e", "#7fb35a", "#d9a441", "#4a86c8", "#b07cc6", "#4fb3bf", "#d5d5d0",
                                         "#7c7f80", "#ff7b6b", "#a3d977", "#ffd166", "#7db3f0", "#d5a6e6", "#7fdbe6", "#ffffff" };
enum { CELL_W = 8, CELL_H = 17, FONT = 14, PAD = 10 };

static void colours(const struct style *st, const char **fg, const char **bg)
{
    const char *f = st->fg < 0 ? "#d5d5d0" : palette[st->fg], *b = st->bg < 0 ? "#16191c" : palette[st->bg];
    bool swap = st->attr & ATTR_REVERSE;
    *fg = swap ? b : f;
    *bg = swap ? f : b;
}

static bool alike(const struct cell *a, const struct cell *b) { return !memcmp(&a->st, &b->st, sizeof a->st); }

static void run_of_cells(FILE *f, const struct cell *c, int n, int x, int y)
{
    const char *fg, *bg;
    bool blank = true;
    colours(&c->st, &fg, &bg);
    for (int i = 0; i < n; i++)
        blank = blank && c[i].ch == ' ';
    if (strcmp(bg, "#16191c"))
        fprintf(f, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", PAD + x * CELL_W, PAD + y * CELL_H, n * CELL_W, CELL_H, bg);
    if (blank && !(c->st.attr & ATTR_UNDER))
        return;
    fprintf(f, "<text x=\"%d\" y=\"%d\" textLength=\"%d\" fill=\"%s\"%s%s>", PAD + x * CELL_W, PAD + y * CELL_H + FONT - 1, n * CELL_W, fg,
            c->st.attr & ATTR_BOLD ? " font-weight=\"bold\"" : "", c->st.attr & ATTR_UNDER ? " text-decoration=\"underline\"" : "");
    for (int i = 0; i < n; i++) {
        char u[5];
        if (!c[i].ch)
            continue;
        text_encode(c[i].ch, u);
        fputs(c[i].ch == '<' ? "&lt;" : c[i].ch == '>' ? "&gt;" : c[i].ch == '&' ? "&amp;" : u, f);
    }
    fputs("</text>\n", f);
}

int dump_svg(const struct canvas *cv, const char *path, struct vm_error *err)
{
    FILE *f = storage_create(path);
    if (!f)
        return storage_error(err, errno, "the picture", path);
    int w = cv->cols * CELL_W + 2 * PAD, h = cv->rows * CELL_H + 2 * PAD;
    fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" xml:space=\"preserve\" "
               "font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"%d\">\n"
               "<rect width=\"%d\" height=\"%d\" rx=\"8\" fill=\"#16191c\"/>\n", w, h, w, h, FONT - 1, w, h);
    for (int y = 0; y < cv->rows; y++) {
        const struct cell *row = cv->cell + (size_t)y * (size_t)cv->cols;
        for (int x = 0, n; x < cv->cols; x += n) {
            for (n = 1; x + n < cv->cols && alike(&row[x], &row[x + n]); n++)
                ;
            run_of_cells(f, row + x, n, x, y);
        }
    }
    if (cv->cursor_x >= 0)
        fprintf(f, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#d5d5d0\" opacity=\"0.7\"/>\n", PAD + cv->cursor_x * CELL_W,
                PAD + cv->cursor_y * CELL_H, CELL_W, CELL_H);
    fputs("</svg>\n", f);
    return finish(f, path, err);
}
