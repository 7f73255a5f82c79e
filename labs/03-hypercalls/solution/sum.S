# sum: 1 + 2 + ... + 100, printed; ends with exit status 7.

        .intel_syntax noprefix
        .code16

        mov     dx, 0x500
        xor     bx, bx
        mov     cx, 100
again:  add     bx, cx
        dec     cx
        jnz     again
        mov     al, 4                   # PUTNUM
        out     dx, al
        mov     al, 3                   # NEWLINE
        out     dx, al
        mov     bx, 7
        mov     al, 0                   # EXIT
        out     dx, al
