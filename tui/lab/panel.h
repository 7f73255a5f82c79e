/* panel.h: the lab as text: the same lines for the screen's side panel and, printed, for a run without a screen. */
#ifndef TUI_LAB_PANEL_H
#define TUI_LAB_PANEL_H

#include "tui/lab/markdown.h"
#include "tui/lab/run.h"

/* What was done, the current step's text, what comes. Returns the line that the reader should begin at. */
int panel_text(const struct run *r, const struct md_sink *sink);
/* What is to be done now: the file to edit, the machine to open, the question, and what was said about it. */
void panel_now(const struct run *r, const struct md_sink *sink);
/* "step 2 of 4, 3 of 8 points". */
void panel_status(const struct run *r, char *out, size_t size);
/* Only the current step: heading, text, question. */
void panel_step(const struct run *r, const struct md_sink *sink);

#endif
