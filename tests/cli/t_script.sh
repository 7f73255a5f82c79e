# Scripts: -c, --exec, source; commands on a real guest.
. ./lib.sh

# (mov ax,5; mov bx,7; add ax,bx; push ax; pop cx; mov [0x200],ax; hlt) at IP 0, 3, 6, 8, 9, 10, 13
printf '\270\005\000\273\007\000\001\330\120\131\243\000\002\364' >"$TMP/add.bin"
c() { vm --headless "$TMP/add.bin" -c "$1"; }
no() { c "$1"; is_status 1; err_has "$2"; }

c 'step; expect ax=5 ip=3; step 2; expect ax=12 ip=8 bx=7; regs ax'; is_status 0; out_has 'ax = 0x000c (12)'
c 'run; wait; expect state=exited status=0 cx=12 exits.hlt=1'; is_status 0
c 'step; expect ax=6'; is_status 1; err_has '-c: expect: ax is 0x5 (5), expected =6'
c 'until cs:9; expect ip=9; stack 1'; is_status 0; out_like '000c$'
c 'break cs:6; run; wait; expect state=paused ip=6; break; delete all; break'; is_status 0; out_has 'breakpoint 0 at 0x6'; out_has '1 hit'; out_has 'no breakpoints'
vm --headless --engine soft "$TMP/add.bin" -c 'watch ds:0x200 2; run; wait; expect state=paused ip=13 w[ds:0x200]=12'; is_status 0
c 'set ax=0x1234 bx=ax; expect bx=0x1234; undo; expect bx=0; undo; expect ax=0'; is_status 0
c 'poke cs:0 f4; run; wait; expect state=exited ip=1'; is_status 0
no 'poke 0x300 41; load hello; undo' 'nothing was changed' # that guest is gone
no 'set ax=5; step; set ax=7; reset; undo' 'nothing was changed' # and that run over
vm --headless spin -c 'poke 0x3000 41; run; undo'; is_status 1; err_has 'is running: pause it first'
c 'poke 0x300 "text" 21; mem 0x300 16; find "text!"; undo; mem 0x300 16'; is_status 0
out_has '00000300  74 65 78 74 21 00'; out_has 'text!...'; out_has 'physical 0x300'; out_has '00000300  00 00 00 00 00'
c 'disas cs:0 3'; is_status 0; out_like '^=>  00000000  b8 05 00 +mov ax, (0x0?5|5)'; out_like 'add ax, bx'
c 'run; wait; disas'; is_status 0; out_like '^=>  0000000d  f4 +hlt' # it ended there: what comes next is of no interest
vm --headless irq -c 'until exit hlt; disas cs:ip 1'; is_status 0
vm --headless irq -c 'run; wait; expect state=halted; disas'; is_status 0; out_like '^    [0-9a-f]+  f4 +hlt'; out_like '^=>'
c 'until exit hlt; info; exits; trace'; is_status 0; out_has hlt
c 'run; wait; reset; expect state=created ax=0 ip=0; run; wait; expect status=0'; is_status 0
vm --headless --smp 3 "$TMP/add.bin" -c 'step @all; set cx=5 @2; reset @1; expect @0 state=created ax=0 ip=0; expect @2 state=created cx=0; undo @2'; is_status 1
err_has 'nothing was changed' # all of one guest are reset together
c 'load hello; run; wait; expect "Hello, KVM!" exits.hlt=1; console'; is_status 0; out_has 'Hello, KVM!'
head -c 4096 /dev/zero >"$TMP/disk.img"
vm --headless --disk "$TMP/disk.img" "$TMP/add.bin" -c 'load hello; load counter; devices disk'; is_status 0; out_has '8 sectors' # goes over to each
vm --headless --boot flat32 --load 0x2000 "$TMP/add.bin" -c "expect eip=0x2000; load $TMP/add.bin; expect eip=0x2000"; is_status 0 # as those on the command line
vm --headless --boot flat32 --load 0x2000 "$TMP/add.bin" -c 'load flat32; expect eip=0x1000; load hello; expect ip=0'; is_status 0
c 'walk; gdt; idt; devices; engines; sync; regs; console; help; help step; echo done'; is_status 0; out_has done
c 'quit 42'; is_status 42
c 'step'; is_status 0; err_like '^\[0 add\] paused'
vm --headless hello counter -c 'run @all; wait; expect @0 status=0; expect @1 status=0; regs @all ip'; is_status 0; out_has '[1 counter]'
vm --headless hello counter -c 'focus 1; step; info'; is_status 0; out_like '^> 1 counter'
vm --headless multiplication hello -c 'run @all; wait; info'; is_status 0; out_has '> 0 multiplication  exited'

