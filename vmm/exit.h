/* exit.h: why a guest stopped running, in one shape for every engine. */
#ifndef VMM_EXIT_H
#define VMM_EXIT_H

#include <stdbool.h>
#include <stdint.h>

/* What is counted, traced, shown and waited for. A row in exit.c gives each its name and sentence. */
enum exit_reason {
    EXIT_IO_IN, EXIT_IO_OUT, EXIT_MMIO_READ, EXIT_MMIO_WRITE, EXIT_HLT,
    EXIT_DEBUG,       /* single step, breakpoint, watchpoint */
    EXIT_IRQ_WINDOW,  /* the guest can now take an interrupt that is waiting */
    EXIT_KICK,        /* the VMM asked for control; the guest did nothing */
    EXIT_BUDGET,      /* the instruction budget was used up (engines that count) */
    EXIT_SHUTDOWN,    /* triple fault */
    EXIT_FAIL_ENTRY,  /* the processor refused the guest's state */
    EXIT_INTERNAL,    /* the engine could not go on (KVM: emulation failure) */
    EXIT_REASONS
};

const char *exit_name(enum exit_reason r);                 /* "io-out": in commands, JSON, CSV */
const char *exit_sentence(enum exit_reason r);             /* "the guest wrote to an I/O port" */
bool exit_parse(const char *name, enum exit_reason *out);  /* also accepts unambiguous prefixes */

struct vm_exit {
    enum exit_reason reason;
    uint64_t rip;            /* RIP as the engine reports it at the exit (see docs: differs at I/O between hosts) */
    union {
        struct {             /* EXIT_IO_IN, EXIT_IO_OUT */
            uint16_t port;
            uint8_t size;    /* 1, 2, 4 */
            uint32_t count;  /* > 1: a string instruction, count elements packed in data */
            void *data;      /* the engine's buffer, valid until the next engine run: OUT reads it, IN fills it */
        } io;
        struct {             /* EXIT_MMIO_READ, EXIT_MMIO_WRITE */
            uint64_t gpa;
            uint8_t size;    /* 1..8 */
            void *data;
        } mmio;
        struct {             /* EXIT_DEBUG */
            uint64_t dr6;    /* which: bits 0-3 slot, 14 single step (SDM vol. 3, 17.2.3) */
            uint64_t linear; /* linear RIP */
        } debug;
        struct {             /* EXIT_FAIL_ENTRY, EXIT_INTERNAL, EXIT_SHUTDOWN */
            uint64_t code;        /* hardware reason / suberror */
            uint8_t insn[15];     /* instruction bytes, when the engine knows them */
            uint8_t insn_len;     /* 0: unknown */
            uint8_t nfault;       /* EXIT_SHUTDOWN, when known: the faults that led to it, oldest first */
            struct { uint8_t vector; uint32_t error; uint64_t rip; uint64_t cr2; } fault[3];
        } fail;
    } u;
};

#endif
