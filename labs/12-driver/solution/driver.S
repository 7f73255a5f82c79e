# driver: measures channel 0 and prints the value, in tenths of a degree.

        .intel_syntax noprefix
        .code16

        mov     dx, 0x610               # channel
        mov     al, 0
        out     dx, al
        mov     dx, 0x611               # command: measure
        mov     al, 1
        out     dx, al
wait:   in      al, dx                  # status
        test    al, 2                   # ready?
        jz      wait
        mov     dx, 0x612
        in      ax, dx

        mov     bx, ax
        mov     dx, 0x500
        mov     al, 4                   # PUTNUM
        out     dx, al
        mov     al, 3                   # NEWLINE
        out     dx, al
        hlt
