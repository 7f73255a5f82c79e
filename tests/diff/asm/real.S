/* real.S: real-address mode: the vector table, faults without error codes, 64 KB limits, what is refused, and segments whose limit
 * protected mode has raised (SDM vol. 3, chapter 20). */
#include "lab.inc"
        .equ    CODE16, 0x30
        .equ    DATA16, 0x38
        .equ    RSEG, 0x1000            /* where the program lies: linear 0x10000 */

/* As lab.inc's, in real mode. "+n": how far the saved IP is behind the instruction's start, "-n": bytes on the stack. */
.macro rsay text:req
        call    rprint_inline
        .asciz  "\text"
.endm
.macro rshow name:req, value:vararg     /* a word */
        push    \value
        call    rprint_inline
        .asciz  " \name="
        call    rprint_word
.endm
.macro rnl
        rsay    "\n"
.endm
.macro rtry name:req, i1:req, i2, i3, i4
        rsay    "\name: "
        mov     word ptr [rresume - _start], offset (9f - _start)
        mov     [rsaved_sp - _start], sp
        mov     word ptr [rbegin - _start], offset (8f - _start)
8:      \i1
        \i2
        \i3
        \i4
        int     0x60
9:
.endm

main:   mov     eax, offset rentries
        ljmp    CODE16, offset (1f - _start)
        .code16
1:      mov     ax, DATA16              /* segments as real mode wants them: 64 KB, 16 bits */
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     fs, ax
        mov     ax, DATA                /* GS keeps a limit of 4 GB */
        mov     gs, ax
        mov     eax, cr0
        and     al, 0xfe
        mov     cr0, eax
        ljmp    RSEG, offset (1f - _start)
1:      mov     ax, RSEG
        mov     ds, ax
        mov     ss, ax
        mov     sp, 0xf000
        xor     ax, ax
        mov     es, ax
        mov     gs, ax
        lidt    [rtable - _start]
        cld
        xor     di, di                  /* the vector table, at 0 */
        mov     ax, offset (rentries - _start)
        mov     cx, 0x70
