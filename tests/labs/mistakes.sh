#!/bin/bash
# mistakes.sh PROGRAM LABS: make the mistakes that students make, and see that each is told by its name.
#
# A case is `mistake LAB 'what is said' [FILE 's/sed/edit/']... [-- COMMANDS]`: the solution with the edits made, driven by its
# session.txt, or by COMMANDS (one a line; `pass N` stands for the first N lines of the solution's session).
set -u
vmlab=$(realpath "$1") labs=$(realpath "$2")
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
export XDG_STATE_HOME="$top/state" HOME="$top"
passed=0 failed=0 running=0 n=0

run_case() { # DIR LAB EXPECTED
    local out status
    out=$(timeout "${TEST_SECONDS:-100}" "$vmlab" lab "$2" --forgetful --headless --engine soft --work "$1" --exec "$1/commands" 2>&1 </dev/null)
    status=$?
    # One line, so that wrapping does not matter.
    if [ $status = 1 ] && tr '\n' ' ' <<<"$out" | tr -s ' ' | grep -qF -- "$3"; then
        echo passed >"$1/result"
    else
        { echo "$2: not told: $3 (exit status $status)"; grep -E '^[>+v]' <<<"$out" | tail -12; } >"$1/result"
    fi
}

mistake() {
    local lab=$1 expected=$2 dir solution
    shift 2
    solution=$(echo "$labs"/"$lab"-*/solution)
    dir="$top/$((n += 1))"
    mkdir "$dir"
    cp "$solution"/* "$dir"/
    mv "$dir/session.txt" "$dir/commands"
    while [ $# -gt 1 ] && [ "$1" != -- ]; do
        cp "$dir/$1" "$dir/before"
        sed -i -e "$2" "$dir/$1"
        cmp -s "$dir/before" "$dir/$1" && { echo "$lab: the edit $2 changes nothing"; failed=$((failed + 1)); }
        shift 2
    done
    if [ "${1-}" = -- ]; then
        while IFS= read -r line; do
            case $line in
            "pass "*) grep -v '^#' "$solution/session.txt" | head -n "${line#pass }" ;;
            *) echo "$line" ;;
            esac
        done <<<"$2" >"$dir/commands"
    fi
    run_case "$dir" "$lab" "$expected" &
    [ $((running += 1)) -lt "$((2 * $(nproc)))" ] || { wait -n; running=$((running - 1)); }
}

# Files that do not build: the line, and the word as it is written there.
mistake 03 "sum.S:" sum.S 's/jnz *[a-z]*/jnz nowhere/'
mistake 03 "undefined reference to 'nowhere'" sum.S 's/jnz *[a-z]*/jnz nowhere/'

# 1: one byte
mistake 01 'HLT itself leaves the guest' -- $'disas\nanswer 0'
mistake 01 'the zeros behind it are never reached' -- $'disas\nanswer 5'
mistake 01 'byte 0 is still F4' -- $'pass 5\nanswer no\nreset\nrun'
mistake 01 'The bytes at address 0 are not EB FE' -- $'pass 5\nanswer no\nreset\npoke 0 0xEB 0xFD'
mistake 01 'What would make it leave?' -- $'pass 5\nanswer yes'

# 2: talking
mistake 02 '11 are the characters.' -- 'answer 11'
mistake 02 'One exit is missing: how does the guest end?' -- 'answer 12'
mistake 02 'The guest is at its end: reset first' -- $'pass 2\nanswer 72\nnext\nexits'
mistake 02 'its memory was not changed' -- $'pass 9\nlab machine\nrun'
mistake 02 'the byte you wrote was not the H' -- $'pass 9\nlab machine\npoke 0x60 1\nrun'
mistake 02 'a number without 0x is decimal' -- $'pass 9\nlab machine\npoke 16 \'J\'\nrun'
mistake 02 'H is not a number, and does not count' -- $'pass 2\nanswer H'
mistake 02 '48 is decimal here. Hexadecimal is written 0x48 or 48h.' -- $'pass 2\nanswer 48'

# 3: hypercalls
mistake 03 'DX must hold 0x500' ok.S 's/0x500/0x501/'
mistake 03 'AL holds the number' ok.S "s/mov     al, 1 .*/mov al, 'O'/; s/mov     al, 1$/mov al, 'K'/; s/mov     al, 3/mov al, 77/"
mistake 03 'It never halts' ok.S 's/hlt/jmp ./'
mistake 03 'no call was made' ok.S 's/out     dx, al/nop/'
mistake 03 'your loop stops one number too early' sum.S 's/mov     cx, 100/mov cx, 99/'
mistake 03 'add in BX, not in BL' sum.S 's/add     bx, cx/add bl, cl/'
mistake 03 'it ended with HLT' sum.S 's/mov     al, 0 .*/hlt/'
mistake 03 'sum.S does not build' sum.S 's/add     bx, cx/addd bx, cx/'

# 4: stepping
mistake 04 '500 is decimal' -- 'answer 500'
mistake 04 'That is DX. Which instruction writes AL?' -- $'pass 2\nanswer 0x500'
mistake 04 'CS counts in units of 16 bytes' -- $'pass 9\nlab machine\nanswer 0x4007'
mistake 04 'The selector @1 means guest 1' -- $'pass 9\nlab machine\nanswer 0x40007\nstep 3'
mistake 04 'the guest wrote 15 over your CX' -- $'pass 13\nlab machine\nset cx=3\nrun'

# 5: four at once
mistake 05 'They are counted from 0' -- 'answer 4'
mistake 05 'Only guest 0 ran' -- $'answer 2\nrun'
mistake 05 'you wrote over your own first byte' trample.S 's/0x4000/0/'
mistake 05 'Segment 0x400 is address 0x4000' trample.S 's/0x4000/0x400/'
mistake 05 'Its first instruction is HLT by then' -- $'pass 8\nanswer 10'

# 6: protected mode
mistake 06 'CR0.PE is still 0' gdt.S 's/or      al, 1 .*/nop/; s/jmp     8:protected/hlt/'
mistake 06 'The code descriptor is not present' gdt.S 's/CF9A0/CF1A0/'
mistake 06 'The data descriptor is missing' gdt.S 's/\.quad   0x00CF9200.*/.quad 0/'
mistake 06 'the far jump (jmp 8:protected) is missing' gdt.S 's/jmp     8:protected/hlt/'
mistake 06 'A 16-bit code segment' gdt.S 's/0x00CF9A/0x008F9A/'
mistake 06 'the byte you changed was not the access byte' -- $'pass 3\nanswer 11\nreset\npoke 0xb4 0\nrun\ninfo'

# 7: paging
mistake 07 'paging was never switched on' large.S 's/or      eax, 0x80000000 .*/nop/'
mistake 07 'CR4.PSE is 0' large.S 's/or      eax, 0x10 .*/nop/'
mistake 07 'the page that the code itself runs in is not mapped' large.S 's/mov     dword ptr \[DIR\], 0x83/nop/'
mistake 07 'Directory entry 768 is empty' large.S 's/768 \* 4/768/'
mistake 07 'CR3 does not hold 0x100000' large.S 's/mov     cr3, eax/nop/'
mistake 07 'Directory entry 1 has PS set' small.S 's/TABLE + 3/TABLE + 0x83/'
mistake 07 'The page is read-only' small.S 's/0x5000 + 3/0x5000 + 1/; s/or      eax, 0x80000000/or eax, 0x80010000/'
mistake 07 'does not point to physical 0x5000' small.S 's/0x5000 + 3/0x6000 + 3/'
mistake 07 '14 is the number of the exception' -- $'pass 4\nanswer 14'

# 8: interrupts
mistake 08 'Here IF is 1: HLT waits for one.' -- 'answer exited'
mistake 08 'the guest waits for 0x20 (32), hexadecimal' -- $'pass 2\nirq 20'
mistake 08 'That other came before' -- $'pass 2\nirq 0x21\nirq 0x20\nirq 0x20\nirq 0x20\nanswer other'
mistake 08 'the EOI is missing' tick.S 's/out     0x20, al/nop/'
mistake 08 'Vector 8 is still empty' tick.S 's/start:  mov     word ptr \[8 \* 4\].*/start:/; s/mov     word ptr \[8 \* 4 + 2\], cs/nop/'
mistake 08 'IRQ0 stays masked in the PIC' tick.S 's/out     0x21, al/nop/'
mistake 08 'STI is missing' tick.S 's/^        sti/        nop/'

# 9: kernel and user
mistake 09 'the one that sleeps is the kernel' -- 'answer 3'
mistake 09 'The machine does not stand at the door' -- $'pass 2\nanswer 0x1b'
mistake 09 '8 is CS now, in the kernel' -- $'pass 6\nanswer 8'
mistake 09 '0x80 is the vector, the same for every call' -- $'pass 8\nanswer 0x80'

# 10: races
mistake 10 'that is preemption' -- 'answer no'
mistake 10 'both tasks were inside at the same time' lock.S 's/xchg    ax, \[held\] .*/nop/; s/^lock:   mov     ax, 1/lock: xor ax, ax/' -- $'skip\nskip\ncheck'
mistake 10 'the lock is taken and never given back' lock.S 's/^unlock: mov.*/unlock:/' -- $'skip\nskip\ncheck'
mistake 10 'CLI without STI' lock.S 's/^lock:   mov     ax, 1/lock: cli/; s/xchg    ax, \[held\] .*/xor ax, ax/' -- $'skip\nskip\ncheck'
mistake 10 '100, but by luck' lock.S 's/^lock:   mov     ax, 1/lock: mov ax, [held]/; s/xchg    ax, \[held\] .*/nop/; s/^        jnz     lock/        jnz lock; mov word ptr [held], 1/' -- $'skip\nskip\ncheck'

# 11: prices
mistake 11 'What would it need the VMM for?' -- 'answer 3'
mistake 11 'those are its OUTs. HLT is an exit too' prices.txt 's/13/12/'
mistake 11 'primes: expected the number of all its exits without the kicks' prices.txt 's/357/366/'
mistake 11 'multiplication: 72 are the results' prices.txt 's/433/72/'
mistake 11 'still a call for each character' batch.S 's/mov     bx, 10000/jmp long/; $a long: mov si, offset text\nnext: mov bl, [si]\ninc si\ntest bl, bl\njz done\nmov al, 1\nout dx, al\njmp next\ndone: mov al, 3\nout dx, al\nhlt\ntext: .asciz "10000 20000 30000"'
mistake 11 'The spaces between the numbers are gone' batch.S "/mov     bl, ' '/,/out/d"
mistake 11 'the PIC is not in automatic EOI mode' eoi.S 's/mov     al, 0x11 .*/nop/; s/out     0x20, al/nop/; s/mov     al, 8  .*/jmp mask/; s/mov     al, 0xFE/mask: mov al, 0xFE/'
mistake 11 'bit 1 of ICW4' eoi.S 's/mov     al, 3   .*/mov al, 1/; s/mov     bx, \[count\]/mov bx, [count]/'

# 12: a driver
mistake 12 'The data sheet names a value that none can have' -- 'answer 0'
mistake 12 'You read port 612h before a value was ready' driver.S 's/jz      wait/nop/'
mistake 12 'The station was never told to measure' driver.S '0,/mov     al, 1$/s/mov     al, 1$/nop/; s/mov     dx, 0x611 .*/mov dx, 0x619/; s/jz      wait/nop/'
mistake 12 'It waits for ever' driver.S 's/test    al, 2  .*/test al, 4/'
mistake 12 'Only the low byte was printed' driver.S 's/mov     bx, ax/mov bx, ax; xor bh, bh/; s/mov     al, 0/mov al, 2/'
mistake 12 'a negative value was printed as unsigned' station.S 's/jns     positive/jmp positive/'
mistake 12 "All four are the room's" station.S 's/mov     ax, si$/mov ax, 0/'

wait
for r in "$top"/*/result; do
    if [ "$(cat "$r")" = passed ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        cat "$r"
    fi
done
echo "mistakes: $passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" = "$n" ]
