/* sandbox.h: after start-up the process keeps only the system calls it needs (seccomp).
 *
 * There are two kinds of threads. A vCPU or timer thread, which is what a hostile guest would have to subvert, can run the
 * guest, wait, allocate memory, write to files that are already open and end: it cannot open a file, start a program or a thread,
 * or reach the network. The main thread may also open files (load, log, trace save), start machine threads and talk to
 * the terminal; it has no network either, and no execve unless a lab must run the assembler. A denied call fails with EPERM. */
#ifndef TUI_SANDBOX_H
#define TUI_SANDBOX_H

#include <stdbool.h>

#include "vmm/error.h"

enum sandbox_kind { SANDBOX_VCPU, SANDBOX_MAIN, SANDBOX_MAIN_EXEC /* labs: assembler and editor */, SANDBOX_KINDS };

/* Compile the filters, before any machine is created. off: --no-sandbox; with_exec: the main thread will be
 * SANDBOX_MAIN_EXEC, else SANDBOX_MAIN. Negative errno when this kernel has no seccomp; the
 * caller says so and goes on without. Main thread. */
int sandbox_init(bool off, bool with_exec, struct vm_error *err);
/* Put the calling thread, and those it creates later, under the filter of a kind; for the main thread's also close the files, directories
 * and sockets that were inherited. No-op when off. Filters add up and cannot be taken back. */
int sandbox_enter(enum sandbox_kind kind, struct vm_error *err);
bool sandbox_on(void); /* sandbox_init() was called, and not with off */
/* One line for `vmlab engines` and --version: "on: vCPU threads 34 system calls, main thread 88" / "off: --no-sandbox". */
const char *sandbox_describe(void);

#endif
