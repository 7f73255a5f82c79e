/* shell.c: process 1. A menu of programs; each is a process of its own. When the shell ends, the machine does. */
#include "user.h"

static const struct { const char *key, *program, *title; } menu[] = {
    {"1", "table", "Multiplication Table (2x1 ~ 9x9)"}, {"2", "counter", "Counter (0-9)"}, {"3", "echo", "Echo (interactive)"},
    {"4", "fibonacci", "Fibonacci Sequence"}, {"5", "primes", "Prime Numbers (up to 100)"}, {"6", "calc", "Calculator"},
    {"7", "factorial", "Factorial (0! ~ 12!)"}, {"8", "gcd", "GCD (Greatest Common Divisor)"}, {"9", "about", "About 1K OS"},
};
enum { ITEMS = sizeof menu / sizeof *menu };

static void show_menu(void)
{
    printf("\n=== 1K OS Menu ===\n\n");
    for (unsigned i = 0; i < ITEMS; i++)
        printf("  %s. %s\n", menu[i].key, menu[i].title);
    printf("  0. Exit\n\nMore: logo  ps  files  cat FILE  write FILE [TEXT]  uptime  fault  race  spin  leak  kill PID\n");
}

/* Its argument ends in '&': nobody waits for it. */
static bool in_background(char *arg)
{
    size_t n = strlen(arg);
    if (n == 0 || arg[n - 1] != '&')
        return false;
    do
        arg[--n] = '\0';
    while (n && arg[n - 1] == ' ');
    return true;
}

static void run(const char *typed, const char *program, const char *rest)
{
    char arg[ARG_MAX];
    copy_text(arg, rest, sizeof arg);
    bool background = in_background(arg);
    int pid = background ? spawn_detached(program, arg) : spawn(program, arg);
    if (pid == ERR_NOFILE)
        printf("Unknown option: %s\nPlease select 0-9 or one of the words below the menu\n", typed);
    else if (pid < 0)
        printf("%s cannot be started: %s\n", program, error_text(pid));
    else if (background)
        printf("%s runs in the background as process %d\n", program, pid);
    else
        wait(pid);
}

int main(const char *arg)
{
    char line[ARG_MAX], name[NAME_MAX];
    const char *rest, *program;
    (void)arg;
    printf("\n======================================\n   Welcome to 1K OS Shell!\n======================================\n");
    printf("\nType '1-9' to run demos, '0' to exit\n");
    for (;;) {
        show_menu();
        do {
            printf("\nSelect: ");
            if (readline(line, sizeof line) < 0) {
                printf("\nEnd of input: exiting shell...\n");
                return 0;
            }
            rest = word(line, name, sizeof name);
        } while (!name[0]);
        program = name;
        if (strcmp(name, "0") == 0 || strcmp(name, "exit") == 0)
            break;
        for (unsigned i = 0; i < ITEMS; i++)
            if (strcmp(name, menu[i].key) == 0)
                program = menu[i].program;
        run(name, program, rest);
    }
    printf("\nExiting shell...\nThank you for using 1K OS!\n");
    return 0;
}
