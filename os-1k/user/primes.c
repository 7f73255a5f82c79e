/* primes.c: the primes up to 100 by the sieve of Eratosthenes, ten a line. */
#include "user.h"

enum { LIMIT = 100 };

int main(const char *) {
    bool composite[LIMIT + 1] = {false};
    int count = 0;
    printf("\n=== Prime Numbers up to %d ===\n", LIMIT);
    for (int n = 2; n <= LIMIT; n++) {
        if (composite[n])
            continue;
        printf(++count % 10 ? "%d " : "%d \n", n);
        for (int k = n * n; k <= LIMIT; k += n)
            composite[k] = true;
    }
    printf("\nTotal: %d primes\n", count);
    return 0;
}
