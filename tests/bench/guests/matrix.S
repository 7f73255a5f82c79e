/* matrix: C = A * B, 16 x 16 matrices of 32-bit integers. */
#include "frame.inc"
        .equ    N, 16
        .equ    ROW, N * 4
        .equ    MA, buf
        .equ    MB, buf + ROW * N
        .equ    MC, buf2
        mov     DI_, offset MA
        mov     eax, 1
0:      mov     [DI_], eax
        imul    eax, eax, 1103515245
        add     eax, 12345
        add     DI_, 4
        cmp     DI_, offset MA + 2 * ROW * N
        jb      0b
        xor     SI_, SI_                /* row of A and C, in bytes */
1:      xor     DI_, DI_                /* column of B and C, in bytes */
2:      xor     eax, eax
        mov     B, SI_
        mov     BP_, DI_
        mov     C, N
3:      mov     edx, [B + MA]
        imul    edx, ds:[BP_ + MB]
        add     eax, edx
        add     B, 4
        add     BP_, ROW
        dec     C
        jnz     3b
        mov     B, SI_
        mov     [B + DI_ + MC], eax
        add     DI_, 4
        cmp     DI_, ROW
        jb      2b
        add     SI_, ROW
        cmp     SI_, ROW * N
        jb      1b
        ret
