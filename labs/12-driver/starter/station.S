# station: all four channels, a line each: "1: -18.5".

        .intel_syntax noprefix
        .code16

        xor     si, si                  # the channel
next:   mov     bx, si
        call    putnum
        mov     bl, ':'
        call    putchar
        mov     bl, ' '
        call    putchar

# Measure channel SI, then print what it measured.

        mov     al, 3                   # NEWLINE
        call    hypercall
        inc     si
        cmp     si, 4
        jb      next
        hlt

# Given: BL is printed as a character, BX as a number. Both change AX and DX.
putchar:
        mov     al, 1
        jmp     hypercall
putnum: mov     al, 4
hypercall:
        mov     dx, 0x500
        out     dx, al
        ret
