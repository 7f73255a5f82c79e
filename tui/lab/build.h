/* build.h: assemble and link one source of a student, in child processes with limits, without ever blocking the caller. */
#ifndef TUI_LAB_BUILD_H
#define TUI_LAB_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "vmm/error.h"

enum build_state { BUILD_NONE, BUILD_RUNNING, BUILD_DONE, BUILD_FAILED };

struct build {
    enum build_state state;
    bool linking;             /* false: the assembler runs */
    pid_t pid;
    int fd;                   /* what it prints */
    int64_t deadline;
    char dir[4096];           /* where the source is; the tools run there */
    char source[128], object[160], result[160]; /* relative to dir */
    char include[4200], base[32];
    char log[2048];           /* what the tools said, the beginning of it */
    size_t n;
};

/* Start; `include` is searched by .include after the source's own directory. The result is DIR/.build/NAME.bin. */
int build_start(struct build *b, const char *dir, const char *source, uint64_t base, const char *include, struct vm_error *err);
enum build_state build_poll(struct build *b);
void build_stop(struct build *b);

#endif
