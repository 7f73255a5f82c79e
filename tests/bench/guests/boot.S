/* boot.S: a boot sector that puts a benchmark guest where vmlab would: reads SECTORS sectors behind it to 0x10000 and enters
 * them in real mode at 1000:0000 (BITS 16) or in flat 32-bit protected mode (BITS 32). The same code then runs on any PC. */
        .intel_syntax noprefix
        .code16
        .globl  _start
_start: ljmp    0, offset 1f
1:      cli
        xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        mov     sp, 0x7c00
        mov     ax, 0x1000
        mov     es, ax
        xor     bx, bx
        mov     di, SECTORS
        mov     cx, 2                   /* cylinder 0, sector 2 */
        xor     dx, dx                  /* head 0, drive A: */
next:   mov     ax, 0x0201
        int     0x13
        jc      next
        add     bx, 512
        inc     cl
        cmp     cl, 18
        jbe     2f
        mov     cl, 1
        inc     dh
        cmp     dh, 1
        jbe     2f
        xor     dh, dh
        inc     ch
2:      dec     di
        jnz     next
        cli
        mov     al, 0xff                /* no interrupt may come: the kernel runs alone */
        out     0x21, al
        out     0xa1, al
#if BITS == 16
        ljmp    0x1000, 0
#else
        in      al, 0x92
        or      al, 2
        out     0x92, al
        lgdt    [gdtr]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        ljmp    8, offset wide
        .code32
wide:   mov     ax, 16
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     fs, ax
        mov     gs, ax
        mov     eax, 0x10000
        jmp     eax
        .balign 8
gdt:    .quad   0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdtr:   .word   23
        .long   gdt
#endif
        .org    510
        .word   0xaa55
