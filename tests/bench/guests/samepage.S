/* samepage: a loop that keeps its variables and its stack in the page of its own code. */
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
        .balign 16
oldsp:  .long   0
var:    .space  260
