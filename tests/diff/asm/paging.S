/* paging.S: page faults and what they report, accessed and dirty bits, large pages, the TLB (SDM vol. 3, chapter 4). */
#include "lab.inc"
        .equ    PD, SCRATCH
        .equ    PT, SCRATCH + 0x1000    /* 0 - 4 MB */
        .equ    PT2, SCRATCH + 0x2000   /* 8 - 12 MB: the pages under test, all on frames of FRAME */
        .equ    FRAME, SCRATCH + 0x10000
        .equ    WIN, 0x800000
        .equ    LARGE, 0x400000         /* one 4 MB page that shows 0 - 4 MB */

.macro pte page:req, flags:req
        mov     dword ptr [PT2 + \page * 4], FRAME + \page * 0x1000 + \flags
        invlpg  [WIN + \page * 0x1000]
.endm
.macro bits page:req
        mov     ebx, [PT2 + \page * 4]
        and     ebx, 0xfff
        show    pte, ebx
        nl
.endm

main:   mov     edi, PD
        xor     eax, eax
        mov     ecx, 0x3000 / 4
        rep stosd
        mov     edi, PT
        mov     eax, 7
        mov     ecx, 1024
1:      stosd
        add     eax, 0x1000
        loop    1b
        mov     dword ptr [PD], PT + 7
        mov     dword ptr [PD + 4], 0x87
        mov     dword ptr [PD + 8], PT2 + 7
        mov     eax, cr4
        or      eax, 0x10
        mov     cr4, eax
        mov     eax, PD
        mov     cr3, eax
        mov     eax, cr0
        or      eax, 0x80000000
        mov     cr0, eax
        jmp     2f
