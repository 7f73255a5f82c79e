/* rtc.c: the MC146818 real-time clock and its CMOS RAM at ports 70h and 71h, IRQ8 (Motorola MC146818A data sheet).
 *
 * The clock is the host's UTC at creation or reset plus machine time, so it stops with the machine; a deterministic machine
 * starts at 2026-01-01 00:00:00. Periodic, alarm and update-ended interrupts are one timer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dev.h"
#include "vmm/machine.h"

enum { RTC_IRQ = 8, RAM = 128, DAY = 86400, UIP_NS = 244000, A_UIP = 0x80 };
enum { R_SEC, R_SEC_ALARM, R_MIN, R_MIN_ALARM, R_HOUR, R_HOUR_ALARM, R_WDAY, R_DAY, R_MONTH, R_YEAR, R_A, R_B, R_C, R_D, R_CENTURY = 0x32 };
enum { B_24H = 2, B_BINARY = 4, B_UIE = 0x10, B_AIE = 0x20, B_PIE = 0x40, B_SET = 0x80 };
enum { C_UF = 0x10, C_AF = 0x20, C_PF = 0x40, C_IRQF = 0x80 };
#define NS 1000000000ull

struct rtc {
    struct machine *m;
    struct machine_timer *timer;
    uint8_t ram[RAM], index;
    int64_t epoch;        /* seconds since 1970 at machine time 0 */
    uint64_t next_update, next_period; /* machine time */
    uint64_t noted;       /* machine time up to which register C tells what happened */
};

static int64_t seconds(const struct rtc *r, uint64_t now) { return r->epoch + (int64_t)(now / NS); }

static uint8_t encode(const struct rtc *r, int v)
{
    return (uint8_t)(r->ram[R_B] & B_BINARY ? v : v / 10 << 4 | v % 10);
}

static int decode(const struct rtc *r, uint8_t v)
{
    return r->ram[R_B] & B_BINARY ? v : (v >> 4) * 10 + (v & 15);
}

static uint8_t encode_hour(const struct rtc *r, int h)
{
    if (r->ram[R_B] & B_24H)
        return encode(r, h);
    return (uint8_t)(encode(r, h % 12 ? h % 12 : 12) | (h >= 12 ? 0x80 : 0));
}

static int decode_hour(const struct rtc *r, uint8_t v)
{
    if (r->ram[R_B] & B_24H)
        return decode(r, v);
    int h = decode(r, v & 0x7f) % 12;
    return v & 0x80 ? h + 12 : h;
}

/* Bring the time registers up to date. */
static void fill(struct rtc *r)
{
    if (r->ram[R_B] & B_SET)
        return;
    time_t t = (time_t)seconds(r, machine_now(r->m));
    struct tm tm;
    if (!gmtime_r(&t, &tm))
        return;
    r->ram[R_SEC] = encode(r, tm.tm_sec % 60);
    r->ram[R_MIN] = encode(r, tm.tm_min);
    r->ram[R_HOUR] = encode_hour(r, tm.tm_hour);
    r->ram[R_WDAY] = encode(r, tm.tm_wday + 1);
    r->ram[R_DAY] = encode(r, tm.tm_mday);
    r->ram[R_MONTH] = encode(r, tm.tm_mon + 1);
    int year = tm.tm_year + 1900 < 0 ? 0 : tm.tm_year + 1900; /* day and month 0 of the year 0 lie before it */
    r->ram[R_YEAR] = encode(r, year % 100);
    r->ram[R_CENTURY] = encode(r, year / 100);
}

/* The guest set the clock: registers to epoch. */
static void take(struct rtc *r)
{
    struct tm tm = {
        .tm_sec = decode(r, r->ram[R_SEC]), .tm_min = decode(r, r->ram[R_MIN]), .tm_hour = decode_hour(r, r->ram[R_HOUR]),
        .tm_mday = decode(r, r->ram[R_DAY]), .tm_mon = decode(r, r->ram[R_MONTH]) - 1,
        .tm_year = decode(r, r->ram[R_CENTURY]) * 100 + decode(r, r->ram[R_YEAR]) - 1900,
    };
    r->epoch = (int64_t)timegm(&tm) - (int64_t)(machine_now(r->m) / NS);
}

