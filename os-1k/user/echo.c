/* echo.c: says what it reads, until `quit` or the end of the input. A line longer than its buffer comes back in pieces. */
#include "user.h"

int main(const char *) {
    static char line[4096];
    printf("\n=== Echo Program (type 'quit' to exit) ===\n");
    for (;;) {
        printf("$ ");
        if (readline(line, sizeof line) < 0 || strcmp(line, "quit") == 0)
            break;
        printf("Echo: %s\n", line);
    }
    printf("Exiting echo program\n");
    return 0;
}
