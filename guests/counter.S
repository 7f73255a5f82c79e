# counter: prints the digits 0 to 9.
#
# Teaches:   a loop, and that a digit's character is its value + '0'. Watch BL count with `step` or `speed 10`.
# Registers: BL: the character to print, DX: the hypercall port.
# Output:    0123456789

        .intel_syntax noprefix
        .code16
        .include "hypercall.inc"

        mov     dx, HYPERCALL_PORT
        mov     bl, '0'
next:   hypercall PUTCHAR
        inc     bl
        cmp     bl, '9'
        jbe     next
        hypercall NEWLINE
        hlt
