# boot.S: the first instructions. The VMM enters here, at 0x80001000, in ring 0 with paging on: the first 4 MB of memory are
# seen at 0 and at 0x80000000. There is no stack yet, and .bss holds whatever was there.
        .section .text.boot, "ax"
        .globl  _start
_start:
        movl    $__bss_start, %edi
        movl    $__bss_end, %ecx
        subl    %edi, %ecx
        xorl    %eax, %eax
        cld
        rep stosb
        movl    $boot_stack_top, %esp
        xorl    %ebp, %ebp              # a backtrace ends here
        call    kernel_main             # does not return

        .section .bss
        .balign 16
        .skip   8192
boot_stack_top:

        .section .rodata
        .globl  archive, archive_end
archive:
        .incbin "archive.tar"           # the programs and the files that serve when there is no disk
archive_end:
