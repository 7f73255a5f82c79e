/* meter.h: counts become rates and a sparkline. */
#ifndef TUI_SCREEN_METER_H
#define TUI_SCREEN_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "theme.h"

enum { METER_HISTORY = 60, METER_PERIOD_MS = 500 };

struct meter {
    uint64_t last, at_ms;
    bool begun;
    double rate;                   /* per second, over the last period */
    double history[METER_HISTORY]; /* a ring, oldest at next */
    unsigned next, filled;
};

void meter_reset(struct meter *m);
/* A count read at now_ms; true when a period ended and rate and history changed. A count that went down is a reset. */
bool meter_add(struct meter *m, uint64_t count, uint64_t now_ms);
/* Nothing to see: the rate is 0 and so is all that a sparkline of cols columns shows. */
bool meter_quiet(const struct meter *m, size_t cols);
/* The last cols periods as a sparkline, newest right, scaled to the largest shown; blank where there was nothing. */
void meter_spark(const struct meter *m, const struct glyphs *g, size_t cols, char *out, size_t size);

/* "0", "999", "12.3k", "4.50M", "1.2G": at most 5 columns. */
const char *si_number(double v, char *buf, size_t size);

#endif
