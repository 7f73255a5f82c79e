/* user.h: what a program may ask of the kernel, and a little help. */
#ifndef USER_H
#define USER_H

#include "../common/abi.h"
#include "../common/lib.h"

int main(const char *arg); /* arg: what followed the program's name */

void exit(int status) __attribute__((noreturn));
int write(const void *text, unsigned n);
int read(void *to, unsigned n); /* 0: end of the input */
void yield(void);
int getpid(void);
int spawn(const char *name, const char *arg); /* a child: wait() for it */
int spawn_detached(const char *name, const char *arg);
int wait(int pid); /* its exit status */
void sleep(unsigned milliseconds);
unsigned uptime(void); /* milliseconds */
int readfile(const char *name, void *to, unsigned n, unsigned offset);
int writefile(const char *name, const void *from, unsigned n);
int listfiles(unsigned position, struct file_info *info); /* next position, 0: no more */
int processes(unsigned i, struct process_info *info);
int kill(int pid);
int freepages(void);
void *share(void); /* a page that all who ask see; NULL: no memory */
int syscall(int number, unsigned a, unsigned b, unsigned c, unsigned d);

void printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int readline(char *line, unsigned room); /* without its end; -1: end of the input. A longer line comes in pieces. */
const char *word(const char *s, char *to, unsigned room); /* the first word to `to`; returns what follows it */
int to_number(const char *s); /* -1: not a number */
const char *error_text(int error);

#endif
