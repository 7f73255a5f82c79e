/* table.c: the multiplication table from 2 to 9. */
#include "user.h"

int main(const char *) {
    printf("\n=== Multiplication Table ===\n");
    for (int i = 2; i <= 9; i++) {
        for (int j = 1; j <= 9; j++)
            printf("%d*%d=%d ", i, j, i * j);
        printf("\n");
    }
    return 0;
}
