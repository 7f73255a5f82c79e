#!/bin/sh
# run.sh BUILD [VMLAB-OPTION...]: every program of 1K OS by pipe, by serial port and by keyboard; what programs must not do;
# scheduling; the end of the input. UPDATE=1 writes the expected screens anew: look at the difference before it is committed.
set -u
HERE=$(dirname "$0")
OS=$1/os-1k
VMLAB=$(cd "$1" && pwd)/vmlab
shift
VM_OPTIONS=$*
WORK=$(mktemp -d "${TMPDIR:-/tmp}/vmlab-os.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
. "$HERE/lib.sh"

# The same screens, whatever the console is.
for kernel in kernel kernel-uart kernel-kbd; do
    golden programs $kernel
    golden calc $kernel
    golden echo $kernel
    [ -z "${UPDATE:-}" ] || break
done
golden fault kernel
golden process kernel

# What must be on these screens, said once more by itself.
run_os kernel <"$HERE/programs.in" >"$WORK/out" 2>"$WORK/err"
says table "2*1=2 2*2=4 2*3=6 2*4=8 2*5=10 2*6=12 2*7=14 2*8=16 2*9=18 "
says table "9*1=9 9*2=18 9*3=27 9*4=36 9*5=45 9*6=54 9*7=63 9*8=72 9*9=81 "
says counter "0 1 2 3 4 5 6 7 8 9 "
says fibonacci "F(0) = 0"
says fibonacci "F(14) = 377"
says primes "2 3 5 7 11 13 17 19 23 29 "
says primes "73 79 83 89 97 "
says primes "Total: 25 primes"
says factorial "12! = 479001600"
says gcd "GCD(48, 18) = 6"
says gcd "GCD(100, 75) = 25"
says gcd "GCD(123, 456) = 3"
says gcd "GCD(17, 19) = 1"
says gcd "GCD(1071, 462) = 21"

# Without a lock additions are lost, with it none is.
run_os kernel <"$HERE/process.in" >"$WORK/out" 2>"$WORK/err"
lost=$(sed -n 's/^without a lock: .*, \([0-9]*\) lost$/\1/p' "$WORK/out")
if [ "${lost:-0}" -gt 0 ]; then ok; else bad "race: without a lock nothing was lost"; fi
says race "with a lock: 500 + 500 = 1000, 0 lost"
says leak "1000 processes, 0 pages lost"

# An ampersand at the end of the line, with or without a blank before it.
printf 'spin&\n0\n' | run_os kernel >"$WORK/out" 2>"$WORK/err"
says background "spin runs in the background as process 2"

# Who sleeps 100 ms sleeps through ten whole ticks, and the first tick to come ends none. Here they are made by hand.
sleeper() { # sleeper TICKS: how often spin has woken after them
    irqs=$(for _ in $(seq "$1"); do printf 'irq 0x20; step 20000; '; done)
    run_os kernel -c "timer off; type spin; type 0; step 3000000; $irqs quit" </dev/null 2>"$WORK/err" | grep -c '^It does'
}
case $VM_OPTIONS in
*kvm*) echo "os: left out: ticks made by hand: steps are slow there" >&2 ;;
*) if [ "$(sleeper 10) $(sleeper 11)" = "0 1" ]; then ok; else bad "sleep(100) is over after ten ticks: $(sleeper 10), eleven: $(sleeper 11)"; fi ;;
esac

# The input ends in the middle of a program, of a line, before it began: everybody leaves, the machine ends well.
for typed in '3\nabc' '6\n' '3\n' 'wri' ''; do
    printf "$typed" | run_os kernel >"$WORK/out" 2>"$WORK/err"
    got=$?
    if [ $got = 0 ] && grep -q 'Thank you' "$WORK/out"; then ok; else bad "end of the input after '$typed': status $got"; fi
done

# Ctrl-C ends what the shell waits for; the shell lives. Ctrl-D ends one program's input.
{ printf 'spin forever\n'; for i in 1 2 3 4 5 6; do sleep 0.5; printf '\003'; done; printf '0\n'; } | run_os kernel >"$WORK/out" 2>"$WORK/err"
says Ctrl-C "Thank you for using 1K OS!"
printf '3\nabc\n\0040\n' | run_os kernel >"$WORK/out" 2>"$WORK/err"
says Ctrl-D '$ Exiting echo program'
says Ctrl-D "Thank you for using 1K OS!"

# Cursor keys are no text. (ESC [ D is one; the keyboard's kernel gets scan codes.)
printf '3\nab\033[Dc\033[1;5Dd\033[3~e\nquit\n0\n' | run_os kernel >"$WORK/out" 2>"$WORK/err"
says 'cursor keys' "Echo: abcde"

# The kernel itself at fault: an instruction that there is not, written over the idle loop from outside. It says where, and who called.
case $VM_OPTIONS in
*"--irqchip kernel"*) echo "os: left out: a panic: with KVM's own chips HLT makes no exit to stop at" >&2 ;;
*)
    run_os kernel -c 'until exit hlt; poke cs:eip 0f 0b; run; wait' >"$WORK/out" 2>"$WORK/err" </dev/null
    got=$?
    for line in 'process 0 (idle) in the kernel: invalid opcode, error code 0, at eip 0x8000[0-9a-f]\{4\}' \
        'PANIC. Called from: 0x8000[0-9a-f]\{4\}' 'addr2line -f -e build/os-1k/kernel.elf 0x8000[0-9a-f]\{4\} tells the line'; do
        if grep -qx "\[kernel\] $line" "$WORK/out"; then ok; else bad "panic: no line '$line'"; fi
    done
    if [ $got = 255 ]; then ok; else bad "panic: status $got"; fi
    ;;
esac

# Read-only means it for the kernel, too (CR0.WP). In the place of the handler of system calls, which the shell's first enters with the shell's
# space, comes a store into the program's code: mov $0x1000000, %eax; mov %al, (%eax). Were that allowed, the ud2 behind it would be next.
gate=$(run_os kernel -c 'until port 0x500; idt' </dev/null 2>"$WORK/err" | sed -n 's/^ *80  0008:\([0-9a-f]*\)  DPL 3.*/0x\1/p')
run_os kernel -c "until port 0x500; poke ${gate:-0} b8 00 00 00 01 88 00 0f 0b; run; wait" >"$WORK/out" 2>"$WORK/err" </dev/null
says CR0.WP "[kernel]   it wrote to 0x01000000: that page is read-only"
if grep -q 'process 1 (shell) in the kernel: page fault, error code 3' "$WORK/out"; then ok; else bad "CR0.WP: no page fault in the kernel"; fi

# Much input at once: no byte is lost, none comes twice.
bytes=${OS_BYTES:-1000000}
{ echo 3; head -c "$bytes" /dev/zero | tr '\0' x | fold -w 99; echo; echo quit; echo 0; } >"$WORK/in"
seconds=$((seconds * 5))
run_os kernel <"$WORK/in" >"$WORK/out" 2>"$WORK/err"
got=$(sed -n 's/^Echo: \(x*\)$/\1/p' "$WORK/out" | tr -d '\n' | wc -c)
if [ "$got" -eq "$bytes" ]; then ok; else bad "$bytes bytes typed, $got echoed"; fi

finish "1K OS${VM_OPTIONS:+ ($VM_OPTIONS)}"
