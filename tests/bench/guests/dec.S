/* dec: the tightest loop. */
#include "frame.inc"
        mov     ecx, 10000
1:      dec     ecx
        jnz     1b
        mov     eax, ecx
        ret
