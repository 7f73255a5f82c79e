/* screen.c: the main loop of the full-screen front end: one thread, one poll. It never waits for a guest. */
#include "screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bar.h"
#include "rescue.h"
#include "term.h"
#include "tui/options.h"
#include "tui/script.h"
#include "ui.h"
#include "view.h"

enum { TICK_MS = 100, SAMPLE_MS = 200, BACKLOG_MS = 50, SLOW_MOTION_MS = 2000 };

/* --- the bar's side ------------------------------------------------------------------------------------------------------- */

static void got_line(void *self, const char *line)
{
    struct ui *u = self;
    if (!line) {
        ui_quit(u);
    } else if (line[strspn(line, " \t")]) {
        bool again = strlen(line) < sizeof u->again && command_repeats(line);
        ui_command(u, line);
        snprintf(u->again, sizeof u->again, "%s", again ? line : "");
    }
}

static size_t complete(void *self, const char *line, size_t point, void (*add)(void *ctx, const char *word), void *ctx)
{
    return command_complete(((struct ui *)self)->s, line, point, add, ctx);
}

static void show_matches(void *self, char **words, size_t n)
{
    struct ui *u = self;
    while (u->matches)
        free(u->match[--u->matches]);
    for (size_t i = 0; i < n && u->matches < UI_MATCHES; i++)
        if ((u->match[u->matches] = strdup(words[i])))
            u->matches++;
}

static void trouble(void *self, const char *sentence)
{
    struct ui *u = self;
    if (text_width(sentence, strlen(sentence)) > u->cv.cols)
        pager_show(&u->output, "error", sentence, true);
    else
        ui_say(u, ROLE_ERROR, "%s", sentence);
}

/* --- opening and closing ---------------------------------------------------------------------------------------------------- */

static bool resize(struct ui *u)
{
    int cols, rows;
    term_size(&cols, &rows);
    bar_size(rows, cols);
    u->repaint = u->dirty = true;
    if (cols == u->cv.cols && rows == u->cv.rows)
        return true;
    return canvas_resize(&u->cv, cols, rows) == 0;
}

static const struct theme *choose_theme(const struct options *o, struct vm_error *err)
{
    const struct theme *t = o->theme ? theme_find(o->theme) : theme_at(0);
    if (!t)
        err_set(err, EINVAL, "There is no theme '%.40s': dark, light, blue or mono.", o->theme);
    return t;
}

static int open_panels(struct ui *u, struct vm_error *err)
{
    const struct options *o = u->s->opt;
    for (; u->panels < u->s->vcpus; u->panels++) {
        if (panel_open(&u->panel[u->panels], u->s, u->panels, (int)o->cols, (int)o->rows))
            return err_set(err, ENOMEM, "No memory for the console of guest %u.", u->panels);
        u->panel[u->panels].view = view_at(0);
    }
    return 0;
}

static void close_ui(struct ui *u)
{
    bar_close();
    term_close();
    while (u->panels)
        panel_close(&u->panel[--u->panels]);
    while (u->matches)
        free(u->match[--u->matches]);
    for (unsigned i = 0; i < SESSION_VCPUS; i++)
        backlog_drop(&u->backlog[i]);
    pager_close(&u->output);
    pager_close(&u->page);
    canvas_free(&u->cv);
    free(u->text.bytes);
    free(u->stray.bytes);
    u->s->ui = NULL;
    u->s->ui_self = NULL;
    free(u);
}

static struct ui *open_ui(struct session *s, struct vm_error *err)
{
    const struct options *o = s->opt;
    const struct theme *theme = choose_theme(o, err);
    struct ui *u = theme ? calloc(1, sizeof *u) : NULL;
    if (!u) {
        if (theme)
            err_set(err, ENOMEM, "No memory for the screen.");
        return NULL;
    }
    u->s = s;
    u->frozen = o->test_clock;
    u->click_panel = -1;
    u->out = (struct out){ .write = ui_collect, .self = u };
    u->cv.theme = theme;
    ui_say(u, ROLE_DIM, "F1 explains the screen. Type a command; Tab completes it; quit leaves.");
    const struct bar_ops ops = { u, got_line, complete, show_matches, trouble };
    bar_open(&ops);
    if (open_panels(u, err) || term_open(&(struct term_config){ .ascii = o->ascii, .mouse = o->mouse }, err)) {
        close_ui(u);
        return NULL;
    }
    if (!term_colours())
        u->cv.theme = theme_mono();
    u->cv.glyphs = term_glyphs(&u->cv.ascii);
    s->ui = &screen_ui_ops;
    s->ui_self = u;
    if (!resize(u)) {
        err_set(err, ENOMEM, "No memory for the screen.");
        close_ui(u);
        return NULL;
    }
    return u;
}

/* --- the loop ------------------------------------------------------------------------------------------------------------------ */

/* By a signal, or because the terminal is gone, which is as if SIGHUP had come first. */
static void end_by(struct ui *u, int sig)
{
    u->s->quit = true;
    u->s->quit_status = 128 + sig;
    term_ending();
}

static void on_key(void *self, const struct key_event *e) { ui_key(self, e); }

