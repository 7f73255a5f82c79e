# multiplication_short: the two times table, written to a serial port.
#
# Teaches:   a device instead of a hypercall: the transmit register of a 16550 UART at port 0x3F8 takes one character
#            an OUT, and the guest has to turn numbers into digits itself (DIV by ten).
# Registers: CL: the right factor 1..9, AL: the character to send, BL: ten, DX: the UART's port.
# Output:    2x1=2 2x2=4 2x3=6 2x4=8 2x5=10 2x6=12 2x7=14 2x8=16 2x9=18

        .intel_syntax noprefix
        .code16
        .set UART, 0x3f8                # COM1: its transmit holding register

        mov     dx, UART
        mov     bl, 10
        mov     cl, 1
next:   mov     al, '2'
        out     dx, al
        mov     al, 'x'
        out     dx, al
        mov     al, cl
        add     al, '0'
        out     dx, al
        mov     al, '='
        out     dx, al
        mov     al, cl
        add     al, al                  # 2 * CL, at most 18
        xor     ah, ah
        div     bl                      # AL = tens, AH = ones
        test    al, al
        jz      ones                    # no leading zero
        add     al, '0'
        out     dx, al
ones:   mov     al, ah
        add     al, '0'
        out     dx, al
        cmp     cl, 9
        je      end
        mov     al, ' '
        out     dx, al
        inc     cl
        jmp     next
end:    mov     al, '\n'
        out     dx, al
        hlt
