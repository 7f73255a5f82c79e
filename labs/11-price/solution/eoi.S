# eoi: counts twenty ticks of the timer, without an EOI for each.

        .intel_syntax noprefix
        .code16
        jmp     start
        .org    0x400                   # the first kilobyte is the interrupt vector table

start:  mov     word ptr [8 * 4], offset tick
        mov     word ptr [8 * 4 + 2], cs

        mov     al, 0x11                # ICW1: begin, ICW4 will follow
        out     0x20, al
        mov     al, 8                   # ICW2: IRQ0 is vector 8
        out     0x21, al
        mov     al, 4                   # ICW3: the second PIC is on line 2
        out     0x21, al
        mov     al, 3                   # ICW4: 8086 mode, automatic EOI
        out     0x21, al
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

tick:   inc     word ptr [count]
        iret

count:  .word   0
