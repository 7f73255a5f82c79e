# flat32: a 32-bit guest that starts in protected mode.
#
# Teaches:   32-bit registers and flat segments: every segment starts at 0 and covers 4 GB, so an offset is an address. The
#            lab enters it by the boot protocol flat32; compare with pmode, which has to get there by itself.
# Registers: EAX: the factorial, ECX: the next factor, EBX: what is printed, EDX: the hypercall port (MUL writes EDX:EAX).
# Output:    the factorials from 1! to 12! a line, the first and the last of them:
#            1! = 1
#            12! = 479001600

        .intel_syntax noprefix
        .code32
        .include "hypercall.inc"

        mov     esi, 1                  # the factorial so far
        mov     ecx, 1
next:   mov     eax, esi
        mul     ecx                     # EDX:EAX = EAX * ECX
        mov     esi, eax
        mov     edx, HYPERCALL_PORT
        mov     ebx, ecx
        hypercall PUTNUM
        mov     bl, '!'
        hypercall PUTCHAR
        mov     bl, ' '
        hypercall PUTCHAR
        mov     bl, '='
        hypercall PUTCHAR
        mov     bl, ' '
        hypercall PUTCHAR
        mov     ebx, esi
        hypercall PUTNUM
        hypercall NEWLINE
        inc     ecx
        cmp     ecx, 12
        jbe     next
        hlt
