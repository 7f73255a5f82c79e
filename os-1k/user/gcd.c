/* gcd.c: greatest common divisors by Euclid's algorithm, step by step. */
#include "user.h"

static int gcd(int a, int b) {
    if (b == 0)
        return a;
    printf("  %d = %d * %d + %d\n", a, a / b, b, a % b);
    return gcd(b, a % b);
}

int main(const char *) {
    static const int pairs[][2] = {{48, 18}, {100, 75}, {123, 456}, {17, 19}, {1071, 462}};
    printf("\n=== GCD (Greatest Common Divisor) ===\nExamples of Euclidean algorithm:\n\n");
    for (unsigned i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        int a = pairs[i][0], b = pairs[i][1], divisor = gcd(a, b);
        printf("GCD(%d, %d) = %d\n", a, b, divisor);
    }
    return 0;
}
