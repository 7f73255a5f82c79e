/* shadow.S: when an interrupt that waits is taken: at once, or one instruction later (SDM vol. 2, STI, MOV; vol. 3, 6.8.3).
 * The tester raises interrupt 0x31 for the byte 0x31 written to port 0xE8, and keeps it up until it is taken. */
#include "lab.inc"
.macro waiting title:req                /* an interrupt waits from here on; "+n" counts from the label 8 */
        say     "\title: "
        mov     dword ptr [resume], offset 9f
        mov     [saved_esp], esp
        mov     dword ptr [begin], offset 8f
        mov     al, 0x31
        out     0xe8, al
8:
.endm
.macro over                             /* it came before this, or not at all */
        int     0x30
9:
.endm

main:   waiting "off: nothing"
        nop
        nop
        over
        /* It is still up: the next instruction that turns interrupts on lets it in. */
        waiting "sti: after the next instruction"
        sti
        nop
        nop
        over
        waiting "sti, cli: never"
        sti
        cli
        nop
        over
        waiting "sti, sti: the second gives no more time"
        sti
        sti
        nop
        over
        waiting "sti, hlt: wakes it"
        sti
        hlt
        nop
        over
        waiting "sti, jmp: at the target"
        sti
        jmp     1f
        nop
1:      nop
        over
        waiting "sti, pushfd: saved with IF"
        sti
        pushfd
        nop
        over
        waiting "popfd: at once"
        push    0x202
        popfd
        nop
        over
        waiting "iretd: at once"
        push    0x202
        push    CODE
        push    offset 1f
        iretd
        nop
1:      nop
        over
        /* Interrupts are on; MOV SS and POP SS hold off the one that OUT raises behind them by nothing more than OUT itself. */
        say     "mov ss, out: "
        mov     dword ptr [resume], offset 9f
        mov     [saved_esp], esp
        mov     dword ptr [begin], offset 8f
        mov     al, 0x31
        mov     edx, ss
        push    0x202
        popfd
8:      mov     ss, edx
        out     0xe8, al
        nop
        over
        waiting "sti, a fault: the fault first"
        sti
        ud2
        over
        ret
gdt_rows
gdt_end:
