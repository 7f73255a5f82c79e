# driver: measures channel 0 and prints the value, in tenths of a degree.

        .intel_syntax noprefix
        .code16

# Channel, command, wait, read: the value into BX.

        mov     dx, 0x500
        mov     al, 4                   # PUTNUM
        out     dx, al
        mov     al, 3                   # NEWLINE
        out     dx, al
        hlt
