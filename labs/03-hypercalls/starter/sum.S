# sum: 1 + 2 + ... + 100, printed; ends with exit status 7.

        .intel_syntax noprefix
        .code16

        mov     dx, 0x500

# Your loop and your calls go here.

        hlt
