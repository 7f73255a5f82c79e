/* task.S: hardware task switching with 386 and 286 TSSs, by JMP, CALL, task gates, exceptions and IRET (SDM vol. 3, chapter 7). */
#include "lab.inc"
        .equ    T32, 0x30               /* a second 386 task */
        .equ    T16, 0x38               /* a 286 task */
        .equ    TGATE, 0x40             /* task gate to T32 */
        .equ    TABSENT, 0x48
        .equ    TSHORT, 0x50            /* limit below 103 */
        .equ    LDTSEL, 0x58
        .equ    TGATE3, 0x60
        .equ    CODE16, 0x68

.macro state                            /* what a switch leaves behind */
        str     eax
        movzx   eax, ax
        show    tr, eax
        pushfd
        pop     eax
        and     eax, 0x4000
        show    nt, eax
        mov     eax, cr0
        and     eax, 8
        show    ts, eax
        clts
        movzx   eax, byte ptr [gdt + TSS + 5]
        show    main, eax
        movzx   eax, byte ptr [gdt + T32 + 5]
        show    t32, eax
        movzx   eax, byte ptr [gdt + T16 + 5]
        show    t16, eax
.endm

.macro fill_t32 entry:req
        mov     edi, offset t32
        call    clear_t32
        mov     dword ptr [t32 + 0x20], offset \entry
.endm

main:   mov     eax, offset t32
        mov     ebx, T32
        call    base
        mov     ebx, TSHORT
        call    base
        mov     eax, offset t16
        mov     ebx, T16
        call    base
        mov     eax, offset ldt
        mov     ebx, LDTSEL
        call    base
        mov     eax, cr0
        and     eax, 0xfffffff7
        mov     cr0, eax

        /* JMP: the old task is not busy any more, no link, no NT. */
        fill_t32 jumped
        mov     eax, 0x11111111
        mov     ecx, 0x22222222
        push    0x0cd7                  /* flags that are to be saved: all arithmetic ones, DF, no IF */
        popfd
        say     "jump:"
        ljmp    T32, 0
        say     "\nback:"
        state
        show    saved_eip, [t32 + 0x20]
        movzx   eax, word ptr [t32]
        show    link, eax
        nl
        /* CALL: the old task stays busy, linked, NT; IRET returns. */
        fill_t32 called
        say     "call:"
        lcall   T32, 0
        say     "\nreturned:"
        state
        nl
        lcall   T32, 0                  /* goes on behind its IRET */
        say     " again:"
        state
        nl
        /* Through a task gate, in the GDT and in the IDT. */
        fill_t32 called
        say     "gate:"
        lcall   TGATE, 0
        say     "\nreturned:"
        state
        nl
        fill_t32 called
        mov     dword ptr [idt + 0x31 * 8], T32 << 16
        mov     dword ptr [idt + 0x31 * 8 + 4], 0x8500
        say     "int:"
        int     0x31
        say     "\nreturned:"
        state
        nl
        /* A fault through a task gate: the error code is on the new task's stack, CS:EIP of the fault in the old TSS. */
        fill_t32 faulted
        mov     dword ptr [idt + 13 * 8], T32 << 16
        mov     dword ptr [idt + 13 * 8 + 4], 0x8500
        mov     eax, 0xfff8
        say     "fault:"
1:      mov     es, ax
2:      say     "\nreturned:"
        state
        nl
        call    make_idt
        /* A 286 task. */
        mov     ax, DATA
        mov     es, ax
        mov     edi, offset t16
        mov     ecx, 11
        xor     eax, eax
        cld
        rep stosd
        mov     word ptr [t16 + 0x0e], offset in16 - _start
        mov     word ptr [t16 + 0x10], 2
        mov     word ptr [t16 + 0x1a], 0xf000 /* SP */
        mov     word ptr [t16 + 0x12], 0xaaaa /* AX */
        mov     word ptr [t16 + 0x22], DATA
        mov     word ptr [t16 + 0x24], CODE16
        mov     word ptr [t16 + 0x26], DATA
        mov     word ptr [t16 + 0x28], DATA
        mov     eax, 0x12345678
        mov     esi, 0xdeadbeef
        say     "286:"
        lcall   T16, 0
        say     "\nreturned:"
        show    eax, eax
        show    esi, esi
        state
        nl
        /* The trap flag of a TSS: #DB after the switch, before the first instruction. */
        fill_t32 trapped
        mov     word ptr [t32 + 0x64], 1
        say     "T bit: "
        mov     dword ptr [begin], offset trapped
        mov     dword ptr [resume], offset 3f
        mov     dword ptr [saved_esp], offset t32_stack - 64
        mov     dword ptr [keep_line], 1
        lcall   T32, 0
