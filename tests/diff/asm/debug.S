/* debug.S: single step, breakpoints and watchpoints, and what DR6 says of them (SDM vol. 3, chapter 17). */
#include "lab.inc"
.macro dr name:req, index:req, value:req, control:req
        say     "\name: "
        mov     eax, \value
        mov     dr\index, eax
        xor     eax, eax
        mov     dr6, eax
        mov     eax, \control
        mov     dr7, eax
.endm
.macro report                           /* how many traps, DR6's low half, where the last came */
        xor     eax, eax
        mov     dr7, eax
        mov     dr6, eax
        show    traps, [traps]
        show    dr6, [seen]
        mov     eax, [where]
        sub     eax, offset here
        show    where, eax
        nl
        mov     dword ptr [traps], 0
        mov     dword ptr [seen], 0
.endm

main:   mov     dword ptr [on_vector + 1 * 4], offset trap
        mov     dword ptr [where], offset here
        /* TF: one trap per instruction, behind it. */
        say     "single step: "
        pushfd
        or      byte ptr [esp + 1], 1
        popfd
        nop
        nop
        pushfd
        and     byte ptr [esp + 1], 0xfe
        popfd
        report
        /* TF and REP: one trap per iteration. */
        mov     edi, SCRATCH
        mov     ecx, 3
        say     "step of rep stosb: "
        pushfd
        or      byte ptr [esp + 1], 1
        popfd
        rep stosb
        pushfd
        and     byte ptr [esp + 1], 0xfe
        popfd
        report
        /* MOV SS holds the trap back until after the next instruction. */
        say     "step of mov ss: "
        mov     eax, ss
        pushfd
        or      byte ptr [esp + 1], 1
        popfd
        mov     ss, eax
        nop
        nop
        pushfd
        and     byte ptr [esp + 1], 0xfe
        popfd
        report
        /* INT n clears TF: the handler is not stepped. */
        say     "step of int: "
        mov     dword ptr [on_vector + 0x31 * 4], offset counted
        pushfd
        or      byte ptr [esp + 1], 1
        popfd
        int     0x31
        pushfd
        and     byte ptr [esp + 1], 0xfe
        popfd
        report
        /* A fault while stepping: the fault is taken, not the step. */
        say     "execute breakpoint: "
        jmp     here
        .balign 16
here:   mov     eax, offset target
        mov     dr0, eax
        mov     eax, 0x00000402         /* G0, execute, length 1 */
        mov     dr7, eax
        xor     eax, eax
        mov     dr6, eax
target: nop
        nop
        report
        dr      "write watch", 1, SCRATCH, 0x00d00408
        mov     dword ptr [SCRATCH], 5
        nop
        mov     eax, [SCRATCH]
        nop
        report
        dr      "access watch", 2, SCRATCH, 0x0f000420
        mov     eax, [SCRATCH]
        nop
        mov     dword ptr [SCRATCH], 6
        nop
        report
        dr      "byte of a watched dword", 3, SCRATCH, 0xf0000480
        mov     al, [SCRATCH + 3]
        nop
        mov     al, [SCRATCH + 4]
        nop
        report
        dr      "dword over a watched byte", 3, SCRATCH + 2, 0x30000480
        mov     eax, [SCRATCH]
        nop
        report
        dr      "two at once", 0, SCRATCH, 0x00ff040a
        mov     eax, SCRATCH + 2
        mov     dr1, eax
        mov     eax, [SCRATCH]
        nop
        report
        dr      "local enable", 0, SCRATCH, 0x00030401
        mov     al, [SCRATCH]
        nop
        report
        dr      "not enabled", 0, SCRATCH, 0x00030400
        mov     al, [SCRATCH]
        nop
        report
        dr      "rep movsb over a watched byte", 0, SCRATCH + 0x12, 0x00010402
        mov     esi, SCRATCH + 0x40
        mov     edi, SCRATCH + 0x10
        mov     ecx, 6
        rep movsb
        nop
        report
        /* General detect: an access to a debug register with GD set. */
        say     "general detect: "
        mov     dword ptr [on_vector + 1 * 4], offset detect
        mov     eax, 0x2400
        mov     dr7, eax
        mov     dword ptr [begin], offset 1f
1:      mov     eax, dr0
        nop
        mov     dword ptr [on_vector + 1 * 4], offset trap
        mov     eax, dr7
        show    dr7, eax
        report
        /* Fixed bits, and DR4/DR5 as aliases while CR4.DE is clear. */
        mov     eax, 0
        mov     dr6, eax
        mov     eax, dr6
        say     "fixed bits:"
        show    dr6, eax
        xor     eax, eax
        mov     dr7, eax
        mov     eax, dr7
        show    dr7, eax
        mov     eax, dr5
        show    dr5, eax
        nl
        mov     eax, cr4
        or      eax, 8
        mov     cr4, eax
        try     "dr4 with CR4.DE", "mov eax, dr4"
        /* INT1 (ICEBP) does not touch DR6's bits. */
        mov     dword ptr [on_vector + 1 * 4], 0
        try     "int1", ".byte 0xf1"
        mov     eax, dr6
        show    dr6, eax
        nl
        ret

trap:   inc     dword ptr [traps]
        mov     eax, dr6
        and     eax, 0xf00f
        or      [seen], eax
        xor     eax, eax
        mov     dr6, eax
        mov     eax, [ebp + 44]
        mov     [where], eax
        cmp     eax, offset target      /* an execute breakpoint is a fault: RF lets the instruction run */
        jne     leave
        or      dword ptr [ebp + 52], 0x10000
leave:  pop     ds
        popad
        add     esp, 8
        iretd
counted: inc    dword ptr [where]
        jmp     leave
detect: mov     eax, dr6
        and     eax, 0xf00f
        show    detected, eax
        mov     eax, [ebp + 44]
        sub     eax, [begin]
        show    at, eax
        add     dword ptr [ebp + 44], 3
        jmp     leave
traps:  .long   0
seen:   .long   0
where:  .long   0
        gdt_rows
gdt_end:
