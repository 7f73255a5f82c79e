/* panel.h: what the screen knows and shows of one vCPU. */
#ifndef TUI_SCREEN_PANEL_H
#define TUI_SCREEN_PANEL_H

#include <stdbool.h>
#include <stdint.h>

#include "canvas.h"
#include "console.h"
#include "meter.h"
#include "tui/session.h"
#include "vmm/vcpu.h"

struct view;

enum { VIEW_BYTES = 2048 };

struct panel {
    struct session *s;
    struct vcpu *v;
    unsigned index;             /* in session->vcpu[] */
    struct console_log *log;
    struct console *con;
    uint64_t begun, log_pos, lost; /* begun: where the run that is shown begins in the log */
    bool lagging;               /* the guest prints faster than a frame shows */
    int con_up;                 /* rows that the console window is scrolled up */
    int con_pieces;             /* rows it had to show when last drawn */

    struct vcpu_snapshot snap;
    struct cpu_state before;    /* what changed registers are compared with */
    uint64_t stops_seen, steps_seen, stepped_ms; /* when steps last grew */
    struct vcpu_break brk[4];
    struct account_view acct;
    struct meter total, reason[EXIT_REASONS];

    /* views on demand */
    const struct view *view;    /* NULL: the overview */
    bool cursor;                /* the keyboard is the guest's: its cursor is shown */
    uint64_t addr;              /* memory, walk: where */
    bool follow;                /* memory, stack, walk: stay at the register, trace: at the newest */
    int scroll;
    uint64_t scroll_seq;        /* trace: the last entry shown while not following */
    char filter[32];            /* trace */
    uint64_t code_top, code_entry; /* linear address of the first line of the code window, and of the guest's first instruction */
    struct { uint64_t at; size_t n; uint8_t now[VIEW_BYTES], was[VIEW_BYTES]; uint64_t stops; } mem; /* to mark changed bytes */
};

int panel_open(struct panel *p, struct session *s, unsigned index, int cols, int rows); /* 0 or -ENOMEM */
void panel_replaced(struct panel *p); /* session->vcpu[] has another vCPU in its place */
void panel_close(struct panel *p);

/* Fetch what the vCPU published. True if anything that can be seen changed. */
bool panel_update(struct panel *p, uint64_t now_ms, bool frozen);
/* Let the console read at most max bytes of what the guest printed. True if it did. */
bool panel_read_console(struct panel *p, size_t max);
/* Is there more to see soon without anybody waking us: rates that fall, slow motion, a guest that never exits? */
bool panel_lively(const struct panel *p);

enum panel_focus { PANEL_PLAIN, PANEL_FOCUS, PANEL_INPUT };
void panel_draw(struct panel *p, struct area a, enum panel_focus focus);
/* Scroll what the panel shows: its view, or the console. lines > 0: back, towards older things or lower addresses. */
void panel_scroll(struct panel *p, int lines);
void panel_scroll_console(struct panel *p, int lines);

/* "RUNNING"... with the status; the role and mark that go with it. */
struct state_word { char text[32]; enum role role; const char *mark; };
struct state_word panel_state(const struct panel *p, const struct glyphs *g);
void panel_where(const struct cpu_state *s, char *buf, size_t size); /* "0000:0012", "0008:80001000" */
const char *panel_engine(const struct panel *p);

/* The parts that the overview and the views are made of. */
void part_console(struct panel *p, struct area a, bool cursor);
int part_regs_rows(const struct panel *p, int w, bool all);
void part_regs(struct panel *p, struct area a);
void part_code(struct panel *p, struct area a);
int part_exits_rows(const struct panel *p);
void part_exits(struct panel *p, struct area a);
const char *part_place(struct panel *p, const struct account_place *pl, char *buf, size_t size); /* "io-out port 0x500 (hypercall)" */
void part_postmortem(struct panel *p, struct area a);
void part_rule(struct area a, int y, const char *label);
/* Text in words over several rows, from row y on; returns the row after it. */
int part_wrap(struct area a, int y, enum role role, const char *text);

#endif
