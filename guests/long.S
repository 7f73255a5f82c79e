# long: a 64-bit guest.
#
# Teaches:   64-bit registers, and addresses relative to RIP, with which code runs wherever it is loaded. The lab enters it
#            by the boot protocol long, with paging already on. PUTNUM prints 32 bits, so the guest makes the digits of a
#            larger number itself, from the last to the first, on its stack.
# Registers: RAX: 20!, the largest factorial below 2^64, and what is left of it; RCX: ten; RSI: the next character;
#            RDI: how many digits; EDX: the hypercall port (DIV writes RDX: the remainder).
# Output:    Hello, 64-bit KVM!
#            20! = 2432902008176640000

        .intel_syntax noprefix
        .code64
        .include "hypercall.inc"

        mov     edx, HYPERCALL_PORT
        lea     rsi, [rip + text]
print:  lodsb
        test    al, al
        jz      factorial
        mov     bl, al
        hypercall PUTCHAR
        jmp     print

factorial:
        mov     eax, 1
        mov     ecx, 20
multiply:
        imul    rax, rcx
        dec     ecx
        jnz     multiply

        mov     ecx, 10
        xor     edi, edi
digit:  xor     edx, edx
        div     rcx                     # RAX = RDX:RAX / 10, RDX = the last digit
        push    rdx
        inc     edi
        test    rax, rax
        jnz     digit
        mov     edx, HYPERCALL_PORT
put:    pop     rbx
        add     bl, '0'
        hypercall PUTCHAR
        dec     edi
        jnz     put
        hypercall NEWLINE
        hlt

text:   .asciz  "Hello, 64-bit KVM!\n20! = "
