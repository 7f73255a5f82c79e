# gdt: from real mode to 32-bit protected mode.

        .intel_syntax noprefix
        .code16

        lgdt    [gdtr]

        mov     eax, cr0
        or      al, 1                   # PE
        mov     cr0, eax
        jmp     8:protected

        .code32
protected:
        mov     ax, 16                  # the data segment
        mov     ds, ax
        mov     ss, ax
        mov     edx, 0x500
        mov     esi, offset text
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

text:   .asciz  "protected"

        .balign 8
gdt:    .quad   0
        .quad   0x00CF9A000000FFFF      # 8: code
        .quad   0x00CF92000000FFFF      # 16: data
gdtr:   .word   . - gdt - 1
        .long   gdt
