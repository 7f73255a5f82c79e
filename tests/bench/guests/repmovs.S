/* repmovs: 16 KB copied forward by REP MOVS. */
#include "frame.inc"
        mov     SI_, offset buf
        mov     DI_, offset buf2
        mov     C, 0x4000 / WORD_
        rep MOVSW_
        mov     eax, [buf2]
        xor     eax, eax
        ret
