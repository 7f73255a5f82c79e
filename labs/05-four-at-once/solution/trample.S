# trample: writes HLT to where guest 1 begins, linear address 0x40000.

        .intel_syntax noprefix
        .code16

        mov     ax, 0x4000
        mov     es, ax
        mov     byte ptr es:[0], 0xF4
        hlt
