/* independent.c: matrix, primes, fibonacci and multiplication, each by its definition. */
#include "independent.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void matrix(FILE *f)
{
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++) {
            int sum = 0;
            for (int k = 0; k < 8; k++)
                sum += ((i + k) % 10 + 1) * ((k + 8 - j) % 10 + 1);
            fprintf(f, "%d%c", sum, j < 7 ? ' ' : '\n');
        }
}

static bool is_prime(int n)
{
    for (int d = 2; d * d <= n; d++)
        if (n % d == 0)
            return false;
    return n > 1;
}

static void primes(FILE *f)
{
    int count = 0;
    for (int n = 2; n < 1000; n++)
        if (is_prime(n))
            fprintf(f, "%s%d", count++ == 0 ? "" : (count - 1) % 16 == 0 ? "\n" : " ", n);
    fprintf(f, "\n%d primes below 1000\n", count);
}

static long fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static void fibonacci(FILE *f)
{
    for (int n = 0; n < 15; n++)
        fprintf(f, "%ld%s", fib(n), n < 14 ? ", " : "\n");
}

static void multiplication(FILE *f)
{
    for (int a = 2; a <= 9; a++)
        for (int b = 1; b <= 9; b++)
            fprintf(f, "%dx%d=%d%c", a, b, a * b, b < 9 ? ' ' : '\n');
}

size_t independent(const char *name, char *buf, size_t size)
{
    static const struct { const char *name; void (*print)(FILE *); } computations[] = {
        { "matrix", matrix }, { "primes", primes }, { "fibonacci", fibonacci }, { "multiplication", multiplication },
    };
    for (size_t i = 0; i < sizeof computations / sizeof *computations; i++) {
        if (strcmp(name, computations[i].name) != 0)
            continue;
        if (size == 0)
            return 1;
        FILE *f = fmemopen(buf, size, "w");
        if (!f)
            return 0;
        computations[i].print(f);
        long n = ftell(f);
        fclose(f);
        return (size_t)n;
    }
    return 0;
}
