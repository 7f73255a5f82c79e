# crash: a triple fault, on purpose.
#
# Teaches:   what happens when a processor cannot even report an error: with an IDT of size 0 no vector has a handler.
#            UD2 raises #UD, delivering that raises #GP, delivering that raises a double fault (#DF), and when that cannot
#            be delivered either the processor shuts down. The lab shows the post-mortem. (It is entered by the boot
#            protocol flat32, because some hosts' KVM does not look at the size of the table in real mode.)
# Registers: none.
# Output:    nothing; the guest fails.

        .intel_syntax noprefix
        .code32

        lidt    [empty]
        ud2

empty:  .word   0                       # limit
        .long   0                       # base
