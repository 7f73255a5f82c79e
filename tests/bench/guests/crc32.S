/* crc32: of 4 KB, bit by bit. */
#include "frame.inc"
        .equ    N, 512
        mov     DI_, offset buf
        xor     eax, eax
0:      mov     [DI_], al
        add     al, 7
        inc     DI_
        cmp     DI_, offset buf + N
        jb      0b
        mov     eax, -1
        mov     SI_, offset buf
1:      movzx   ebx, byte ptr [SI_]
        xor     eax, ebx
        mov     C, 8
2:      shr     eax, 1
        jnc     3f
        xor     eax, 0xedb88320
3:      dec     C
        jnz     2b
        inc     SI_
        cmp     SI_, offset buf + N
        jb      1b
        not     eax
        ret
