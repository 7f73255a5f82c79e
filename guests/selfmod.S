# selfmod: changes its own instructions while it runs.
#
# Teaches:   code is data: the operand of MOV BL, 'A' is a byte in memory that INC can change. The processor, or whatever
#            plays the processor, must notice that an instruction which it has already decoded is another one now.
# Registers: BL: the character to print, DX: the hypercall port.
# Output:    ABCDEFGHIJKLMNOPQRSTUVWXYZ

        .intel_syntax noprefix
        .code16
        .include "hypercall.inc"

        mov     dx, HYPERCALL_PORT
next:   mov     bl, 'A'
        hypercall PUTCHAR
        inc     byte ptr [next + 1]     # the second byte of MOV BL, imm8 is the imm8
        cmp     byte ptr [next + 1], 'Z'
        jbe     next
        hypercall NEWLINE
        hlt
