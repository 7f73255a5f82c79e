# matrix: the product of two 8x8 matrices, C = A * B.
#
# Teaches:   three loops, arrays in memory and how an index becomes an address: row * 8 + column.
#            A[i][j] = (i + j) % 10 + 1 and B[i][j] = (i + 8 - j) % 10 + 1, for i, j from 0 to 7.
# Memory:    A at 0x1000 and B at 0x1040, a byte an element; C at 0x1080, a word an element.
# Registers: SI: the row i, DI: the column j, BP: k of the sum over A[i][k] * B[k][j], CX: the sum.
# Output:    the 64 elements of C, a row of the matrix a line:
#            162 156 160 174 198 232 276 240
#            202 198 204 220 246 282 328 284
#            242 240 248 266 294 332 380 328
#            222 232 252 282 322 372 332 282
#            212 234 266 308 360 322 294 246
#            212 246 290 344 308 282 266 220
#            222 268 324 290 266 252 248 204
#            242 300 268 246 234 232 240 198

        .intel_syntax noprefix
        .code16
        .include "hypercall.inc"
        .set N, 8
        .set A, 0x1000
        .set B, A + N * N
        .set C, B + N * N

# Fill A and B.
        mov     cl, 10
        xor     si, si
fill_i: xor     di, di
fill_j: mov     bx, si
        shl     bx, 3
        add     bx, di                  # BX = i * 8 + j
        mov     ax, si
        add     ax, di
        div     cl                      # AH = (i + j) % 10
        inc     ah
        mov     [bx + A], ah
        lea     ax, [si + N]
        sub     ax, di
        div     cl                      # AH = (i + 8 - j) % 10
        inc     ah
        mov     [bx + B], ah
        inc     di
        cmp     di, N
        jb      fill_j
        inc     si
        cmp     si, N
        jb      fill_i

# Multiply.
        xor     si, si
row:    xor     di, di
column: xor     cx, cx
        xor     bp, bp
sum:    mov     bx, si
        shl     bx, 3
        add     bx, bp
        mov     al, [bx + A]            # A[i][k]
        mov     bx, bp
        shl     bx, 3
        add     bx, di
        mul     byte ptr [bx + B]       # AX = A[i][k] * B[k][j]
        add     cx, ax
        inc     bp
        cmp     bp, N
        jb      sum
        mov     bx, si
        shl     bx, 3
        add     bx, di
        add     bx, bx                  # a word an element
        mov     [bx + C], cx
        inc     di
        cmp     di, N
        jb      column
        inc     si
        cmp     si, N
        jb      row

# Print C.
        mov     dx, HYPERCALL_PORT
        mov     si, C
        mov     di, N
line:   mov     cx, N
element:
        lodsw                           # AX = [SI], SI = SI + 2
        mov     bx, ax
        hypercall PUTNUM
        dec     cx
        jz      end
        mov     bl, ' '
        hypercall PUTCHAR
        jmp     element
end:    hypercall NEWLINE
        dec     di
        jnz     line
        hlt
