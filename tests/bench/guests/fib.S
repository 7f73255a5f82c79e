/* fib: fib(n) by naive recursion; n = 17, repeated, is the same mix as fib(27) once. */
#include "frame.inc"
        mov     A, 17
        call    fib
        movzx   eax, ax
        ret
fib:    cmp     A, 2
        jb      1f
        push    A
        dec     A
        call    fib
        pop     B
        push    A
        lea     A, [B - 2]
        call    fib
        pop     B
        add     A, B
1:      ret
