# batch: prints "10000 20000 30000", a character for each exit.

        .intel_syntax noprefix
        .code16

        mov     dx, 0x500
        mov     si, offset text
next:   mov     bl, [si]
        inc     si
        test    bl, bl
        jz      done
        mov     al, 1                   # PUTCHAR
        out     dx, al
        jmp     next
done:   mov     al, 3                   # NEWLINE
        out     dx, al
        hlt

text:   .asciz  "10000 20000 30000"
