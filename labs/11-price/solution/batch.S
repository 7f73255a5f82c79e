# batch: prints "10000 20000 30000" in seven exits.

        .intel_syntax noprefix
        .code16

        mov     dx, 0x500
        mov     bx, 10000
        mov     al, 4                   # PUTNUM
        out     dx, al
        mov     bl, ' '
        mov     al, 1                   # PUTCHAR
        out     dx, al
        mov     bx, 20000
        mov     al, 4
        out     dx, al
        mov     bl, ' '
        mov     al, 1
        out     dx, al
        mov     bx, 30000
        mov     al, 4
        out     dx, al
        mov     al, 3                   # NEWLINE
        out     dx, al
        hlt
