# disk_writer.S: fills sectors 0-63 of the disk with 1s, then with 2s, ... and never ends; stops with status 0x40 + error when a write fails.
.code16
        movb    $0, %bl                 # the generation: what every byte of a sector says
1:      incb    %bl
        xorl    %esi, %esi              # the sector
2:      movw    $0x600, %dx
        movl    %esi, %eax
        outl    %eax, %dx
        movw    $0x607, %dx             # the buffer, from its start
        outb    %al, %dx
        movw    $0x60c, %dx
        movb    %bl, %al
        movw    $512, %cx
3:      outb    %al, %dx
        decw    %cx
        jnz     3b
        movw    $0x604, %dx
        movb    $2, %al                 # write it
        outb    %al, %dx
        movw    $0x605, %dx
        inb     %dx, %al
        testb   $2, %al
        jnz     4f
        incl    %esi
        cmpl    $64, %esi
        jne     2b
        jmp     1b
4:      movw    $0x606, %dx
        inb     %dx, %al
        movb    %al, %bl
        addb    $0x40, %bl
        xorb    %bh, %bh
        movb    $0, %al                 # EXIT
        movw    $0x500, %dx
        outb    %al, %dx
        hlt
