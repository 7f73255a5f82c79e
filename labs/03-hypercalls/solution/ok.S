# ok: prints OK and halts.

        .intel_syntax noprefix
        .code16

        mov     dx, 0x500               # the hypercall port
        mov     bl, 'O'
        mov     al, 1                   # PUTCHAR
        out     dx, al
        mov     bl, 'K'
        mov     al, 1
        out     dx, al
        mov     al, 3                   # NEWLINE
        out     dx, al
        hlt
