/* shell.c: process 1. A menu of programs; each is a process of its own. When the shell ends, the machine does. */
#include "user.h"

static const char *const programs[] = {"", "table", "counter", "echo", "fibonacci", "primes", "calc", "factorial", "gcd", "about"};
static const char menu[] =
    "\n=== 1K OS Menu ===\n\n"
    "  1. Multiplication Table (2x1 ~ 9x9)\n"
    "  2. Counter (0-9)\n"
    "  3. Echo (interactive)\n"
    "  4. Fibonacci Sequence\n"
    "  5. Prime Numbers (up to 100)\n"
    "  6. Calculator\n"
    "  7. Factorial (0! ~ 12!)\n"
    "  8. GCD (Greatest Common Divisor)\n"
    "  9. About 1K OS\n"
    "  0. Exit\n\n"
    "More: logo  ps  files  cat FILE  write FILE [TEXT]  uptime  fault [KIND]  race  spin  leak  kill PID\n";

/* In the background: nobody waits for it. */
static void run(const char *typed, const char *program, const char *arg, bool background) {
    int pid = spawn(program, arg, background);
    if (pid == ERR_NOFILE)
        printf("Unknown option: %s\nPlease select 0-9 or one of the words below the menu\n", typed);
    else if (pid < 0)
        printf("%s cannot be started: %s\n", program, error_text(pid));
    else if (background)
        printf("%s runs in the background as process %d\n", program, pid);
    else
        wait(pid);
}

int main(const char *) {
    char line[ARG_MAX], name[NAME_MAX], arg[ARG_MAX];
    printf("\n======================================\n   Welcome to 1K OS Shell!\n======================================\n");
    printf("\nType '1-9' to run demos, '0' to exit\n%s", menu);
    for (;;) {
        printf("\nSelect: ");
        int n = readline(line, sizeof line), background = n > 0 && line[n - 1] == '&';
        if (n < 0)
            break;
        while (background && n > 0 && (line[n - 1] == '&' || line[n - 1] == ' '))
            line[--n] = '\0';
        copy_text(arg, word(line, name, sizeof name), sizeof arg);
        if (strcmp(name, "0") == 0)
            break;
        if (!name[0])
            continue;
        bool digit = name[0] > '0' && name[0] <= '9' && !name[1];
        run(name, digit ? programs[name[0] - '0'] : name, arg, background);
        write(menu, sizeof menu - 1);
    }
    printf("\nExiting shell...\nThank you for using 1K OS!\n");
    return 0;
}
