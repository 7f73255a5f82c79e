/* fibonacci.c: the first 15 Fibonacci numbers. */
#include "user.h"

int main(const char *) {
    printf("\n=== Fibonacci Sequence (first 15 numbers) ===\n");
    for (int i = 0, a = 0, b = 1; i < 15; i++) {
        printf("F(%d) = %d\n", i, a);
        b += a;
        a = b - a;
    }
    return 0;
}
