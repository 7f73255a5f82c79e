/* triple.S: a fault for which no handler can be entered, not even the double fault's: the processor shuts down (SDM vol. 3, 6.15). */
#include "lab.inc"
main:   try     "before", ud2
        say     "no IDT: "
        lidt    [none]
        ud2
        say     "went on\n"
        ret
none:   .word   0
        .long   0
gdt_rows
gdt_end:
