/* segment.S: loading segment registers, and what limits and types forbid (SDM vol. 3, 5.2-5.8). */
#include "lab.inc"
/* Selectors of the rows at the end. */
        .equ    XONLY, 0x30
        .equ    CONFORM, 0x38
        .equ    RODATA, 0x40
        .equ    ABSENT, 0x48
        .equ    SMALL, 0x50
        .equ    DOWN, 0x58
        .equ    DOWN16, 0x60
        .equ    FRESH, 0x68
        .equ    GATE, 0x70
        .equ    ABSENTC, 0x78
        .equ    SMALLC, 0x80

main:
        mov     dword ptr [SCRATCH], 0x11223344
        mov     dword ptr [SCRATCH + 0xffc], 0x55667788
        /* Loads (vol. 2, MOV): type, DPL, RPL, P, null. */
        mov     eax, 0
        try     "ss null", "mov ss, ax"
        try     "ds null", "mov ds, ax"
        try     "read through null ds", "mov ds, ax", "mov ebx, [SCRATCH]"
        try     "write through null es", "mov es, ax", "mov es:[SCRATCH], eax"
        mov     eax, 3
        try     "ds null rpl 3", "mov ds, ax"
        mov     eax, CODE
        try     "ss code", "mov ss, ax"
        try     "ds code readable", "mov ds, ax"
        mov     eax, XONLY
        try     "ds execute-only", "mov ds, ax"
        mov     eax, CONFORM
        try     "ds conforming", "mov ds, ax"
        mov     eax, RODATA
        try     "ss read-only", "mov ss, ax"
        try     "ds read-only", "mov ds, ax"
        try     "write through read-only", "mov ds, ax", "mov [SCRATCH], eax"
        mov     eax, ABSENT
        try     "ds absent", "mov ds, ax"
        try     "ss absent", "mov ss, ax"
        mov     eax, UDATA
        try     "ss dpl 3", "mov ss, ax"
        mov     eax, DATA | 3
        try     "ss rpl 3", "mov ss, ax"
        try     "ds rpl 3 dpl 0", "mov ds, ax"
        mov     eax, TSS
        try     "ds system", "mov ds, ax"
        try     "ss system", "mov ss, ax"
        mov     eax, gdt_end - gdt
        try     "ds beyond the GDT", "mov ds, ax"
        mov     eax, gdt_end - gdt + 3
        try     "ss beyond the GDT", "mov ss, ax"
        mov     eax, 0x0c
        try     "ds in an LDT that is not", "mov ds, ax"
        mov     eax, CODE
        try     "mov cs", ".byte 0x8e, 0xc8"
        try     "mov sreg 6", ".byte 0x8e, 0xf0"
        try     "store sreg 7", ".byte 0x8c, 0xf8"
        try     "lds register", ".byte 0xc5, 0xc0"
        mov     dword ptr [SCRATCH + 16], 0x1234
        mov     word ptr [SCRATCH + 20], ABSENT
        mov     ebx, 0
        try     "les absent", "les ebx, [SCRATCH + 16]"
        show    ebx, ebx
        nl
        mov     word ptr [SCRATCH + 20], DATA
        try     "lss", "lss ebx, [SCRATCH + 16]"
        show    ebx, ebx
        nl
        /* Limits: a data segment of 4096 bytes at SCRATCH. */
        mov     eax, SMALL
        try     "byte at the limit", "mov ds, ax", "mov bl, [0xfff]"
        try     "byte beyond the limit", "mov ds, ax", "mov bl, [0x1000]"
        try     "word across the limit", "mov ds, ax", "mov bx, [0xfff]"
        try     "dword at the limit", "mov ds, ax", "mov ebx, [0xffc]"
        show    ebx, ebx
        nl
        try     "dword across the limit", "mov ds, ax", "mov ebx, [0xffd]"
        try     "dword at the top of 4 GB", "mov ds, ax", "mov ebx, [0xfffffffd]"
        try     "write beyond the limit", "mov ds, ax", "mov [0x1000], bl"
        /* Expand-down: valid above the limit (0xfff) only; a big one up to 4 GB, a small one up to 64 KB. */
        mov     eax, DOWN
        try     "expand-down at the limit", "mov ds, ax", "mov bl, [0xfff]"
        try     "expand-down above it", "mov ds, ax", "mov bl, [0x1000]"
        try     "expand-down at 4 GB", "mov ds, ax", "mov ebx, [0xfffffffd]"
        mov     eax, DOWN16
        try     "small expand-down above it", "mov ds, ax", "mov bl, [0x1000]"
        try     "small expand-down at 64 KB", "mov ds, ax", "mov bl, [0x10000]"
        try     "small expand-down across 64 KB", "mov ds, ax", "mov bx, [0xffff]"
        /* The stack segment faults with #SS, also through EBP. */
        mov     eax, SMALL
        try     "ss limit by ebp", "mov ss, ax", "mov esp, 0x800", "mov ebp, 0x1000", "mov bl, [ebp]"
        mov     ebp, 0x1000
        try     "ds override of ebp", "mov ds, ax", "mov bl, ds:[ebp]"
        mov     eax, CODE
        try     "write to a code segment", "mov cs:[SCRATCH], al"
        try     "read of a code segment", "mov bl, cs:[SCRATCH]"
        /* Accessed is set by the load, and not before a fault. */
        mov     eax, FRESH
        movzx   ebx, byte ptr [gdt + FRESH + 5]
        show    fresh, ebx
        mov     ds, ax
        mov     bx, DATA
        mov     ds, bx
        movzx   ebx, byte ptr [gdt + FRESH + 5]
        show    loaded, ebx
        nl
        /* LAR, LSL, VERR, VERW (vol. 2). */
        .irp sel, 0, CODE, DATA, UCODE, UDATA, TSS, XONLY, CONFORM, RODATA, ABSENT, SMALL, DOWN, GATE, 0xfff8
        mov     ecx, \sel
        mov     eax, -1
        mov     edx, -1
        say     "sel \sel:"
        verr    cx
        setz    bl
        verw    cx
        setz    bh
        movzx   ebx, bx
        show    verr_verw, ebx
        lar     eax, ecx
        setz    bl
        lsl     edx, ecx
        setz    bh
        movzx   ebx, bx
        show    lar_lsl_ok, ebx
        cmp     eax, -1
        je      9f
        and     eax, 0x00f0ff00         /* bits 16-19 are undefined */
9:      show    lar, eax
        show    lsl, edx
        nl
        .endr
        /* ARPL */
        mov     eax, 0x10
        mov     ebx, 0x13
        arpl    ax, bx
        setz    cl
        movzx   ecx, cl
        say     "arpl up:"
        show    eax, eax
        show    zf, ecx
        arpl    ax, bx
        setz    cl
        movzx   ecx, cl
        show    again_zf, ecx
        nl
        /* Far transfers (vol. 3, 5.8). */
        try     "far jump to data", ".byte 0xea", ".long 0", ".word DATA"
        try     "far jump to absent", ".byte 0xea", ".long 0", ".word ABSENTC"
        try     "far jump to null", ".byte 0xea", ".long 0", ".word 0"
        try     "far jump to ring 3", ".byte 0xea", ".long 0", ".word UCODE"
        try     "far jump beyond the GDT", ".byte 0xea", ".long 0", ".word 0xfff8"
        try     "far jump beyond the limit", ".byte 0xea", ".long 0x1000", ".word SMALLC"
        try     "far call to TSS that is busy", ".byte 0x9a", ".long 0", ".word TSS"
        try     "jump through a gate", ".byte 0xea", ".long 0", ".word GATE"
        say     "conforming: "
        lcall   CONFORM, offset 1f
        jmp     2f
1:      mov     eax, cs
        show    cs, eax
        lret
2:      nl
        ret
through:                                /* where GATE leads */
        mov     eax, cs
        show    cs, eax
        int     0x30
        gdt_rows
        .quad   0x00cf99000000ffff      /* XONLY */
        .quad   0x00cf9f000000ffff      /* CONFORM */
        .quad   0x00cf91000000ffff      /* RODATA */
        .quad   0x00cf13000000ffff      /* ABSENT */
        .quad   0x0040930400000fff      /* SMALL: 4 KB at 0x40000 */
        .quad   0x0040970000000fff      /* DOWN */
        .quad   0x0000970000000fff      /* DOWN16 */
        .quad   0x00cf92000000ffff      /* FRESH: not accessed */
        .word   through - _start, CODE, 0x8c00, 1 /* GATE: the image lies at 0x10000 */
        .quad   0x00cf1b000000ffff      /* ABSENTC */
        .quad   0x00409b0400000fff      /* SMALLC */
gdt_end:
