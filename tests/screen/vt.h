/* vt.h: a program in a pseudo-terminal, and what it shows, cell by cell (libvterm is the terminal). Nothing sleeps: every
 * wait polls for what is wanted, with a deadline that only a failure reaches. */
#ifndef TESTS_SCREEN_VT_H
#define TESTS_SCREEN_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>
#include <vterm.h>

enum { VT_SECONDS = 20 }; /* $TEST_SECONDS, if that is set */

struct vt {
    int master, slave;      /* slave stays open here: the terminal outlives the program */
    int pid, status;        /* status: of waitpid, once gone */
    bool gone, alternate, cursor;
    int cols, rows;
    struct termios before;
    char escape[16];        /* the private mode sequence (ESC [ ? ...) that is being received, and its length */
    int nescape;
    unsigned modes;         /* which of the modes that vmlab uses are on: bit i is vt.c's modes[i] */
    VTerm *vterm;
    VTermScreen *screen;
    size_t bytes;           /* received so far */
};

/* argv[0] is looked up in PATH; env: "NAME=value" on top of a clean environment (TERM=xterm-256color, C.UTF-8). */
struct vt *vt_start(int cols, int rows, const char *const *env, const char *const *argv);
/* Kills what still runs. */
void vt_free(struct vt *v);

void vt_send(struct vt *v, const char *bytes);
/* Close our side, as a terminal's window that is closed; nothing can be asked of the screen any more. */
void vt_hang_up(struct vt *v);
/* Processes of the program's session (what it started included) that still live; those that are dead but not reaped do not count. */
unsigned vt_left(struct vt *v);
void vt_resize(struct vt *v, int cols, int rows);
/* Take in what the program writes for up to ms; false when nothing came. */
bool vt_pump(struct vt *v, int ms);

/* Wait for a text (in one row) to be on the screen, or to be gone, or for the program to end. False after the deadline. */
bool vt_wait(struct vt *v, const char *text);
bool vt_wait_gone(struct vt *v, const char *text);
bool vt_wait_row(struct vt *v, int row, const char *text);
bool vt_wait_exit(struct vt *v);
bool vt_gone(struct vt *v);     /* has it ended by now? */
bool vt_wait_alternate(struct vt *v, bool on);

/* Where a text is: true and its cell. */
bool vt_find(struct vt *v, const char *text, int *x, int *y);
/* The rectangle's text, rows joined by newlines; static buffer. h = 1: a row. */
const char *vt_text(struct vt *v, int x, int y, int w, int h);
VTermScreenCell vt_cell(struct vt *v, int x, int y);
/* Is any cell coloured (not the terminal's own colours)? */
bool vt_any_colour(struct vt *v);
/* Is the terminal as it was before the program started: its settings, the main screen, a cursor, no mouse, no bracketed paste? */
bool vt_restored(struct vt *v);
/* Print the whole screen to stderr: when a test fails. */
void vt_show(struct vt *v);

#endif