/* Periodic rate of register A (data sheet, table 5): 32768 Hz >> (rate - 1), rates 1 and 2 are 256 and 128 Hz. */
static uint64_t period(const struct rtc *r)
{
    unsigned rate = r->ram[R_A] & 15;
    if (!rate)
        return 0;
    if (rate < 3)
        rate += 7;
    return NS * (1ull << (rate - 1)) / 32768;
}

static void sum_up(struct rtc *r)
{
    if (r->ram[R_C] & r->ram[R_B] & (C_UF | C_AF | C_PF))
        r->ram[R_C] |= C_IRQF;
}

static void line(struct rtc *r)
{
    sum_up(r);
    machine_irq(r->m, RTC_IRQ, r->ram[R_C] & C_IRQF);
}

static void rearm(struct rtc *r)
{
    uint64_t now = machine_now(r->m), at = UINT64_MAX, p = period(r);
    if (r->ram[R_B] & B_PIE && p) {
        if (r->next_period <= now)
            r->next_period = (now / p + 1) * p;
        at = r->next_period;
    }
    if (r->ram[R_B] & (B_UIE | B_AIE) && !(r->ram[R_B] & B_SET)) {
        if (r->next_update <= now)
            r->next_update = (now / NS + 1) * NS;
        at = r->next_update < at ? r->next_update : at;
    }
    if (at == UINT64_MAX)
        machine_timer_disarm(r->timer);
    else
        machine_timer_arm(r->timer, at);
}

/* An alarm field of C0h and above matches everything. */
static bool matches(uint8_t alarm, uint8_t value) { return alarm >= 0xc0 || alarm == value; }

/* Did the alarm go off in one of the seconds (from, to] of machine time? A day holds all there are. */
static bool alarm_between(const struct rtc *r, uint64_t from, uint64_t to)
{
    for (uint64_t s = to - from > DAY ? to - DAY : from; s++ < to;) {
        int t = (int)((seconds(r, s * NS) % DAY + DAY) % DAY);
        if (matches(r->ram[R_SEC_ALARM], encode(r, t % 60)) && matches(r->ram[R_MIN_ALARM], encode(r, t / 60 % 60)) &&
            matches(r->ram[R_HOUR_ALARM], encode_hour(r, t / 3600)))
            return true;
    }
    return false;
}

/* The flags rise whether or not they may interrupt (data sheet, "Register C"): a driver may poll them. */
static void note(struct rtc *r)
{
    uint64_t now = machine_now(r->m), p = period(r);
    if (p && now / p > r->noted / p)
        r->ram[R_C] |= C_PF;
    if (!(r->ram[R_B] & B_SET) && now / NS > r->noted / NS) {
        r->ram[R_C] |= C_UF;
        if (alarm_between(r, r->noted / NS, now / NS))
            r->ram[R_C] |= C_AF;
    }
    r->noted = now;
}

static void tick(void *ctx)
{
    struct rtc *r = ctx;
    note(r);
    line(r);
    rearm(r);
}

static void write_reg(struct rtc *r, uint8_t v)
{
    unsigned i = r->index;
    note(r); /* by the settings until now */
    switch (i) {
    case R_A: r->ram[i] = v & 0x7f; break;
    case R_B:
        if (v & B_SET) {
            fill(r);
            v &= (uint8_t)~B_UIE; /* data sheet, "Register B": SET going high clears it */
        }
        if (r->ram[R_B] & B_SET && !(v & B_SET)) {
            r->ram[R_B] = v;
            take(r);
        }
        r->ram[R_B] = v;
        break;
    case R_C: case R_D: return;
    default:
        fill(r);
        r->ram[i] = v;
        if (i <= R_YEAR && i != R_SEC_ALARM && i != R_MIN_ALARM && i != R_HOUR_ALARM && !(r->ram[R_B] & B_SET))
            take(r);
        break;
    }
    rearm(r);
    line(r);
}

/* UIP warns 244 us before an update (data sheet, "Update cycle"), which itself takes no time here. */
static bool updating(const struct rtc *r)
{
    return !(r->ram[R_B] & B_SET) && machine_now(r->m) % NS >= NS - UIP_NS;
}

