# Every command, every one of its other names, every example of docs/commands.md, every option and every guest has a row here that
# looks at what it does; a new one without a row fails.
. ./lib.sh
HERE=$(pwd)
cd "$TMP" || exit 1
head -c 4096 /dev/zero >disk.img
echo 'echo from a file' >demo.vmlab
known=" "
unset OPT ENGINE GUESTS WANT # make OPT=-O3 test puts the first into the environment

# says SCRIPT TEXT [COMMAND...]: run by a machine of three guests, the script prints TEXT; the commands named are then known to work.
says() {
    vm --headless ${ENGINE:---engine soft} ${OPT-} ${GUESTS:-hello irq counter} -c "$1"
    checks=$((checks + 1))
    cat "$TMP/out" "$TMP/err" | grep -qE -- "$2" || fail "nothing is like: $2"
    is_status "${WANT:-0}"
    shift 2
    known+="$* "
}
all_known() { # all_known WHAT NAME...
    local what=$1 name
    shift
    for name; do
        checks=$((checks + 1))
        case $known in *" $name "*) ;; *) last="$what $name" fail "no row of t_every.sh tries it" ;; esac
    done
    checks=$((checks + 1))
    [ $# -gt 0 ] || fail "there is no $what at all"
    known=" "
}

# --- commands, by every name
says 'run; wait; info' '^> 0 hello +exited' run wait info
for c in r c resume continue; do says "$c; wait; status" '^> 0 hello +exited' $c status; done
GUESTS=spin
says 'run; pause; sync; info' '^state +paused|spin +paused' pause sync
says 'run; p; sync; info' 'spin +paused' p
says 'speed 2000; run; sleep 0.3; pause; sync; regs; echo spun' 'spun' speed sleep echo
GUESTS=
says 'step 3; regs ip' 'ip = 0x0007' step regs
says 's; regs ip' 'ip = 0x0003' s
says 'next; exits' 'io-out' next exits
says 'n; e' 'io-out' n e
says 'until port 0x500; trace 5' 'io-out' until trace
says 'u cs:6; t' 'paused' u t
says 'load fibonacci; run; wait; console' '233, 377' load console
says 'step 5; reset; regs ip' 'ip = 0x0000' reset
says 'break cs:7; run; wait; info; delete 0; break' 'no breakpoints' break delete
says 'b cs:7; d all; b' 'no breakpoints' b d
says 'break cs:7; break cs:7; delete 0; break' 'no breakpoints'
says 'watch 0x40 2; watch 0x40 2 w' 'watchpoint 0 is already at 0x40'
says 'watch 0x40 2; watch 0x40 2 rw' 'watchpoint 1 at 0x40'
says 'watch ss:sp-2 2 rw; watch' 'watchpoint|rw' watch
says 'focus 1; until exit hlt; irq 0x20; run; wait; console' 'irq 1' focus irq
says 'f 1; u exit hlt; i 0x20; r; wait; console' 'irq 1' f i
WANT=1 says 'nmi; step; trace' 'inject +NMI' nmi # hello has no handler for it
GUESTS=echo says 'run; key "plugh\n"; wait 1' '^plugh' key
GUESTS=echo says 'run; k "plugh\n"; wait 1' '^plugh' k
GUESTS=echo says 'run; type what is typed; wait 1' '^what is typed' 'type'
OPT='--irqchip user' GUESTS=1k-os says 'timer 500ms; devices pit' 'every 500000 us' timer devices
OPT='--irqchip user' GUESTS=1k-os says 'timer guest; dev pit' 'counter 0' dev
says 'set ax=0x41 bx=ax; undo; undo; regs ax' 'ax = 0x0000' 'set' undo
says 'mem cs:0x16 13' 'Hello' mem
says 'x cs:0x16 13; m cs:0x16 13' 'Hello' x m
says 'poke 0x300 "text"; mem 0x300' 'text' poke
says 'find "Hello"' 'physical 0x16' find
says 'disas cs:0 2' 'mov dx' disas
says 'dis' 'mov dx' dis
says 'stack 2' 'fffe' stack
GUESTS=1k-os says 'walk 0x80001000' 'PDE' walk
GUESTS=1k-os says 'w 0x80001000' 'PDE' w
GUESTS=flat32 says 'gdt 0x10' 'data' gdt
says 'idt 0x20' '^ *20  0000:0000' idt
says 'ivt 0x20' '^ *20  0000:0000' ivt
says 'engines' '^soft ' engines
says 'log saved.txt; run; wait' ''; true_that grep -q 'Hello, KVM!' saved.txt; known+="log "
WANT=1 says 'expect ip=1' 'ip is 0x0' expect
says 'help step' 'exactly N instructions' help
says '? step' 'exactly N instructions' '?'
says 'h step' 'exactly N instructions' h
for c in quit q exit; do WANT=7 says "$c 7" '' $c; done
says 'source demo.vmlab' 'from a file' source
says '. demo.vmlab' 'from a file' .
# of the labs
lab() { run "$VMLAB" lab 4 --headless --forgetful --work "$TMP/lab" -c "$1; quit"; checks=$((checks + 1)); grep -qE -- "$2" "$TMP/out" || fail "nothing is like: $2"; shift 2; known+="$* "; }
lab 'hint' 'Hint 1' hint
lab 'skip' 'One instruction: skipped' skip
lab 'lab text' 'Step by step' lab
lab 'answer 1' 'answer' answer
lab 'check' 'answer the question first' check
# on the screen only: said so here, tried in tests/screen/test_every.c
for c in zoom z view v layout theme mouse keys redraw dump-screen; do WANT=1 says "$c on" 'only works on the screen' $c; done
for c in zoom view layout theme mouse keys redraw dump-screen; do true_that grep -q "{ \"$c\"," "$HERE/../screen/test_every.c"; done

