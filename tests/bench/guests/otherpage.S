/* otherpage: samepage with its variables and its stack elsewhere: the reference of that trap. */
#include "frame.inc"
        mov     esi, 1000
        mov     B, offset var
#if BITS == 16
        mov     [oldsp], sp
        mov     sp, offset var + 256
#else
        mov     [oldsp], esp
        lea     esp, [var + 256]
#endif
1:      inc     word ptr [B]
        push    A
        mov     edx, [B + 4]
        add     edx, esi
        mov     [B + 4], edx
        pop     A
        dec     esi
        jnz     1b
#if BITS == 16
        mov     sp, [oldsp]
#else
        mov     esp, [oldsp]
#endif
        mov     eax, [B + 4]
        ret
        .equ    oldsp, buf
        .equ    var, buf + 16
