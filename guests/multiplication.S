# multiplication: the multiplication table from 2x1=2 to 9x9=81.
#
# Teaches:   two loops, one inside the other, MUL, and PUTNUM: one exit prints a whole number.
# Registers: SI: the left factor 2..9, DI: the right factor 1..9, BX: what is printed, DX: the hypercall port.
#            MUL writes DX:AX, so DX is loaded again after it.
# Output:    eight lines, the first and the last of them:
#            2x1=2 2x2=4 2x3=6 2x4=8 2x5=10 2x6=12 2x7=14 2x8=16 2x9=18
#            9x1=9 9x2=18 9x3=27 9x4=36 9x5=45 9x6=54 9x7=63 9x8=72 9x9=81

        .intel_syntax noprefix
        .code16
        .include "hypercall.inc"

        mov     dx, HYPERCALL_PORT
        mov     si, 2
row:    mov     di, 1
column: mov     bx, si
        hypercall PUTNUM
        mov     bl, 'x'
        hypercall PUTCHAR
        mov     bx, di
        hypercall PUTNUM
        mov     bl, '='
        hypercall PUTCHAR
        mov     ax, si
        mul     di                      # DX:AX = SI * DI
        mov     bx, ax
        mov     dx, HYPERCALL_PORT
        hypercall PUTNUM
        cmp     di, 9
        je      end
        mov     bl, ' '
        hypercall PUTCHAR
        inc     di
        jmp     column
end:    hypercall NEWLINE
        inc     si
        cmp     si, 9
        jbe     row
        hlt
