# hello: prints a line.
#
# Teaches:   a hypercall a character: each OUT leaves the guest (an exit), the lab prints BL, the guest goes on.
# Registers: SI: the next character, BL: the character to print, DX: the hypercall port.
# Output:    Hello, KVM!

        .intel_syntax noprefix
        .code16
        .include "hypercall.inc"

        mov     dx, HYPERCALL_PORT
        mov     si, offset text
next:   lodsb                           # AL = [SI], SI = SI + 1
        test    al, al
        jz      done
        mov     bl, al
        hypercall PUTCHAR
        jmp     next
done:   hypercall NEWLINE
        hlt

text:   .asciz  "Hello, KVM!"
