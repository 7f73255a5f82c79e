/* double.S: faults met while an event is delivered: double faults, what does not become one, error codes of gates (SDM vol. 3, 6.15,
 * table 6-5; 6.13). */
#include "lab.inc"
        .equ    LDTSEL, 0x30
        .equ    DFTASK, 0x38
        .equ    PD, SCRATCH             /* page directory, then one page table: the first 4 MB, one to one */
        .equ    PT, SCRATCH + 0x1000
        .equ    ABSENT, 0x60000         /* a page that is not there, and has the LDT in it */
        .equ    IN_LDT, 0x0c            /* so a selector in the LDT cannot be looked up without a page fault */

.macro absent vector:req                /* its gate is not present */
        and     byte ptr [idt + \vector * 8 + 5], 0x7f
.endm
.macro back vector:req
        or      byte ptr [idt + \vector * 8 + 5], 0x80
.endm
.macro handler vector:req, selector:req /* the code segment of its gate */
        mov     word ptr [idt + \vector * 8 + 2], \selector
.endm
.macro typed vector:req, type:req
        mov     byte ptr [idt + \vector * 8 + 5], \type
.endm

main:   /* Gates that are not present: #NP, whose error code names the gate; EXT is set unless an INT n asked for it. */
        absent  6
        try     "UD, gate absent", ud2
        back    6
        absent  5
        try     "BR, gate absent", "mov eax, 7", "bound eax, [limits]"
        back    5
        absent  0x31
        try     "INT 31, gate absent", "int 0x31"
        back    0x31
        absent  3
        try     "INT3, gate absent", int3
        back    3
        try     "INT beyond the IDT", "int 0x50"
        typed   6, 0x8c
        try     "UD, gate of a wrong type", ud2
        typed   6, 0x8e
        handler 6, 0
        try     "UD, null code segment", ud2
        handler 6, DATA
        try     "UD, a data segment", ud2
        handler 6, 0x7f8
        try     "UD, code segment beyond the GDT", ud2
        handler 6, CODE

        /* A contributory fault while another is delivered: #DF, error code 0, EIP of the first. */
        absent  13
        try     "GP, gate absent", "mov ax, 0x7f8", "mov ds, ax"
        back    13
        absent  0
        try     "DE, gate absent", "xor ecx, ecx", "div ecx"
        back    0
        absent  11
        try     "NP, gate absent", "mov word ptr [gdt + 0x40 + 5], 0x13", "mov ax, 0x40", "mov ds, ax"
        back    11
        absent  12
        try     "SS, gate absent", "mov ax, 0x40", "mov ss, ax"
        back    12
        typed   13, 0x8c
        try     "GP, gate of a wrong type", "mov ax, 0x7f8", "mov ds, ax"
        typed   13, 0x8e
        handler 13, 0
        try     "GP, null code segment", "mov ax, 0x7f8", "mov ds, ax"
        handler 13, CODE
        absent  13
        try3    "GP in ring 3, gate absent", hlt
        back    13

        /* Page faults. */
        call    paging_on
        handler 14, IN_LDT
        try     "PF, and PF", "mov eax, [ABSENT + 0x800]"
        handler 14, CODE
        absent  14
        try     "PF, and NP", "mov eax, [ABSENT + 0x800]"
        back    14
        handler 13, IN_LDT
        try     "GP, and PF", "mov ax, 0x7f8", "mov ds, ax"
        handler 13, CODE
        handler 0, IN_LDT
        try     "DE, and PF", "xor ecx, ecx", "div ecx"
        handler 0, CODE
        handler 6, IN_LDT
        try     "UD, and PF", ud2
        handler 6, CODE
        handler 0x31, IN_LDT
        try     "INT 31, and PF", "int 0x31"
        handler 0x31, CODE

        /* A handler that is a task of its own: it works when the stack does not. */
        mov     eax, offset df_tss
        mov     [gdt + DFTASK + 2], ax
        shr     eax, 16
        mov     [gdt + DFTASK + 4], al
        mov     [gdt + DFTASK + 7], ah
        mov     eax, cr3
        mov     [df_tss + 0x1c], eax
        mov     [tss + 0x1c], eax
        handler 8, DFTASK
        typed   8, 0x85
        say     "PF without a stack, by a task:"
        mov     [saved_esp], esp
        mov     esp, ABSENT + 0x800
lost:   push    eax
        say     " not taken"
df_back:
        mov     esp, [saved_esp]
        nl
        jmp     end

df_entry:
        pop     eax
        show    e, eax
        movzx   eax, word ptr [df_tss]
        show    link, eax
        mov     eax, [tss + 0x20]
        sub     eax, offset lost
        show    eip, eax
        mov     eax, [tss + 0x38]
        show    esp, eax
        mov     eax, cr2
        show    cr2, eax
        mov     dword ptr [tss + 0x20], offset df_back
        iretd

paging_on:
        mov     edi, PD
        mov     ecx, 1024
        xor     eax, eax
        rep stosd
        mov     dword ptr [PD], PT + 3
        mov     eax, 3
        mov     ecx, 1024
1:      stosd
        add     eax, 0x1000
        loop    1b
        mov     dword ptr [PT + (ABSENT >> 12) * 4], 0
        mov     ax, LDTSEL
        lldt    ax
        mov     eax, PD
        mov     cr3, eax
        mov     eax, cr0
        or      eax, 0x80000000
        mov     cr0, eax
        ret

limits: .long   1, 5
        .balign 16
df_stack: .space 512
df_stack_top:
df_tss: .long   0, 0, 0, 0, 0, 0, 0, 0
        .long   df_entry, 2, 0, 0, 0, 0, df_stack_top, 0, 0, 0
        .long   DATA, CODE, DATA, DATA, DATA, DATA, 0, 104 << 16
gdt_rows
        .quad   0x0000820600000fff      /* 30: an LDT at ABSENT */
        .quad   0x0000890000000067      /* 38: the double fault's task */
        .quad   0x00cf13000000ffff      /* 40: data, not present */
gdt_end:
