/* ticker.h: a thread that wakes the screen when a file of the lab was saved, and now and then while a job is under way.
 * The screen sleeps until somebody writes its wake-up descriptor; neither inotify nor a build does that. */
#ifndef TUI_LAB_TICKER_H
#define TUI_LAB_TICKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct ticker { pthread_t thread; bool started; int watch_fd, stop_fd, wake_fd; atomic_bool busy; };

/* watch_fd: inotify, or -1. Failing to start costs comfort only: `check` still works. */
void ticker_start(struct ticker *t, int watch_fd, int wake_fd);
void ticker_busy(struct ticker *t, bool busy); /* something is under way */
void ticker_stop(struct ticker *t);

#endif