run sed -n 's/^## //p' "$HERE/../../docs/commands.md"; all_known command $(cat "$TMP/out") \
    $(sed -n 's/.*(also `\(.*\)`).*/\1/p' "$HERE/../../docs/commands.md" | tr ',' ' ')

# --- every example can be typed as it stands: it is understood, and what it says about the machine is another matter
mkdir examples && cd examples || exit 1
cp ../demo.vmlab . && head -c 4096 /dev/zero >disk.img
while IFS= read -r example; do
    run "$VMLAB" --headless --engine soft --timeout 5 --share hello irq counter echo -c "step @all; $example"
    checks=$((checks + 1))
    ! grep -E "write: |no command|Did you mean|selects nothing|not a |neither " "$TMP/err" >"$TMP/bad" || fail "the example '$example': $(cat "$TMP/bad")"
done < <(awk '/^```$/ { c = !c; next } c' "$HERE/../../docs/commands.md")
cd "$TMP" || exit 1

# --- options
option() { # option NAME... -- TEXT ARGS...: with these arguments something says TEXT
    while [ "$1" != -- ]; do known+="$1 "; shift; done
    local text=$2
    shift 2
    vm "$@"
    checks=$((checks + 1))
    cat "$TMP/out" "$TMP/err" | grep -qE -- "$text" || fail "nothing is like: $text"
    case $status in 2 | 12[5-7]) fail "it is not understood" ;; esac
}
option --engine -- 'engine soft' --engine soft --headless hello
option --boot -- '32 bits|long|prot32|protected' --boot flat32 --headless flat32 -c 'info; run; wait'
option --paging --headless -- 'paging|CR0.PG|0x80001000' --engine soft --headless --paging "$BUILD/os-1k/kernel.bin" -c 'regs eip; info'
option --load --entry -- 'eip = 0x00020000' --engine soft --headless --boot flat32 --load 0x20000 --entry 0x20000 flat32 -c 'regs eip'
option --mem -- 'esp = 0x00800000' --engine soft --headless --boot flat32 --mem 8M flat32 -c 'regs esp'
option --smp -- '^  2 flat32' --engine soft --headless --boot flat32 --smp 3 flat32 -c 'info'
option --share -- '0x0-0x7ffff' --engine soft --headless --share hello counter -c 'info @0'
option --irqchip -- '^irqchip +user' --engine soft --headless --irqchip user flat32 -c 'info'
option --tick -- 'every 10000 us' --engine soft --headless --irqchip user --tick 10ms flat32 -c 'devices pit'
option --timer -- 'every 20000 us' --engine soft --headless --irqchip user --timer 20ms flat32 -c 'devices pit'
option --disk -- '8 sectors|sectors +8|capacity.*8' --engine soft --headless --disk disk.img flat32 -c 'devices disk'
option --deterministic --trace --log -- '' --deterministic --headless --trace a.csv --log a.txt hello
vm --deterministic --headless --trace b.csv hello; true_that cmp a.csv b.csv; true_that grep -q 'Hello, KVM!' a.txt
option --json -- '"schema"' --json hello
option --timeout -- 'timeout|did not end' --headless --timeout 0.2 spin; is_status 124
option --verbose -- 'io-out' --headless --verbose hello
option -v -- 'io-out' --headless -v hello
echo 'step; regs ip' >step.vmlab
option --exec -- 'ip = 0x0003' --headless --exec step.vmlab hello
option --command -- 'ip = 0x0003' --headless --command 'step; regs ip' hello
option -c -- 'ip = 0x0003' --headless -c 'step; regs ip' hello
# A guest that prints has been started up: from then on the kernel filters system calls, or not.
filter() { # filter OPTION...: the kernel's word for it, 2 is a filter, 0 none
    mkfifo out.$# && { "$VMLAB" --headless "$@" flood >out.$# 2>err & }
    { read -r -N 1 _ <&3; sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$!/status"; kill $!; } 3<out.$#
    wait
}
last="the sandbox"
if "$VMLAB" engines | grep -q 'sandbox: .*instrumented'; then left_out "the sandbox: a build with a sanitizer has none"; else true_that test "$(filter)" = 2; fi
last="--no-sandbox"; true_that test "$(filter --no-sandbox)" = 0; known+="--no-sandbox "
option --console --theme --ascii --no-mouse --test-clock -- 'Hello, KVM!' --console 40x10 --theme mono --ascii --no-mouse --test-clock --headless hello
for o in --help -h; do option $o -- '^Usage:' $o; done
for o in --version -V; do option $o -- '^vmlab [0-9]' $o; done
vm --help; all_known option $(grep -oE '^  (-[a-zA-Z], )?--[a-z-]+' "$TMP/out" | tr -d ,)

# --- guests: each runs here as well as in its golden file
for g in $("$VMLAB" guests); do
    option $g -- "\[0 $g\]|64-bit" --headless --timeout 0.3 "$g"
    case $g in 1k-os*) there=$HERE/../os/run.sh ;; *) there=$HERE/../golden/$g.golden ;; esac
    true_that test -s "$there"
done
vm guests; all_known guest $(cat "$TMP/out")
finish
