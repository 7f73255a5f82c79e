/* commands.h: a session for fuzzers of commands: two guests that are there, in a directory where files may be written. */
#ifndef TESTS_FUZZ_COMMANDS_H
#define TESTS_FUZZ_COMMANDS_H

#include "fuzz.h"
#include "tui/command.h"
#include "tui/session.h"

struct session *fuzz_session(void);
/* The guests as they were at first; nothing waits. */
void fuzz_session_again(void);
/* Would a file outside the directory be touched, or another program started? Left to the tests. */
bool fuzz_harmless(const char *text);
/* Where commands print: nowhere. */
extern struct out fuzz_out;

#endif