1:      stosw
        mov     word ptr es:[di], RSEG
        add     di, 2
        add     ax, 8
        loop    1b

        /* Exceptions and INT n: IP of the instruction or behind it, and six bytes of frame. */
        rtry    "div by zero", "xor cx, cx", "div cx"
        rtry    "div overflow", "mov ax, 0x400", "mov cl, 4", "div cl"
        rtry    "int3", int3
        rtry    "int 3 in two bytes", ".byte 0xcd, 3"
        rtry    "into, no overflow", "xor ax, ax", into
        rtry    "into", "mov al, 0x7f", "add al, 1", into
        rtry    "bound", "mov ax, 9", "bound ax, [limits - _start]"
        rtry    "bound, inside", "mov ax, 4", "bound ax, [limits - _start]"
        rtry    "ud2", ud2
        rtry    "lock on mov", ".byte 0xf0, 0x89, 0xc0"
        rtry    "lock on a register", ".byte 0xf0, 0x01, 0xc0"
        rtry    "mov cs", ".byte 0x8e, 0xc8"
        rtry    "arpl", ".byte 0x63, 0xc0"
        rtry    "lar", "lar ax, cx"
        rtry    "lsl", "lsl ax, cx"
        rtry    "verr", "verr ax"
        rtry    "verw", "verw ax"
        rtry    "sldt", "sldt ax"
        rtry    "str", "str ax"
        rtry    "lldt", "lldt ax"
        rtry    "ltr", "ltr ax"
        rtry    "mov cr1", ".byte 0x0f, 0x20, 0xc8"
        rtry    "paging without protection", "mov eax, 0x80000010", "mov cr0, eax"
        mov     eax, cr0
        or      al, 4
        mov     cr0, eax
        rtry    "fpu, em", ".byte 0xd9, 0xe8"
        and     al, 0xfb
        mov     cr0, eax

        /* 64 KB: an access beyond offset FFFF faults, and does not wrap. */
        rtry    "byte at FFFF", "mov al, [0xffff]"
        rtry    "word at FFFF", "mov ax, [0xffff]"
        rtry    "dword at FFFD", "mov eax, [0xfffd]"
        rtry    "store at FFFF", "mov [0xffff], ax"
        rtry    "word at SS:FFFF", "mov ax, ss:[0xffff]"
        rtry    "word at BP", "mov bp, 0xffff", "mov ax, [bp]"
        rtry    "32-bit offset", "mov ebx, 0x10000", "mov al, [ebx]"
        rtry    "lodsw at FFFF", "mov si, 0xffff", lodsw
        rtry    "near jump beyond", "mov eax, 0x10000", "jmp eax"
        rtry    "pop at SP FFFF", "mov sp, 0xffff", "pop ax"
        rtry    "push at SP 0: wraps", "mov sp, 0", "push ax", "pop cx"

        /* A raised limit stays when a selector is loaded. */
        mov     byte ptr [mark - _start], 0x5a
        rtry    "GS, limit of 4 GB", "mov ebx, offset mark", "mov al, gs:[ebx]"
        xor     ah, ah
        rshow   al, ax
        mov     cx, 0x1000
        mov     gs, cx
        rtry    " GS loaded", "mov ebx, offset mark - 0x10000 + 0x20000", "mov dl, gs:[ebx]"
        mov     ax, 0xffff              /* above the first megabyte: FFFF:0010 is 100000 */
        mov     es, ax
        rtry    "FFFF:0010", "mov word ptr es:[0x10], 0x1234"
        xor     ax, ax
        mov     gs, ax
        mov     ebx, 0x100000
        rshow   read, word ptr gs:[ebx]
        rnl

        /* The table's limit counts. */
        lidt    [rshort - _start]       /* up to vector 13 */
        rtry    "int beyond the limit", "int 0x61"
        lidt    [rshorter - _start]     /* up to vector 8: #GP, too, lies beyond */
        rtry    "int, and #GP beyond the limit", "int 0x61"
        lidt    [rtable - _start]

        /* Flags: every one may be changed; an interrupt clears IF and TF and pushes 16 bits. */
        rsay    "flags:"
        push    0x7202
        popf
        pushf
        pop     ax
        rshow   popf, ax
        push    0x0202
        popf
        mov     word ptr [rresume - _start], offset (9f - _start)
        mov     [rsaved_sp - _start], sp
        int     0x60
9:      rshow   pushed, word ptr [rflags - _start]
        rshow   inside, word ptr [rinside - _start]
        cli
        pushfd
        pop     eax
        xor     eax, 0x40000            /* AC */
        push    eax
        popfd
        pushfd
        pop     ecx
        xor     ecx, eax
        shr     ecx, 16
        rshow   ac, cx
        push    2
        popf
        rnl

        /* Far transfers and IRET. */
        rsay    "far:"
        mov     cx, sp
        lcall   RSEG, offset (far_proc - _start)
        sub     cx, sp
        rshow   retf, cx
        push    7
        lcall   RSEG - 0x10, offset (far_imm - _start + 0x100)
        rshow   seg, ax
        rshow   argument, dx
        pushf
        push    cs
        push    offset (1f - _start)
        iret
        rsay    " not here"
1:      pushfd
        push    0
        push    cs
        push    0
        push    offset (1f - _start)
        .byte   0x66
        iret
        rsay    " not here"
