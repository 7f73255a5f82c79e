#!/bin/bash
# oom.sh BUILD: no memory at each allocation in turn, then at that one and all that follow. A run ends well
# with all its output, or with a sentence on stderr and status 1; never by a signal or the time limit.
BUILD=$1
. tests/cli/lib.sh
export XDG_STATE_HOME=$TMP/state LC_ALL=C
# LD_PRELOAD takes a space for the end of a name, so the library is loaded from where there is none.
lib=$(mktemp -d /tmp/vmlab-oom.XXXXXX)
trap 'rm -rf "$TMP" "$lib"' EXIT
cp "$BUILD/tests/faults/fail_alloc.so" "$lib/"
PRELOAD=$lib/fail_alloc.so
printf 'run\nuntil exit io-out\nregs\n' >"$TMP/script"

# try N ON WANT ARGS...: WANT is what stdout has when all is well.
try() {
    local n=$1 on=$2 want=$3
    shift 3
    last="allocation $n ${on:+and later }fails: vmlab $*"
    timeout -k 2 20 env LD_PRELOAD="$PRELOAD" FAULT_N="$n" ${on:+FAULT_ON=1} "$VMLAB" "$@" \
        </dev/null >"$TMP/out" 2>"$TMP/err"
    status=$?
    checks=$((checks + 1))
    case $status in
    0) grep -qF -- "$want" "$TMP/out" || fail "status 0, but the output is not whole" ;;
    1) [ -s "$TMP/err" ] || fail "status 1 and not a word" ;;
    *) fail "status is neither 0 nor 1" ;;
    esac
    ! grep -q 'free()\|corrupt\|(null)' "$TMP/err" || fail "not a clear sentence"
}

# each STEP WANT ARGS...
each() {
    local step=$1 want=$2 count n
    shift 2
    FAULT_COUNT=$TMP/count LD_PRELOAD="$PRELOAD" "$VMLAB" "$@" </dev/null >/dev/null 2>&1
    count=$(cat "$TMP/count")
    last="vmlab $*"
    true_that [ "${count:-0}" -ge 1 ]
    for ((n = 1; n <= ${count:-0}; n += step)); do
        try "$n" "" "$want" "$@"
        try "$n" on "$want" "$@"
    done
}

# survives STEP ARGS...: only that it ends by itself and says something: what is left undone differs.
survives() {
    local step=$1 count n on
    shift
    FAULT_COUNT=$TMP/count LD_PRELOAD="$PRELOAD" "$VMLAB" "$@" </dev/null >/dev/null 2>&1
    count=$(cat "$TMP/count")
    for ((n = 1; n <= ${count:-0}; n += step)); do
        for on in "" 1; do
            last="allocation $n ${on:+and later }fails: vmlab $*"
            timeout -k 2 60 env LD_PRELOAD="$PRELOAD" FAULT_N="$n" ${on:+FAULT_ON=1} "$VMLAB" "$@" </dev/null >"$TMP/out" 2>"$TMP/err"
            status=$?
            checks=$((checks + 1))
            [ $status -le 1 ] || fail "status is neither 0 nor 1"
            true_that [ -s "$TMP/out" -o -s "$TMP/err" ]
            ! grep -q 'free()\|corrupt\|(null)' "$TMP/out" "$TMP/err" || fail "not a clear sentence"
            true_that [ -z "$(ls -A "$TMPDIR")" ] # grading leaves nothing
        done
    done
}
mkdir "$TMP/tmp"
export TMPDIR=$TMP/tmp
head -c 65536 /dev/zero >"$TMP/disk"
# Steps that are prime meet other allocations than the round one of a loop.
survives 1 --headless --irqchip user --tick 10ms --disk "$TMP/disk" flat32 -c "step 3; break 0x1006; set ax=5; undo; poke 0 1 2; find 0 1; disas; mem 0; regs; exits; trace; gdt; walk 0; devices; irq 0x20; run; wait; trace save $TMP/t.json; reset; load hello; info; until exit io-out"
survives 1 --headless --irqchip kernel flat32 -c 'step 2; run; irq 1; wait 1; devices; exits'
survives 11 guests
survives 79 lab 01 --headless --work "$TMP/w01" -c 'disas; answer 1; run; reset; run'
survives 83 lab 03 --headless --forgetful --work "$TMP/w03" -c 'hint; answer 4; skip; run'
survives 89 lab lint labs/03-hypercalls
survives 3 grade --lab 3 --json labs/03-hypercalls/solution

each 1 'Hello, KVM!' --headless --engine soft hello
each 1 'Hello, KVM!' --headless hello
each 3 '"vcpus"' --json --engine soft hello
# (A begun line may be cut in two by the other guest's after a silence, which on a busy machine is any pause at its beginning.)
each 2 'KVM!' --headless --engine soft hello counter --trace "$TMP/t.json" --log "$TMP/log"
each 1 'real mode, CPL 0' --headless --engine soft hello --exec "$TMP/script"
each 1 'soft' engines
finish