static uint8_t read_reg(struct rtc *r)
{
    uint8_t v;
    switch (r->index) {
    case R_A: return (uint8_t)(r->ram[R_A] | (updating(r) ? A_UIP : 0));
    case R_C:
        note(r);
        sum_up(r);
        v = r->ram[R_C];
        r->ram[R_C] = 0;
        line(r);
        return v;
    case R_D: return 0x80; /* the battery is fine */
    default:
        fill(r);
        return r->ram[r->index];
    }
}

static void port(void *owner, const struct bus_access *a, uint64_t *value)
{
    struct rtc *r = owner;
    if (a->offset == 0) {
        if (a->write)
            r->index = *value & 0x7f;
        else
            *value = 0xff; /* write-only */
    } else if (a->write) {
        write_reg(r, (uint8_t)*value);
    } else {
        *value = read_reg(r);
    }
}

/* Memory sizes as firmware notes them in CMOS: KiB above 1 MiB (30h), 64 KiB units above 16 MiB (34h). */
static void note_memory(struct rtc *r)
{
    uint64_t gpa, size, top = 0;
    for (unsigned i = 0; machine_region(r->m, i, &gpa, &size); i++)
        if (gpa + size > top)
            top = gpa + size;
    uint64_t base = top / 1024 > 640 ? 640 : top / 1024;
    uint64_t ext = top > 0x100000 ? (top - 0x100000) / 1024 : 0, high = top > 0x1000000 ? (top - 0x1000000) / 65536 : 0;
    ext = ext > 0xffff ? 0xffff : ext;
    high = high > 0xffff ? 0xffff : high;
    const uint64_t word[][2] = {{0x15, base}, {0x17, ext}, {0x30, ext}, {0x34, high}};
    for (unsigned i = 0; i < 4; i++) {
        r->ram[word[i][0]] = (uint8_t)word[i][1];
        r->ram[word[i][0] + 1] = (uint8_t)(word[i][1] >> 8);
    }
}

static void reset(void *self)
{
    struct rtc *r = self;
    memset(r->ram, 0, sizeof r->ram);
    r->index = 0;
    r->epoch = machine_config(r->m)->deterministic ? 1767225600 : (int64_t)time(NULL);
    r->ram[R_A] = 0x26; /* 32768 Hz base, 1024 Hz rate */
    r->ram[R_B] = B_24H;
    r->next_period = r->next_update = 0;
    r->noted = machine_now(r->m);
    note_memory(r);
    machine_timer_disarm(r->timer);
    machine_irq(r->m, RTC_IRQ, false);
}

static int wanted(const struct machine_config *c)
{
    (void)c;
    return 1;
}

static int create(struct machine *m, void **self, struct vm_error *err)
{
    struct rtc *r = calloc(1, sizeof *r);
    if (r)
        r->timer = machine_timer_new(m, tick, r);
    if (!r || !r->timer) {
        free(r);
        return err_set(err, ENOMEM, "creating the real-time clock: out of memory");
    }
    r->m = m;
    reset(r);
    int e = bus_add(machine_ports(m), &(struct bus_range){0x70, 2, "rtc", port, r, BUS_BYTES}, err);
    if (e < 0) {
        free(r);
        return e;
    }
    *self = r;
    return 0;
}

static size_t show(void *self, struct device_line *out, size_t max)
{
    struct rtc *r = self;
    time_t t = (time_t)seconds(r, machine_now(r->m));
    struct tm tm;
    char when[32] = "?";
    if (gmtime_r(&t, &tm))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
    size_t n = 0;
    n += dev_line(out, n, max, "time", "%s UTC", when);
    n += dev_line(out, n, max, "registers", "index %02Xh  A %02Xh  B %02Xh%s%s%s", r->index, r->ram[R_A], r->ram[R_B], r->ram[R_B] & B_PIE ? "  periodic" : "",
                  r->ram[R_B] & B_AIE ? "  alarm" : "", r->ram[R_B] & B_UIE ? "  update" : "");
    return n;
}

const struct device_ops dev_rtc = {
    .name = "rtc", .title = "MC146818 real-time clock", .wanted = wanted, .create = create, .destroy = free, .reset = reset, .show = show,
};
