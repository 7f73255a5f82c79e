# string_io: moves whole strings through a port.
#
# Teaches:   REP OUTSB and REP INSB: one instruction, many bytes, and possibly one exit for all of them. In loopback mode
#            a UART receives what it sends, and its FIFO keeps 16 bytes: the guest sends 16 letters, reads them back to
#            another place in memory, and prints that copy.
# Registers: SI: where OUTS reads, DI: where INS writes, CX: how many, DX: the port.
# Memory:    the copy is at 0x1000.
# Output:    string I/O: ABCDEFGHIJKLMNOP

        .intel_syntax noprefix
        .code16
        .set UART, 0x3f8                # data; + 2: FIFO control, + 4: modem control, + 5: line status
        .set COPY, 0x1000

        mov     dx, UART
        mov     si, offset text
        mov     cx, 12                  # the length of the text
        rep     outsb                   # port DX = [SI], SI = SI + 1, CX times

        mov     dx, UART + 2
        mov     al, 0x07                # FIFOs on, both emptied
        out     dx, al
        mov     dx, UART + 4
        mov     al, 0x10                # loopback on
        out     dx, al
        mov     dx, UART
        mov     si, offset letters
        mov     cx, 16
        rep     outsb
        mov     di, COPY
        mov     cx, 16
        rep     insb                    # ES:[DI] = port DX, DI = DI + 1, CX times
        mov     dx, UART + 4
        xor     al, al                  # loopback off
        out     dx, al

        mov     dx, UART
        mov     si, COPY
        mov     cx, 16
        rep     outsb
        mov     al, '\n'
        out     dx, al
        hlt

text:   .ascii  "string I/O: "
letters:
        .ascii  "ABCDEFGHIJKLMNOP"
