/* logo.c: ASCII art. */
#include "user.h"

int main(const char *arg)
{
    (void)arg;
    printf("\n"
           "   __ __ __     ____  _____\n"
           "  /_ |  |/  |  / __ \\/ ____|\n"
           "   | |  '  /  | |  | | (___\n"
           "   | |    <   | |  | |\\___ \\\n"
           "   | |  .  \\  | |__| |____) |\n"
           "   |_|__|\\__|  \\____/|_____/\n\n");
    return 0;
}
