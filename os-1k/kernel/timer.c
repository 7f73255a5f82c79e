/* timer.c: counter 0 of the 8254 (Intel 231164) interrupts every 10 ms; sleepers wake by it, processes are preempted by it. */
#include "kernel.h"
#include "x86.h"

uint32_t ticks;

void timer_init(void) {
    const unsigned reload = 1193182 / (1000 / TICK_MS);
    outb(0x43, 0x34); /* counter 0, low byte then high byte, mode 2: one pulse every reload counts */
    outb(0x40, reload & 0xff);
    outb(0x40, reload >> 8);
    pic_enable(0);
}

void timer_tick(void) {
    ticks++;
    current->ticks++;
    wake(&ticks); /* each sleeper looks at the time itself */
    if (console_irq < 0)
        console_input();
}
