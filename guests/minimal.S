# minimal: the smallest guest there is, one byte.
#
# Teaches:   that a guest is nothing but bytes at an address, and that HLT is what hands the processor back: with
#            interrupts off (IF is 0 at entry) nothing could ever wake it, so the lab takes it as the end, status 0.
# Registers: none.
# Output:    nothing.

        .intel_syntax noprefix
        .code16
        hlt