static void read_keys(struct ui *u)
{
    char buf[4096];
    ssize_t n = read(term_fd(), buf, sizeof buf);
    if (n > 0)
        keys_feed(&u->keys, buf, (size_t)n, ui_now_ms(), on_key, u);
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        end_by(u, SIGHUP);
}

static void read_stray(struct ui *u)
{
    char buf[1024];
    size_t n = term_stray(buf, sizeof buf);
    if (n) {
        text_add(&u->stray, buf, n);
        buf[strcspn(buf, "\n")] = '\0';
        ui_say(u, ROLE_DIM, "printed by a library: %s", buf);
    }
}

static int handle_signals(struct ui *u)
{
    int sig = 0;
    unsigned what = term_signals(&sig);
    if (what & TERM_END)
        end_by(u, sig);
    if (what & TERM_STOP)
        term_suspend(false);
    else if (what & TERM_CONTINUED)
        term_continued();
    if (what & (TERM_RESIZED | TERM_STOP | TERM_CONTINUED)) {
        term_resized();
        if (!resize(u))
            return -ENOMEM;
    }
    return 0;
}

/* Milliseconds until something must be looked at without a wake-up; -1: nothing. */
static int patience(struct ui *u, uint64_t now)
{
    int t = -1;
    int wait[] = { keys_timeout(&u->keys, now, on_key, u), script_wait_ms(u->s), -1, -1 };
    for (unsigned i = 0; i < u->panels; i++) {
        if (panel_lively(&u->panel[i]) && !u->frozen)
            wait[2] = now - u->panel[i].stepped_ms < SLOW_MOTION_MS ? UI_FRAME_MS : TICK_MS;
        if (u->panel[i].lagging && !u->panel[i].con_up && !console_scrolled(u->panel[i].con))
            wait[2] = UI_FRAME_MS;
        if (u->backlog[i].n)
            wait[3] = BACKLOG_MS;
    }
    for (size_t i = 0; i < sizeof wait / sizeof *wait; i++)
        if (wait[i] >= 0 && (t < 0 || wait[i] < t))
            t = wait[i];
    return t;
}

/* A guest that never exits shows nothing unless it is asked. */
static void sample(struct ui *u, uint64_t now)
{
    if (now - u->sample_ms < SAMPLE_MS)
        return;
    u->sample_ms = now;
    for (unsigned i = 0; i < u->panels; i++)
        if (u->panel_at[i].h > 0 && u->panel[i].snap.state == VCPU_RUNNING)
            vcpu_sample(u->panel[i].v);
}

/* Asked once a frame, painted or not: a lab looks at its machine then. */
static bool side_changed(struct ui *u)
{
    const struct side_panel *p = u->s->side;
    uint64_t before = u->side_polled;
    return p && (u->side_polled = p->version(p->self)) != before;
}

static void frame(struct ui *u, uint64_t now)
{
    bool changed = ui_update(u, false);
    u->frame_ms = now;
    sample(u, now);
    if (side_changed(u))
        changed = true;
    if (!changed && !u->dirty)
        return;
    u->dirty = false;
    ui_draw(u);
    term_paint(&u->cv, u->repaint);
    u->repaint = false;
}

static int loop(struct ui *u)
{
    struct session *s = u->s;
    while (!s->quit) {
        uint64_t now = ui_now_ms();
        if (script_active(s))
            ui_script(u);
        ui_flush(u);
        bool due = now - u->frame_ms >= UI_FRAME_MS;
        if (due)
            frame(u, now);
        if (s->quit)
            break;
        int t = patience(u, now), rest = due ? -1 : (int)(UI_FRAME_MS - (now - u->frame_ms));
        if (!due && (t < 0 || rest < t))
            t = rest;
        if (due && u->dirty) /* something said it must be seen while we painted */
            t = UI_FRAME_MS;
        /* Between frames guests do not wake us: what they did is fetched with the next one. */
        struct pollfd fd[] = { { .fd = term_fd(), .events = POLLIN }, { .fd = term_signal_fd(), .events = POLLIN },
                               { .fd = term_stray_fd(), .events = POLLIN }, { .fd = due ? s->wake_fd : -1, .events = POLLIN } };
        if (poll(fd, 4, t) < 0 && errno != EINTR)
            return -errno;
        if (fd[1].revents && handle_signals(u))
            return -ENOMEM;
        if (fd[2].revents)
            read_stray(u);
        if (fd[0].revents)
            read_keys(u);
        eventfd_t count;
        if (fd[3].revents && eventfd_read(s->wake_fd, &count) < 0 && errno != EAGAIN)
            return -errno;
    }
    return 0;
}

int screen_run(struct session *s)
{
    struct vm_error err = { 0 };
    rescue_guard(true);
    struct ui *u = open_ui(s, &err);
    if (!u)
        rescue_guard(false);
    if (!u) {
        fprintf(stderr, "vmlab: %s\n", err.text);
        return 1;
    }
    u->dirty = true;
    int rc = loop(u);
    close_ui(u);
    rescue_guard(false);
    if (rc < 0) {
        fprintf(stderr, "vmlab: the screen stopped: %s.\n", strerror(-rc));
        return 1;
    }
    return s->quit_status;
}
