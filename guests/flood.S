# flood: prints for ever.
#
# Teaches:   what a guest costs that does nothing but exit: an exit a character, as fast as the machine can. The panel
#            stays readable, the other guests are not disturbed, and `trace` shows what the processor spends its time on.
# Registers: BL: the character to print, DX: the hypercall port.
# Output:    the printable characters from ! to ~ and a newline, again and again. It ends only when somebody ends it.

        .intel_syntax noprefix
        .code16
        .include "hypercall.inc"

        mov     dx, HYPERCALL_PORT
line:   mov     bl, '!'
next:   hypercall PUTCHAR
        inc     bl
        cmp     bl, '~'
        jbe     next
        hypercall NEWLINE
        jmp     line