no 'stepi' 'is here: step'
no 'x/8xb 0x500' 'is here: mem ADDRESS'
no 'x/3i 0' 'is here: disas'
no 'p/x ax' 'is here: regs'
no '"step' 'Cannot read this line: a quotation is not closed'
no '""' "There is no command ''"
no 'run; wait; type 5' 'reads nothing any more'
no 'run; wait; key "\n"' 'reads nothing any more'
no 'info reg' 'is here: regs'
no 'info nonsense' 'info: nothing comes after it'
no 'run 5' 'run: nothing comes after it but a selector'
no 'gdt zz' "'zz' is not a selector"
for w in '$sp' %sp '*sp' spp; do no "mem $w" "'$w' is neither a number nor a register. Did you mean "; done
no 'break $ip' 'Did you mean ip?'
no 'regs $ax' 'Did you mean ax?'
no 'set %eax=5' 'Did you mean eax?'
no 'mem $' "'$' is neither"
for w in ax=5 ip==5 'ax>3'; do no "until $w" "'$w' is a condition: it waits for an exit, a port or an address"; done
no 'help step run' 'write: help [COMMAND]'
no 'focus hello' "'hello' is not the number of a vCPU: 'info' lists them"
no '@0' "'@0' only says which vCPU is meant"
no 'vmlab lab 2' "is here: load NAME ('vmlab' itself is for the shell: quit first)"
for w in cs: :5 :; do no "break $w" "'$w' is half an address: write SEGMENT:OFFSET"; done
for w in sp+ +4 sp--4; do no "mem $w" "In '$w' a number or a register is missing"; done
no 'devices pic pit' 'write: devices [NAME]'
vm --headless --boot flat32 --irqchip user flat32 -c 'devices pix'; is_status 1; err_like "no device 'pix': it has .*pic"
no 'expect state=sleeping' "no state 'sleeping': created"
no 'expect state=paused' 'vCPU 0 is created, expected state=paused'
for w in ax state exits.hlt; do no "expect $w" "what shall $w be? Write $w=VALUE"; done
no 'expect "ax"' 'does not show "ax"'
no 'p $ax' 'To see a value: regs ax, or x ADDRESS'
no 'p/x $ax' 'is here: regs'
no 'focus 99999999999999999999' 'There is no vCPU 99999999999999999999'
no 'regz' "Did you mean 'regs'?"
no 'regs axx' 'Did you mean ax?'
no 'set axx=1' 'Did you mean'
no 'set ax=0x12345' 'does not fit'
no 'set ax=foo' 'neither a number nor a register'
no 'set ax' 'write: set'
for w in bx bx= qq=1 bx=qq bl=256; do no "set ax=5 $w" ''; out_lacks 'ax = 0x5'; done
printf 'set ax=5 bx=ax cl=bl\nexpect ax=5 bx=5 cx=5\nundo; undo\nexpect ax=5 bx=0 cx=0\n' >"$TMP/set"; vm --headless hello --exec "$TMP/set"; is_status 0
no 'mem 0x90000' 'there is no memory at 0x90000'
no 'mem zz' 'neither a number nor a register'
no 'mem 0 0' 'not a length'
no 'poke 0 zzz999 100' 'not a byte'
# what is neither a byte nor quoted is no text
for w in zz dead -1 100 1ff ax Hello; do no "poke 0 $w" "'$w' is not a byte"; no "find $w" "'$w' is not a byte"; done
no 'find dead' 'write them apart, as in de ad'
for w in 0x100000000 0xfffffffffffffff0; do for x in mem break walk 'poke 0x300 1; mem'; do no "$x $w" "$w is beyond the 4 GB"; done; done
no 'bp 0x10' 'is here: break ADDRESS'
no 'poke 0 zz' "text in quotes: \"zz\""
c 'poke 0x300 "be" "1" '"'xy' 'H'"' 41h 0b10 ff "@all" f; expect [0x300]=0x62 [0x301]=0x65 [0x302]=0x31 [0x303]=0x78 [0x304]=0x79 [0x305]=0x48 [0x306]=0x41 [0x307]=2 [0x308]=0xff [0x309]=0x40 [0x30d]=0xf'; is_status 0
no 'step x' 'not a number of instructions'
no 'step 0' 'not a number of instructions'
no 'irq 256' '0 to 255'
no 'irq' 'write: irq VECTOR'
no 'until exit hlx' 'Did you mean hlt?'
no 'until port 0x10000' '0 to 0xffff'
no 'until' 'write: until'
no 'until port' 'write: until'
no 'until exit' 'write: until'
no 'break a b' 'write: break'
no 'delete 2' "there is no breakpoint '2'"
no 'watch 0x201 2' 'not a multiple'
no 'watch 0x200 3' '1, 2, 4 or 8'
no 'step @7' 'There is no vCPU 7'
no 'step @x' 'selects nothing'
no 'load nothere' 'There is no guest'
no 'speed fast' 'not a speed'
no 'wait -1' 'not a number of seconds'
no 'timer never' 'not a time'
no 'key "\q"' 'is no key'
no 'undo' 'nothing was changed'
no 'quit 256' '0 to 255'
no "source $TMP/none" 'Cannot open the script'
no 'trace bogusword' 'nothing that is traced'
no 'trace save' 'write a file name'
no 'exits foo' 'write: exits'
no 'expect foo=1' 'nothing to expect'
no 'expect "not there"' 'does not show'
no 'expect state=exited' 'expected state=exited'
no 'zoom' 'only works on the screen'
no 'run; wait; step' 'reset'
no 'break 1; break 2; break 3; break 4; break 5' '4'