3:      mov     eax, dr6
        and     eax, 0xe00f
        show    dr6, eax
        xor     eax, eax
        mov     dr6, eax
        mov     [keep_line], eax
        str     eax
        movzx   eax, ax
        show    tr, eax
        nl
        /* We are in T32 now: go home. */
        mov     dword ptr [tss + 0x20], offset after_trap
        and     byte ptr [gdt + TSS + 5], 0xfd
        ljmp    TSS, 0
after_trap:
        /* What a switch refuses. */
        and     byte ptr [gdt + T32 + 5], 0xfd
        fill_t32 called
        try     "jump to itself", ".byte 0xea; .long 0; .word TSS"
        try     "call of a busy task", ".byte 0x9a; .long 0; .word TSS"
        try     "absent TSS", ".byte 0x9a; .long 0; .word TABSENT"
        try     "TSS too short", ".byte 0x9a; .long 0; .word TSHORT"
        try     "ltr busy", "mov eax, TSS", "ltr ax"
        try     "ltr null", "xor eax, eax", "ltr ax"
        try     "ltr absent", "mov eax, TABSENT", "ltr ax"
        try     "ltr data", "mov eax, DATA", "ltr ax"
        try     "lldt data", "mov eax, DATA", "lldt ax"
        try     "lldt null", "xor eax, eax", "lldt ax"
        try     "lldt", "mov eax, LDTSEL", "lldt ax"
        mov     eax, 4
        try     "ds from the LDT", "mov ds, ax", "mov ebx, [t32 + 0x20]"
        mov     eax, 0x0c
        try     "ds beyond the LDT", "mov ds, ax"
        try3    "call gate to a TSS of DPL 0", ".byte 0x9a; .long 0; .word T32"
        try3    "task gate of DPL 3", ".byte 0x9a; .long 0; .word TGATE3"
        say     "main busy:"
        movzx   eax, byte ptr [gdt + TSS + 5]
        show    attr, eax
        movzx   eax, byte ptr [gdt + T32 + 5]
        show    attr, eax
        nl
        ret

base:   mov     [gdt + ebx + 2], ax
        ror     eax, 16
        mov     [gdt + ebx + 4], al
        mov     [gdt + ebx + 7], ah
        ror     eax, 16
        ret
clear_t32:
        push    ecx
        push    eax
        mov     ecx, 26
        xor     eax, eax
        cld
        rep stosd
        pop     eax
        pop     ecx
        mov     dword ptr [t32 + 0x24], 2
        mov     dword ptr [t32 + 0x28], 0xa0a0a0a0      /* EAX */
        mov     dword ptr [t32 + 0x2c], 0xc0c0c0c0
        mov     dword ptr [t32 + 0x38], offset t32_stack
        mov     dword ptr [t32 + 0x48], DATA
        mov     dword ptr [t32 + 0x4c], CODE
        mov     dword ptr [t32 + 0x50], DATA
        mov     dword ptr [t32 + 0x54], DATA
        mov     dword ptr [t32 + 0x66], 104
        ret
jumped: show    eax, eax
        show    ecx, ecx
        state
        show    old_eax, [tss + 0x28]
        show    old_flags, [tss + 0x24]
        movzx   eax, word ptr [t32]
        show    link, eax
        ljmp    TSS, 0
called: show    eax, eax
        state
        movzx   eax, word ptr [t32]
        show    link, eax
        iretd
        say     " behind iret:"
        state
        iretd
faulted:
        pop     ebx
        show    error, ebx
        mov     eax, [tss + 0x20]
        sub     eax, offset 1b
        show    old_eip, eax
        add     dword ptr [tss + 0x20], 2b - 1b
        state
        iretd
trapped: nop
        int     0x30
        .code16
in16:   mov     bx, ax
        iret
        .code32
        .balign 8
t32:    .space  104
t16:    .space  44
ldt:    .quad   0x00cf93000000ffff
        .space  512
t32_stack:
        gdt_rows
        .quad   0x0000890000000067      /* T32 */
        .quad   0x000081000000002b      /* T16 */
        .word   0, T32, 0x8500, 0       /* TGATE */
        .quad   0x0000090000000067      /* TABSENT */
        .quad   0x0000890000000066      /* TSHORT */
        .quad   0x0000820000000007      /* LDTSEL */
        .word   0, T32, 0xe500, 0       /* TGATE3 */
        .quad   0x00009b010000ffff      /* CODE16: base 0x10000 */
gdt_end:
