/* ring.S: what ring 3 may not do, the ways in and out of it, gates with parameters, the I/O bitmap (SDM vol. 3, 5.8, 6.12; vol. 1, 19.5). */
#include "lab.inc"
        .equ    GATE3, 0x30             /* DPL 3, one parameter, to ring 0 */
        .equ    GATE0, 0x38             /* DPL 0 */
        .equ    CONFORM, 0x40
        .equ    GATEABSENT, 0x48
        .equ    GATE16, 0x50            /* a 286 gate, DPL 3, two word parameters */
        .equ    UDATA_RO, 0x5b
        .equ    UCODE16, 0x63

main:
        /* Privileged instructions: #GP(0) in ring 3. */
        .irp i, hlt, clts, invd, wbinvd, "mov cr0, eax", "mov eax, cr0", "mov eax, cr3", "mov dr7, eax", "mov eax, dr6", "lgdt [gdtr]", "lidt [idtr]", "lldt ax", "ltr ax", "lmsw ax", "invlpg [eax]", rdmsr, wrmsr
        try3    "\i", "\i"
        .endr
        /* Not privileged. */
        xor     eax, eax
        try3    "smsw", "smsw ax"
        try3    "sgdt", "sgdt [SCRATCH]"
        try3    "str", "str ax"
        try3    "sldt", "sldt ax"
        /* IOPL-sensitive. */
        try3    "cli", "cli"
        try3    "sti", "sti"
        try3    "in al", "in al, 0x10"
        try3    "out dx", "mov edx, 0x12", "out dx, al"
        mov     dword ptr [user_flags], 0x3002
        try3    "cli, iopl 3", "cli"
        try3    "in al, iopl 3", "in al, 0x10"
        try3    "hlt, iopl 3", "hlt"
        mov     dword ptr [user_flags], 2
        /* POPF in ring 3 changes neither IOPL nor IF; in ring 0 both. */
        try3    "popf", "push 0x3202", "popfd", "pushfd", "pop eax"
        and     eax, 0x3200
        show    eax, eax
        nl
        mov     dword ptr [user_flags], 0x3002
        try3    "popf, iopl 3", "push 0x0202", "popfd", "pushfd", "pop eax"
        and     eax, 0x3200
        show    eax, eax
        nl
        mov     dword ptr [user_flags], 2
        push    0x3002
        popfd
        pushfd
        pop     eax
        and     eax, 0x3200
        push    2
        popfd
        say     "popf, ring 0:"
        show    eax, eax
        nl
        /* The I/O permission bitmap: one bit per port, and the byte behind it is read as well. */
        mov     dword ptr [tss + 104], 0xfffe0000
        mov     word ptr [tss + 108], 0xffff
        try3    "in 0", "in al, 0"
        try3    "in 0x0f", "in al, 0x0f"
        try3    "in 0x10", "in al, 0x10"
        try3    "in 0x11", "in al, 0x11"
        try3    "in word 0x0e", "in ax, 0x0e"
        try3    "in word 0x10", "in ax, 0x10"
        try3    "in dword 0x0d", "in eax, 0x0d"
        try3    "in dword 0x0c", "in eax, 0x0c"
        try3    "in beyond the TSS", "mov edx, 0x1000", "in al, dx"
        mov     word ptr [tss + 102], 0xffff
        try3    "no bitmap", "in al, 0"
        mov     word ptr [tss + 102], 104
        /* Segments: data of ring 0, writes through read-only. */
        mov     eax, DATA
        try3    "ds of ring 0", "mov ds, ax"
        mov     eax, UDATA_RO
        try3    "write through read-only", "mov ds, ax", "mov [SCRATCH], eax"
        mov     eax, UDATA & ~3
        try3    "ds rpl 0 of ring 3 data", "mov ds, ax"
        try3    "ss rpl 0 of ring 3 data", "mov ss, ax"
        mov     eax, CONFORM
        try3    "ds conforming", "mov ds, ax"
        /* Software interrupts: the gate's DPL counts; hardware exceptions do not look at it. */
        try3    "int 0x31 of DPL 0", "int 0x31"
        try3    "int 0x0d of DPL 0", "int 0x0d"
        try3    "int3 of DPL 3", "int3"
        try3    "int1", ".byte 0xf1"
        try3    "into not taken", "into"
        try3    "into", "mov al, 0x7f", "add al, 1", "into"
        try3    "divide", "xor ecx, ecx", "div ecx"
        try3    "ud2", "ud2"
        mov     dword ptr [SCRATCH], 5
        mov     dword ptr [SCRATCH + 4], 9
        mov     eax, 4
        try3    "bound below", "bound eax, [SCRATCH]"
        mov     eax, 9
        try3    "bound at the top", "bound eax, [SCRATCH]"
        mov     byte ptr [idt + 0x32 * 8 + 5], 0x6e
        try3    "int of an absent gate", "int 0x32"
        try     "int of an absent gate, ring 0", "int 0x32"
        try     "int beyond the IDT", "int 0x40"
        /* Far calls and jumps. */
        mov     dword ptr [on_gate], offset gate_entry
        try3    "call gate", "push 0x12345678", ".byte 0x9a; .long 0; .word GATE3", "nop"
        show    eax, eax                /* the parameter */
        show    ecx, ecx                /* RPL of the pushed CS */
        show    edx, edx                /* distance between the two stacks' pointers */
        nl
        try3    "call gate of DPL 0", ".byte 0x9a; .long 0; .word GATE0"
        try3    "call gate rpl 3 of DPL 0", ".byte 0x9a; .long 0; .word GATE0 | 3"
        try3    "jump through a call gate", ".byte 0xea; .long 0; .word GATE3"
        try3    "absent call gate", ".byte 0x9a; .long 0; .word GATEABSENT"
        try3    "286 call gate", "push 0x12345678", ".byte 0x9a; .long 0; .word GATE16"
        show    eax, eax
        show    ecx, ecx
        nl
        try3    "far call to ring 0 code", ".byte 0x9a; .long 0; .word CODE"
        try3    "conforming code", "lcall CONFORM, offset conform"
        show    cs, ecx
        nl
        try     "retf to ring 0 from ring 0", "push CODE", "push offset plain", "lret"
        try3    "retf to a more privileged ring", "push CODE", "push offset plain", "lret"
        try3    "iret to a more privileged ring", "push 2", "push CODE", "push offset plain", "iretd"
        try     "iret to ring 3 with ss of ring 0", "push DATA", "push USTACK", "push 2", "push UCODE; push offset plain; iretd"
        try     "iret to null cs", "push 2", "push 0", "push offset plain", "iretd"
        try     "retf to null", "push 0", "push 0", "lret"
        /* Back in ring 3, data segments that it may not use are nulled. */
        mov     ax, DATA
        mov     fs, ax
        mov     gs, ax
        mov     dword ptr [resume], offset 1f
        mov     [saved_esp], esp
        mov     ax, UDATA
        mov     ds, ax
        mov     es, ax
        push    UDATA
        push    USTACK
        push    2
        push    UCODE
        push    offset 2f
        iretd
2:      mov     ecx, fs
        mov     edx, gs
        mov     ebx, ds
        mov     dword ptr [keep_line], 1
        int     0x30
1:      mov     dword ptr [keep_line], 0
        show    fs, ecx
        show    gs, edx
        show    ds, ebx
        nl
        /* 16-bit code of ring 3. */
        say     "16-bit code: "
        mov     dword ptr [resume], offset 4f
        mov     [saved_esp], esp
        mov     dword ptr [begin], offset 3f
        mov     eax, offset 3f
        sub     eax, 0x10000
        push    UDATA
        push    USTACK
        push    2
        push    UCODE16
        push    eax
        iretd
        .code16
3:      mov     ax, 0x1234
        push    ax
        pop     bx
        .byte   0xcd, 0x30
        .code32
4:      show    bx, ebx
        nl
        /* AC: unaligned access in ring 3 when CR0.AM and EFLAGS.AC are set. */
        mov     eax, cr0
        or      eax, 0x40000
        mov     cr0, eax
        mov     dword ptr [user_flags], 0x40002
        try3    "unaligned", "mov eax, [SCRATCH + 1]"
        try3    "unaligned word", "mov ax, [SCRATCH + 3]"
        try3    "aligned", "mov eax, [SCRATCH + 4]"
        try     "unaligned, ring 0", "mov eax, [SCRATCH + 1]"
        mov     dword ptr [user_flags], 2
        ret
plain:  int     0x30
conform: mov    ecx, cs
        int     0x30
gate_entry:
        mov     ax, DATA
        mov     ds, ax
        mov     eax, [esp + 8]          /* EIP CS parameter ESP SS */
        mov     ecx, [esp + 4]
        mov     edx, [esp + 12]
        sub     edx, USTACK
        int     0x30
gate16_entry:                           /* IP CS word word SP SS */
        mov     ax, DATA
        mov     ds, ax
        mov     eax, [esp + 4]
        movzx   ecx, word ptr [esp + 2]
        int     0x30
on_gate: .long  0
        gdt_rows
        .word   gate_entry - _start, CODE, 0xec01, 1    /* GATE3 */
        .word   gate_entry - _start, CODE, 0x8c00, 1    /* GATE0 */
        .quad   0x00cf9f000000ffff                      /* CONFORM */
        .word   gate_entry - _start, CODE, 0x6c00, 1    /* GATEABSENT */
        .word   gate16_entry - _start, CODE16, 0xe402, 0 /* GATE16 */
        .quad   0x00cff1000000ffff                      /* UDATA_RO */
        .quad   0x0000fb010000ffff                      /* UCODE16: base 0x10000 */
        .equ    CODE16, 0x68
        .quad   0x00cf9b010000ffff                      /* CODE16: 32-bit code at base 0x10000, for a 16-bit offset */
gdt_end:
