# pmode: goes from real mode to 32-bit protected mode by itself.
#
# Teaches:   the way every PC starts its operating system: build a table of segments (GDT), load it, set CR0.PE, and jump
#            to a 32-bit code segment. The segments start where the guest's slice of memory starts (CS * 16), so offsets
#            mean the same before and after; watch the panel's mode change from real to prot32.
# Registers: EBX: what is printed, EDX: the hypercall port, ESI: the text.
# Output:    from real mode to protected mode: 4000000000
#            (a number that does not fit into 16 bits: PUTNUM prints all of EBX in 32-bit code)

        .intel_syntax noprefix
        .code16
        .include "hypercall.inc"
        .set CODE, 8                    # selectors: the offsets of the descriptors in the table
        .set DATA, 16

        mov     dx, HYPERCALL_PORT
        mov     si, offset real
print16:
        lodsb
        test    al, al
        jz      enter
        mov     bl, al
        hypercall PUTCHAR
        jmp     print16

# Both segments' base = CS * 16: bytes 2, 3, 4 and 7 of a descriptor (SDM vol. 3, 3.4.5).
enter:  xor     eax, eax
        mov     ax, cs
        shl     eax, 4
        mov     [gdt + CODE + 2], ax
        mov     [gdt + DATA + 2], ax
        mov     ebx, eax
        shr     ebx, 16
        mov     [gdt + CODE + 4], bl
        mov     [gdt + DATA + 4], bl
        add     eax, offset gdt
        mov     [gdtr + 2], eax
        lgdt    [gdtr]
        mov     eax, cr0
        or      al, 1                   # PE: protection enable
        mov     cr0, eax
        jmp     CODE:protected          # loads CS: from here on the code is 32-bit

        .code32
protected:
        mov     ax, DATA
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     esp, 0x10000
        mov     edx, HYPERCALL_PORT
        mov     esi, offset prot
print32:
        lodsb
        test    al, al
        jz      number
        mov     bl, al
        hypercall PUTCHAR
        jmp     print32
number: mov     ebx, 4000000000
        hypercall PUTNUM
        hypercall NEWLINE
        hlt

real:   .asciz  "from real mode "
prot:   .asciz  "to protected mode: "

        .balign 8
gdt:    .quad   0
        .quad   0x00cf9a000000ffff      # code: 4 GB, 32-bit, ring 0, execute and read
        .quad   0x00cf92000000ffff      # data: 4 GB, ring 0, read and write
gdtr:   .word   . - gdt - 1
        .long   0
