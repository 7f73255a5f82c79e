/* kill.c: end a process. */
#include "user.h"

int main(const char *arg) {
    int r = kill(to_number(arg));
    if (r < 0)
        printf("kill: %s: %s; 'ps' lists them\n", arg, error_text(r));
    return r < 0;
}
