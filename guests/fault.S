# fault: divides by zero and survives.
#
# Teaches:   an exception. The processor pushes FLAGS, CS and IP and calls the handler of vector 0. The IP it pushed is
#            that of the DIV itself (a fault, not a trap): a handler that only returns would divide by zero for ever. This
#            one repairs the divisor, so that the same DIV succeeds the second time.
#            Vector 0 lies at offset 0, where the guest's first instruction was: it has been executed, so it may go.
# Registers: SI: the divisor, AX: the dividend and then the quotient, BP: the offset of the DIV as the processor saved it.
# Output:    84 / 0: divide error, now 84 / 2 = 42

        .intel_syntax noprefix
        .code16
        .include "hypercall.inc"

        mov     word ptr [0], offset handler
        mov     word ptr [2], cs
        mov     dx, HYPERCALL_PORT
        mov     bx, 84
        hypercall PUTNUM
        mov     di, offset before
        call    print
        xor     si, si
        mov     ax, 84
        xor     dx, dx
divide: div     si                      # AX = DX:AX / SI
        mov     bx, ax
        mov     dx, HYPERCALL_PORT
        hypercall PUTNUM
        hypercall NEWLINE
        hlt

handler:
        push    ax
        push    dx
        mov     dx, HYPERCALL_PORT
        mov     di, offset after
        mov     bp, sp
        cmp     word ptr [bp + 4], offset divide
        je      known
        mov     di, offset strange      # an exception somewhere else: no way to repair that
        call    print
        mov     bx, 1
        hypercall EXIT
known:  call    print
        mov     si, 2
        pop     dx
        pop     ax
        iret

# Prints the text at DI.
print:  mov     bl, [di]
        inc     di
        test    bl, bl
        jz      printed
        hypercall PUTCHAR
        jmp     print
printed:
        ret

before: .asciz  " / 0: "
after:  .asciz  "divide error, now 84 / 2 = "
strange:
        .asciz  "a divide error at a strange place\n"
