# irq: counts the interrupts it gets.
#
# Teaches:   interrupts in real mode. The interrupt vector table has four bytes a vector: the handler's offset and its
#            segment. At entry IDTR points to the start of the guest's own memory, where this code is, so the guest
#            builds its table at 0x1000 and tells the processor with LIDT (which wants a linear address: CS * 16 + offset).
#            Between interrupts it sleeps in HLT. Wake it with `irq 0x20`, and see what `irq 0x21` and `nmi` do.
# Registers: SI: interrupts of vector 0x20, DI: all others, BX: what is printed, DX: the hypercall port.
# Output:    waiting for interrupt 0x20
#            and a line for each: "irq 1", "irq 2"..., or "other 1" for any other vector, exceptions and NMIs too.

        .intel_syntax noprefix
        .code16
        .include "hypercall.inc"
        .set TABLE, 0x1000

# 256 vectors to `other`, then vector 0x20 to `tick`.
        mov     dx, HYPERCALL_PORT
        mov     ax, cs
        shl     eax, 16
        mov     ax, offset other        # EAX = CS : other
        mov     di, TABLE
        mov     cx, 256
        rep     stosd                   # ES:[DI] = EAX, DI = DI + 4, CX times
        mov     word ptr [TABLE + 0x20 * 4], offset tick

        xor     eax, eax
        mov     ax, cs
        shl     eax, 4
        add     eax, TABLE
        mov     [idtr + 2], eax
        lidt    [idtr]

        xor     di, di
        mov     si, offset hello
        call    print
        hypercall NEWLINE
        xor     si, si
        sti
sleep:  hlt                             # until the next interrupt
        jmp     sleep

tick:   inc     si
        push    si
        mov     bp, si
        mov     si, offset irq
        jmp     report
other:  inc     di
        push    si
        mov     bp, di
        mov     si, offset others
report: call    print
        mov     bx, bp
        hypercall PUTNUM
        hypercall NEWLINE
        pop     si
        iret                            # pops IP, CS and FLAGS: back to the JMP behind HLT

# Prints the text at SI.
print:  lodsb
        test    al, al
        jz      printed
        mov     bl, al
        hypercall PUTCHAR
        jmp     print
printed:
        ret

hello:  .asciz  "waiting for interrupt 0x20"
irq:    .asciz  "irq "
others: .asciz  "other "
idtr:   .word   256 * 4 - 1
        .long   0
