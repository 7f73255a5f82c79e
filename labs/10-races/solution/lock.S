# lock: two tasks add to one counter, fifty times each, and a timer switches between them whenever it likes.

        .intel_syntax noprefix
        .code16
        .set    ROUNDS, 50
        .set    counter, 0x1000         # what both tasks add to
        .set    held, 0x1002            # 1: somebody is inside; for your lock
        .set    done, 0x1004            # tasks that are finished
        .set    other, 0x1006           # the stack pointer of the task that waits
        .set    STACK0, 0x8000
        .set    STACK1, 0x9000
        jmp     start
        .org    0x400

# Called before and after each addition. They may change AX only.
lock:   mov     ax, 1
        xchg    ax, [held]              # take and look, in one instruction
        test    ax, ax
        jnz     lock
        ret

unlock: mov     word ptr [held], 0
        ret

# --- given: the two tasks ---------------------------------------------------------------------------------------

task:   mov     cx, ROUNDS
again:  call    lock
        mov     si, [counter]           # read...
        mov     bx, 1000
work:   dec     bx                      # ...think for a while...
        jnz     work
        inc     si
        mov     [counter], si           # ...and write back
        call    unlock
        loop    again
        inc     word ptr [done]
wait:   hlt
        cmp     word ptr [done], 2
        jb      wait
        cli
        mov     dx, 0x500
        mov     bx, [counter]
        mov     al, 4                   # PUTNUM
        out     dx, al
        mov     al, 3                   # NEWLINE
        out     dx, al
        hlt

# --- given: the scheduler, all of it: each tick of the timer, the other task ------------------------------------------

start:  mov     word ptr [8 * 4], offset tick
        mov     word ptr [8 * 4 + 2], cs
        mov     sp, STACK1              # task 1 as if a tick had just interrupted it: flags, CS, IP, eight registers
        push    0x0202                  # IF is on
        push    cs
        push    offset task
        pusha
        mov     [other], sp
        mov     sp, STACK0
        mov     al, 0x34                # the timer: a tick every 100 microseconds
        out     0x43, al
        mov     al, 119
        out     0x40, al
        mov     al, 0
        out     0x40, al
        mov     al, 0xFE                # IRQ0 may pass
        out     0x21, al
        sti
        jmp     task                    # task 0

tick:   pusha
        mov     al, 0x20                # EOI
        out     0x20, al
        xchg    sp, [other]             # now we are on the other task's stack
        popa
        iret
