# small: one 4 KB page, linear 0x400000 at physical 0x5000.

        .intel_syntax noprefix
        .code32
        .set    DIR, 0x100000
        .set    TABLE, 0x101000

        mov     dword ptr [DIR], 0x83   # 0 to 4 MB, as before

# Directory entry 1 and the table's entry 0 go here.

# From here on it is given.
        mov     eax, cr4
        or      eax, 0x10               # PSE
        mov     cr4, eax
        mov     eax, DIR
        mov     cr3, eax
        mov     eax, cr0
        or      eax, 0x80000000         # PG
        mov     cr0, eax
        mov     byte ptr [0x400000], 'o'
        mov     byte ptr [0x400001], 'k'
        hlt
