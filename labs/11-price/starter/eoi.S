# eoi: counts twenty ticks of the timer.

        .intel_syntax noprefix
        .code16
        jmp     start
        .org    0x400                   # the first kilobyte is the interrupt vector table

start:  mov     word ptr [8 * 4], offset tick
        mov     word ptr [8 * 4 + 2], cs

        mov     al, 0xFE                # the mask: IRQ0 may pass
        out     0x21, al

        sti
wait:   hlt                             # until the next interrupt
        cmp     word ptr [count], 20
        jb      wait
        cli

        mov     dx, 0x500
        mov     bx, [count]
        mov     al, 4                   # PUTNUM
        out     dx, al
        mov     al, 3                   # NEWLINE
        out     dx, al
        hlt

tick:   push    ax
        inc     word ptr [count]
        mov     al, 0x20                # EOI
        out     0x20, al
        pop     ax
        iret

count:  .word   0
