/* repstos: 16 KB filled by REP STOS. */
#include "frame.inc"
        mov     DI_, offset buf
        mov     C, 0x4000 / WORD_
        mov     eax, 0x12345678
        rep STOSW_
        mov     eax, [buf + 0x3ff0]
        ret
