/* api.h: what a lab's functions see of a machine: read only, and only while the function runs. */
#ifndef TUI_LAB_API_H
#define TUI_LAB_API_H

#include "tui/lab/events.h"
#include "tui/lab/luabox.h"

struct lab_view {
    struct session *s;
    const struct lab_events *events; /* NULL: a fresh machine, nobody typed into it */
    bool timed_out;
    const char *source;              /* the text of the student's file, NULL: no file is checked */
};

/* Once per Lua state. */
int api_open(struct luabox *sb, struct vm_error *err);

/* Call the function fn (a registry reference) with the machine, and text after it if not NULL. */
struct api_result {
    bool truth;           /* it returned neither nil nor false */
    bool number;          /* it returned a number: value */
    int64_t value;
    char text[512];       /* the text it returned, as first result or after false */
};
int api_call(struct luabox *sb, int fn, const struct lab_view *view, const char *text, struct api_result *out, struct vm_error *err);

#endif