1:      rsay    " iret iretd"
        rnl

        /* Strings: 16-bit registers wrap between elements. */
        mov     ax, RSEG
        mov     es, ax
        mov     si, 0xfffe
        mov     di, 0xe000
        mov     word ptr [0xfffe], 0x4241
        mov     al, [0]
        mov     [save - _start], al
        mov     cx, 3
        rep movsb
        rsay    "rep movsb over FFFF:"
        rshow   si, si
        rshow   di, di
        rshow   copied, word ptr [0xe000]
        mov     al, [0xe002]
        cmp     al, [save - _start]
        sete    al
        xor     ah, ah
        rshow   third, ax
        rnl

        /* TF: a trap behind each instruction, none behind MOV SS. */
        mov     word ptr [traps - _start], 0
        rsay    "single step:"
        mov     dx, ss
        push    0x0102
        popf
        nop
        mov     ss, dx
        nop
        nop
        push    0x0002
        popf
        rshow   traps, word ptr [traps - _start]
        rnl

        /* No room for the word, and none for the fault's frame. */
        rtry    "push at SP 1", "mov sp, 1", "push ax"

far_proc:
        lret
far_imm:
        push    bp
        mov     bp, sp
        mov     dx, [bp + 6]
        pop     bp
        mov     ax, cs
        lret    2

/* Vector 1 counts; the others report and go to rresume. */
step:   push    ds
        push    RSEG
        pop     ds
        inc     word ptr [traps - _start]
        pop     ds
        iret
        .balign 8
rentries:
        .set    v, 0
        .rept   0x70
        .balign 8
        .if     v == 1
        jmp     step
        .else
        .byte   0x68                    /* push v */
        .word   v
        jmp     rtaken
        .endif
        .set    v, v + 1
        .endr
rtaken: push    bp
        mov     bp, sp                  /* bp, vector, ip, cs, flags */
        push    ax
        push    cx
        push    ds
        push    RSEG
        pop     ds
        pushf
        pop     word ptr [rinside - _start]
        mov     ax, [bp + 8]
        mov     [rflags - _start], ax
        mov     ax, [bp + 4]
        sub     ax, [rbegin - _start]
        mov     [rbehind - _start], ax
        mov     ax, [bp + 2]
        mov     [rvector - _start], ax
        mov     ax, [bp - 2]
        mov     [rsaved_ax - _start], ax
        mov     cx, [bp - 4]
        mov     bp, [bp]
        mov     ax, RSEG
        mov     ss, ax
        mov     sp, [rsaved_sp - _start]
        push    2
        popf
        cmp     word ptr [rvector - _start], 0x60
        jne     1f
        rsay    "none"
        jmp     2f
1:      rshow   vector, word ptr [rvector - _start]
        rshow   behind, word ptr [rbehind - _start]
2:      rnl
        mov     ax, [rsaved_ax - _start]
        jmp     word ptr [rresume - _start]

rprint_inline:
        push    bp
        mov     bp, sp
        xchg    si, [bp + 2]
        pushf
        push    ax
        cld
1:      lodsb   al, cs:[si]
        test    al, al
        jz      2f
        out     0xe9, al
        jmp     1b
2:      pop     ax
        popf
        xchg    si, [bp + 2]
        pop     bp
        ret
rprint_word:
        push    bp
        mov     bp, sp
        pushf
        pusha
        mov     dx, [bp + 4]
        mov     cx, 4
1:      rol     dx, 4
        mov     al, dl
        and     al, 15
        cmp     al, 10
        sbb     al, 0x69
        das
        out     0xe9, al
        loop    1b
        popa
        popf
        pop     bp
        ret     2

rtable: .word   0x3ff
        .long   0
rshort: .word   14 * 4 - 1
        .long   0
rshorter: .word 9 * 4 - 1
        .long   0
limits: .word   1, 5
rresume: .word  0
rsaved_sp: .word 0
rsaved_ax: .word 0
rbegin: .word   0
rbehind: .word  0
rvector: .word  0
rflags: .word   0
rinside: .word  0
traps:  .word   0
mark:   .byte   0
save:   .byte   0
        .code32
gdt_rows
        .quad   0x00009b010000ffff      /* 30: 16-bit code at 0x10000 */
        .quad   0x000093010000ffff      /* 38: 16-bit data at 0x10000 */
gdt_end:
