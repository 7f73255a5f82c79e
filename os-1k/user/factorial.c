/* factorial.c: the factorials that fit in 32 bits. */
#include "user.h"

int main(const char *) {
    printf("\n=== Factorial Calculator ===\nCalculating factorials for n = 0 to 12\n\n");
    for (int n = 0, result = 1; n <= 12; n++, result *= n < 13 ? n : 1)
        printf("%d! = %d\n", n, result);
    printf("\nNote: 13! = 6227020800 (overflow on 32-bit)\n");
    return 0;
}
