/* golden_file.h: what a guest must do, as a text file says it.
 *
 *   run: --timeout 0.3 hello     arguments of vmlab
 *   alone: yes                   not four of them side by side
 *   any-console: yes             its output has no end
 *   input: one\ntwo\x00          standard input (none: empty)
 *   needs: long                  what the engine must be able to run; others must refuse with a sentence
 *   exit-status: 124             of vmlab, when it is not the guest's
 *   state: exited, status 0      of the vCPU at the end
 *   mode: prot32
 *   exits: hlt 1, io-out 12      all of them, by reason; `exits on soft:` for one engine
 *   registers: rip 0x16          some of them, at the end
 *   text: one\ntwo               all the console bytes, escaped; or
 *   console:                     all the console bytes: the rest of the file */
#ifndef GOLDEN_FILE_H
#define GOLDEN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct golden_pair { char name[32]; uint64_t value; };
struct golden_list { struct golden_pair pair[24]; size_t n; bool given; };

struct golden {
    char name[64];
    char *args[80];          /* of vmlab, without the engine; NULL ends them */
    char *input, *console;
    size_t input_n, console_n;
    bool any_console, alone;
    uint32_t needs;          /* CAN_* */
    int exit_status;
    char state[16], mode[16];
    int status;              /* state exited */
    struct golden_list exits, exits_on[2], registers; /* exits_on: kvm, soft */
    char *bytes;             /* of the file; args point into it */
};

/* Read it, or say what is wrong on stderr and return false. */
bool golden_read(struct golden *g, const char *path);
void golden_free(struct golden *g);

#endif
