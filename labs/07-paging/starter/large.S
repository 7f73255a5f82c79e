# large: two 4 MB pages, both for physical 0.

        .intel_syntax noprefix
        .code32
        .set    DIR, 0x100000           # the page directory; this memory is all zero at the start

# Your directory, CR4, CR3 and CR0 go here.

# From here on it is given: prints the text through the second mapping.
        mov     edx, 0x500
        mov     esi, offset text + 0xC0000000
next:   mov     bl, [esi]
        inc     esi
        test    bl, bl
        jz      done
        mov     al, 1                   # PUTCHAR
        out     dx, al
        jmp     next
done:   mov     al, 3                   # NEWLINE
        out     dx, al
        hlt

text:   .asciz  "paging"
