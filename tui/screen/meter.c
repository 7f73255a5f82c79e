/* meter.c: rates, sparklines, short numbers. */
#include "meter.h"

#include <stdio.h>
#include <string.h>

void meter_reset(struct meter *m) { memset(m, 0, sizeof *m); }

bool meter_add(struct meter *m, uint64_t count, uint64_t now_ms)
{
    if (!m->begun || count < m->last) {
        meter_reset(m);
        *m = (struct meter){ .last = count, .at_ms = now_ms, .begun = true };
        return true;
    }
    uint64_t ms = now_ms - m->at_ms;
    if (ms < METER_PERIOD_MS)
        return false;
    m->rate = (double)(count - m->last) * 1000.0 / (double)ms;
    m->history[m->next] = m->rate;
    m->next = (m->next + 1) % METER_HISTORY;
    if (m->filled < METER_HISTORY)
        m->filled++;
    m->last = count;
    m->at_ms = now_ms;
    return true;
}

static double recent(const struct meter *m, size_t back)
{
    return back < m->filled ? m->history[(m->next + METER_HISTORY - 1 - back) % METER_HISTORY] : 0;
}

bool meter_quiet(const struct meter *m, size_t cols)
{
    for (size_t i = 0; i < cols && i < METER_HISTORY; i++)
        if (recent(m, i) > 0)
            return false;
    return !(m->rate > 0);
}

void meter_spark(const struct meter *m, const struct glyphs *g, size_t cols, char *out, size_t size)
{
    double max = 0;
    size_t n = 0;
    if (cols > METER_HISTORY)
        cols = METER_HISTORY;
    for (size_t i = 0; i < cols; i++)
        if (recent(m, i) > max)
            max = recent(m, i);
    out[0] = '\0';
    for (size_t i = cols; i-- > 0;) {
        double v = recent(m, i);
        size_t level = v <= 0 ? 0 : (size_t)(v / max * 7.0 + 0.5);
        const char *s = v <= 0 ? " " : g->spark[level > 7 ? 7 : level];
        size_t len = strlen(s);
        if (n + len >= size)
            return;
        memcpy(out + n, s, len + 1);
        n += len;
    }
}

const char *si_number(double v, char *buf, size_t size)
{
    static const char unit[] = { 0, 'k', 'M', 'G', 'T', 'P' };
    unsigned u = 0;
    if (v < 999.5) {
        snprintf(buf, size, v > 0 && v < 9.95 && v != (double)(int)v ? "%.1f" : "%.0f", v);
        return buf;
    }
    while (v >= 999.5 && u < sizeof unit - 1) {
        v /= 1000;
        u++;
    }
    snprintf(buf, size, v < 9.995 ? "%.2f%c" : v < 99.95 ? "%.1f%c" : "%.0f%c", v, unit[u]);
    return buf;
}