2:      mov     dword ptr [FRAME], 0x12345678
        mov     dword ptr [FRAME + 0x1000], 0x9abcdef0
        mov     dword ptr [FRAME + 0xffc], 0x11111111

        /* Not present, read and write, ring 0 and ring 3; the error code of vol. 3, 4.7. */
        pte     0, 0
        try     "read absent", "mov eax, [WIN + 4]"
        try     "write absent", "mov [WIN + 4], eax"
        try3    "read absent, user", "mov eax, [WIN + 4]"
        try3    "write absent, user", "mov [WIN + 4], eax"
        try     "read-modify-write absent", "add dword ptr [WIN + 8], 1"
        try     "test absent", "test dword ptr [WIN + 8], 1"
        try     "jump to absent", "mov eax, WIN + 0x10", "jmp eax"
        try     "pde absent", "mov eax, [0xc0000010]"
        /* Rights. */
        pte     0, 3
        try     "supervisor page", "mov eax, [WIN]"
        show    eax, eax
        nl
        try3    "supervisor page, user", "mov eax, [WIN]"
        try3    "supervisor page write, user", "mov [WIN], eax"
        pte     0, 5
        try3    "read-only page, user", "mov eax, [WIN]"
        try3    "read-only page write, user", "mov [WIN], eax"
        try     "read-only page write, supervisor", "mov dword ptr [WIN], 0x12345678"
        mov     eax, cr0
        or      eax, 0x10000
        mov     cr0, eax
        try     "read-only page write, supervisor, WP", "mov dword ptr [WIN], 5"
        try     "read-only page xchg, supervisor, WP", "xchg [WIN], ebx"
        mov     eax, cr0
        and     eax, 0xfffeffff
        mov     cr0, eax
        /* The PDE's rights count as well. */
        pte     0, 7
        mov     dword ptr [PD + 8], PT2 + 5
        mov     eax, cr3
        mov     cr3, eax
        try3    "read-only pde write, user", "mov [WIN], eax"
        mov     dword ptr [PD + 8], PT2 + 3
        mov     eax, cr3
        mov     cr3, eax
        try3    "supervisor pde, user", "mov eax, [WIN]"
        mov     dword ptr [PD + 8], PT2 + 7
        mov     eax, cr3
        mov     cr3, eax

        /* Accessed and dirty. */
        pte     0, 7
        say     "fresh:"
        bits    0
        mov     eax, [WIN]
        say     "read:"
        bits    0
        mov     [WIN], eax
        say     "written:"
        bits    0
        pte     0, 7
        mov     [WIN], eax
        say     "written at once:"
        bits    0
        pte     0, 5
        try3    "fault sets nothing", "mov [WIN], eax"
        bits    0
        pte     0, 7
        mov     ecx, [WIN]
        mov     eax, ecx
        inc     eax
        cmpxchg [WIN], edx              /* fails, and writes back what it read: dirty */
        say     "cmpxchg that fails:"
        bits    0
        mov     ebx, [PD + 8]
        and     ebx, 0xfff
        show    pde, ebx
        nl
        mov     dword ptr [PD + 4], 0x87
        mov     eax, cr3
        mov     cr3, eax
        mov     eax, [LARGE + FRAME]
        mov     ebx, [PD + 4]
        show    large_read, ebx
        mov     [LARGE + FRAME], eax
        mov     ebx, [PD + 4]
        show    large_written, ebx
        nl

        /* The TLB: an old translation may live until INVLPG or a load of CR3, and not longer. */
        pte     0, 7
        mov     eax, [WIN]
        mov     dword ptr [PT2], FRAME + 0x1000 + 7
        invlpg  [WIN + 0x123]
        mov     eax, [WIN]
        show    after_invlpg, eax
        mov     dword ptr [PT2], FRAME + 7
        mov     eax, cr3
        mov     cr3, eax
        mov     eax, [WIN]
        show    after_cr3, eax
        nl
        /* A page that becomes present needs no flush. */
        pte     0, 0
        try     "absent again", "mov eax, [WIN]"
        mov     dword ptr [PT2], FRAME + 7
        mov     eax, [WIN]
        show    present_now, eax
        nl

        /* Across pages: nothing is written when the second page faults; CR2 is the address in the second page. */
        pte     0, 7
        pte     1, 0
        mov     dword ptr [FRAME + 0xffc], 0x11111111
        try     "write across", "mov dword ptr [WIN + 0xffe], 0xaaaaaaaa"
        show    first, dword ptr [FRAME + 0xffc]
        nl
        try     "read across", "mov eax, [WIN + 0xffd]"
        pte     1, 5
        try3    "write across into read-only", "mov dword ptr [WIN + 0xffe], 0xaaaaaaaa"
        show    first, dword ptr [FRAME + 0xffc]
        nl
        pte     0, 0
        pte     1, 7
        try     "write across from absent", "mov dword ptr [WIN + 0xffe], 0xaaaaaaaa"
        show    second, dword ptr [FRAME + 0x1000]
        nl

        /* String instructions stop in the middle, with their registers at the element that faulted. */
        pte     0, 7
        pte     1, 0
        mov     esi, SCRATCH + 0x8000
        mov     edi, WIN + 0xff8
        mov     ecx, 8
        try     "rep movsd", "rep movsd"
        show    ecx, ecx
        show    esi, esi
        show    edi, edi
        nl
        mov     edi, WIN + 0xff0
        mov     ecx, 32
        mov     al, 0x5a
        try     "rep stosb", "rep stosb"
        show    ecx, ecx
        show    edi, edi
        nl
        mov     esi, WIN + 0xffe
        mov     edi, WIN
        mov     ecx, 4
        try     "rep cmpsw", "repe cmpsw"
        show    ecx, ecx
        show    esi, esi
        nl

        /* The stack: PUSH, PUSHA, CALL and ENTER leave ESP when they fault. */
        mov     eax, esp
        mov     [SCRATCH + 0x9000], esp
        mov     dword ptr [tss + 4], offset kstack_top
        try3    "push", "mov esp, WIN + 0x1004", "push eax", "push eax"
        try3    "pusha", "mov esp, WIN + 0x2008", "pusha"
        try3    "call", "mov esp, WIN + 0x1000 + 0x1000", "call 1b"
        try3    "pop to absent", "mov esp, USTACK - 16", "pop dword ptr [WIN + 0x1000]"
        /* The instruction's own bytes cross into an absent page. */
        pte     2, 7
        pte     3, 0
        mov     dword ptr [FRAME + 0x2ffc], 0x9090b890 /* nop; mov eax, imm32 cut off */
        mov     word ptr [FRAME + 0x2ffc], 0x9090
        mov     word ptr [FRAME + 0x2ffe], 0xb890
        try     "code across", "mov eax, WIN + 0x2ffe", "jmp eax"
        show    back, dword ptr [last_eip]
        nl
        /* A fault that is repaired: the instruction restarts and completes. */
        pte     4, 0
        mov     dword ptr [FRAME + 0x4000], 41
        mov     dword ptr [on_vector + 14 * 4], offset repair
        lock inc dword ptr [WIN + 0x4000]
        mov     dword ptr [on_vector + 14 * 4], 0
        say     "repaired:"
        show    value, dword ptr [WIN + 0x4000]
        nl
        /* System structures are read with supervisor rights, also from ring 3. */
        pte     5, 3
        try3    "int from user with a supervisor idt", "int 3"
        /* Reserved or not: PSE off makes bit 7 of a PDE mean nothing. */
        mov     eax, cr4
        and     eax, 0xffffffef
        mov     cr4, eax
        mov     dword ptr [PD + 4], PT2 + 0x87
        mov     eax, cr3
        mov     cr3, eax
        mov     eax, [LARGE + 0x4000]
        show    no_pse, eax
        nl
        /* Paging off again. */
        mov     eax, cr0
        and     eax, 0x7fffffff
        mov     cr0, eax
        jmp     3f
3:      say     "off:"
        show    eax, dword ptr [FRAME + 0x4000]
        nl
        ret

repair: mov     dword ptr [PT2 + 4 * 4], FRAME + 0x4000 + 7
        pop     ds
        popad
        add     esp, 8
        iretd
        gdt_rows
gdt_end:
