# echo: prints what is typed until the input ends.
#
# Teaches:   input. WAITCHAR keeps the guest inside its hypercall until a byte comes; the panel says that it waits.
#            Type into its console. The end of the input is -1 (a closed pipe) or the byte 4 (Ctrl-D on a keyboard).
# Registers: AX: the byte, BL: the character to print, DX: the hypercall port.
# Output:    the input, byte for byte.

        .intel_syntax noprefix
        .code16
        .include "hypercall.inc"
        .set CTRL_D, 4

        mov     dx, HYPERCALL_PORT
next:   hypercall WAITCHAR
        cmp     ax, -1
        je      end
        cmp     al, CTRL_D
        je      end
        mov     bl, al
        hypercall PUTCHAR
        jmp     next
end:    hlt
