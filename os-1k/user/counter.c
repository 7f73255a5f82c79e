/* counter.c: from 0 to 9. */
#include "user.h"

int main(const char *) {
    printf("\n=== Counter 0-9 ===\n");
    for (int i = 0; i <= 9; i++)
        printf("%d ", i);
    printf("\n");
    return 0;
}
