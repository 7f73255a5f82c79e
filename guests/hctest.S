# hctest: every hypercall once.
#
# Teaches:   the whole interface between a guest and the lab: docs/hypercalls.md. What a call returned stands in AX and can
#            be read again, a byte, with IN from the same port. A number that is no call returns -1 and the guest survives.
# Registers: AX: what a call returned, BX: its argument, CX: a result kept, DX: the hypercall port, SI: the text.
# Output:    without any input:
#            putchar: A
#            putnum: 65535
#            newline:
#            unknown: 65535 and in: 255
#            waitchar: 65535
#            input: 2
#            getchar: 65535
#            exit: 42
#            With input, waitchar is its first byte, input says 1 when another one waits, 0 when it may still come, and 2 when
#            the input has ended; getchar takes that other byte if it has come (it does not wait). The exit status is 42.

        .intel_syntax noprefix
        .code16
        .include "hypercall.inc"
        .set NO_CALL, 200

        mov     dx, HYPERCALL_PORT
        mov     si, offset text
        call    print                   # "putchar: "
        mov     bl, 'A'
        hypercall PUTCHAR
        call    print                   # "putnum: "
        mov     bx, 65535
        hypercall PUTNUM
        call    print                   # "newline:"
        hypercall NEWLINE
        call    print                   # "unknown: "
        hypercall NO_CALL
        mov     cx, ax
        in      al, dx                  # the same result again, its lowest byte
        mov     bx, cx
        mov     cl, al
        hypercall PUTNUM
        call    print                   # " and in: "
        movzx   bx, cl
        hypercall PUTNUM
        call    print                   # "waitchar: "
        hypercall WAITCHAR
        mov     bx, ax
        hypercall PUTNUM
        call    print                   # "input: "
        hypercall INPUT
        mov     bx, ax
        hypercall PUTNUM
        call    print                   # "getchar: "
        hypercall GETCHAR
        mov     bx, ax
        hypercall PUTNUM
        call    print                   # "exit: "
        mov     bx, 42
        hypercall PUTNUM
        hypercall NEWLINE
        mov     bx, 42
        hypercall EXIT

# Prints the text at SI and leaves SI behind it.
print:  lodsb
        test    al, al
        jz      printed
        mov     bl, al
        hypercall PUTCHAR
        jmp     print
printed:
        ret

text:   .asciz  "putchar: "
        .asciz  "\nputnum: "
        .asciz  "\nnewline:"
        .asciz  "unknown: "
        .asciz  " and in: "
        .asciz  "\nwaitchar: "
        .asciz  "\ninput: "
        .asciz  "\ngetchar: "
        .asciz  "\nexit: "
