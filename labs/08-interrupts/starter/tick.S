# tick: counts five ticks of the timer.

        .intel_syntax noprefix
        .code16
        jmp     start
        .org    0x400                   # the first kilobyte is the interrupt vector table

start:
# 1. vector 8 in the table at 8 * 4, 2. the mask of the PIC at port 0x21

        sti
wait:   hlt                             # until the next interrupt
        cmp     word ptr [count], 5
        jb      wait
        cli

        mov     dx, 0x500
        mov     bx, [count]
        mov     al, 4                   # PUTNUM
        out     dx, al
        mov     al, 3                   # NEWLINE
        out     dx, al
        hlt

tick:
# 3. count in [count], EOI to port 0x20, registers as they were
        iret

count:  .word   0
