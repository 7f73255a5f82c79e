/* console_log.h: the bytes a guest printed, between its vCPU thread (writer, never waits) and the one reader (screen or
 * headless), with a bounded memory: a reader that falls behind by more than the ring loses the oldest bytes and is told
 * how many. A log file named by the person gets every byte. */
#ifndef TUI_CONSOLE_LOG_H
#define TUI_CONSOLE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/error.h"

struct console_log;
/* wake_fd: an eventfd written once when there is something new, then not before the reader has read; -1: none. */
struct console_log *console_log_new(int wake_fd);
void console_log_free(struct console_log *l);
void console_log_write(struct console_log *l, const void *bytes, size_t n); /* the vCPU thread */
/* Bytes after *pos (a count since the start); advances *pos; *lost is how many were overwritten before being read. */
size_t console_log_read(struct console_log *l, uint64_t *pos, void *buf, size_t max, uint64_t *lost);
uint64_t console_log_total(const struct console_log *l); /* bytes printed so far; any thread */
/* A new run begins: what was printed before is of no interest to checks and screen (a reader still gets it). The vCPU thread. */
void console_log_begin(struct console_log *l);
uint64_t console_log_begun(const struct console_log *l); /* where it begins, as console_log_read counts; any thread */
/* Copy of the last max bytes of this run at most, for checks and `console` commands. Any thread. */
size_t console_log_tail(struct console_log *l, void *buf, size_t max);
/* Headless: what is piped must be whole, so the guest waits for the reader when the ring is full. Switch it off before
 * stopping a machine, or its thread could wait for a reader that does not come. */
void console_log_lossless(struct console_log *l, bool on);
/* Append everything from now on to a file; NULL stops. A full disk becomes a notice, never a wait. */
int console_log_save(struct console_log *l, const char *path, struct vm_error *err);
/* Did a write to that file fail since the last call? Then nothing is saved after it, and the sentence says so. */
int console_log_check(struct console_log *l, struct vm_error *err);

#endif
