/* v86.S: virtual-8086 mode: in and out, what IOPL traps, the I/O bitmap, segments (SDM vol. 3, chapter 20). */
#include "lab.inc"
        .equ    VSEG, 0x5000            /* the 8086 program's segment: linear 0x50000 */
        .equ    V, 0x50000

/* Copy 8086 code (up to label \name\()_end) to VSEG:0 and run it there with flags \flags; it ends with a fault or INT 0x30. */
.macro v86 title:req, code:req, flags=0x20002
        call    print_inline
        .asciz  "\title: "
        mov     esi, offset \code
        mov     edi, V
        mov     ecx, 64
        rep movsb
        mov     dword ptr [resume], offset 9f
        mov     [saved_esp], esp
        mov     dword ptr [begin], 0
        push    0x7777                  /* GS */
        push    0x6666                  /* FS */
        push    VSEG + 0x200            /* DS */
        push    VSEG + 0x100            /* ES */
        push    VSEG                    /* SS */
        push    0x0ffe                  /* SP */
        push    \flags
        push    VSEG
        push    0
        mov     eax, 0x1111
        mov     ebx, 0x2222
        iretd
9:
.endm
.macro after                            /* the frame that the monitor saw */
        show    ip, [vip]
        show    cs, [vcs]
        show    flags, [vflags]
        show    sp, [vsp]
        show    ss, [vss]
        show    es, [ves]
        show    ds, [vds]
        show    fs, [vfs]
        show    gs, [vgs]
        nl
.endm
.macro on vector:req
        mov     dword ptr [on_vector + \vector * 4], offset monitor
.endm

main:   on      13
        on      6
        on      0x30
        on      0x21
        on      3
        on      4
        on      0
        on      1
        mov     byte ptr [idt + 0x21 * 8 + 5], 0xee
        mov     dword ptr [tss + 104], 0xfffe0000
        mov     dword ptr [keep_line], 1

        v86     "int, iopl 0", c_int
        after
        v86     "int, iopl 3", c_int, 0x23002
        after
        v86     "int3, iopl 0", c_int3
        after
        v86     "into, iopl 0", c_into
        after
        v86     "divide", c_div
        after
        v86     "pushf, iopl 0", c_pushf
        after
        v86     "pushf, iopl 3", c_pushf, 0x23202
        show    pushed, [V + 0xffc]
        after
        v86     "popf, iopl 3", c_popf, 0x23002
        after
        v86     "popf, iopl 0", c_popf
        after
        v86     "iret, iopl 0", c_iret
        after
        v86     "iret, iopl 3", c_iret, 0x23002
        after
        v86     "cli, iopl 0", c_cli
        after
        v86     "cli, iopl 3", c_cli, 0x23202
        after
        v86     "sti, iopl 0", c_sti
        after
        v86     "hlt, iopl 3", c_hlt, 0x23002
        after
        v86     "in allowed", c_in
        after
        v86     "in forbidden", c_in_bad
        after
        v86     "in forbidden, iopl 3", c_in_bad, 0x23002
        after
        v86     "mov cr0", c_cr0, 0x23002
        after
        v86     "lldt", c_lldt, 0x23002
        after
        v86     "arpl", c_arpl, 0x23002
        after
        v86     "smsw", c_smsw
        after
        v86     "lgdt", c_lgdt, 0x23002
        after
        v86     "segments", c_segs
        show    written, [0x61234]
        after
        v86     "far call", c_far
        after
        v86     "word at 0xffff", c_wrap
        after
        v86     "push at sp 1", c_stack
        after
        v86     "32-bit operands", c_big
        show    result, [V + 0x80]
        after
        v86     "ip beyond 64 KB", c_ip
        after
        v86     "lock nop", c_lock
        after
        /* PUSHFD and the way back: VM never shows; IRETD in ring 0 with VM set in NT task is another test's. */
        mov     dword ptr [keep_line], 0
        mov     dword ptr [on_vector + 13 * 4], 0
        mov     dword ptr [on_vector + 0x30 * 4], 0
        try3    "iretd cannot set VM in ring 3", "push 0x20002", "push UCODE", "push offset 1f; iretd; 1: pushfd; pop eax"
        and     eax, 0x20000
        show    vm, eax
        nl
        ret

/* EBP as in taken (lab.inc): the frame is at [ebp + 44]. Data segment registers must come in as null. */
monitor:
        mov     eax, ebx
        mov     ecx, 2
        call    print_digits
        bt      dword ptr [has_error], ebx
        jnc     1f
        cmp     ebx, 31
        ja      1f
        show    error, [ebp + 40]
1:      mov     ax, fs
        mov     cx, gs
        or      ax, cx
        or      ax, [ebp]
        movzx   eax, ax
        show    nulled, eax
        lea     esi, [ebp + 44]
        mov     edi, offset vip
        mov     ax, DATA
        mov     es, ax
        mov     ecx, 9
        rep movsd
        .irp w, vcs, vss, ves, vds, vfs, vgs
        mov     word ptr [\w + 2], 0
        .endr
        jmp     5b

        .code16
c_int:  nop
        int     0x21
c_int3: int3
c_into: mov     al, 0x7f
        add     al, 1
        into
c_div:  xor     cx, cx
        div     cx
c_pushf: pushf
        int     0x30
c_popf: push    0x0ed7 & 0xfeff
        popf
        int     0x30
c_iret: push    0x0202
        push    VSEG
        push    0x20
        iret
        .org    c_iret + 0x20
        int     0x30
c_cli:  cli
        int     0x30
c_sti:  sti
        int     0x30
c_hlt:  hlt
c_in:   in      al, 0x10
        mov     dx, 0x0f
        in      al, dx
        int     0x30
c_in_bad: in    al, 0x11
        int     0x30
c_cr0:  mov     eax, cr0
c_lldt: lldt    ax
c_arpl: arpl    ax, bx
c_smsw: smsw    ax
        int     0x30
c_lgdt: lgdt    [bx]
c_segs: mov     ax, 0x6000
        mov     ds, ax
        mov     word ptr [0x1234], 0x4321
        mov     es, ax
        push    es
        pop     fs
        int     0x30
c_far:  .byte   0x9a
        .word   0x20, VSEG - 1
        nop
        .org    c_far + 0x10
        int     0x30
c_wrap: mov     ax, [0xffff]
c_stack: mov    sp, 1
        push    ax
c_big:  mov     eax, 0x12345678
        cs mov  [0x80], eax
        mov     ecx, 0x80
        cs rol  dword ptr [ecx], 8
        int     0x30
c_ip:   .byte   0xe9
        .word   0xfff0 - 3
c_lock: .byte   0xf0, 0x90
        .space  64
        .code32
vip:    .long   0
vcs:    .long   0
vflags: .long   0
vsp:    .long   0
vss:    .long   0
ves:    .long   0
vds:    .long   0
vfs:    .long   0
vgs:    .long   0
        gdt_rows
gdt_end:
