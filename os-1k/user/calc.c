/* calc.c: a calculator: + - * / with precedence, parentheses and signs, on 32-bit integers. A function for each level of the grammar:
 *   sum: product { ('+' | '-') product }     product: factor { ('*' | '/') factor }     factor: number | '-' factor | '(' sum ')'
 * Values are computed in 64 bits, where no single step overflows, and must fit in 32 bits afterwards; -2147483648 / -1 does not,
 * and would be a divide error of the processor. */
#include "user.h"

enum { SUM, PRODUCT, DEEPEST = 40 };
static const char *at, *error; /* where we are in the line; what went wrong first */
static int depth;
static int expression(int level);

static int fail(const char *what) {
    error = error ? error : what;
    return 0;
}

static int fit(long long v) { return v == (int)v ? (int)v : fail("Overflow"); }

static char peek(void) {
    while (*at == ' ' || *at == '\t')
        at++;
    return *at;
}

static int number(int sign) {
    long long v = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        v = v > INT32_MAX ? v : v * 10 + (*at - '0');
    return fit(v * sign);
}

static int factor(void) {
    int v = 0;
    char c = peek();
    if (++depth > DEEPEST)
        return fail("Too many parentheses or signs");
    at += c == '-' || c == '(';
    if (*at >= '0' && *at <= '9' && c != '(') {
        v = number(c == '-' ? -1 : 1); /* with its sign: -2147483648 fits, 2147483648 does not */
    } else if (c == '-') {
        v = fit(-(long long)factor());
    } else if (c == '(') {
        v = expression(SUM);
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

static int expression(int level) {
    int v = level == SUM ? expression(PRODUCT) : factor();
    for (char c; !error && (c = peek()) && (level == SUM ? c == '+' || c == '-' : c == '*' || c == '/');) {
        at++;
        long long w = level == SUM ? expression(PRODUCT) : factor();
        if (c == '/' && w == 0)
            return fail("Division by zero");
        v = fit(c == '+' ? v + w : c == '-' ? v - w : c == '*' ? v * w : w == -1 ? -(long long)v : v / (int)w);
    }
    return v;
}

int main(const char *) {
    char line[256];
    printf("\n=== Simple Calculator ===\nEnter an expression with + - * / and parentheses\nExample: 12 + 5 * (3 - 1)\nType 'q' to quit\n\n");
    for (;;) {
        printf("Calculate: ");
        if (readline(line, sizeof line) < 0 || strcmp(line, "q") == 0 || strcmp(line, "quit") == 0)
            break;
        at = line, error = NULL, depth = 0;
        if (!peek())
            continue;
        int result = expression(SUM);
        if (!error && peek())
            fail("Invalid operator");
        if (error)
            printf("Error: %s\n", error);
        else
            printf("Result: %d\n", result);
    }
    printf("Exiting calculator\n");
    return 0;
}
