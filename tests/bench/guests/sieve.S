/* sieve: primes below 8192. */
#include "frame.inc"
        .equ    N, 8192
        mov     DI_, offset buf
        mov     C, N
        mov     al, 1
        rep stosb
        mov     SI_, 2
1:      cmp     byte ptr [SI_ + buf], 0
        je      3f
        mov     B, SI_
        add     B, SI_
        cmp     B, N
        jae     3f
2:      mov     byte ptr [B + buf], 0
        add     B, SI_
        cmp     B, N
        jb      2b
3:      inc     SI_
        cmp     SI_, N
        jb      1b
        xor     eax, eax
        mov     B, 2
4:      movzx   edx, byte ptr [B + buf]
        add     eax, edx
        inc     B
        cmp     B, N
        jb      4b
        ret
