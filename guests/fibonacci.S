# fibonacci: the first 15 Fibonacci numbers, from 0.
#
# Teaches:   a recurrence in two registers: XADD keeps the old sum and makes the new one in one instruction.
# Registers: SI: this number, DI: the next one, CX: how many are still to come, BX: what is printed.
# Output:    0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377

        .intel_syntax noprefix
        .code16
        .include "hypercall.inc"

        mov     dx, HYPERCALL_PORT
        xor     si, si
        mov     di, 1
        mov     cx, 15
next:   mov     bx, si
        hypercall PUTNUM
        xadd    di, si                  # DI = DI + SI, and SI = what DI was
        dec     cx
        jz      end
        mov     bl, ','
        hypercall PUTCHAR
        mov     bl, ' '
        hypercall PUTCHAR
        jmp     next
end:    hypercall NEWLINE
        hlt
