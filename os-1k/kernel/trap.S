# trap.S: in and out of the kernel. Every vector has a stub that brings the stack to one shape (struct frame), whether the
# processor pushed an error code or not; stub n is at trap_stubs + 16 * n.
        .text
        .globl  trap_stubs, trap_return, switch_stack
        .balign 16
trap_stubs:
        .set vector, 0
        .rept 256
        .balign 16
        .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
        pushl   $0
        .endif
        pushl   $vector
        jmp     trap_entry
        .set vector, vector + 1
        .endr

trap_entry:
        pushal
        pushl   %ds
        pushl   %es
        movl    $0x10, %eax             # KERNEL_DATA; nobody uses FS and GS
        movl    %eax, %ds
        movl    %eax, %es
        cld
        pushl   %esp                    # struct frame *
        call    trap
        addl    $4, %esp
trap_return:
        popl    %es
        popl    %ds
        popal
        addl    $8, %esp                # vector and error code
        iret

# void switch_stack(uint32_t *save, uint32_t load): go on where the process that owns the other stack called this. The C
# calling convention lets a function lose EAX, ECX and EDX, so these four are all that makes up a context.
switch_stack:
        movl    4(%esp), %eax
        movl    8(%esp), %edx
        pushl   %ebp
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        movl    %esp, (%eax)
        movl    %edx, %esp
        popl    %edi
        popl    %esi
        popl    %ebx
        popl    %ebp
        ret
