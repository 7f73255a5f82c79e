/* race.c: two processes add to one counter, without a lock and then with one.
 *
 * Adding is three steps: read, add, write. If the other process writes between our read and our write, its addition is lost. The
 * tick does that now and then; the yield() in the middle makes it happen every time, so that nobody has to wait for bad luck. */
#include "user.h"

enum { ROUNDS = 500 };
struct shared { volatile int counter, locked; };

/* XCHG with memory is atomic (SDM vol. 3, 9.1.2): of two that swap in a 1, only one gets a 0 back. */
static int swap(volatile int *at, int value) {
    __asm__ volatile("xchgl %0, %1" : "+r"(value), "+m"(*at) : : "memory");
    return value;
}

static void lock(struct shared *s) {
    while (swap(&s->locked, 1))
        yield();
}

static void unlock(struct shared *s) { swap(&s->locked, 0); }

static void add(struct shared *s, bool with_lock) {
    for (int i = 0; i < ROUNDS; i++) {
        if (with_lock)
            lock(s);
        int value = s->counter;
        yield();
        s->counter = value + 1;
        if (with_lock)
            unlock(s);
    }
}

static void both(struct shared *s, const char *how) {
    *s = (struct shared){0, 0};
    int a = spawn("race", how, false), b = spawn("race", how, false);
    wait(a);
    wait(b);
    printf("%s a lock: %d + %d = %d, %d lost\n", how, ROUNDS, ROUNDS, s->counter, 2 * ROUNDS - s->counter);
}

int main(const char *arg) {
    int page = share();
    if (page < 0) {
        printf("race: no page to share: %s\n", error_text(page));
    } else if (*arg) { /* one of the two */
        add((struct shared *)page, strcmp(arg, "with") == 0);
    } else {
        printf("\nTwo processes, one counter:\n");
        both((struct shared *)page, "without");
        both((struct shared *)page, "with");
    }
    return page < 0;
}
