# primes: the primes below 1000, by the sieve of Eratosthenes.
#
# Teaches:   an algorithm more than two thousand years old in a hundred bytes: cross out the multiples of every number that
#            is not crossed out itself. Most of the run is work inside the guest: compare its exits with its steps.
# Memory:    a byte a number at 0x1000: 0 is a candidate, 1 is crossed out.
# Registers: SI: the number looked at, DI: its multiples, CX: how many primes, BX: what is printed.
# Output:    2 3 5 7 11 and so on to 997, 16 a line, then
#            168 primes below 1000

        .intel_syntax noprefix
        .code16
        .include "hypercall.inc"
        .set SIEVE, 0x1000
        .set LIMIT, 1000

        mov     dx, HYPERCALL_PORT
        xor     cx, cx
        mov     si, 2
next:   cmp     byte ptr [si + SIEVE], 0
        jne     after
        jcxz    first                   # nothing to separate it from
        mov     bl, ' '
        test    cl, 15
        jnz     space
        mov     bl, '\n'                # a line is full
space:  hypercall PUTCHAR
first:  inc     cx
        mov     bx, si
        hypercall PUTNUM
        mov     di, si
cross:  add     di, si
        cmp     di, LIMIT
        jae     after
        mov     byte ptr [di + SIEVE], 1
        jmp     cross
after:  inc     si
        cmp     si, LIMIT
        jb      next

        hypercall NEWLINE
        mov     bx, cx
        hypercall PUTNUM
        mov     si, offset text
print:  lodsb
        mov     bl, al
        hypercall PUTCHAR
        cmp     byte ptr [si], 0
        jne     print
        hypercall NEWLINE
        hlt

text:   .asciz  " primes below 1000"
