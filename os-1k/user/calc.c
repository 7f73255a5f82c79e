/* calc.c: a calculator: + - * / with precedence, parentheses and signs, on 32-bit integers. One function a level of the grammar:
 *   sum: product { ('+' | '-') product }     product: factor { ('*' | '/') factor }
 *   factor: number | '-' factor | '+' factor | '(' sum ')' */
#include "user.h"

enum { DEEPEST = 40 };
static const char *at, *error; /* where we are in the line; what went wrong first */
static int depth;
static int sum(void);

static int fail(const char *what)
{
    if (!error)
        error = what;
    return 0;
}

static char peek(void)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return *at;
}

/* Collected below zero, where there is room for one more: -2147483648 is a number, 2147483648 is not. */
static int number(bool negative)
{
    int v = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, *at - '0', &v))
            return fail("Overflow");
    if (!negative && __builtin_sub_overflow(0, v, &v))
        return fail("Overflow");
    return v;
}

static int factor(void)
{
    int v = 0;
    char c = peek();
    if (error || ++depth > DEEPEST)
        return fail("Too many parentheses or signs");
    if (c >= '0' && c <= '9') {
        v = number(false);
    } else if (c == '-' && at[1] >= '0' && at[1] <= '9') {
        at++;
        v = number(true);
    } else if (c == '-' || c == '+') {
        at++;
        v = factor();
        if (c == '-' && __builtin_sub_overflow(0, v, &v))
            fail("Overflow");
    } else if (c == '(') {
        at++;
        v = sum();
        if (peek() == ')')
            at++;
        else
            fail("Missing )");
    } else {
        fail(c ? "A number is expected here" : "The expression is not complete");
    }
    depth--;
    return v;
}

static int product(void)
{
    int v = factor();
    for (char c; !error && ((c = peek()) == '*' || c == '/');) {
        at++;
        int w = factor();
        if (error)
            break;
        if (c == '*') {
            if (__builtin_mul_overflow(v, w, &v))
                fail("Overflow");
        } else if (w == 0) {
            fail("Division by zero");
        } else if (w == -1) { /* the one quotient that does not fit, -2147483648 / -1, would be a divide error */
            if (__builtin_sub_overflow(0, v, &v))
                fail("Overflow");
        } else {
            v /= w;
        }
    }
    return v;
}

static int sum(void)
{
    int v = product();
    for (char c; !error && ((c = peek()) == '+' || c == '-');) {
        at++;
        int w = product();
        if (!error && (c == '+' ? __builtin_add_overflow(v, w, &v) : __builtin_sub_overflow(v, w, &v)))
            fail("Overflow");
    }
    return v;
}

int main(const char *arg)
{
    char line[256];
    (void)arg;
    printf("\n=== Simple Calculator ===\nEnter an expression with + - * / and parentheses\nExample: 12 + 5 * (3 - 1)\nType 'q' to quit\n\n");
    for (;;) {
        printf("Calculate: ");
        if (readline(line, sizeof line) < 0 || strcmp(line, "q") == 0 || strcmp(line, "quit") == 0)
            break;
        at = line;
        error = NULL;
        depth = 0;
        if (!peek())
            continue;
        int result = sum();
        if (!error && peek())
            fail(*at == ')' ? "There is no ( for this )" : "Invalid operator");
        if (error)
            printf("Error: %s\n", error);
        else
            printf("Result: %d\n", result);
    }
    printf("Exiting calculator\n");
    return 0;
}
