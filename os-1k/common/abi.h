/* abi.h: all that the kernel and the programs agree on: where a program lives, its system calls, their errors and records.
 * A system call is INT 0x80 with the number in EAX and arguments in EBX, ECX, EDX, ESI; the result comes back in EAX. */
#pragma once

/* A process sees its program from USER_BASE up and its stack right below USER_END; one page table covers it all. */
#define USER_BASE  0x01000000u
#define USER_SHARE 0x01300000u /* the page that share() maps: the same one in every process that asks */
#define USER_END   0x01400000u
#define USER_STACK_PAGES 8u

enum {
    SYS_EXIT, SYS_WRITE, SYS_READ, SYS_YIELD, SYS_GETPID, SYS_SPAWN, SYS_WAIT, SYS_SLEEP, SYS_UPTIME, SYS_READFILE,
    SYS_WRITEFILE, SYS_LISTFILES, SYS_PROCESSES, SYS_KILL, SYS_FREEPAGES, SYS_SHARE, SYSCALLS
};

enum {
    ERR_POINTER = -1, ERR_SYSCALL = -2, ERR_NOFILE = -3, ERR_NAME = -4, ERR_READONLY = -5, ERR_FULL = -6, ERR_IO = -7,
    ERR_MEMORY = -8, ERR_PROCESSES = -9, ERR_NOCHILD = -10, ERR_NOPROCESS = -11,
};

enum { NAME_MAX = 64, ARG_MAX = 256 };
enum { STATUS_FAULT = 128, STATUS_KILLED = 128 + 64 }; /* exit status of a process that died of exception n: 128 + n */

struct file_info { char name[NAME_MAX]; unsigned size; };
struct process_info { int pid, parent; unsigned ticks; char state[12], name[20]; };