# files
printf '# test\nstep\nexpect ax=5\necho ok\n' >"$TMP/ok.vmlab"
vm --headless "$TMP/add.bin" --exec "$TMP/ok.vmlab"; is_status 0; out_is 'ok\n'
printf 'step\n\nexpect ax=6\necho never\n' >"$TMP/bad.vmlab"
vm --headless "$TMP/add.bin" --exec "$TMP/bad.vmlab"; is_status 1; err_has "bad.vmlab:3: expect: ax is 0x5"; out_is ''
vm --headless "$TMP/add.bin" --exec "$TMP/ok.vmlab" -c 'expect ip=3; echo then'; is_status 0; out_is 'ok\nthen\n'
printf 'step\necho from stdin\n' >"$TMP/in"; vm --headless "$TMP/add.bin" --exec -; is_status 0; out_is 'from stdin\n'
error 1 "Cannot open the script" --headless hello --exec "$TMP/none"
vm --headless hello --exec /; is_status 1; err_has directory

# the tables of a protected-mode guest
vm --headless 1k-os -c 'run; sleep 0.3; pause; gdt 8; idt 0x20; walk 0x80001000; idt 0x20; devices pit'
is_status 0; out_like '0008  base 00000000  limit ffffffff  DPL 0  32-bit code'; out_like '20  0008:[0-9a-f]{8}  DPL 0  interrupt gate'
out_has 'PDE'; out_has 'P RW SU A D PS'; out_has '4096 KB page'
vm --headless 1k-os -c 'gdt 0x999'; is_status 1; err_has 'not in this table'

# what docs/headless.md shows is so
sed -n '/# boot.vmlab/,/^$/s/^    //p' ../../docs/headless.md >"$TMP/boot.vmlab"
vm --headless hello --exec "$TMP/boot.vmlab"; is_status 0; out_is 'Hello, KVM!\n'
true_that grep -q expect "$TMP/boot.vmlab"
vm --headless hello -c 'step 3; regs; run; wait; exits'; is_status 0; out_has 'Hello, KVM!'; out_has 'where:'

# keys, and input that ends
vm --headless echo -c 'type abc; key "d\x65f\n"; run; wait 5'; is_status 0; out_has abc; out_has def
# what the guest printed is shown by `console` without what steers a terminal: ESC, C1 as a byte, as UTF-8, and the long way
printf 'a\33[1m \x9b31m \xc4\x9b \xc2\x9b1m \x7f \xe9 \xe0\x82\x9b b\n' >"$TMP/in"
vm --headless echo -c 'run; wait 1; echo now:; console'; is_status 0
true_that cmp -s <(sed 1,/now:/d "$TMP/out") <(printf 'a.[1m .31m \xc4\x9b ..1m . \xe9 ... b\n')
c $'echo \x9b31m \xc4\x9b'; is_status 0; out_is '?31m \xc4\x9b\n'
# interrupts: each one counted by the guest, and by its neighbour not
vm --headless irq irq -c 'until exit hlt @all; irq 0x20 @1; until exit hlt @1; expect @1 "irq 1"; irq 0x20 @1; until exit hlt @1; expect @1 "irq 2"; expect @0 "waiting"; irq 0x21; until exit hlt; expect "other 1"'
is_status 0; out_lacks '[0 irq] irq'
finish
