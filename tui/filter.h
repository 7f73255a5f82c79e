/* filter.h: an allow-list of system calls as a classic BPF program for seccomp(2). Any other call fails with EPERM. */
#ifndef TUI_FILTER_H
#define TUI_FILTER_H

#include <linux/filter.h>
#include <stdint.h>

enum { FILTER_CALLS = 256, FILTER_INSNS = 1536 };

/* The low half of argument `arg`, masked, must have this value. */
struct filter_if { unsigned arg; uint32_t mask, value; };

struct filter { struct sock_filter insn[FILTER_INSNS]; unsigned insns, calls; int list[FILTER_CALLS]; };

void filter_begin(struct filter *f);
void filter_allow_if(struct filter *f, int call, const struct filter_if *conditions, unsigned n); /* before filter_allow(); all must hold */
/* Fails with `error`, where the C library looks for another way then; before filter_allow(). */
void filter_refuse(struct filter *f, int call, int error);
void filter_allow(struct filter *f, const short *calls, unsigned n);
void filter_end(struct filter *f);

#endif
