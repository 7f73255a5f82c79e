/* string: a LODS/STOS loop over 4 KB. */
#include "frame.inc"
        mov     SI_, offset buf
        mov     DI_, offset buf2
        mov     C, 4096
        xor     A, A
1:      lodsb
        add     al, 3
        stosb
        dec     C
        jnz     1b
        movzx   eax, al
        ret
