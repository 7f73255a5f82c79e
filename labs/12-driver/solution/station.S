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

        mov     ax, si
        mov     dx, 0x610
        out     dx, al
        mov     al, 1                   # measure
        mov     dx, 0x611
        out     dx, al
wait:   in      al, dx
        test    al, 2
        jz      wait
        mov     dx, 0x612
        in      ax, dx
        call    print

        mov     al, 3                   # NEWLINE
        call    hypercall
        inc     si
        cmp     si, 4
        jb      next
        hlt

# Prints AX, a signed number of tenths, in degrees.
print:  test    ax, ax
        jns     positive
        push    ax
        mov     bl, '-'
        call    putchar
        pop     ax
        neg     ax
positive:
        xor     dx, dx
        mov     cx, 10
        div     cx                      # AX: degrees, DX: tenths
        push    dx
        mov     bx, ax
        call    putnum
        mov     bl, '.'
        call    putchar
        pop     bx
        call    putnum
        ret

# Given: BL is printed as a character, BX as a number. Both change AX and DX.
putchar:
        mov     al, 1
        jmp     hypercall
putnum: mov     al, 4
hypercall:
        mov     dx, 0x500
        out     dx, al
        ret
