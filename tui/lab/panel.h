/* panel.h: the lab as text: the same lines for the screen's side panel and, printed, for a run without a screen. */
#ifndef TUI_LAB_PANEL_H
#define TUI_LAB_PANEL_H

#include "tui/lab/markdown.h"
#include "tui/lab/run.h"

/* Lines before which the current task begins and at which the newest message stands. */
struct panel_marks { int task, newest; };
/* Title, what was done, the current step in full, what comes. marks may be NULL. */
void panel_render(const struct run *r, const struct md_sink *sink, struct panel_marks *marks);
/* Only the current step: heading, text, question. */
void panel_step(const struct run *r, const struct md_sink *sink);

#endif
